"""The middle floor: model definitions, their translation, and running them on an engine."""

if __name__ != "spikebridge.bridge":
    raise ImportError("this folder is imported as spikebridge.bridge; write: import spikebridge as sb")

"""The ground floor: what a stimulus, a system, a scheme, a recording and a spike are. numpy only."""

if __name__ != "spikebridge.reference":
    raise ImportError("this folder is imported as spikebridge.reference; write: import spikebridge as sb")

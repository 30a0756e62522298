"""The top floor: comparison, verdict, figures, report formats, command line."""

if __name__ != "spikebridge.reports":
    raise ImportError("this folder is imported as spikebridge.reports; write: import spikebridge as sb")

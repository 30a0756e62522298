"""Scripts that run an experiment on one target without spikebridge; the translations in them are those of ``bridge.translate``."""

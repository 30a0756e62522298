"""What a model and an experiment are, and the readers of their files."""

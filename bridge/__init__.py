"""The middle floor: model definitions, their translation, and running them on an engine."""

"""Translations of a model, one printer a target; only these write text that runs."""

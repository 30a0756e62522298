"""Textbook figures: what they run, what they claim, and whether it holds."""

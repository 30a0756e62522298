"""Suites of experiments, what they gave before, and whether they still do."""

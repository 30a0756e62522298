"""Measures of agreement: pure functions returning value, unit, limit and reason."""

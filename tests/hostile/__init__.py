"""Harnesses that try to knock the program over: hostile input, and faults of the machine."""

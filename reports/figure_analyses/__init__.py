"""Analyses as parts of a figure file: what each kind is told, what can be claimed about it, and how it is drawn."""

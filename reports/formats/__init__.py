"""Report formats: one renderer each, no input or output of their own."""

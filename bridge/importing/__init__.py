"""Foreign definitions as text in our own language, with a list of what was found on the way."""

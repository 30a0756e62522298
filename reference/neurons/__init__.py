"""Textbook neurons written by hand: independent oracles for the translations, and listings to read and port."""

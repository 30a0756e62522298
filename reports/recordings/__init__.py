"""Recordings as people have them: one reader a kind of file, one registry."""

"""What a recording by unknown code says of a known model: what its equations leave over, what that may be, and which change explains it."""

"""What was measured of a comparison, and the verdict with its reasons."""

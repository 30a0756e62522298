"""The top floor: comparison, verdict, figures, report formats, command line."""

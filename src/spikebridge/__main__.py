"""``python -m spikebridge``: the command line."""

from spikebridge.reports.cli import main

if __name__ == "__main__":
    main()

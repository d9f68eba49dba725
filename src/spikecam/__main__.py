"""``python -m spikecam``: the command line."""

from spikecam.cli.main import main

if __name__ == "__main__":
    main()

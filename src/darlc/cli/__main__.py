"""The ``darlc`` command as ``python -m darlc.cli``."""

from darlc.cli.commands import main

if __name__ == "__main__":
    main()

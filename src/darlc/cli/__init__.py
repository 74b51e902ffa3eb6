"""The ``darlc`` command: one module a family of commands, its options, and what it prints."""

from darlc.cli.commands import main

__all__ = ["main"]

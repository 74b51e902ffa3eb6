"""How numbers of things are put in sentences."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 gene", "2 genes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

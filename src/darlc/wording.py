"""Counts, sizes and lists of names in sentences."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_LISTED = 12


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 gene", "2 genes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Iterable[object]) -> str:
    """Return names with commas; of many, the first ones."""
    known = [str(name) for name in names]
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    return ", ".join(known[:_MOST_LISTED]) + more if known else "none"


def gibibytes(memory: float) -> str:
    """Return a number of bytes: "1.5 GiB"."""
    return f"{memory / 2**30:.1f} GiB"


def needs(memory: float, seconds: float) -> str:
    """Return what a fit needs as a sentence, from bytes and from seconds on one core."""
    if seconds < 90:
        time = "about a minute"
    elif seconds < 5400:
        time = f"about {round(seconds / 60)} minutes"
    else:
        time = f"about {seconds / 3600:.1f} hours"
    return f"Training needs about {gibibytes(memory)} of memory, and {time} on one core."

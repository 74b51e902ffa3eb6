"""Counts and lists of names in sentences."""

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

"""Answers as lines of text: numbers, and tables with aligned columns."""

from __future__ import annotations


def number(value: float, form: str) -> str:
    """Return a number in a format; a dash where it is not known."""
    return "–" if value != value else format(value, form)


def rate(value: float) -> str:
    """Return a p-value or a false discovery rate."""
    return number(value, ".0e" if value < 0.001 else ".3f")


def table(head: list[str], rows: list[list[str]], left: int = 2) -> list[str]:
    """Return lines with aligned columns: the first ones to the left, numbers to the right.

    Parameters
    ----------
    head
        Names of the columns.
    rows
        Cells; the last column may hold text of any length where it is aligned to the left.
    left
        How many columns, from the first, hold text.
    """
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [head, *rows]
    ]

"""Answers, as lines of text with aligned columns or as one JSON object."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Sequence
from typing import Any

#: Highest false discovery rate of what the titles of answers count.
SURE = 0.05


def clusters_command(path: str) -> str:
    """Return the command that lists the clusters of a result."""
    return shlex.join(["darlc", "clusters", path])


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


def print_answer(facts: dict[str, Any], lines: Sequence[str], as_json: bool) -> None:
    """Print facts as one JSON object, or lines of text."""
    if as_json:
        ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
        print(json.dumps(_plain(facts), ensure_ascii=ascii_only, allow_nan=False))
    else:
        print("\n".join(lines))


def _plain(value: Any) -> Any:
    """Return values that JSON can hold; NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

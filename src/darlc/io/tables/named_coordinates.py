"""Coordinates in names of observations, as in Spatial Transcriptomics tables."""

from __future__ import annotations

import re

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
# R adds an X to column names that begin with a digit, and tables keep it.
_NAME = re.compile(rf"X?(?P<x>{_NUMBER})[x_](?P<y>{_NUMBER})", re.ASCII)


def parse_coordinates(name: str) -> tuple[float, float] | None:
    """Return the (x, y) in a name, or None where it holds none.

    Examples
    --------
    >>> parse_coordinates("X16.92x9.015")
    (16.92, 9.015)
    >>> parse_coordinates("10_12")
    (10.0, 12.0)
    >>> parse_coordinates("Nrf1") is None
    True
    """
    found = _NAME.fullmatch(name.strip())
    return None if found is None else (float(found["x"]), float(found["y"]))

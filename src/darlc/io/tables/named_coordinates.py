"""Coordinates that stand in names, as Spatial Transcriptomics tables write them."""

from __future__ import annotations

import re

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
# R puts an X before column names that begin with a digit, and tables pass that on.
_NAME = re.compile(rf"X?(?P<x>{_NUMBER})[x_](?P<y>{_NUMBER})", re.ASCII)


def parse_coordinates(name: str) -> tuple[float, float] | None:
    """Return the (x, y) that a name stands for, or None where it stands for none.

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

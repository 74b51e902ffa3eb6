"""The published rivals by the names that tables show."""

from __future__ import annotations

from benchmarks.quality import rivals_external
from benchmarks.quality.methods import Method


def rivals() -> dict[str, Method]:
    """Return the published rivals; one whose package is missing says so when it is called."""
    return {
        "Hotspot": rivals_external.hotspot,
        "Hotspot, k-means": rivals_external.hotspot_kmeans,
        "Smoothie": rivals_external.smoothie,
    }

"""The result of the window matched with one in a file, off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.errors import DarlcError
from darlc.explore.two_results import MatchedResults, compare_results
from darlc.io.result_file import load
from darlc.results.denoised_views import consensus_pattern
from darlc.results.result import Result
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, magma

#: Longer side of the pictures of patterns.
PICTURE = 44


@dataclass(frozen=True, eq=False)
class Matched:
    """Two results, matched.

    Parameters
    ----------
    first, second
        The result of the window, and the other.
    path
        File of the other.
    found
        How they match.
    pictures
        Of each pair of clusters, the two patterns.
    """

    first: Result
    second: Result
    path: Path
    found: MatchedResults
    pictures: list[tuple[QImage, QImage]]


def match(result: Result, other: Path | Result, path: Path, ratio: float) -> Matched | str:
    """Return how a result matches another; or why it cannot be compared.

    Parameters
    ----------
    result
        Of the window, with edits.
    other
        The other one, or the file to read it from.
    path
        Its file.
    ratio
        Pixels of the screen in a pixel of the pictures.
    """
    try:
        second = load(other) if isinstance(other, Path) else other
        found = compare_results(result, second)
    except (DarlcError, OSError) as error:
        return str(error)
    drawn = [_patterns(each, found.pairs[:, i], ratio) for i, each in enumerate((result, second))]
    return Matched(result, second, path, found, list(zip(*drawn, strict=True)))


def _patterns(result: Result, columns: NDArray[np.int64], ratio: float) -> list[QImage]:
    if not len(columns):
        return []
    clusters = result.shown_clusters
    patterns = consensus_pattern(result.denoised, clusters.membership, result.drawing)
    painter = ThumbnailPainter(result.grid, round(PICTURE * ratio))
    pictures = painter.paint(np.nan_to_num(patterns[columns]), magma())
    for picture in pictures:
        picture.setDevicePixelRatio(ratio)
    return pictures

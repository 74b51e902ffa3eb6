"""Figures of the small tissue, and what compares them with pictures of how they should look."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from PIL import Image

BASELINE = Path(__file__).parent / "baseline"
#: Root of the mean squared difference of colours, of 255, that versions of matplotlib may make.
_TOLERANCE = 6.0
_DPI = 50
_FINER = 4


@pytest.fixture
def looks_as_before(tmp_path: Path) -> Callable[[Figure, str], None]:
    """Return what compares a figure without its text with ``baseline/NAME.png``.

    Text takes no room either: how much it would differs with the fonts of a version.

    With DARLC_NEW_BASELINE=1 in the environment the picture is written instead: look at it.
    """

    def compare(figure: Figure, name: str) -> None:
        for text in figure.findobj(Text):
            text.set_visible(False)
        # In whole pixels: which way the rest is rounded differs, too.
        figure.set_size_inches(np.round(figure.get_size_inches() * _DPI) / _DPI)
        new = bool(os.environ.get("DARLC_NEW_BASELINE"))
        expected, drawn = BASELINE / f"{name}.png", tmp_path / f"{name}.png"
        figure.savefig(drawn, dpi=_FINER * _DPI)
        # An edge that is drawn a pixel further is so by a part of one.
        with Image.open(drawn) as picture:
            small = picture.convert("RGB").reduce(_FINER)
        small.save(expected if new else drawn)
        if new:
            return
        difference = compare_images(str(expected), str(drawn), _TOLERANCE)
        assert difference is None, difference

    return compare

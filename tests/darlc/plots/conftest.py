"""Figures of the small tissue, and what compares them with pictures of how they should look."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

BASELINE = Path(__file__).parent / "baseline"
#: Root of the mean squared difference of colours, of 255, that versions of matplotlib may make.
_TOLERANCE = 6.0


@pytest.fixture
def looks_as_before(tmp_path: Path) -> Callable[[Figure, str], None]:
    """Return what compares a figure without its text with ``baseline/NAME.png``.

    With DARLC_NEW_BASELINE=1 in the environment the picture is written instead: look at it.
    """

    def compare(figure: Figure, name: str) -> None:
        for text in figure.findobj(Text):
            text.set_alpha(0.0)
        expected, drawn = BASELINE / f"{name}.png", tmp_path / f"{name}.png"
        if os.environ.get("DARLC_NEW_BASELINE"):
            figure.savefig(expected, dpi=50)
            return
        figure.savefig(drawn, dpi=50)
        difference = compare_images(str(expected), str(drawn), _TOLERANCE)
        assert difference is None, difference

    return compare

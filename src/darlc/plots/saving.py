"""Write figures: text in vector files stays text, and a file is whole or not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.io.store import check_place
from darlc.io.whole_files import whole

#: Endings of files that figures are written to, and what would differ from one time to the next.
ENDINGS: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
    ".svg": {"Date": None},
}
#: Letters are letters in PDF (TrueType) and SVG; the salt makes names in SVG the same each time.
_TEXT_IS_TEXT: Any = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "darlc"}


def save(drawn: Figure | Axes | NDArray[Any], path: str | Path, dpi: int = 300) -> Path:
    """Write a figure to a PDF, SVG or PNG file.

    Text in PDF and SVG stays text, which programs can search and change. A figure that is
    drawn anew gives the same file. Settings of matplotlib are not changed.

    Parameters
    ----------
    drawn
        The figure, or axes in it, as functions of `darlc.plots` return them.
    path
        Ends in ``.pdf``, ``.svg`` or ``.png``; a file of that name is replaced once the new one is
        whole.
    dpi
        Pixels in an inch of PNG.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    path = Path(path)
    check_place(path, tuple(ENDINGS))
    if not isinstance(drawn, Figure):
        first = np.asarray(drawn, dtype=object).ravel()[0]
        drawn = first.get_figure(root=True)
    assert isinstance(drawn, Figure)
    ending = path.suffix.lower()
    try:
        with matplotlib.rc_context(_TEXT_IS_TEXT), whole(path) as file:
            drawn.savefig(
                file, format=ending[1:], dpi=dpi, bbox_inches="tight", metadata=ENDINGS[ending]
            )
    except OSError as error:
        raise InputError(
            f"{path} could not be written ({error.strerror or error}): free some space or choose "
            "another folder."
        ) from error
    return path

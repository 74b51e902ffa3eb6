"""Figures of what the window shows, drawn by `darlc.plots` and written off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QWidget

from darlc.results.result import Result
from napari_darlc.saving.exporting import ask_export
from napari_darlc.saving.writing import write_aside
from napari_darlc.session.session import Session

#: The first is the default.
KINDS = {"PDF (*.pdf)": ".pdf", "SVG (*.svg)": ".svg", "Picture (*.png)": ".png"}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure that can be drawn of a result.

    Parameters
    ----------
    name
        Last part of the suggested name of the file.
    draw
        Draws it, in a thread, and returns the axes. It imports matplotlib, which takes a second.
    """

    name: str
    draw: Callable[[Result], Any]


def genes_drawing(names: Sequence[str], label: str) -> Drawing:
    """Return a figure of genes, by their names in the data, a panel each.

    One gene is drawn as measured, denoised, and the residual; a gene without a denoised view as
    measured.
    """

    def draw(result: Result) -> Any:
        from matplotlib.figure import Figure

        from darlc import plots

        known = set(result.gene_names.tolist())
        if not known.issuperset(names):
            return plots.genes(result, names, "raw", figure=Figure)
        if len(names) == 1:
            return plots.views(result, names[0], figure=Figure)
        return plots.genes(result, names, figure=Figure)

    return Drawing(label, draw)


def clusters_drawing(names: Sequence[str] | None) -> Drawing:
    """Return a figure of clusters' patterns with typical genes; of all clusters by default."""

    def draw(result: Result) -> Any:
        from matplotlib.figure import Figure

        from darlc import plots

        return plots.clusters(result, names, figure=Figure)

    return Drawing("clusters" if names is None else "_".join(["cluster", *names]), draw)


def map_drawing(plane: NDArray[np.floating], highlight: Sequence[str]) -> Drawing:
    """Return a figure of the gene map as it lies in the window, with some genes named."""

    def draw(result: Result) -> Any:
        from matplotlib.figure import Figure

        from darlc import plots

        ax = Figure(figsize=(4.6, 4.2), layout="constrained").subplots()
        return plots.map(result, highlight=highlight, plane=plane, ax=ax)

    return Drawing("map", draw)


def curve_drawing() -> Drawing:
    """Return a figure of what each number of clusters gains."""

    def draw(result: Result) -> Any:
        from matplotlib.figure import Figure

        from darlc import plots

        ax = Figure(figsize=(4.6, 2.8), layout="constrained").subplots()
        return plots.choose_k(result, ax=ax)

    return Drawing("number_of_clusters", draw)


def set_drawing(name: str) -> Drawing:
    """Return a figure of a gene set as one picture."""

    def draw(result: Result) -> Any:
        from matplotlib.figure import Figure

        from darlc import plots

        return plots.gene_set(result, name, figure=Figure)

    return Drawing(name, draw)


def ask_save_figure(parent: QWidget, session: Session, drawing: Drawing) -> None:
    """Ask for a file name, and write a figure there, by the ending of the name."""
    result = session.result
    path = ask_export(parent, session, "Save figure", drawing.name, KINDS)
    if path is not None and result is not None:
        write_aside("The figure", path, lambda: _write(drawing, result, path), openable=True)


def _write(drawing: Drawing, result: Result, path: Path) -> Path:
    from darlc.plots.saving import save

    return save(drawing.draw(result), path)

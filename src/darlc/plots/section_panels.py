"""Genes and clusters in all sections of a study: a row each, and a column for each section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.contrast import contrast_limits
from darlc.plots import tissue
from darlc.plots.cluster_panels import chosen_columns
from darlc.plots.gene_panels import UNIT, NamedViews, View
from darlc.plots.layout import Place, extent, figure_of
from darlc.results.denoised_views import consensus_pattern
from darlc.results.study import StudyResult

#: Longer side of a panel in inches.
_SIDE = 1.7
#: Most panels side by side where a single gene or cluster is drawn.
_MOST = 6


def sections(
    study: StudyResult,
    names: Sequence[str],
    view: View = "denoised",
    *,
    figure: Place = None,
    cmap: str | Colormap = "viridis",
) -> NDArray[Any]:
    """Draw genes in all sections of a study, with one contrast for all sections of a gene.

    A section that lacks a gene, or a denoised view of it, says so.

    Parameters
    ----------
    study
        As `darlc.load` and `darlc.fit_study` return it.
    names
        Names or symbols of genes. A single one is drawn in several lines of panels, several have a
        line each.
    view
        ``"denoised"`` or ``"raw"``.
    figure
        As for `darlc.plots.genes`.
    cmap
        Colormap.

    Returns
    -------
    NDArray
        (genes, S) the axes.

    Raises
    ------
    InputError
        There are no names, or no section has such a gene, or there is no such view.

    Examples
    --------
    >>> study = darlc.load("study")
    >>> axes = darlc.plots.sections(study, study.gene_names[:1])
    >>> axes.shape
    (1, 2)
    """
    if not len(names):
        raise InputError("no gene was named: name at least one.")
    every = [NamedViews(result) for result in study.sections]
    lines = []
    for name in names:
        found = [_found(each, name, view) for each in every]
        if all(isinstance(each, str) for each in found):
            every[0].values(name, view)  # which says what to do
            raise InputError(f"no section has a {view} view of {name}: draw another gene.")
        lines.append(found)
    axes = _panels(study, figure, len(names))
    for line, found in zip(axes, lines, strict=True):
        shown = [each for each in found if not isinstance(each, str)]
        low = 0.0 if view == "raw" else None
        limits = contrast_limits(np.concatenate([values for values, _ in shown]), low)
        images = []
        for ax, result, each in zip(line, study.sections, found, strict=True):
            if isinstance(each, str):
                ax.text(0.5, 0.5, str(each), ha="center", va="center", fontsize="small")
            else:
                images.append(tissue.draw(ax, result.grid, each[0], limits, cmap))
        _entitle(line, shown[0][1], len(names), "italic")
        tissue.add_colour_bar(images[0], UNIT, list(line))
    _name_sections(axes, study)
    return axes


def section_clusters(
    study: StudyResult, names: Sequence[str] | None = None, *, figure: Place = None
) -> NDArray[Any]:
    """Draw the consensus patterns of clusters in all sections of a study.

    A section where none of the genes of a cluster was measured stays empty.

    Parameters
    ----------
    study
        As for `sections`.
    names
        Names of clusters; None for all that hold genes.
    figure
        As for `darlc.plots.genes`.

    Returns
    -------
    NDArray
        (clusters, S) the axes.

    Raises
    ------
    InputError
        There is no such cluster.
    """
    clusters = study.clusters
    chosen = chosen_columns(clusters.names, clusters.sizes, names)
    patterns = [
        consensus_pattern(each.denoised, each.membership, each.drawing) for each in study.sections
    ]
    axes = _panels(study, figure, len(chosen))
    for line, column in zip(axes, chosen, strict=True):
        colours = tissue.cluster_colormap(clusters.colours[column])
        limits = contrast_limits(np.concatenate([each[column] for each in patterns]))
        for ax, result, each in zip(line, study.sections, patterns, strict=True):
            tissue.draw(ax, result.grid, each[column], limits, colours)
        _entitle(line, f"cluster {clusters.names[column]}", len(chosen), "normal")
    _name_sections(axes, study)
    return axes


def _found(views: NamedViews, name: str, view: View) -> tuple[NDArray[np.floating], str] | str:
    """Return a gene's values and label, or what is missing."""
    try:
        return views.values(name, view)
    except InputError:
        return "no denoised view" if views.has(name) else "not measured"


def _panels(study: StudyResult, figure: Place, lines: int) -> NDArray[Any]:
    """Return axes (lines, S); a single line is wrapped."""
    columns = study.n_sections if lines > 1 else min(study.n_sections, _MOST)
    rows = lines if lines > 1 else -(-study.n_sections // columns)
    sizes = np.array([extent(each.grid) for each in study.sections])
    width, height = _SIDE * np.median(sizes / sizes.max(axis=1, keepdims=True), axis=0)
    size = (columns * width + 1.0, rows * (height + 0.3) + 0.3)
    axes = figure_of(figure, size).subplots(rows, columns, squeeze=False)
    for ax in axes.ravel():
        ax.set_axis_off()
    laid: NDArray[Any] = axes if lines > 1 else axes.ravel()[None, : study.n_sections]
    return laid


def _entitle(line: NDArray[Any], title: str, lines: int, style: str) -> None:
    """Write what a line of panels shows: left of it, or above the only one."""
    ax: Axes = line[0]
    if lines == 1:
        ax.figure.suptitle(title, fontsize="medium", fontstyle=style)
    else:
        ax.text(
            -0.06, 0.5, title, transform=ax.transAxes, rotation=90, ha="right", va="center",
            fontsize="small", fontstyle=style,
        )  # fmt: skip


def _name_sections(axes: NDArray[Any], study: StudyResult) -> None:
    for ax, name, result in zip(axes[0], study.section_names, study.sections, strict=True):
        ax.set_title(name, fontsize="small")
        if ax.images:
            tissue.add_scale_bar(ax, result.grid)

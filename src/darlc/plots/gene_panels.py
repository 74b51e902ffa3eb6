"""Genes over the tissue: one, several, and one as measured, denoised and what is between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.similar import find_gene
from darlc.images.contrast import contrast_limits, residual
from darlc.images.gene_labels import gene_labels
from darlc.plots import tissue
from darlc.plots.layout import Place, panels
from darlc.results.raw_views import measured_images
from darlc.results.result import Result

View = Literal["denoised", "raw"]
UNIT = "log-normalised expression"


def gene(
    result: Result,
    name: str,
    view: View = "denoised",
    *,
    ax: Axes | None = None,
    cmap: str | Colormap = "viridis",
    colour_bar: bool = True,
    scale_bar: bool = True,
) -> Axes:
    """Draw one gene over the tissue.

    Parameters
    ----------
    result
        Bound to its data, as `darlc.load` and `darlc.fit` return it.
    name
        Name or symbol of the gene.
    view
        ``"denoised"`` or ``"raw"``.
    ax
        Axes to draw in; those of a new figure by default.
    cmap
        Colormap.
    colour_bar
        Whether a colour bar stands beside it.
    scale_bar
        Whether a scale bar stands below it, where micrometres are known.

    Returns
    -------
    Axes
        The axes that were drawn in.

    Raises
    ------
    InputError
        There is no such gene or view.

    Examples
    --------
    >>> ax = darlc.plots.gene(darlc.load("result.h5ad"), "MBP")
    >>> path = darlc.plots.save(ax.figure, "MBP.pdf")
    """
    shown = NamedViews(result)
    values, title = shown.values(name, view)
    if ax is None:
        ax = panels(None, result.grid, 1, 1, 3.6, 0.9 if colour_bar else 0.1)[0, 0]
    image = tissue.draw(ax, result.grid, values, _limits(values, view), cmap)
    ax.set_title(title, fontsize="medium", fontstyle="italic")
    if scale_bar:
        tissue.add_scale_bar(ax, result.grid)
    if colour_bar:
        tissue.add_colour_bar(image, UNIT)
    return ax


def genes(
    result: Result,
    names: Sequence[str],
    view: View = "denoised",
    *,
    figure: Place = None,
    columns: int = 4,
    cmap: str | Colormap = "viridis",
) -> NDArray[Any]:
    """Draw several genes in panels, each with limits of its own.

    Parameters
    ----------
    result
        Bound to its data.
    names
        Names or symbols.
    view
        ``"denoised"`` or ``"raw"``.
    figure
        Where to draw: a figure, a subfigure, or what makes a figure when it is called, such as
        ``matplotlib.figure.Figure``; by default a new one of pyplot.
    columns
        Most panels side by side.
    cmap
        Colormap.

    Returns
    -------
    NDArray
        (n,) the axes, in the order of ``names``.

    Raises
    ------
    InputError
        There are no names, or no such gene or view.
    """
    if not len(names):
        raise InputError("no gene was named: name at least one.")
    shown = NamedViews(result)
    found = [shown.values(name, view) for name in names]
    columns = min(max(columns, 1), len(found))
    axes = panels(figure, result.grid, -(-len(found) // columns), columns, 2.1, 0.7).ravel()
    lines = tissue.outline(result.grid)
    for ax, (values, title) in zip(axes, found, strict=False):
        image = tissue.draw(ax, result.grid, values, (0.0, 1.0), cmap, lines=lines)
        image.set_clim(*_limits(values, view))
        ax.set_title(title, fontsize="small", fontstyle="italic")
    for ax in axes[len(found) :]:
        ax.set_axis_off()
    tissue.add_scale_bar(axes[0], result.grid)
    # Limits differ from gene to gene, so that the bar can only say which end is which.
    image = axes[0].images[0]
    _ends(image, list(axes))
    return axes[: len(found)]


def views(
    result: Result,
    name: str,
    *,
    figure: Place = None,
    cmap: str | Colormap = "viridis",
) -> NDArray[Any]:
    """Draw one gene as measured, denoised, and the residual, which is raw minus denoised.

    Parameters
    ----------
    result
        Bound to its data.
    name
        Name or symbol.
    figure
        As for `genes`.
    cmap
        Colormap of the first two, which share their limits.

    Returns
    -------
    NDArray
        (3,) the axes.

    Raises
    ------
    InputError
        There is no such gene, or it has no denoised view.
    """
    shown = NamedViews(result)
    raw, title = shown.values(name, "raw")
    denoised, _ = shown.values(name, "denoised")
    axes = panels(figure, result.grid, 1, 3, 2.8, 1.8).ravel()
    lines = tissue.outline(result.grid)
    limits = contrast_limits(np.concatenate([raw, denoised]), low=0.0)
    for ax, values, word in zip(axes, (raw, denoised), ("raw", "denoised"), strict=False):
        image = tissue.draw(ax, result.grid, values, limits, cmap, lines=lines)
        ax.set_title(f"{title}, {word}", fontsize="small")
    tissue.add_colour_bar(image, UNIT, list(axes[:2]))
    left = residual(raw, denoised, shown.counts)
    _, top = contrast_limits(np.abs(left), low=0.0)
    colours = tissue.diverging_colormap()
    image = tissue.draw(axes[2], result.grid, left, (-top, top), colours, lines=lines)
    axes[2].set_title("residual", fontsize="small")
    tissue.add_colour_bar(image, "counts" if shown.counts else "log units")
    tissue.add_scale_bar(axes[0], result.grid)
    return axes


class NamedViews:
    """Views of genes of a result by name."""

    def __init__(self, result: Result) -> None:
        self._result, self._images = result, measured_images(result)
        assert result.adata is not None
        label = dict(zip(result.adata.var_names, gene_labels(result.adata), strict=True))
        self._labels = np.array([label[each] for each in self._images.gene_names], dtype=np.str_)
        self.counts = self._images.values == "counts"

    def has(self, name: str) -> bool:
        """Return whether a gene was measured."""
        return name in self._images.gene_names or name in self._labels

    def values(self, name: str, view: View) -> tuple[NDArray[np.floating], str]:
        """Return a gene's values over tissue pixels, (P,), and its label."""
        gene = find_gene(name, self._images.gene_names, self._labels)
        label = str(self._labels[gene])
        if view == "raw":
            return self._images.expression(gene)[0], label
        if view != "denoised":
            raise InputError(f"there is no view called {view}: choose denoised or raw.")
        rows = np.flatnonzero(self._result.gene_names == self._images.gene_names[gene])
        if not len(rows):
            raise InputError(
                f"{label} has too few molecules for a denoised view: draw its raw view."
            )
        return self._result.denoised[int(rows[0])], label


def _limits(values: NDArray[np.floating], view: View) -> tuple[float, float]:
    return contrast_limits(values, low=0.0 if view == "raw" else None)


def _ends(image: Any, axes: list[Axes]) -> None:
    bar = image.axes.figure.colorbar(
        image, ax=axes, fraction=0.03, pad=0.02, shrink=0.5, aspect=18, ticks=image.get_clim()
    )
    bar.ax.set_yticklabels(["low", "high"])
    bar.ax.tick_params(labelsize="small", length=0)
    bar.outline.set_visible(False)

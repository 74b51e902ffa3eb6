"""The gene map: a point a gene, in the colour of its cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.gene_map import Plane, placed
from darlc.explore.similar import find_gene
from darlc.images.gene_labels import NamedGenes
from darlc.plots.layout import figure_of
from darlc.results.result import Result

_AXES = {"umap": "UMAP", "pca": "component"}


def map(
    result: Result,
    *,
    highlight: Sequence[str] = (),
    plane: Plane = "umap",
    ax: Axes | None = None,
) -> Axes:
    """Draw the gene map: similar genes are close, and colours are those of clusters.

    Parameters
    ----------
    result
        With embeddings and clusters.
    highlight
        Names or symbols of genes to name on the map.
    plane
        ``"umap"``, as the window shows it, ``"pca"``, which takes no time, or positions of the
        result's genes, (G, 2).
    ax
        Axes to draw in; those of a new figure by default.

    Returns
    -------
    Axes
        The axes that were drawn in.

    Raises
    ------
    InputError
        The result holds no embeddings, a gene is not in it, or positions are of other genes.
    """
    if not result.embedding.shape[1]:
        raise InputError("the result holds no embeddings: fit again and let it run longer.")
    where = placed(result.embedding, plane)
    names = result.gene_names
    labels = names if result.adata is None else NamedGenes.of(result.adata, names).symbol
    marked = [find_gene(name, names, labels) for name in highlight]
    shown = result.shown_clusters
    if ax is None:
        ax = figure_of(None, (4.6, 4.2)).subplots()
    size = float(np.clip(6000 / max(len(names), 1), 3, 30))
    colours = np.array([*shown.colours, "#808080"])[shown.cluster]
    ax.scatter(where[:, 0], where[:, 1], s=size, c=list(colours), linewidths=0, alpha=0.85)
    middles = []
    for column in np.flatnonzero(shown.sizes):
        middles.append(np.median(where[shown.cluster == column], axis=0))
        _write(ax, shown.names[column], middles[-1], ha="center", va="center", fontweight="bold")
    for row in marked:
        ax.scatter(
            where[row, 0], where[row, 1], s=2.5 * size, facecolors="none", edgecolors="#202428"
        )
        _write(
            ax, str(labels[row]), where[row], fontstyle="italic", **_free_side(where, row, middles)
        )
    if marked:
        # Room for names beside the outermost points.
        ax.margins(0.12)
    ax.set_aspect("equal", "datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    if isinstance(plane, str):
        ax.set_xlabel(f"{_AXES[plane]} 1", fontsize="small")
        ax.set_ylabel(f"{_AXES[plane]} 2", fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _free_side(
    where: NDArray[np.floating], row: int, names: Sequence[NDArray[np.floating]]
) -> dict[str, Any]:
    """Return where a gene's name is put: the corner of its point that is farthest from others."""
    # About the middle of a short name, in a map that is 280 points wide.
    away = np.ptp(where, axis=0).max() / 280 * np.array([20.0, 10.0])
    corners = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)])
    gaps = [
        min((np.hypot(*((where[row] + corner * away - name) / away)) for name in names), default=0)
        for corner in corners
    ]
    right, up = corners[int(np.argmax(gaps))]
    return {
        "xytext": (5 * right, 5 * up),
        "textcoords": "offset points",
        "ha": "left" if right > 0 else "right",
        "va": "bottom" if up > 0 else "top",
    }


def _write(ax: Axes, words: str, where: NDArray[np.floating], **how: Any) -> None:
    """Write text on a pale halo.

    matplotlib turns text with effects into outlines: the halo has them, and the text, which lies
    over it, stays text in vector files.
    """
    at = float(where[0]), float(where[1])
    below = ax.annotate(words, at, fontsize="small", color="white", **how)
    below.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    ax.annotate(words, at, fontsize="small", color="#202428", **how)

"""The gene map: a point a gene, in the colour of its cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from darlc.errors import InputError
from darlc.explore.gene_map import pca_plane, umap_plane
from darlc.explore.similar import find_gene
from darlc.images.gene_labels import NamedGenes
from darlc.plots.layout import figure_of
from darlc.results.result import Result


def map(
    result: Result,
    *,
    highlight: Sequence[str] = (),
    plane: Literal["umap", "pca"] = "umap",
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
        ``"umap"``, as the window shows it, or ``"pca"``, which takes no time.
    ax
        Axes to draw in; those of a new figure by default.

    Returns
    -------
    Axes
        The axes that were drawn in.

    Raises
    ------
    InputError
        The result holds no embeddings, or a gene is not in it.
    """
    if not result.embedding.shape[1]:
        raise InputError("the result holds no embeddings: fit again and let it run longer.")
    where = pca_plane(result.embedding)
    if plane == "umap":
        where = umap_plane(result.embedding, where)
    names = result.gene_names
    labels = names if result.adata is None else NamedGenes.of(result.adata, names).symbol
    marked = [find_gene(name, names, labels) for name in highlight]
    shown = result.shown_clusters
    if ax is None:
        ax = figure_of(None, (4.6, 4.2)).subplots()
    size = float(np.clip(6000 / max(len(names), 1), 3, 30))
    colours = np.array([*shown.colours, "#808080"])[shown.cluster]
    ax.scatter(where[:, 0], where[:, 1], s=size, c=list(colours), linewidths=0, alpha=0.85)
    halo: Any = [withStroke(linewidth=2.5, foreground="white")]
    for column in np.flatnonzero(shown.sizes):
        middle = np.median(where[shown.cluster == column], axis=0)
        text = ax.annotate(
            shown.names[column], middle, ha="center", va="center", fontsize="small",
            fontweight="bold", color="#202428",
        )  # fmt: skip
        text.set_path_effects(halo)
    for row in marked:
        ax.scatter(
            where[row, 0], where[row, 1], s=2.5 * size, facecolors="none", edgecolors="#202428"
        )
        text = ax.annotate(
            str(labels[row]), where[row], xytext=(5, 5), textcoords="offset points",
            fontsize="small", fontstyle="italic",
        )  # fmt: skip
        text.set_path_effects(halo)
    ax.set_aspect("equal", "datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel("UMAP 1" if plane == "umap" else "component 1", fontsize="small")
    ax.set_ylabel("UMAP 2" if plane == "umap" else "component 2", fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    return ax

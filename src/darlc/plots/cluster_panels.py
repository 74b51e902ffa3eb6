"""Consensus patterns of clusters, each with its most typical genes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.representatives import representatives
from darlc.images.contrast import contrast_limits
from darlc.images.gene_labels import NamedGenes
from darlc.plots import tissue
from darlc.plots.layout import Place, panels
from darlc.results.denoised_views import consensus_pattern
from darlc.results.result import Result
from darlc.wording import counted, listed

#: More clusters than this are laid out in two columns.
_ONE_COLUMN = 6


def clusters(
    result: Result,
    names: Sequence[str] | None = None,
    *,
    n_genes: int = 3,
    figure: Place = None,
) -> NDArray[Any]:
    """Draw consensus patterns in their clusters' colours, each beside typical genes.

    Parameters
    ----------
    result
        With clusters; where they were edited, the edited ones are drawn.
    names
        Names of clusters; None for all that hold genes.
    n_genes
        Most typical genes beside each pattern.
    figure
        As for `darlc.plots.genes`.

    Returns
    -------
    NDArray
        (K, 1 + n_genes) the axes; the first column holds the patterns.

    Raises
    ------
    InputError
        There is no such cluster, or there are no clusters.
    """
    shown = result.shown_clusters
    chosen = chosen_columns(shown.names, shown.sizes, names)
    patterns = consensus_pattern(result.denoised, shown.membership, result.drawing)
    typical = representatives(result.denoised, shown, patterns, max(n_genes, 1))[:, :n_genes]
    labels = result.gene_names
    if result.adata is not None:
        labels = NamedGenes.of(result.adata, result.gene_names).symbol
    blocks = 1 if len(chosen) <= _ONE_COLUMN else 2
    rows, across = -(-len(chosen) // blocks), 1 + n_genes
    grid = panels(figure, result.grid, rows, blocks * across, 1.5)
    lines = tissue.outline(result.grid)
    axes = np.concatenate([grid[:, b * across : (b + 1) * across] for b in range(blocks)])
    for line, column in zip(axes, chosen, strict=False):
        colours = tissue.cluster_colormap(shown.colours[column])
        pattern = patterns[column]
        tissue.draw(line[0], result.grid, pattern, contrast_limits(pattern), colours, lines=lines)
        line[0].set_title(
            f"{shown.names[column]} · {counted(int(shown.sizes[column]), 'gene')}",
            fontsize="small",
            fontweight="bold",
            loc="left",
        )
        for ax, row in zip(line[1:], typical[column], strict=True):
            if row < 0:
                continue
            view = result.denoised[int(row)]
            tissue.draw(ax, result.grid, view, contrast_limits(view), colours, lines=lines)
            ax.set_title(str(labels[row]), fontsize="small", fontstyle="italic")
    for ax in axes.ravel():
        ax.set_axis_off()
    tissue.add_scale_bar(axes[0, 0], result.grid)
    return axes[: len(chosen)]


def chosen_columns(
    names: tuple[str, ...], sizes: NDArray[np.int64], asked: Sequence[str] | None
) -> list[int]:
    """Return the columns of the clusters that were asked for; of all that hold genes for None."""
    if not names:
        raise InputError("the result holds no clusters: fit again and let it run longer.")
    if asked is None:
        return [column for column in range(len(names)) if sizes[column] > 0]
    unknown = [name for name in asked if name not in names]
    if unknown or not len(asked):
        what = f"no cluster is called {unknown[0]}" if unknown else "no cluster was named"
        raise InputError(f"{what}: choose among {listed(names)}.")
    return [names.index(name) for name in asked]

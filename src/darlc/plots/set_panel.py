"""A gene set over the tissue, as one picture: denoised, and raw beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from darlc.explore.set_picture import set_picture
from darlc.images.contrast import contrast_limits
from darlc.plots import tissue
from darlc.plots.layout import Place, panels
from darlc.results.raw_views import measured_images
from darlc.results.result import Result
from darlc.wording import counted


def gene_set(
    result: Result, name: str, *, figure: Place = None, cmap: str | Colormap = "viridis"
) -> NDArray[Any]:
    """Draw a gene set as one picture, denoised and raw.

    It is the mean of its genes' views, each with mean 0 and deviation 1 over the tissue, as
    `darlc.explore.set_picture.set_picture` computes it.

    Parameters
    ----------
    result
        Bound to its data, with the set.
    name
        Name of the set.
    figure
        As for `darlc.plots.genes`.
    cmap
        Colormap.

    Returns
    -------
    NDArray
        (2,) the axes: denoised, raw.

    Raises
    ------
    InputError
        There is no such set, or none of its genes has an answer.
    """
    held = result.gene_sets[name]
    images = measured_images(result)
    modelled = images.index([str(each) for each in result.gene_names])
    genes = np.flatnonzero(np.isin(images.gene_names, list(held.genes)))
    found = set_picture(images, modelled, result.denoised, genes)
    axes = panels(figure, result.grid, 1, 2, 2.8, 1.4).ravel()
    lines = tissue.outline(result.grid)
    about = f"{held.name}, {counted(found.n_genes, 'gene')}"
    for ax, values, title in zip(
        axes, (found.denoised, found.raw), (f"{about}, denoised", "raw"), strict=True
    ):
        image = tissue.draw(ax, result.grid, values, contrast_limits(values), cmap, lines=lines)
        ax.set_title(title, fontsize="small")
        tissue.add_colour_bar(image, "mean of standardised views")
    tissue.add_scale_bar(axes[0], result.grid)
    return axes

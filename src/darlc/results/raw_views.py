"""Raw views of a result's genes, from the data that the result is bound to."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages, placed_images
from darlc.results.denoised_views import DenoisedViews, GeneViews, Measured

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.results.result import Result


def bound_views(result: Result, adata: AnnData) -> GeneViews:
    """Return a result's denoised views, which take their share of raw views from these data.

    The data are not looked at before such a view is asked for: most results need none.

    Parameters
    ----------
    result
        Whose views.
    adata
        The data that were fitted; where they have changed since, which `data_match` says, views
        hold the share of what they are now.
    """
    if not isinstance(result.denoised, DenoisedViews):
        return result.denoised
    return result.denoised.bound(_raw_views(result, adata))


def views_over(views: GeneViews, images: SGEPImages | None, genes: NDArray[np.int64]) -> GeneViews:
    """Return denoised views of genes at positions (G,) in images, which give their raw views."""
    if images is None or not isinstance(views, DenoisedViews):
        return views
    return views.bound(lambda rows: images.expression(genes[rows]))


def measured_images(result: Result) -> SGEPImages:
    """Return the SGEP images of all genes of the data that a result is bound to, on its pixels.

    Raises
    ------
    InputError
        The result is not bound to data.
    """
    if result.adata is None:
        raise InputError(
            "the result is not bound to the data that were fitted: "
            "call with_data(adata) on it first."
        )
    return placed_images(result.adata, result.grid, result.observation_pixel)


def _raw_views(result: Result, adata: AnnData) -> Measured:
    names, grid = result.gene_names, result.grid
    observation_pixel = result.observation_pixel

    @cache
    def images() -> SGEPImages:
        return placed_images(adata, grid, observation_pixel)

    def measured(rows: NDArray[np.int64]) -> NDArray[np.floating]:
        return images().expression(images().index(list(names[rows])))

    return measured

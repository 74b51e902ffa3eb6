"""A gene set as one picture: the mean of its genes' views, each standardised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.results.denoised_views import GeneViews, at_once


@dataclass(frozen=True, eq=False)
class SetPicture:
    """The picture of a gene set, denoised and raw.

    Parameters
    ----------
    denoised
        (P,) mean over the set's genes with an answer of their denoised views, each with mean 0 and
        deviation 1 over the tissue; so is the unit.
    raw
        (P,) the same of the raw views of the same genes.
    n_genes
        How many genes that are.
    """

    denoised: NDArray[np.float32]
    raw: NDArray[np.float32]
    n_genes: int


def set_picture(
    images: SGEPImages,
    modelled: NDArray[np.int64],
    denoised: GeneViews,
    genes: NDArray[np.int64],
) -> SetPicture:
    """Return the picture of a gene set.

    Every gene counts as much as any other, whether it is rare or abundant; a gene without a pattern
    adds nothing.

    Parameters
    ----------
    images
        All genes.
    modelled
        (G,) positions of the genes of the result among all genes.
    denoised
        (G, P) their denoised views.
    genes
        Positions of the set's genes among all genes.

    Raises
    ------
    InputError
        No gene of the set has an answer.
    """
    rows = np.flatnonzero(np.isin(modelled, genes))
    if not len(rows):
        raise InputError(
            "no gene of the set has an answer in this result, so that it has no picture: "
            "choose genes with more molecules."
        )
    here = modelled[rows]
    return SetPicture(
        denoised=_mean(lambda part: denoised[rows[part]], len(rows), images.n_pixels),
        raw=_mean(lambda part: images.expression(here[part]), len(rows), images.n_pixels),
        n_genes=len(rows),
    )


def _mean(
    views: Callable[[slice], NDArray[np.floating]], n_genes: int, n_pixels: int
) -> NDArray[np.float32]:
    """Return the mean (P,) of standardised views, some genes at a time."""
    total = np.zeros(n_pixels)
    for part in at_once(n_genes, n_pixels):
        total += standardised(views(part)).sum(axis=0, dtype=np.float64)
    return (total / n_genes).astype(np.float32)

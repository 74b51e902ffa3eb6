"""Denoised views of genes that a result does not hold, by its stored weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.pooling import pooled
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.denoiser import regressed
from darlc.learn.denoise.shrinkage import Shrinkage
from darlc.learn.encode.weights import unpack_denoiser
from darlc.results.denoised_views import DenoisedViews, Factors
from darlc.results.gene_rows import levels
from darlc.results.result import Result


def denoise_others(result: Result, images: SGEPImages) -> NDArray[np.float32]:
    """Return denoised views (g, P) of genes that a result does not hold, log-normalised units.

    Parameters
    ----------
    result
        A result with weights.
    images
        The genes, over the same tissue pixels as the result's.

    Raises
    ------
    InputError
        The weights lack the arrays of the denoiser.
    """
    learnt = unpack_denoiser(result.weights)
    if images.values == "counts" and not any(name.startswith("programmes.") for name in learnt):
        raise InputError(
            "the result was written before genes outside the model could be denoised: "
            "fit again to denoise them."
        )
    coarse = pooled(images, result.pooling)
    try:
        if images.values == "counts":
            factors = Shrinkage.from_arrays(learnt).factors(coarse)
        else:
            factors = regressed(coarse, learnt["basis"], learnt["scale"])
    except (KeyError, ValueError) as error:
        raise InputError(f"the result's weights cannot be read: {error}") from error
    if result.pooling > 1:
        factors = _at_pictures(factors, result, images)
    return DenoisedViews(factors, images.expression)[:]


def _at_pictures(factors: Factors, result: Result, images: SGEPImages) -> Factors:
    """Return the factors over the picture grid, with the scores of its pixels in the result.

    What pixels have by themselves is not known of other genes at this resolution.
    """
    assert isinstance(result.denoised, DenoisedViews)
    return replace(
        factors,
        programmes=result.denoised.factors.programmes.astype(np.float32),
        mean=levels(images),
        share=np.zeros_like(factors.share),
    )

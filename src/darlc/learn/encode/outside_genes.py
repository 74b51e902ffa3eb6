"""Denoise and embed genes outside the model, with the weights of a result.

The model does not change: it is applied to further genes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config
from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.denoiser import regressed
from darlc.learn.denoise.shrinkage import Shrinkage
from darlc.learn.encode.embedding import embed_outside
from darlc.learn.encode.weights import unpack_denoiser
from darlc.results.added_genes import AddedGenes, check_grid, modelled_rows, outside
from darlc.results.result import Result

#: Genes that are denoised and embedded at a time, between reports of progress.
_CHUNK = 256


def denoise(result: Result, images: SGEPImages) -> NDArray[np.float32]:
    """Return denoised views of any genes over the same tissue.

    Parameters
    ----------
    result
        A result with weights.
    images
        The genes, over the same tissue pixels as the result's.

    Returns
    -------
    ndarray
        (g, P) float32 in log-normalised units: for modelled genes those of the result, for others
        the output of its denoiser.

    Raises
    ------
    InputError
        The tissue differs, or the result lacks the arrays of the denoiser.
    """
    check_grid(result, images)
    rows = modelled_rows(result, images)
    views = np.empty((images.n_genes, images.n_pixels), dtype=np.float32)
    views[rows >= 0] = result.denoised[rows[rows >= 0]]
    if (rest := np.flatnonzero(rows < 0)).size:
        views[rest] = denoise_outside(result.weights, images.select(rest))
    return views


def denoise_outside(weights: bytes, images: SGEPImages) -> NDArray[np.float32]:
    """Return denoised views (g, P) of genes outside the model by a result's weights alone.

    Raises
    ------
    InputError
        The weights lack the arrays of the denoiser.
    """
    learnt = unpack_denoiser(weights)
    try:
        if images.values != "counts":
            return regressed(images, learnt["basis"], learnt["scale"])
        if not any(name.startswith("programmes.") for name in learnt):
            raise InputError(
                "the result was written before genes outside the model could be denoised: "
                "fit again to denoise them."
            )
        return Shrinkage.from_arrays(learnt).view(images)
    except (KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"the result's weights cannot be read: {error}") from error


def extend(
    result: Result, images: SGEPImages, on_step: Callable[[int, int], None] | None = None
) -> AddedGenes | None:
    """Denoise and embed genes outside the model.

    Parameters
    ----------
    result
        A result with weights.
    images
        Any genes, over the same tissue pixels; those that are modelled, or were added before, are
        not changed.
    on_step
        Called with the genes done and all genes.

    Returns
    -------
    AddedGenes or None
        All added genes, earlier ones first.

    Raises
    ------
    InputError
        The tissue differs, a gene has no expression, or the result lacks the arrays of the
        denoiser.
    """
    check_grid(result, images)
    asked = outside(result, images)
    if not asked.n_genes:
        return result.added
    parts = [] if result.added is None else [result.added]
    done = 0
    for part in denoise_and_embed(result.weights, result.config, asked):
        parts.append(part)
        done += part.n_genes
        if on_step is not None:
            on_step(done, asked.n_genes)
    return parts[0].and_then(parts[1:])


def denoise_and_embed(weights: bytes, config: Config, images: SGEPImages) -> Iterator[AddedGenes]:
    """Denoise and embed chunks of genes by a result's weights alone; see ``extend``.

    Parameters
    ----------
    weights, config
        Of the result.
    images
        At least one gene, none of them modelled, over the result's tissue pixels.

    Raises
    ------
    InputError
        A gene has no expression, or the weights lack the arrays of the denoiser.
    """
    silent = np.flatnonzero(np.diff(images.matrix.indptr) == 0)
    if silent.size:
        raise InputError(
            f"the gene {images.gene_names[silent[0]]} has no expression in the tissue: "
            "leave it out."
        )
    for start in range(0, images.n_genes, _CHUNK):
        genes = images.select(np.arange(start, min(start + _CHUNK, images.n_genes)))
        yield AddedGenes(
            genes.gene_names,
            embed_outside(weights, config.network, genes),
            denoise_outside(weights, genes).astype(np.float16),
        )

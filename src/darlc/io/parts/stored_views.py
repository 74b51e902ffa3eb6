"""Denoised views in result files: their factors, or the views themselves in older files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.data.keys import COEFFICIENTS, PROGRAMMES
from darlc.images.statistics import unit_length
from darlc.results.denoised_views import DenoisedViews, Factors, GeneViews

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.results.clusters import Clusters
    from darlc.results.result import Result

#: Nearest genes that give a gene of an older file its membership.
_NEAREST = 5


def put_factors(adata: AnnData, result: Result, genes: NDArray[np.int64]) -> None:
    """Write scores of observations and coefficients of genes; remove those of another fit.

    Parameters
    ----------
    adata
        Modified in place.
    result
        Result with the views.
    genes
        (G,) positions of its genes in ``adata``.
    """
    if not isinstance(result.denoised, DenoisedViews):
        adata.obsm.pop(PROGRAMMES, None)
        adata.varm.pop(COEFFICIENTS, None)
        return
    factors = result.denoised.factors
    n = factors.programmes.shape[1]
    placed = result.observation_pixel >= 0
    scores = np.full((adata.n_obs, n), np.nan, dtype=np.float32)
    scores[placed] = factors.programmes[result.observation_pixel[placed]]
    coefficients = np.full((adata.n_vars, n), np.nan, dtype=np.float32)
    coefficients[genes] = factors.coefficients
    adata.obsm[PROGRAMMES], adata.varm[COEFFICIENTS] = scores, coefficients


def pack_views(views: GeneViews) -> dict[str, Any]:
    """Return what is stored of denoised views beside scores and coefficients."""
    if not isinstance(views, DenoisedViews):
        return {"denoised": np.asarray(views)}
    factors = views.factors
    return {"views": {"mean": factors.mean, "share": factors.share, "link": factors.link}}


def unpack_views(
    adata: AnnData,
    stored: Mapping[str, Any],
    names: NDArray[np.str_],
    observation_pixel: NDArray[np.int64],
    n_pixels: int,
) -> GeneViews:
    """Rebuild denoised views.

    Parameters
    ----------
    adata, stored
        Of the file.
    names
        (G,) of the result's genes.
    observation_pixel
        (n_obs,) index of each observation's pixel, -1 where it has none.
    n_pixels
        Number P of tissue pixels.

    Raises
    ------
    KeyError, ValueError
        A part is missing or of another shape.
    """
    if "views" not in stored:
        return np.asarray(stored["denoised"], dtype=np.float16)
    placed = observation_pixel >= 0
    scores = np.asarray(adata.obsm[PROGRAMMES], dtype=np.float32)
    # Every tissue pixel has an observation, and all of its observations have the same scores.
    programmes = np.zeros((n_pixels, scores.shape[1]), dtype=np.float32)
    programmes[observation_pixel[placed]] = scores[placed]
    coefficients = np.asarray(adata.varm[COEFFICIENTS], dtype=np.float32)
    facts = stored["views"]
    return DenoisedViews(
        Factors(
            programmes=programmes,
            coefficients=coefficients[adata.var_names.get_indexer(names)],
            mean=np.asarray(facts["mean"], dtype=np.float32),
            share=np.asarray(facts["share"], dtype=np.float32),
            link=str(facts["link"]),  # type: ignore[arg-type]
        )
    )


def with_added(
    result: Result,
    names: NDArray[np.str_],
    embedding: NDArray[np.float32],
    denoised: NDArray[np.floating],
) -> Result:
    """Return a result of an older file with the genes that were denoised after the fit.

    These had no membership there: they get the mean one of the genes with the nearest embeddings.

    Parameters
    ----------
    result
        The genes of the result.
    names, embedding, denoised
        (A,), (A, D) and (A, P) of the others.
    """
    likeness = unit_length(embedding) @ unit_length(result.embedding).T
    n = min(_NEAREST, result.n_genes)
    nearest = np.argpartition(-likeness, n - 1, axis=1)[:, :n]

    def longer(membership: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.concatenate([membership, membership[nearest].mean(axis=1)])

    edited: Clusters | None = result.edited
    if edited is not None:
        edited = replace(edited, membership=longer(edited.membership))
    return replace(
        result,
        gene_names=np.concatenate([result.gene_names, names]),
        embedding=np.concatenate([result.embedding, embedding]),
        membership=longer(result.membership),
        denoised=np.concatenate([result.denoised, np.asarray(denoised, dtype=np.float16)]),
        drawing=np.concatenate([result.drawing, np.zeros(len(names), dtype=bool)]),
        edited=edited,
    )

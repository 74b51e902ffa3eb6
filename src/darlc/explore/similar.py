"""Modelled genes that are similar to a gene, or to a gene set as if it were one gene."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.parts.correlations import correlations
from darlc.explore.set_picture import set_picture
from darlc.images.gene_labels import resolve_genes
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised, unit_length
from darlc.results.denoised_views import GeneViews

#: Standard deviation, in pixels, of the smoothing of genes without a denoised view.
_SIGMA = 1.5
_SUGGESTED = 5


@dataclass(frozen=True, eq=False)
class SimilarGenes:
    """The genes of the result that are most similar to a gene or a gene set, best first.

    Parameters
    ----------
    gene
        Position of the query gene among all genes; -1 for a gene set.
    by
        What they are ranked by: the embedding or, where the gene has none, the correlation with
        denoised views.
    rows
        (n,) among the genes of the result.
    genes
        (n,) the same, as positions among all genes.
    embedding
        (n,) cosine of the embeddings; NaN where the gene has none.
    denoised
        (n,) correlation of the denoised views; of the gene's smoothed raw view where it has none.
    pixels
        (n,) correlation of the raw views in log-normalised units.
    """

    gene: int
    by: Literal["embedding", "denoised"]
    rows: NDArray[np.int64]
    genes: NDArray[np.int64]
    embedding: NDArray[np.float64]
    denoised: NDArray[np.float64]
    pixels: NDArray[np.float64]


def similar_genes(
    images: SGEPImages,
    modelled: NDArray[np.int64],
    denoised: GeneViews,
    gene: int,
    n: int = 20,
    embedding: NDArray[np.floating] | None = None,
) -> SimilarGenes:
    """Return the n genes of the result that are most similar to a gene, without the gene itself.

    Parameters
    ----------
    images
        All genes.
    modelled
        (G,) positions of the genes of the result among all genes.
    denoised
        (G, P) their denoised views.
    gene
        Position of any gene among all genes.
    n
        Most genes to return.
    embedding
        (G, D); without it, as before training has ended, denoised views rank the genes.

    Raises
    ------
    InputError
        The gene does not vary over the tissue, so that no gene is similar to it.
    """
    raw = images.expression(gene)
    if np.ptp(raw) == 0:
        raise InputError(
            f"{images.gene_names[gene]} does not vary over the tissue, so no gene is "
            "similar to it: choose one that is expressed."
        )
    own = np.flatnonzero(modelled == gene)
    view = denoised[own] if len(own) else images.grid.smoothed(raw, _SIGMA)
    vectors = None if embedding is None or not len(own) else embedding
    vector = None if vectors is None else vectors[own[0]]
    left_out = np.array([gene])
    return _most_similar(
        images, modelled, denoised, (raw, view), left_out, n, vectors, vector, gene
    )


def similar_to_set(
    images: SGEPImages,
    modelled: NDArray[np.int64],
    denoised: GeneViews,
    genes: NDArray[np.int64],
    n: int = 20,
    embedding: NDArray[np.floating] | None = None,
) -> SimilarGenes:
    """Return the n genes of the result that are most similar to a gene set, without its own genes.

    The set is one gene whose embedding is the mean of the directions of its genes' embeddings, and
    whose picture is that of `set_picture`.

    Parameters
    ----------
    images, modelled, denoised, n, embedding
        As for `similar_genes`.
    genes
        Positions of the set's genes among all genes.

    Raises
    ------
    InputError
        No gene of the set has an answer, or their mean does not vary over the tissue.
    """
    picture = set_picture(images, modelled, denoised, genes)
    own = np.flatnonzero(np.isin(modelled, genes))
    vector = None if embedding is None else unit_length(embedding[own]).mean(axis=0)
    views = picture.raw[None], picture.denoised[None]
    if not np.ptp(picture.denoised):
        raise InputError("the genes of the set do not vary over the tissue: choose others.")
    return _most_similar(images, modelled, denoised, views, genes, n, embedding, vector)


def _most_similar(
    images: SGEPImages,
    modelled: NDArray[np.int64],
    denoised: GeneViews,
    query: tuple[NDArray[np.floating], NDArray[np.floating]],
    left_out: NDArray[np.int64],
    n: int,
    embedding: NDArray[np.floating] | None,
    vector: NDArray[np.floating] | None,
    gene: int = -1,
) -> SimilarGenes:
    """Rank genes by their likeness to a query: raw and denoised view (1, P), and its vector."""
    raw, view = query
    by: Literal["embedding", "denoised"] = "denoised"
    if embedding is not None and vector is not None:
        by = "embedding"
        ranking = _cosine(embedding, vector)
    else:
        ranking = _correlation(denoised, view)
    order = np.argsort(-np.nan_to_num(ranking, nan=-2.0), kind="stable")
    rows = order[~np.isin(modelled[order], left_out)][:n].astype(np.int64)
    with_denoised = _correlation(denoised[rows], view) if by == "embedding" else ranking[rows]
    return SimilarGenes(
        gene=gene,
        by=by,
        rows=rows,
        genes=modelled[rows],
        embedding=ranking[rows] if by == "embedding" else np.full(len(rows), np.nan),
        denoised=with_denoised,
        pixels=_correlation(images.expression(modelled[rows]), raw),
    )


def find_gene(typed: str, names: NDArray[np.str_], labels: NDArray[np.str_]) -> int:
    """Return the position of a gene by its name or label.

    Parameters
    ----------
    typed
        Name or label.
    names, labels
        (n_genes,) names of the genes in the data, and their labels.

    Raises
    ------
    InputError
        No gene has the name; the message suggests similar names.
    """
    try:
        (name,) = resolve_genes([typed], names, labels)
    except InputError as error:
        known = {str(each).casefold(): str(each) for each in (*names, *labels)}
        close = get_close_matches(typed.casefold(), known, n=_SUGGESTED, cutoff=0.6)
        advice = (
            f"did you mean {' or '.join(known[each] for each in close)}?"
            if close
            else ("check the spelling.")
        )
        raise InputError(f"{typed} is not among the genes of the data: {advice}") from error
    return int(np.flatnonzero(names == name)[0])


def _cosine(embedding: NDArray[np.floating], vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the cosines (G,) of a gene's vector (D,) with all; NaN where a vector is zero."""
    vectors, own = embedding.astype(np.float64), vector.astype(np.float64)
    length = np.linalg.norm(vectors, axis=1) * np.linalg.norm(own)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(vectors @ own / length, -1.0, 1.0)


def _correlation(views: GeneViews, view: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the correlations (n,) of views (n, P) with one (1, P); 0 where one is constant."""
    return correlations(lambda part: views[part], len(views), standardised(view)[0])

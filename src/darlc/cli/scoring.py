"""All metrics that apply to a result; with true clusters, also how well it agrees with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc import metrics
from darlc.errors import InputError
from darlc.images.statistics import morans_i, standardised
from darlc.results.denoised_views import DenoisedViews, GeneViews
from darlc.results.result import Result

#: Most tissue pixels by which views are compared.
_PIXELS = 16_384
_TITLES = {
    "confidence": "mean confidence",
    "silhouette_embedding": "silhouette in the embedding",
    "davies_bouldin_embedding": "Davies–Bouldin in the embedding (DBIE), low is good",
    "silhouette_pixels": "silhouette on tissue pixels",
    "davies_bouldin_pixels": "Davies–Bouldin on tissue pixels (DBIP), low is good",
    "spatial_coherence": "Moran's I of the consensus patterns, mean",
    "consensus_correlation": "correlation of genes with their consensus, mean",
}


def score(result: Result, truth: str | None = None) -> dict[str, Any]:
    """Return the metrics of a result by name.

    Parameters
    ----------
    result
        With memberships; bound to its data where ``truth`` is given.
    truth
        Column of ``var`` with the true cluster of each gene; genes without one do not count.

    Returns
    -------
    dict
        Values for JSON; NaN where a metric does not apply.

    Raises
    ------
    InputError
        The run was stopped before it had clusters, or the column cannot serve as truth.
    """
    if not result.n_clusters:
        raise InputError(
            f"the result holds no clusters, it was stopped after stage '{result.stage}': "
            "fit again and let it run longer."
        )
    labels = result.cluster
    present, sizes = np.unique(labels, return_counts=True)
    drawing = np.flatnonzero(result.drawing)
    views = _some_pixels(result.denoised)[drawing]
    drawn, pixels = labels[drawing], standardised(views)
    scores: dict[str, Any] = {
        "genes": result.n_genes,
        "clusters": len(present),
        "sizes": {result.cluster_names[k]: int(n) for k, n in zip(present, sizes, strict=True)},
        "confidence": float(result.confidence.mean()),
        "silhouette_embedding": metrics.silhouette(result.embedding, labels),
        "davies_bouldin_embedding": metrics.davies_bouldin(result.embedding, labels),
        "silhouette_pixels": metrics.silhouette(pixels, drawn),
        "davies_bouldin_pixels": metrics.davies_bouldin(pixels, drawn),
        "spatial_coherence": _mean(morans_i(result.consensus()[present], result.grid.neighbours)),
        "consensus_correlation": _mean(
            metrics.consensus_correlation(views, result.membership[drawing])
        ),
    }
    if truth is not None:
        known, classes = _truth(result, truth)
        scores["truth"] = {
            "column": truth,
            "genes": int(known.sum()),
            "classes": len(np.unique(classes)),
            "adjusted_rand": metrics.adjusted_rand(classes, labels[known]),
            "normalised_mutual_information": metrics.normalised_mutual_information(
                classes, labels[known]
            ),
        }
    return scores


def describe(scores: dict[str, Any]) -> list[str]:
    """Return the outcome of `score` as lines of text."""
    sizes = ", ".join(f"{name}: {n}" for name, n in scores["sizes"].items())
    rows = {title: scores[name] for name, title in _TITLES.items()}
    lines = [f"{scores['genes']} genes in {scores['clusters']} clusters ({sizes})"]
    if truth := scores.get("truth"):
        lines.append(
            f"compared with var['{truth['column']}']: "
            f"{truth['genes']} genes in {truth['classes']} classes"
        )
        rows["adjusted Rand index"] = truth["adjusted_rand"]
        rows["normalised mutual information"] = truth["normalised_mutual_information"]
    return lines + [f"{title:<52}{value:>7.3f}" for title, value in rows.items()]


def _some_pixels(views: GeneViews) -> GeneViews:
    """Return views over at most so many pixels that all of them fit into memory."""
    pixels = np.unique(np.linspace(0, views.shape[1] - 1, _PIXELS, dtype=np.int64))
    if len(pixels) == views.shape[1]:
        return views
    return views.over(pixels) if isinstance(views, DenoisedViews) else views[:, pixels]


def _truth(result: Result, column: str) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which genes of the result have a true class, (G,), and the classes of those."""
    import pandas as pd

    if result.adata is None:
        raise InputError("the result is not bound to its data, which hold the truth.")
    var = result.adata.var
    if column not in var:
        others = ", ".join(str(name) for name in var.columns if not str(name).startswith("darlc_"))
        raise InputError(
            f"var has no column '{column}': choose one of these: {others or 'there is none'}."
        )
    codes, _ = pd.factorize(var.loc[result.gene_names, column])
    known = codes >= 0
    if known.sum() < 2:
        raise InputError(
            f"var['{column}'] is missing for the genes of the result: choose another one."
        )
    return known, codes[known].astype(np.int64)


def _mean(values: NDArray[np.floating]) -> float:
    """Return the mean without NaN; NaN where no value is left."""
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else float("nan")

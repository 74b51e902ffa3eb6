"""Sentences of a result on what counts, or other values, decided."""

from __future__ import annotations

from collections.abc import Iterator

from darlc.learn.train.given import Clusters
from darlc.results.second_patterns import SecondPatterns
from darlc.wording import counted


def on_clusters(clusters: Clusters, data: str = "counts") -> Iterator[str]:
    """Yield sentences on the number of clusters, and on genes that follow none.

    Parameters
    ----------
    clusters
        After ``finish``.
    data
        What was explained: counts or values.
    """
    if clusters.curve:
        best = max(clusters.curve, key=clusters.curve.__getitem__)
        yield f"{best} clusters explain the {data} best of {len(clusters.curve)} numbers compared."
    if clusters.patternless:
        n = int((clusters.membership.argmax(axis=1) == clusters.membership.shape[1] - 1).sum())
        yield f"{n} genes follow no pattern and form a group of their own."


def on_sums(second: SecondPatterns | None) -> Iterator[str]:
    """Yield a sentence on sums of two patterns among the drawing genes, where there are any."""
    if second is not None and (n := int(second.likely.sum())):
        verb = "is a sum" if n == 1 else "are sums"
        yield f"{counted(n, 'gene')} of those that drew patterns {verb} of two patterns."

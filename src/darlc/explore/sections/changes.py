"""Which genes leave their cluster in which sections, at a false discovery rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.results.clusters import Clusters
from darlc.results.study import StudyResult

#: Probability of being false above which nothing is listed, unless that share is asked for.
_AT_MOST = 0.5
#: Probability of keeping its cluster below which a gene is said to follow another.
LEFT = 0.5


@dataclass(frozen=True, eq=False)
class Changes:
    """Pairs of a gene and a section in which the gene follows another cluster, the surest first.

    Parameters
    ----------
    genes
        (n,) rows of the genes in the study.
    sections
        (n,) numbers of the sections.
    keeps
        (n,) probability that the gene follows its cluster there all the same.
    there
        (n,) the cluster that it most probably follows there in its place.
    fdr
        (n,) expected share of false ones among the pair and all before it, or among the genes of
        these, whichever is more.
    pairs
        Number of pairs that could be judged.
    """

    genes: NDArray[np.int64]
    sections: NDArray[np.int64]
    keeps: NDArray[np.float64]
    there: NDArray[np.int64]
    fdr: NDArray[np.float64]
    pairs: int

    @property
    def n_genes(self) -> int:
        """Number of genes that change in a section at least."""
        return len(np.unique(self.genes))


def changes(study: StudyResult, fdr: float = 0.1) -> Changes:
    """Return the pairs of a gene and a section in which the gene does not keep its cluster.

    The probabilities themselves give the expected share of false ones in a list: the mean of its
    pairs' probabilities of keeping (Newton, Noueiry, Sarkar and Ahlquist 2004). A gene of the list
    is false with the least of its own. The longest list is returned of which both shares are at
    most ``fdr``, without pairs that are more probably false than true.

    Parameters
    ----------
    study
        Of two sections or more.
    fdr
        Highest expected share of false ones.

    Returns
    -------
    Changes
        The surest first, then by gene and section.
    """
    genes, sections = np.nonzero(np.isfinite(study.keeps))
    keeps = study.keeps[genes, sections].astype(np.float64)
    order, expected = within_rate(keeps, fdr, genes)
    genes, sections, pairs = genes[order], sections[order], len(keeps)
    others = study.section_membership[sections, genes].copy()
    others[np.arange(len(genes)), study.cluster[genes]] = -1.0
    return Changes(
        genes=genes,
        sections=sections,
        keeps=keeps[order],
        there=Clusters(others).cluster,
        fdr=expected,
        pairs=pairs,
    )


def followed(
    study: StudyResult, genes: NDArray[np.int64] | slice = slice(None)
) -> NDArray[np.int64]:
    """Return the cluster that genes follow in each section in place of their own, (S, g).

    -1 where a gene keeps its own with a probability of one half or more, or cannot be judged.

    Parameters
    ----------
    study
        The study.
    genes
        (g,) rows of the genes; all by default.
    """
    there = study.section_membership[:, genes].argmax(axis=2)
    own = study.membership[genes].argmax(axis=1)
    left = (study.keeps[genes].T < LEFT) & (there != own)
    return np.where(left, there, -1).astype(np.int64)


def within_rate(
    false: NDArray[np.float64], fdr: float, owner: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the longest list with an expected share of false ones of at most ``fdr``.

    Nothing is listed that is more probably false than true, unless ``fdr`` asks for that.

    Parameters
    ----------
    false
        (n,) probabilities of being false.
    fdr
        The share.
    owner
        (n,) of what each is a part, such as its gene: the share of false ones among these is at
        most ``fdr`` too.

    Returns
    -------
    order
        (m,) positions, the surest first.
    share
        (m,) expected share of false ones up to each, the larger of both.
    """
    order = np.argsort(false, kind="stable")
    order = order[false[order] <= max(_AT_MOST, fdr)]
    ascending = false[order]
    # The mean of ascending values ascends.
    share = np.cumsum(ascending) / np.arange(1, len(order) + 1)
    if owner is not None:
        new = np.zeros(len(order), dtype=bool)
        new[np.unique(owner[order], return_index=True)[1]] = True
        share = np.maximum(share, np.cumsum(ascending * new) / np.cumsum(new))
    most = int(np.searchsorted(share, fdr, side="right"))
    return order[:most], share[:most]

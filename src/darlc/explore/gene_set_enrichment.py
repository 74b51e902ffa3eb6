"""Which gene sets of a collection have more genes in a cluster, or in another set, than by chance.

The chance is that of drawing genes without replacement from the genes that were tested, all of
those with an answer: the hypergeometric distribution, which is Fisher's exact test in one
direction. False discoveries are controlled over all tests together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from darlc.errors import InputError
from darlc.images.gene_labels import NamedGenes
from darlc.results.clusters import Clusters
from darlc.results.gene_sets import GeneSet, membership
from darlc.results.palette import NO_PATTERN

if TYPE_CHECKING:
    import pandas as pd

    from darlc.results.result import Result

#: Fewest tested genes of a set of a collection.
FEWEST = 5
#: How genes of a collection are found, said beside every answer.
RULE = (
    "Genes match by symbol, name or identifier in upper case, so that mouse and human symbols that "
    "differ by case alone are the same."
)


@dataclass(frozen=True, eq=False)
class GeneSetEnrichment:
    """How many genes K groups of genes share with S gene sets, and how many by chance.

    Parameters
    ----------
    groups
        (K,) names of clusters, or of other groups.
    sets
        (S,) the sets of the collection that were tested.
    genes
        (G,) the background: all genes that were tested.
    in_group
        (K, G) which genes are in which group.
    in_set
        (S, G) which genes are in which set.
    too_small
        Sets that were not tested, as too few of their genes are in the background.
    fewest
        How many there had to be.
    """

    groups: tuple[str, ...]
    sets: tuple[GeneSet, ...]
    genes: NamedGenes
    in_group: NDArray[np.bool_]
    in_set: NDArray[np.bool_]
    too_small: int = 0
    fewest: int = FEWEST

    @cached_property
    def group_sizes(self) -> NDArray[np.int64]:
        """(K,) genes of each group."""
        return self.in_group.sum(axis=1, dtype=np.int64)

    @cached_property
    def set_sizes(self) -> NDArray[np.int64]:
        """(S,) genes of each set in the background."""
        return self.in_set.sum(axis=1, dtype=np.int64)

    @cached_property
    def overlap(self) -> NDArray[np.int64]:
        """(K, S) genes of both group and set."""
        # Exact: numbers of genes are far below 2²⁴.
        both = self.in_group.astype(np.float32) @ self.in_set.astype(np.float32).T
        return both.astype(np.int64)

    @cached_property
    def fold(self) -> NDArray[np.float64]:
        """(K, S) overlap over the overlap that is expected by chance; NaN for an empty group."""
        expected = np.outer(self.group_sizes, self.set_sizes) / max(len(self.genes), 1)
        return np.divide(
            self.overlap, expected, out=np.full(expected.shape, np.nan), where=expected > 0
        )

    @cached_property
    def p(self) -> NDArray[np.float64]:
        """(K, S) chance of an overlap as large or larger, by the hypergeometric distribution."""
        return np.asarray(
            stats.hypergeom.sf(
                self.overlap - 1, len(self.genes), self.set_sizes, self.group_sizes[:, None]
            ),
            dtype=np.float64,
        ).clip(0.0, 1.0)

    @cached_property
    def fdr(self) -> NDArray[np.float64]:
        """(K, S) false discovery rate by Benjamini and Hochberg, over all K · S tests together."""
        if not self.p.size:
            return self.p
        return stats.false_discovery_control(self.p.ravel()).reshape(self.p.shape)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(K · S, 2) group and set of every test, the most significant first."""
        flat = np.lexsort((-np.nan_to_num(self.fold).ravel(), self.p.ravel()))
        return np.column_stack(np.divmod(flat, max(len(self.sets), 1))).astype(np.int64)

    def shared(self, group: int, which: int) -> NDArray[np.int64]:
        """Return the genes behind a test: rows of those of both a group and a set."""
        return np.flatnonzero(self.in_group[group] & self.in_set[which])

    def table(self, fdr: float = 1.0) -> pd.DataFrame:
        """Return the tests as a table, the most significant first.

        Parameters
        ----------
        fdr
            Highest false discovery rate of a test that is listed.

        Returns
        -------
        DataFrame
            Columns ``group``, ``set``, ``overlap``, ``group_size``, ``set_size``, ``background``,
            ``fold``, ``p``, ``fdr`` and ``genes``, the symbols of the overlap with commas.
        """
        import pandas as pd

        k, s = self.order[self.fdr[tuple(self.order.T)] <= fdr].T
        return pd.DataFrame(
            {
                "group": np.array(self.groups, dtype=object)[k],
                "set": np.array([each.name for each in self.sets], dtype=object)[s],
                "overlap": self.overlap[k, s],
                "group_size": self.group_sizes[k],
                "set_size": self.set_sizes[s],
                "background": len(self.genes),
                "fold": self.fold[k, s],
                "p": self.p[k, s],
                "fdr": self.fdr[k, s],
                "genes": [
                    ",".join(self.genes.symbol[self.shared(*test)].tolist())
                    for test in zip(k, s, strict=True)
                ],
            }
        )


def enrichment_in_sets(
    genes: NamedGenes,
    groups: Mapping[str, NDArray[np.bool_]],
    collection: Iterable[GeneSet],
    fewest: int = FEWEST,
) -> GeneSetEnrichment:
    """Test groups of genes for over-representation of the sets of a collection.

    Parameters
    ----------
    genes
        (G,) the background: all genes that were tested, whether they are in any set or not.
    groups
        (G,) which genes are in each group, by its name.
    collection
        Sets, as of a GMT file; genes are found as `darlc.results.gene_sets.membership` says.
    fewest
        Sets with fewer genes of the background are not tested.

    Raises
    ------
    InputError
        ``fewest`` is less than 1, or no set has enough genes.
    """
    if fewest < 1:
        raise InputError(f"fewest is {fewest}: a set needs at least 1 gene to be tested.")
    sets = tuple(collection)
    in_set = membership(sets, genes)
    tested = np.flatnonzero(in_set.sum(axis=1) >= fewest)
    if not len(tested):
        raise InputError(
            f"none of the {len(sets)} gene sets has {fewest} of the {len(genes)} genes that were "
            f"tested: choose a collection of this species, or fewer genes of a set. {RULE}"
        )
    in_group = np.array(list(groups.values()), dtype=bool).reshape(len(groups), len(genes))
    return GeneSetEnrichment(
        groups=tuple(groups),
        sets=tuple(sets[i] for i in tested),
        genes=genes,
        in_group=in_group,
        in_set=in_set[tested],
        too_small=len(sets) - len(tested),
        fewest=fewest,
    )


def cluster_enrichment(
    result: Result,
    collection: Iterable[GeneSet],
    cluster: str | None = None,
    fewest: int = FEWEST,
) -> GeneSetEnrichment:
    """Test the clusters of a result, as the user edited them, for sets of a collection.

    The background is all genes with an answer, those of the group without a pattern among them;
    that group itself is tested only where it is asked for. Clusters without genes are left out.

    Parameters
    ----------
    result
        Bound to its data, which know the symbols.
    collection, fewest
        As for `enrichment_in_sets`.
    cluster
        Name of the only cluster to test; None for all.

    Raises
    ------
    InputError
        There are no clusters, none has the name, or no set can be tested.
    """
    return enrichment_of_clusters(
        _tested(result), result.shown_clusters, collection, cluster, fewest
    )


def enrichment_of_clusters(
    genes: NamedGenes,
    clusters: Clusters,
    collection: Iterable[GeneSet],
    cluster: str | None = None,
    fewest: int = FEWEST,
) -> GeneSetEnrichment:
    """Test clusters of genes, such as those of a study; see `cluster_enrichment`.

    Parameters
    ----------
    genes
        (G,) all genes with an answer, the background.
    clusters
        Of these genes.
    collection, cluster, fewest
        As for `cluster_enrichment`.
    """
    return enrichment_in_sets(genes, _groups(clusters, cluster), collection, fewest)


def set_enrichment(
    result: Result, group: GeneSet, collection: Iterable[GeneSet], fewest: int = FEWEST
) -> GeneSetEnrichment:
    """Test a gene set for sets of a collection.

    The background is all genes with an answer; other genes of the set are left out of the test.

    Parameters
    ----------
    result
        Bound to its data, which know the symbols.
    group
        The set that is tested, such as one of ``result.gene_sets``.
    collection, fewest
        As for `enrichment_in_sets`.

    Raises
    ------
    InputError
        No gene of the set has an answer, or no set of the collection can be tested.
    """
    genes = _tested(result)
    inside = membership([group], genes)[0]
    if not inside.any():
        raise InputError(
            f"no gene of the set {group.name} has an answer in this result: choose another set."
        )
    return enrichment_in_sets(genes, {group.name: inside}, collection, fewest)


def _tested(result: Result) -> NamedGenes:
    if result.adata is None:
        raise InputError("the result is not bound to its data, which know the symbols of genes.")
    return NamedGenes.of(result.adata, result.gene_names)


def _groups(clusters: Clusters, only: str | None) -> dict[str, NDArray[np.bool_]]:
    """Return which genes are in each cluster that is tested, by its name."""
    sizes = clusters.sizes
    held = [name for name, size in zip(clusters.names, sizes, strict=True) if size]
    if only is not None and only not in held:
        raise InputError(
            f"no cluster with genes is called {only}: "
            f"choose one of these: {', '.join(held) or 'there is none'}."
        )
    asked = [name for name in held if name != NO_PATTERN] if only is None else [only]
    if not asked:
        raise InputError("the result holds no clusters: fit again and let it run longer.")
    column = {name: i for i, name in enumerate(clusters.names)}
    return {name: clusters.cluster == column[name] for name in asked}

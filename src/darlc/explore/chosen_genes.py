"""Gene sets of what was chosen: names that were typed, a cluster, the genes of a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.enrichment import SURE
from darlc.explore.similar import find_gene
from darlc.results.gene_sets import GeneSet
from darlc.wording import counted

if TYPE_CHECKING:
    from darlc.explore.region import RegionMarkers
    from darlc.results.clusters import Clusters


def named_genes(
    name: str, typed: Sequence[str], names: NDArray[np.str_], labels: NDArray[np.str_]
) -> GeneSet:
    """Return a set of genes by their names or symbols.

    Parameters
    ----------
    name
        Of the set.
    typed
        Names or symbols, in any case.
    names, labels
        (n_genes,) of all genes of the data.

    Raises
    ------
    InputError
        A gene is not in the data, or none is given.
    """
    if not typed:
        raise InputError("a gene set needs genes: give one name at least.")
    genes = tuple(str(names[find_gene(each, names, labels)]) for each in typed)
    return GeneSet(name, genes, f"a list of {counted(len(dict.fromkeys(genes)), 'gene')}")


def cluster_genes(
    name: str, gene_names: NDArray[np.str_], clusters: Clusters, cluster: str
) -> GeneSet:
    """Return a set of the genes of a cluster, the most confident first.

    Parameters
    ----------
    name
        Of the set.
    gene_names
        (G,) in the data, of the genes that are clustered.
    clusters
        As the user edited them.
    cluster
        Name of the cluster.

    Raises
    ------
    InputError
        No cluster has the name.
    """
    rows = np.flatnonzero(clusters.cluster == clusters.column(cluster))
    rows = rows[np.argsort(-clusters.confidence[rows], kind="stable")]
    return GeneSet(name, tuple(gene_names[rows].tolist()), f"genes of cluster {cluster}")


def region_genes(
    name: str, gene_names: NDArray[np.str_], found: RegionMarkers, region: str
) -> GeneSet:
    """Return a set of the genes that are enriched in a region (FDR ≤ 0.05), the clearest first.

    Parameters
    ----------
    name
        Of the set.
    gene_names
        (n_genes,) of the data.
    found
        The region's comparison.
    region
        What the region is called.

    Raises
    ------
    InputError
        No gene is enriched.
    """
    order = found.enrichment.order
    rows = found.genes[order[found.enrichment.enriched(SURE)[order]]]
    if not len(rows):
        raise InputError(f"no gene is enriched in {region} (FDR ≤ {SURE:g}): choose another one.")
    return GeneSet(name, tuple(gene_names[rows].tolist()), f"enriched in {region} (FDR ≤ {SURE:g})")

"""Sets of a collection that clusters are enriched in, as the explorer lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from darlc.explore.enrichment import SURE
from darlc.explore.gene_set_enrichment import RULE, enrichment_of_clusters
from darlc.images.gene_labels import NamedGenes
from darlc.results.clusters import Clusters
from darlc.results.gene_sets import GeneSet
from darlc.wording import counted

#: Most sets that are listed for a cluster.
MOST = 15


def enriched_sets(
    genes: NamedGenes, clusters: Clusters, collection: Sequence[GeneSet], shown: NamedGenes
) -> Any:
    """Return the sets that clusters are enriched in (FDR ≤ 0.05), the most significant first.

    Parameters
    ----------
    genes
        (G,) all genes with an answer, the background.
    clusters
        Of these genes.
    collection
        Sets to test; without any there is nothing to list.
    shown
        The genes of the explorer, which link to their pictures.

    Returns
    -------
    dict or None
        Plain values for JSON: ``about``, a sentence on what was tested, and ``hits``, with the
        cluster's column, the set's name and record, numbers of genes, fold, FDR and the rows of
        the shared genes that the explorer shows.

    Raises
    ------
    InputError
        No set of the collection can be tested.
    """
    if not collection:
        return None
    found = enrichment_of_clusters(genes, clusters, collection)
    column = {name: i for i, name in enumerate(clusters.names)}
    row = {str(name): i for i, name in enumerate(shown.gene)}
    listed: Counter[int] = Counter()
    hits = []
    for group, which in found.order.tolist():
        if found.fdr[group, which] > SURE or listed[group] == MOST:
            continue
        listed[group] += 1
        shared = found.genes.gene[found.shared(group, which)]
        hits.append(
            {
                "cluster": column[found.groups[group]],
                "set": found.sets[which].name,
                "record": found.sets[which].record,
                "overlap": int(found.overlap[group, which]),
                "size": int(found.set_sizes[which]),
                "fold": float(found.fold[group, which]),
                "fdr": float(found.fdr[group, which]),
                "rows": [row[str(gene)] for gene in shared if str(gene) in row],
            }
        )
    sure = int((found.fdr <= SURE).sum())
    most = f", at most {MOST} a cluster" if sure > len(hits) else ""
    about = (
        f"{counted(len(found.groups), 'cluster')} in {counted(len(found.sets), 'gene set')}, "
        f"against {len(found.genes):,} genes: hypergeometric test, FDR ≤ {SURE:g} over all "
        f"{found.p.size:,} tests{most}. "
    )
    if found.too_small:
        about += f"Sets with fewer than {found.fewest} of these genes are not tested. "
    return {"about": about + RULE, "hits": hits}

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from darlc.errors import InputError
from darlc.explore.gene_set_enrichment import cluster_enrichment
from darlc.images.gene_labels import NamedGenes
from darlc.report import enriched_sets as module
from darlc.report.enriched_sets import enriched_sets
from darlc.results.gene_sets import GeneSet


def genes_shown(result):
    """Return all but Gene3."""
    kept = [str(name) for name in result.gene_names if name != "Gene3"]
    return NamedGenes.of(result.adata, kept)


def enriched(result, collection, shown):
    every = NamedGenes.of(result.adata, result.gene_names)
    return enriched_sets(every, result.shown_clusters, collection, shown)


def test_the_numbers_of_the_test_and_the_rows_of_genes(result, collection):
    shown = genes_shown(result)
    held = enriched(result, collection, shown)
    json.dumps(held, allow_nan=False)
    (hit,) = held["hits"]
    table = cluster_enrichment(result, collection).table(fdr=0.05)
    assert len(table) == 1
    for mine, theirs in (("overlap", "overlap"), ("fold", "fold"), ("fdr", "fdr")):
        assert hit[mine] == table[theirs][0]
    assert result.shown_clusters.names[hit["cluster"]] == "myelin"
    # Gene3 is not on the page.
    assert sorted(shown.gene[hit["rows"]]) == ["Gene0", "Gene1", "Gene2"]
    assert held["about"].startswith("3 clusters in 1 gene set, against 12 genes: hypergeometric")
    assert "fewer than 5 of these" in held["about"]


def test_a_cluster_has_no_more_than_some(result, collection, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    many = [replace(collection[0], name=f"set{i}") for i in range(5)]
    held = enriched(result, many, genes_shown(result))
    assert len(held["hits"]) == 2 and "at most 2 a cluster" in held["about"]


def test_clusters_go_by_the_users_names(result, collection):
    edited = replace(result, edited=result.clusters.renamed(0, "sheath"))
    held = enriched(edited, collection, genes_shown(result))
    assert edited.shown_clusters.names[held["hits"][0]["cluster"]] == "sheath"


def test_without_a_collection_there_is_nothing_and_with_a_strange_one_a_sentence(result):
    assert enriched(result, (), genes_shown(result)) is None
    with pytest.raises(InputError, match="none of the 1 gene sets has 5 of the 12 genes"):
        enriched(result, [GeneSet("A", ("B",))], genes_shown(result))

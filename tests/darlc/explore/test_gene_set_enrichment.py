"""Enrichment in gene sets: counted by hand, as scipy has it, and by chance."""

from __future__ import annotations

from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from darlc.errors import InputError
from darlc.explore.gene_set_enrichment import (
    cluster_enrichment,
    enrichment_in_sets,
    set_enrichment,
)
from darlc.images.gene_labels import NamedGenes
from darlc.results.gene_sets import GeneSet


def named(n: int) -> NamedGenes:
    names = np.array([f"Gene{i}" for i in range(n)])
    return NamedGenes(names, names, np.full(n, ""))


def test_ten_genes_counted_by_hand() -> None:
    """A group of 4 of 10 genes shares 3 genes with a set of 5."""
    group = np.arange(10) < 4
    sets = [GeneSet("five", tuple(f"GENE{i}" for i in (1, 2, 3, 8, 9, 77)))]
    found = enrichment_in_sets(named(10), {"group": group}, sets)
    assert found.overlap.tolist() == [[3]] and found.set_sizes.tolist() == [5]
    by_hand = (comb(5, 3) * comb(5, 1) + comb(5, 4)) / comb(10, 4)
    assert found.p[0, 0] == pytest.approx(by_hand) == pytest.approx(55 / 210)
    assert found.fold[0, 0] == pytest.approx(3 / (4 * 5 / 10))
    assert found.shared(0, 0).tolist() == [1, 2, 3]
    (row,) = found.table().to_dict("records")
    assert row["genes"] == "Gene1,Gene2,Gene3" and row["background"] == 10


def test_it_is_fishers_exact_test_with_rates_over_all_tests() -> None:
    rng = np.random.default_rng(0)
    sets = [
        GeneSet(f"set{i}", tuple(f"gene{g}" for g in rng.choice(200, size, replace=False)))
        for i, size in enumerate((5, 12, 30, 60, 4))
    ]
    groups = {str(k): rng.random(200) < share for k, share in enumerate((0.05, 0.3, 0.6))}
    groups["set1"] = np.isin(np.arange(200), [int(g[4:]) for g in sets[1].genes])
    found = enrichment_in_sets(named(200), groups, sets)
    assert [each.name for each in found.sets] == ["set0", "set1", "set2", "set3"]
    assert found.too_small == 1
    for k, group in enumerate(groups.values()):
        for s, each in enumerate(found.sets):
            inside = np.isin(np.arange(200), [int(g[4:]) for g in each.genes])
            table = [
                [np.sum(group & inside), np.sum(group & ~inside)],
                [np.sum(~group & inside), np.sum(~group & ~inside)],
            ]
            expected = stats.fisher_exact(table, alternative="greater").pvalue
            assert found.p[k, s] == pytest.approx(expected, rel=1e-9)
    expected = stats.false_discovery_control(found.p.ravel())
    np.testing.assert_allclose(found.fdr.ravel(), expected)
    assert found.order[0].tolist() == [3, 1]
    first = found.table(fdr=0.05).iloc[0]
    assert (first["group"], first["set"], first["overlap"]) == ("set1", "set1", 12)


def test_shuffled_clusters_give_hits_at_the_nominal_rate() -> None:
    """Sets share genes and so are not independent, as in published collections."""
    rng = np.random.default_rng(1)
    n_genes, n_shuffles = 1000, 400
    pool = [rng.choice(n_genes, 200, replace=False) for _ in range(6)]
    sets = [
        GeneSet(f"set{i}", tuple(f"gene{g}" for g in rng.choice(pool[i % 6], rng.integers(20, 90))))
        for i in range(40)
    ]
    labels = rng.integers(0, 8, n_genes)
    any_hit, low = [], []
    genes = named(n_genes)
    in_set = enrichment_in_sets(genes, {"all": labels >= 0}, sets)
    for _ in range(n_shuffles):
        shuffled = rng.permutation(labels)
        found = replace(
            in_set,
            groups=tuple("abcdefgh"),
            in_group=shuffled == np.arange(8)[:, None],
        )
        any_hit.append(bool((found.fdr <= 0.05).any()))
        low.append(np.mean(found.p <= 0.05))
    # p-values of counts are discrete, so that the rate lies below the level and not far from it.
    assert 0.02 < np.mean(low) <= 0.05
    # All hypotheses are true, so that the rate of any discovery is at most the level; 3 SE above.
    assert np.mean(any_hit) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / n_shuffles)


def test_clusters_of_a_result(result) -> None:
    """Genes 0 to 3, 4 to 7 and 8 to 11 are clusters; 12 and 13 have no answer."""
    sets = [
        GeneSet("first", ("GENE0", "GENE1", "GENE2", "GENE13")),
        GeneSet("mixed", ("GENE0", "GENE5", "GENE9")),
    ]
    found = cluster_enrichment(result, sets, fewest=3)
    assert found.groups == ("myelin", "2", "größer") and len(found.genes) == 12
    assert found.set_sizes.tolist() == [3, 3], "Gene13 was not tested"
    assert found.order[0].tolist() == [0, 0]
    assert found.p[0, 0] == pytest.approx(comb(9, 1) / comb(12, 4))
    edited = replace(result, edited=result.clusters.renamed(0, "white"))
    assert cluster_enrichment(edited, sets, "white", fewest=3).groups == ("white",)
    with pytest.raises(InputError, match="called myelin: choose one of these: white, 2, größer"):
        cluster_enrichment(edited, sets, "myelin", fewest=3)
    with pytest.raises(InputError, match=r"none of the 2 gene sets has 5 of the 12 genes.*upper"):
        cluster_enrichment(result, sets)
    with pytest.raises(InputError, match="at least 1 gene"):
        cluster_enrichment(result, sets, fewest=0)


def test_genes_without_a_pattern_are_background_alone(result) -> None:
    names = ("a", "b", "no pattern")
    patternless = replace(result, cluster_names=names)
    sets = [GeneSet("any", ("Gene0", "Gene4", "Gene8"))]
    assert cluster_enrichment(patternless, sets, fewest=1).groups == ("a", "b")
    asked = cluster_enrichment(patternless, sets, "no pattern", fewest=1)
    assert asked.groups == ("no pattern",) and len(asked.genes) == 12


def test_a_set_of_the_result(result) -> None:
    sets = [GeneSet("first", ("GENE0", "GENE1", "GENE2"))]
    found = set_enrichment(result, GeneSet("mine", ("Gene1", "Gene2", "Gene13")), sets, fewest=1)
    assert found.group_sizes.tolist() == [2], "Gene13 was not tested"
    assert found.p[0, 0] == pytest.approx(comb(3, 2) / comb(12, 2))
    with pytest.raises(InputError, match="no gene of the set other has an answer"):
        set_enrichment(result, GeneSet("other", ("Gene13",)), sets)


@pytest.mark.real_data
def test_published_sets(real_data: Path) -> None:
    """Proteins of the ribosome, by their symbols, are those of its pathway."""
    from anndata import read_h5ad

    from darlc.io.tables.gmt import read_gmt

    genes = NamedGenes.of(read_h5ad(real_data / "dlpfc_151510.h5ad", backed="r"))
    ribosome = np.array([each.startswith(("RPL", "RPS")) for each in genes.symbol.tolist()])
    shuffled = np.random.default_rng(0).permutation(ribosome)
    kegg = read_gmt(real_data / "gmt" / "KEGG_2016.gmt")
    found = enrichment_in_sets(genes, {"ribosome": ribosome, "shuffled": shuffled}, kegg)
    k, s = found.order[0]
    assert found.groups[k] == "ribosome" and found.sets[s].name.startswith("Ribosome")
    assert found.fdr[k, s] < 1e-30 < 0.05 < found.fdr[1].min()

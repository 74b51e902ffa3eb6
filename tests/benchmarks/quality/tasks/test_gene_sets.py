from math import comb

import numpy as np
import pytest

from benchmarks.quality.settings import Unavailable
from benchmarks.quality.tasks import gene_sets


def tail(overlap, n, marked, drawn):
    """Chance of at least ``overlap`` marked ones among ``drawn`` of ``n``."""
    ways = sum(comb(marked, i) * comb(n - marked, drawn - i) for i in range(overlap, drawn + 1))
    return ways / comb(n, drawn)


def test_enrichment_is_the_hypergeometric_tail():
    labels = np.array([0, 0, 0, 1, 1, 1, 1, -1, -1, 2])
    known = np.zeros((2, 10), dtype=bool)
    known[0, [0, 1, 3]] = True
    known[1, [3, 4, 5, 6, 7]] = True
    p = gene_sets.enrichment(labels, known)
    expected = [
        [tail(2, 10, 3, 3), tail(0, 10, 5, 3)],
        [tail(1, 10, 3, 4), tail(4, 10, 5, 4)],
        [tail(0, 10, 3, 1), tail(0, 10, 5, 1)],
    ]
    np.testing.assert_allclose(p, expected)


def test_planted_sets_are_found_and_shuffled_ones_are_not():
    labels = np.repeat(np.arange(5), 40)
    random = np.random.default_rng(0)
    # Clusters 0 and 1 hold most of a set each; ten sets are drawn at random.
    planted = np.stack([(labels == k) & (random.random(200) < 0.5) for k in (0, 1)])
    known = np.vstack([planted, random.random((10, 200)) < 0.1])
    found = gene_sets.hits(labels, known)
    chance = gene_sets.shuffled_hits(labels, known, seed=0)
    assert len(chance) == 20
    assert found.clusters == 2
    assert found.pairs >= 2 > max(one.pairs for one in chance)


def test_no_sets_are_no_hits():
    assert gene_sets.hits(np.array([0, 1]), np.zeros((0, 2), dtype=bool)) == gene_sets.Hits(0, 0)


def test_read_gmt_and_incidence(tmp_path):
    file = tmp_path / "sets.gmt"
    file.write_text("One\tabout\tA\tb\tC\nTwo\t\tC\tD\t\n")
    sets = gene_sets.read_gmt(file)
    assert sets == {"One": frozenset("ABC"), "Two": frozenset("CD")}
    symbols = np.array(["B", "C", "X", "A"])
    known = gene_sets.incidence(sets, symbols, fewest=2)
    np.testing.assert_array_equal(known, [[True, True, False, True]])
    assert gene_sets.incidence({}, symbols).shape == (0, 4)
    with pytest.raises(Unavailable, match=r"none\.gmt"):
        gene_sets.read_gmt(tmp_path / "none.gmt")


def test_pair_auroc_agrees_with_counting():
    random = np.random.default_rng(1)
    known = np.zeros((2, 7), dtype=bool)
    known[0, [0, 1, 2]] = True
    known[1, [2, 3, 4]] = True
    similarity = random.random((7, 7))
    similarity += similarity.T
    inside, outside = [], []
    for i in range(5):
        for j in range(i):
            shared = (known[:, i] & known[:, j]).any()
            (inside if shared else outside).append(similarity[i, j])
    wins = [a > b for a in inside for b in outside]
    auroc, pairs = gene_sets.pair_auroc(similarity, known)
    assert pairs == len(inside) == 6
    assert auroc == pytest.approx(np.mean(wins))


def test_pair_auroc_without_pairs_is_not_a_number():
    auroc, pairs = gene_sets.pair_auroc(np.eye(4), np.zeros((0, 4), dtype=bool))
    assert np.isnan(auroc) and pairs == 0

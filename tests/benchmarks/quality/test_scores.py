from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from benchmarks.quality import scores


def brute_force(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Correlate every gene with the mean of the others of its cluster, one by one."""
    z = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)
    found = np.zeros(len(z))
    for g, label in enumerate(labels):
        others = [h for h in np.flatnonzero(labels == label) if h != g]
        if label >= 0 and others:
            found[g] = np.corrcoef(z[g], z[others].mean(axis=0))[0, 1]
    return found


def test_held_out_correlation_leaves_the_gene_out() -> None:
    random = np.random.default_rng(0)
    labels = np.array([0, 0, 0, 2, 2, 5, -1, -1, 0, 2])
    values = random.normal(size=(10, 40)) + 2 * random.normal(size=(7, 40))[labels]
    score = scores.held_out_correlation(values, labels)
    np.testing.assert_allclose(score, brute_force(values, labels), atol=1e-4)
    assert score[5] == 0, "a gene that is alone scores nothing"
    assert np.all(score[labels < 0] == 0)
    assert scores.held_out_correlation(values, np.full(10, -1)).tolist() == [0] * 10


def test_held_out_neighbours_are_those_that_are_near() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 6)
    values = random.normal(size=(24, 40)) + 2 * random.normal(size=(4, 40))[labels]
    embedding = random.normal(size=(4, 5))[labels] + 0.01 * random.normal(size=(24, 5))
    embedding[7] = np.nan
    score = scores.held_out_neighbours(values, embedding, 5)
    # Five others of its own cluster are nearest, wherever nobody is missing.
    whole = labels != 1
    np.testing.assert_allclose(score[whole], brute_force(values, labels)[whole], atol=1e-4)
    assert score[7] == 0, "a gene without an embedding has no neighbours"
    values[7] = 1e3 * random.normal(size=40)
    np.testing.assert_allclose(scores.held_out_neighbours(values, embedding, 5), score, atol=1e-6)
    nobody = np.full((24, 5), np.nan)
    assert scores.held_out_neighbours(values, nobody, 5).tolist() == [0] * 24
    apart = scores.held_out_neighbours(values, random.normal(size=(24, 5)), 5)
    assert apart.mean() < 0.5 * score[whole].mean()


def test_thinning_deals_out_every_molecule() -> None:
    counts = np.random.default_rng(1).poisson(3.0, (50, 20)).astype(np.float32)
    first, second = scores.thin(sparse.csc_array(counts), seed=4)
    np.testing.assert_array_equal((first + second).toarray(), counts)
    assert first.data.min() >= 1 and second.data.min() >= 1
    assert abs(first.sum() / counts.sum() - 0.5) < 0.05
    # Halves of Poisson counts are independent; halves of the same counts are not the same.
    assert abs(np.corrcoef(first.toarray().ravel(), second.toarray().ravel())[0, 1]) < 0.15
    again, _ = scores.thin(sparse.csc_array(counts), seed=4)
    other, _ = scores.thin(sparse.csc_array(counts), seed=5)
    np.testing.assert_array_equal(again.toarray(), first.toarray())
    assert (other != first).nnz


def test_the_gap_is_pooled_by_sums() -> None:
    gap = scores.gap_closed([0.6, 0.5, 0.9, 0.4], [0.5, 0.5, 0.5, 0.5], [0.7, 0.6, 1.0, 0.9])
    np.testing.assert_allclose(gap.each, [0.5, 0.0, 0.8, -0.25])
    assert gap.pooled == pytest.approx(0.4 / 1.2)
    # The three with the smallest shares: −.25, 0 and .5.
    assert gap.worst == pytest.approx(0.0 / 0.7, abs=1e-12)
    assert gap.beaten == 2


def test_paired_difference_has_its_standard_error() -> None:
    difference, error = scores.paired([1.0, 2.0, 3.0], [0.0, 2.0, 1.0])
    assert difference == pytest.approx(1.0)
    assert error == pytest.approx(1.0 / np.sqrt(3))
    assert np.isnan(scores.paired([1.0], [0.5])[1])


def test_calibration_error_of_a_constructed_case() -> None:
    confidence = np.array([0.95] * 10 + [0.55] * 10 + [1.0])
    right = np.array([True] * 9 + [False] + [True] * 5 + [False] * 5 + [True])
    # The last bin holds 11 genes with 10 right at a mean of 10.5 / 11; the other 5 of 10 at .55.
    expected = (abs(10 - 10.5) + abs(5 - 5.5)) / 21
    assert scores.calibration_error(confidence, right) == pytest.approx(expected)
    assert scores.calibration_error(np.ones(4), np.ones(4, dtype=bool)) == 0
    assert np.isnan(scores.calibration_error(np.empty(0), np.empty(0, dtype=bool)))


def test_genes_of_the_majority_are_right() -> None:
    truth = np.array(["a", "a", "b", "b", "none", "none", "none", "a", "a"])
    labels = np.array([0, 0, 0, 1, 1, 1, 0, -1, 2])
    # Patternless genes do not vote, or they would own cluster 1.
    expected = [True, True, False, True, False, False, False, False, True]
    assert scores.majority_right(truth, labels).tolist() == expected


def test_agreement_counts_patterned_genes_only() -> None:
    truth = np.array(["a", "a", "b", "b", "none", "none"])
    perfect = scores.against_truth(truth, np.array([3, 3, 1, 1, -1, 1]))
    assert (perfect.ari, perfect.flagged, perfect.lost) == (1.0, 0.5, 0.0)
    lost = scores.against_truth(truth, np.array([3, 3, -1, -1, -1, -1]))
    assert lost.ari < 1, "unassigned genes must not pass for a cluster"
    assert (lost.flagged, lost.lost) == (1.0, 0.5)


def test_deviance_is_least_at_the_mean() -> None:
    counts = np.array([[0.0, 2.0, 4.0]])
    at = [scores.poisson_deviance(counts, np.full((1, 3), rate)) for rate in (1.5, 2.0, 2.5)]
    assert at[1] < min(at[0], at[2])
    assert at[1] == pytest.approx(2 / 3 * (4 * np.log(2) - 2 + 2))
    assert scores.poisson_deviance(counts[:, 1:], counts[:, 1:]) == 0


def test_row_correlation_is_pearsons() -> None:
    random = np.random.default_rng(2)
    a, b = random.normal(size=(2, 3, 30))
    a[2] = 1.0
    expected = [np.corrcoef(a[0], b[0])[0, 1], np.corrcoef(a[1], b[1])[0, 1], 0.0]
    np.testing.assert_allclose(scores.row_correlation(a, b), expected)


def test_information_of_equal_and_of_independent_numbers() -> None:
    random = np.random.default_rng(3)
    values = random.permutation(1000.0 + np.arange(1000))
    bits, share, adjusted = scores.information(((values - 1000) // 100).astype(int), values)
    assert bits == pytest.approx(np.log2(10))
    assert share == pytest.approx(1.0)
    assert adjusted == pytest.approx(1.0)
    *_, chance = scores.information(random.integers(0, 10, 1000), values)
    assert abs(chance) < 0.03

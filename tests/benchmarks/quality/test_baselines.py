from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from benchmarks.quality import baselines
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.metrics import adjusted_rand
from darlc.simulation.tissue import simulate

SIDE = 16


@pytest.fixture(scope="module")
def easy() -> tuple[SGEPImages, np.ndarray]:
    """Four quarters of a square, each bright in 15 genes of very different depth."""
    random = np.random.default_rng(0)
    rows, columns = np.indices((SIDE, SIDE)).reshape(2, -1)
    quarter = 2 * (rows >= SIDE // 2) + (columns >= SIDE // 2)
    truth = np.repeat(np.arange(4), 15)
    rate = np.where(quarter[:, None] == truth, 6.0, 1.0) * random.uniform(0.5, 5.0, 60)
    images = SGEPImages(
        matrix=sparse.csc_array(random.poisson(rate).astype(np.float32)),
        grid=Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3)),
        gene_names=np.array([f"g{i}" for i in range(60)]),
        observation_pixel=np.arange(SIDE**2),
    )
    return images, truth


def test_every_cell_recovers_an_easy_tissue(easy: tuple[SGEPImages, np.ndarray]) -> None:
    images, truth = easy
    answers = baselines.grid(images, 4, seed=0)
    assert list(answers) == baselines.names()
    assert len(answers) == 3 * 4 * 2 * 2
    # Plain lengths let depth in; unit length does not.
    unit = {name: a for name, a in answers.items() if "unit length" in name}
    assert min(adjusted_rand(truth, a.labels) for a in unit.values()) == 1.0


def test_a_cell_is_the_same_alone_and_in_the_grid(easy: tuple[SGEPImages, np.ndarray]) -> None:
    images, _ = easy
    answers = baselines.grid(images, 4, seed=0)
    for name in (baselines.PLAIN, "pearson, σ 1, any length, mixture"):
        alone = baselines.configuration(name)(images, 4, 0)
        np.testing.assert_array_equal(alone.labels, answers[name].labels)
    with pytest.raises(KeyError, match="no cell"):
        baselines.configuration("cube root")


def test_the_number_of_clusters_is_found(easy: tuple[SGEPImages, np.ndarray]) -> None:
    images, truth = easy
    found = baselines.unknown(images, seed=0)
    assert found["k-means, silhouette"].n_clusters == 4
    assert adjusted_rand(truth, found["k-means, silhouette"].labels) == 1.0
    assert found["mixture, BIC"].n_clusters >= 4


def test_the_best_overall_is_not_the_best_anywhere() -> None:
    scores = {"one": {"a": 1.0, "b": 0.8, "c": 0.0}, "two": {"a": 0.0, "b": 0.8, "c": 1.0}}
    assert baselines.best_overall(scores) == "b"


def test_pearson_residuals_of_expected_counts_are_zero(
    easy: tuple[SGEPImages, np.ndarray],
) -> None:
    images, _ = easy
    expected = baselines.expectation(images)
    np.testing.assert_allclose(expected.sum(axis=1), images.measured().sum(axis=1), rtol=1e-5)
    assert np.all(baselines.scaled(expected, expected) == 0)
    # Where the spread is Poisson's, residuals have a variance of about 1.
    random = np.random.default_rng(1)
    assert baselines.scaled(random.poisson(expected), expected).std() == pytest.approx(1, abs=0.05)
    assert np.abs(baselines.pearson_residuals(images)).max() <= SIDE


def test_the_oracle_is_the_likelihood_of_one_pattern_at_a_time() -> None:
    adata = simulate(seed=1, genes=60, clusters=4, depth=400.0)
    counts, patterns = adata.X.toarray(), adata.obsm["patterns"]
    library, strength = adata.obs["library"].to_numpy(), adata.var["strength"].to_numpy()
    likelihood = np.empty((60, 4))
    for k in range(4):
        rate = patterns[:, [k]] ** strength * library[:, None]
        likelihood[:, k] = (counts * np.log(rate / rate.sum(axis=0))).sum(axis=0)
    found = baselines.oracle(adata)
    np.testing.assert_array_equal(found, likelihood.argmax(axis=1))
    assert adjusted_rand(adata.var["pattern"], found) > 0.9

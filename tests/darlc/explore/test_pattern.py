"""Genes that follow a pattern: by hand, by known truth, and on a real cortex."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import average_precision_score

from darlc.errors import InputError
from darlc.explore.pattern import PatternQuestion
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.simulation.tissue import simulate

SIDE = 20


def pictures(values: np.ndarray, kind: str = "counts") -> SGEPImages:
    """Return images of genes (P, g) over a square tissue."""
    names = np.array([f"Gene{i}" for i in range(values.shape[1])])
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    matrix = sparse.csc_array(values.astype(np.float32))
    return SGEPImages(matrix, grid, names, np.arange(SIDE * SIDE), kind)  # type: ignore[arg-type]


@pytest.fixture
def half() -> np.ndarray:
    return (np.arange(SIDE * SIDE) % SIDE < SIDE // 2).astype(float)


def test_the_gain_is_the_poisson_log_likelihood(half) -> None:
    """Of the best strength, against a flat rate with the gene's own mean."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(np.column_stack([1 + 3 * half, np.full(400, 2.0), 4 - 3 * half]))
    library = rng.integers(400, 800, 400)
    rest = library - counts.sum(axis=1)
    images = pictures(np.column_stack([counts, rest]))
    found = PatternQuestion(images, np.arange(3)).drawn(7.5 * half)
    relative = half / (half @ library / library.sum())
    for gene in range(3):
        mean = counts[:, gene].sum() / library.sum()
        gains = [0.0]
        for s in (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.98):
            rate = library * mean * (1 - s + s * relative)
            flat = library * mean
            gains.append(np.sum(counts[:, gene] * np.log(rate / flat) - (rate - flat)))
        assert found.gain[gene] == pytest.approx(max(gains), rel=1e-4, abs=1e-6)
    # 4 : 1 is a strength of 0.6, and the opposite pattern has none.
    assert found.strength[0] in (0.5, 0.65) and found.strength[2] == found.gain[2] == 0
    assert found.order[0] == 0 and found.fit[0] > 0.5 > 0.2 > found.fit[1]
    assert found.followed().tolist() == [True, False, False]
    assert found.correlation[0] > 0.3 and found.correlation[2] < -0.3


def test_the_unit_of_the_pattern_does_not_matter(half) -> None:
    rng = np.random.default_rng(1)
    question = PatternQuestion(pictures(rng.poisson(3.0, (400, 5))))
    a, b = question.drawn(half), question.drawn(1e-3 * half)
    np.testing.assert_allclose(a.fit, b.fit, atol=1e-9)
    np.testing.assert_array_equal(a.tests.p, b.tests.p)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda half: half - 1, "holds positive numbers"),
        (lambda half: half + np.nan, "holds positive numbers"),
        (lambda half: 0 * half, "the same everywhere"),
        (lambda half: 0 * half + 3, "the same everywhere"),
    ],
)
def test_what_is_no_pattern(change, sentence: str, half) -> None:
    with pytest.raises(InputError, match=sentence):
        PatternQuestion(pictures(np.ones((400, 2)))).drawn(change(half))


def test_values_that_are_not_counts_are_ranked_by_correlation(half) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(400, 4)) + np.outer(half, [0.0, 2.0, 1.0, -2.0])
    found = PatternQuestion(pictures(values, "log")).drawn(half)
    assert found.order[:2].tolist() == [1, 2] and np.isnan(found.gain).all()
    expected = [np.corrcoef(half, values[:, i])[0, 1] for i in range(4)]
    np.testing.assert_allclose(found.fit, expected, atol=1e-5)


def test_the_pattern_of_some_genes(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    question = PatternQuestion(images, modelled)
    found = question.of_genes(np.array([4, 5]), modelled, result.denoised)
    assert set(found.genes[found.order[:2]]) == {6, 7}
    # The genes that it was made of are no findings.
    assert set(found.genes[found.order[-2:]]) == {4, 5}
    assert not found.followed()[np.isin(found.genes, [4, 5])].any()
    with pytest.raises(InputError, match="none of these genes has an answer"):
        question.of_genes(np.array([13]), modelled, result.denoised)


@pytest.mark.parametrize("seed", [0, 1])
def test_painted_patterns_are_found_better_than_by_pixel_correlation(seed: int) -> None:
    """A painted pattern is where the true one is strong; the truth is who follows that."""
    tissue = simulate(seed=seed, genes=300, clusters=10, platform="st", unpatterned=0.2)
    images = rasterize(tissue)
    question = PatternQuestion(images)
    label = tissue.var["pattern"].to_numpy().astype(str)
    ours, usual = [], []
    for k in range(10):
        pattern = np.asarray(tissue.obsm["patterns"])[:, k]
        over = np.bincount(images.observation_pixel, pattern) / np.bincount(
            images.observation_pixel
        )
        found = question.drawn((over > np.quantile(over, 0.8)).astype(float))
        rank = np.empty(len(label))
        rank[found.order] = -np.arange(len(label))
        follows = label == f"pattern{k + 1}"
        ours.append(average_precision_score(follows, rank))
        usual.append(average_precision_score(follows, found.correlation))
    assert np.mean(ours) > np.mean(usual) + 0.02


def test_noise_follows_no_painted_pattern() -> None:
    tissue = simulate(seed=5, genes=200, clusters=2, platform="st", unpatterned=0.97)
    images = rasterize(tissue)
    question = PatternQuestion(images, np.flatnonzero(tissue.var["pattern"] == "none"))
    rng = np.random.default_rng(0)
    centres = images.grid.centres
    p = []
    for share in (0.05, 0.2, 0.5) * 4:
        away = np.hypot(*(centres - centres[rng.integers(len(centres))]).T)
        p.append(question.drawn((away < np.quantile(away, share)).astype(float)).tests.p)
    assert 0.01 < np.mean(np.concatenate(p) < 0.05) < 0.07


@pytest.mark.real_data
def test_white_matter_painted_on_a_cortex(real_data: Path) -> None:
    from anndata import read_h5ad

    adata = read_h5ad(real_data / "dlpfc_151510.h5ad")
    images = rasterize(adata)
    white = np.zeros(images.n_pixels)
    white[images.observation_pixel[(adata.obs["layer"] == "WM").to_numpy()]] = 1
    found = PatternQuestion(images).drawn(white)
    symbols = adata.var["gene_name"].astype(str).to_numpy()[found.genes[found.order[:3]]]
    assert {"MBP", "PLP1", "MOBP"} == set(symbols)

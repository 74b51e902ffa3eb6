"""Pairs of genes: by chance alone, as smooth as they may be, and with a pattern in common."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.ndimage import gaussian_filter

from darlc.errors import InputError
from darlc.explore.pair_tests import PairTests
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages

SIDE, GENES = 36, 120


def fields(rng: np.random.Generator, n: int, scale: float) -> np.ndarray:
    """Return n unrelated smooth fields, (n, P), with mean 0 and deviation 1."""
    field = gaussian_filter(rng.normal(size=(n, SIDE, SIDE)), (0, scale, scale))
    return ((field - field.mean((1, 2), keepdims=True)) / field.std((1, 2), keepdims=True)).reshape(
        n, -1
    )


def pictures(rng: np.random.Generator, rate: np.ndarray) -> SGEPImages:
    """Return counts of genes with these rates (n, P), beside a library of many other genes."""
    size = rng.gamma(5, 1 / 5, SIDE * SIDE)
    counts = rng.poisson(rate * size).T
    others = rng.poisson(3000 * size)[:, None]
    matrix = sparse.csc_array(np.hstack([counts, others]).astype(np.float32))
    names = np.array([f"Gene{i}" for i in range(matrix.shape[1])])
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    return SGEPImages(matrix, grid, names, np.arange(SIDE * SIDE))


@pytest.mark.parametrize("strength", [0.0, 0.7, 1.2])
def test_unrelated_genes_are_significant_at_the_nominal_rate(strength: float) -> None:
    """The usual test of a correlation finds most pairs of smooth patterns significant."""
    rng = np.random.default_rng(3)
    mean = np.exp(rng.normal(0, 1, GENES))[:, None]
    rate = mean * np.exp(strength * fields(rng, GENES, 4.0) - strength**2 / 2)
    images = pictures(rng, rate)
    tests = PairTests(images, np.arange(GENES))
    p, discoveries = [], []
    for gene in range(0, GENES, 3):
        found = tests.with_genes(np.array([gene]))
        assert np.isnan(found.p[gene]) and np.isnan(found.fdr[gene])
        p.append(np.delete(found.p, gene))
        discoveries.append(np.nanmin(found.fdr) <= 0.05)
    p = np.concatenate(p)
    # 40 queries share genes and fields, so that the rates vary more than binomially.
    assert 0.01 < np.mean(p < 0.05) < 0.06 and np.mean(p < 0.001) < 0.002
    assert np.mean(discoveries) <= 0.1
    views = images.expression(np.arange(GENES))
    r = np.corrcoef(views)[np.triu_indices(GENES, 1)]
    usual = 2 * stats.norm.sf(np.abs(np.arctanh(r)) * np.sqrt(SIDE**2 - 3))
    if strength > 1:
        assert np.mean(usual < 0.05) > 0.4


def test_genes_with_a_pattern_in_common_are_found() -> None:
    rng = np.random.default_rng(4)
    field = fields(rng, GENES, 4.0)
    field[:10] = field[0]
    images = pictures(rng, 1.0 * np.exp(0.8 * field))
    tests = PairTests(images, np.arange(GENES))
    found = tests.with_genes(np.array([0]))
    assert np.mean(found.fdr[1:10] <= 0.05) > 0.8 and (found.correlation[1:10] > 0).all()
    assert np.mean(found.fdr[10:] <= 0.05) < 0.02


def test_genes_of_one_small_place_are_found() -> None:
    """As white matter in a corner of a cortex: how far each rises there differs between genes."""
    rng = np.random.default_rng(6)
    field = 0.2 * fields(rng, GENES, 4.0)
    away = np.hypot(*np.mgrid[:SIDE, :SIDE]).ravel()
    field[:10] += np.linspace(2.5, 3.5, 10)[:, None] / (1 + np.exp(away - 9))
    tests = PairTests(pictures(rng, np.exp(field)), np.arange(GENES))
    found = tests.with_genes(np.array([9]))
    assert np.mean(found.fdr[:9] <= 0.05) > 0.7
    assert np.mean(found.fdr[10:] <= 0.05) < 0.02


def test_values_that_are_logarithms_are_tested_as_they_are() -> None:
    rng = np.random.default_rng(4)
    field = fields(rng, GENES, 4.0)
    field[:10] = field[0]
    counts = pictures(rng, 3.0 * np.exp(0.8 * field))
    values = sparse.csc_array(counts.expression(np.arange(GENES)).T)
    images = SGEPImages(
        values, counts.grid, counts.gene_names[:GENES], counts.observation_pixel, values="log"
    )
    found = PairTests(images, np.arange(GENES)).with_genes(np.array([0]))
    assert np.mean(found.fdr[1:10] <= 0.05) > 0.8 and np.mean(found.fdr[10:] <= 0.05) < 0.02


def test_a_set_of_rare_genes_says_more_than_one_of_them() -> None:
    rng = np.random.default_rng(4)
    field = fields(rng, GENES, 4.0)
    field[:10] = field[0]
    tests = PairTests(pictures(rng, 0.03 * np.exp(0.8 * field)), np.arange(GENES))
    together, one = tests.with_genes(np.arange(5)), tests.with_genes(np.array([0]))
    assert np.isnan(together.p[:5]).all()
    assert np.median(together.p[5:10]) < 0.5 * np.median(one.p[5:10])
    assert (together.fdr[5:10] <= 0.05).mean() > (one.fdr[5:10] <= 0.05).mean()


def test_a_flat_gene_is_like_none() -> None:
    rng = np.random.default_rng(5)
    images = pictures(rng, np.zeros((3, SIDE**2)))
    with pytest.raises(InputError, match="the same in all observations"):
        PairTests(images, np.arange(3)).with_genes(np.array([0]))

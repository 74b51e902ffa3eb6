"""Expression by distance: distances by hand, curves of known truth, and bands that hold it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.ndimage import gaussian_filter

from darlc.errors import InputError
from darlc.explore.distance import DistanceQuestion, curves, distance_to
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages, rasterize

SIDE = 30
SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])


def pictures(rng: np.random.Generator, rate: np.ndarray, depth: float = 1000.0) -> SGEPImages:
    """Return counts of genes with these rates (n, P), beside a library of many other genes."""
    size = rng.gamma(5, 1 / 5, SIDE * SIDE)
    counts = np.hstack(
        [rng.poisson(rate * size).T, rng.poisson(np.full(SIDE**2, depth) * size)[:, None]]
    )
    names = np.array([f"Gene{i}" for i in range(counts.shape[1])])
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    matrix = sparse.csc_array(counts.astype(np.float32))
    return SGEPImages(matrix, grid, names, np.arange(SIDE * SIDE))


def test_distances_from_lines_and_borders_by_hand() -> None:
    points = np.array([[5.0, 5.0], [12.0, 5.0], [13.0, 14.0], [5.0, 9.0], [np.nan, 0.0]])
    found = distance_to(points, [], [[SQUARE]])
    np.testing.assert_allclose(found, [-5.0, 2.0, 5.0, -1.0, np.nan])
    line = np.array([[0.0, 0.0], [10.0, 0.0]])
    np.testing.assert_allclose(distance_to(points[:2], [line]), [5.0, np.hypot(2, 5)])
    with pytest.raises(InputError, match="no line to measure distances from"):
        distance_to(points, [])


def test_a_curve_by_hand() -> None:
    """Counts over size: the mean of a bin is that of its molecules and of its library."""
    rng = np.random.default_rng(0)
    images = pictures(rng, np.full((1, SIDE * SIDE), 3.0))
    column = np.arange(SIDE * SIDE) % SIDE
    question = DistanceQuestion(images, column.astype(float))
    edges = question.edges(3, reach=29)
    np.testing.assert_allclose(edges, [0, 29 / 3, 58 / 3, 29])
    view = np.log1p(2.0 + (column >= 10))
    found = question.curve(0, edges, view)
    assert found.pixels.tolist() == [300, 300, 300]
    counts, library = images.measured(0)[0], images.library
    for i in range(3):
        inside = column // 10 == i
        expected = counts[inside].sum() / library[inside].sum() * np.median(library)
        assert found.raw[i] == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(found.denoised, [2.0, 3.0, 3.0], rtol=1e-6)


def test_genes_that_rise_and_fall_are_found_and_smooth_ones_are_not() -> None:
    rng = np.random.default_rng(1)
    column = (np.arange(SIDE * SIDE) % SIDE).astype(float)
    field = gaussian_filter(rng.normal(size=(60, SIDE, SIDE)), (0, 4, 4))
    field = (field / field.std((1, 2), keepdims=True)).reshape(60, -1)
    field[0], field[1] = 0.12 * (column - 15), -0.12 * (column - 15)
    images = pictures(rng, 2 * np.exp(0.7 * field))
    found = DistanceQuestion(images, column).trend(np.arange(60))
    # One slope over all of the tissue has few degrees of freedom.
    assert found.p[0] < 0.02 and found.correlation[0] > 0.5
    assert found.p[1] < 0.02 and found.correlation[1] < -0.5
    assert np.mean(found.p[2:] < 0.05) < 0.12 and (found.fdr[2:] <= 0.05).sum() <= 1


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_band_holds_the_truth(scale: float) -> None:
    """Of a step across a line, under smooth noise that has nothing to do with it."""
    rng = np.random.default_rng(2)
    column = (np.arange(SIDE * SIDE) % SIDE).astype(float)
    truth = np.where(column < 15, 2.0, 4.0)
    noise = gaussian_filter(rng.normal(size=(80, SIDE, SIDE)), (0, scale, scale), mode="wrap")
    noise = (noise / noise.std((1, 2), keepdims=True)).reshape(80, -1)
    images = pictures(rng, truth * np.exp(0.4 * noise - 0.08), depth=3000.0)
    question = DistanceQuestion(images, column)
    edges = np.arange(0, 31, 3) - 0.5
    found = [question.curve(gene, edges) for gene in range(80)]
    # Library sizes have a median of their own; the mean of all curves shows it.
    ratio = np.median(images.library) / np.mean(images.library)
    expected = ratio * np.repeat([2.0, 4.0], 5)
    held = np.mean([(each.low <= expected) & (expected <= each.high) for each in found])
    naive = np.mean([each.high - each.low for each in found])
    assert 0.88 < held < 0.99 and naive > 0
    independent = 2 * 1.96 * np.sqrt(3.0 / 90)
    if scale > 1:
        assert naive > 1.3 * independent


def test_bins_of_few_pixels_are_empty() -> None:
    rng = np.random.default_rng(3)
    images = pictures(rng, np.full((1, SIDE * SIDE), 3.0))
    far = np.zeros(SIDE * SIDE)
    far[:4], far[4:8] = 10.0, np.linspace(0.1, 1, 4)
    found = DistanceQuestion(images, far).curve(0, np.linspace(0, 10, 11))
    assert np.isfinite(found.raw[0]) and np.isnan(found.raw[1:]).all()
    assert found.pixels.sum() == SIDE * SIDE and np.isnan(found.denoised).all()


def test_curves_of_a_result(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    line = np.array([[-100.0, 250.0], [1000.0, 250.0]])
    away = distance_to(np.asarray(result.adata.obsm["spatial"]), [line])
    question = DistanceQuestion(images, away)
    edges = question.edges(4)
    found = curves(question, np.array([5, 13]), modelled, result.denoised, edges)
    assert np.isfinite(found[0].denoised).any() and np.isnan(found[1].denoised).all()


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda q: q.edges(1), "takes 2 or more"),
        (lambda q: q.edges(5, reach=-1.0), "choose a larger reach"),
    ],
)
def test_what_cannot_be_asked(ask, sentence: str) -> None:
    images = pictures(np.random.default_rng(4), np.ones((1, SIDE * SIDE)))
    with pytest.raises(InputError, match=sentence):
        ask(DistanceQuestion(images, np.arange(SIDE * SIDE).astype(float)))
    with pytest.raises(InputError, match="at the same distance"):
        DistanceQuestion(images, np.ones(SIDE * SIDE))

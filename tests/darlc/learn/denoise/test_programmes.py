"""Programmes: what linear algebra must hold, and what must be found where the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.programmes import ExcessCounts, Programmes, diagonalise, mean_counts


def make_images(rate: np.ndarray, seed: int = 0) -> SGEPImages:
    """Draw Poisson counts of rates (G, P) on a square of pixels."""
    counts = np.random.default_rng(seed).poisson(rate).astype(np.float32)
    side = int(np.sqrt(rate.shape[1]))
    return SGEPImages(
        matrix=sparse.csc_array(counts.T),
        grid=Grid(np.ones((side, side), dtype=bool), np.eye(3)),
        gene_names=np.array([f"gene{i}" for i in range(len(rate))]),
        observation_pixel=np.arange(rate.shape[1]),
    )


@pytest.fixture(scope="module")
def salt_and_pepper() -> np.ndarray:
    """Rates (120, 400) of two kinds of cells that lie about at random."""
    rng = np.random.default_rng(1)
    kind = rng.choice([-1.0, 1.0], 400)
    rate = np.exp(0.9 * rng.choice([-1.0, 0.0, 1.0], 120)[:, None] * kind)
    return rate * rng.lognormal(0.0, 0.5, 120)[:, None] * rng.lognormal(0.0, 0.3, 400)


@pytest.fixture(scope="module")
def programmes(salt_and_pepper) -> Programmes:
    return Programmes(make_images(salt_and_pepper), np.empty((400, 0), np.float32), seed=0)


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)])


def test_axes_make_prior_and_likelihood_diagonal() -> None:
    rng = np.random.default_rng(0)
    prior, told = (m @ m.T for m in rng.normal(size=(2, 5, 5)))
    axes, precision = diagonalise(prior, told)
    np.testing.assert_allclose(axes @ axes.T, prior, atol=1e-8)
    np.testing.assert_allclose(axes.T @ told @ axes, np.diag(precision), atol=1e-8)
    # The posterior's covariance, for any weight of the likelihood.
    posterior = (axes / (1.0 + 3.0 * precision)) @ axes.T
    np.testing.assert_allclose(posterior, np.linalg.inv(np.linalg.inv(prior) + 3.0 * told))


def test_sparse_sums_are_those_of_dense_residuals(salt_and_pepper) -> None:
    images = make_images(salt_and_pepper)
    size = (images.library / images.library.mean()).astype(np.float64)
    counts = ExcessCounts(images, size)
    expected = np.outer(mean_counts(images, size), size)
    excess = images.measured() - expected
    values = np.random.default_rng(2).normal(size=(400, 3))
    np.testing.assert_allclose(counts.excess(values), excess @ values, atol=1e-6)
    genes = np.random.default_rng(3).normal(size=(120, 3))
    np.testing.assert_allclose(counts.pooled(genes), excess.T @ genes, atol=1e-6)
    np.testing.assert_allclose(counts.power, (excess**2 / expected).sum(axis=1), rtol=1e-9)


def test_kinds_of_cells_without_any_neighbourhood_are_found(programmes, salt_and_pepper) -> None:
    assert programmes.pixels.shape == (400, 1), "one programme is there"
    images = make_images(salt_and_pepper)
    found = programmes.coefficients(images)
    rate = programmes.relative(found)
    truth = salt_and_pepper / programmes.size
    moves = truth.std(axis=1) / truth.mean(axis=1) > 0.5
    assert moves.sum() > 50
    raw = images.measured() / programmes.size
    assert correlation(rate, truth)[moves].mean() > 0.9 > correlation(raw, truth)[moves].mean()


def test_genes_do_not_depend_on_who_else_is_asked_for(programmes, salt_and_pepper) -> None:
    images = make_images(salt_and_pepper)
    some = np.array([3, 50, 7])
    whole, part = programmes.coefficients(images), programmes.coefficients(images.select(some))
    np.testing.assert_allclose(whole.mean[some], part.mean, rtol=1e-8)
    np.testing.assert_allclose(whole.noise[some], part.noise, rtol=1e-8)


def test_genes_without_programme_are_flat(programmes) -> None:
    images = make_images(np.full((60, 400), 2.0) * programmes.size, seed=4)
    rate = programmes.relative(programmes.coefficients(images))
    assert np.median(rate.std(axis=1)) < 0.05


def test_leverage_is_the_slope_of_the_rate_in_the_own_count(programmes, salt_and_pepper) -> None:
    images = make_images(salt_and_pepper)
    found = programmes.coefficients(images)
    counts = ExcessCounts(images, programmes.size)
    gene, pixel, step = 5, 17, 0.01
    along = counts.excess(programmes.pixels)
    before = programmes.refine(counts, along, found)
    moved = along.copy()
    moved[gene] += step * programmes.pixels[pixel]
    after = programmes.refine(counts, moved, found)
    change = (programmes.relative(after) - programmes.relative(before))[gene, pixel].astype(float)
    scale = counts.mean[gene] * programmes.size[pixel]
    none = np.zeros(images.n_genes, dtype=bool)
    # Leverage takes the posterior's variance and noise from the same step.
    stepped = replace(before, noise=found.noise)
    lever = programmes.leverage(stepped, counts.mean, none)[gene, pixel]
    assert change * scale / step == pytest.approx(lever, rel=0.02)
    inside = programmes.leverage(stepped, counts.mean, ~none)
    assert (inside >= programmes.leverage(stepped, counts.mean, none)).all()


def test_a_blind_map_is_used_where_counts_are_few() -> None:
    rng = np.random.default_rng(5)
    row = np.linspace(-1.0, 1.0, 400)
    slope = rng.choice([-1.0, 1.0], 100)
    rate = 0.3 * np.exp(slope[:, None] * row)
    images = make_images(rate, seed=6)
    blind = (row / np.linalg.norm(row)).astype(np.float32)[:, None]
    noise = np.linalg.qr(rng.normal(size=(400, 1)))[0].astype(np.float32)

    def score(basis: np.ndarray) -> float:
        found = Programmes(images, basis, 0)
        return float(correlation(found.relative(found.coefficients(images)), rate).mean())

    assert score(blind) > score(noise) + 0.03
    assert score(blind) > 0.9


def test_tiny_tissue_and_empty_genes_do_not_fail() -> None:
    rate = np.full((3, 9), 1.0)
    images = make_images(rate)
    matrix = images.matrix.tolil()
    matrix[:, 1] = 0
    images = replace(images, matrix=sparse.csc_array(matrix))
    found = Programmes(images, np.empty((9, 0), np.float32), 0)
    assert np.isfinite(found.relative(found.coefficients(images))).all()


def test_rebuilt_programmes_give_the_same_coefficients(programmes, salt_and_pepper) -> None:
    images = make_images(salt_and_pepper)
    again = Programmes.from_arrays(programmes.to_arrays())
    found, same = programmes.coefficients(images), again.coefficients(images)
    np.testing.assert_allclose(again.relative(same), programmes.relative(found), rtol=1e-4)
    none = np.zeros(images.n_genes, dtype=bool)
    mean = mean_counts(images, programmes.size)
    np.testing.assert_allclose(
        again.leverage(same, mean, none), programmes.leverage(found, mean, none), rtol=1e-3
    )


@pytest.mark.parametrize(
    ("name", "wrong"), [("size", np.ones(7)), ("square", np.eye(3)), ("spread", np.ones((1, 2)))]
)
def test_programmes_that_do_not_fit_together_are_refused(programmes, name, wrong) -> None:
    with pytest.raises(ValueError, match="for"):
        Programmes.from_arrays(programmes.to_arrays() | {name: wrong})


def test_maps_are_orthonormal_and_hold_what_programmes_say_of_residuals(
    programmes, salt_and_pepper
) -> None:
    maps = programmes.maps()
    np.testing.assert_allclose(maps.T @ maps, np.eye(maps.shape[1]), atol=1e-5)
    np.testing.assert_allclose(maps.sum(axis=0), 0.0, atol=1e-4)
    images = make_images(salt_and_pepper)
    relative = programmes.relative(programmes.coefficients(images)) - 1.0
    seen = relative * np.sqrt(programmes.size)
    seen -= seen.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(seen @ maps @ maps.T, seen, atol=1e-4)

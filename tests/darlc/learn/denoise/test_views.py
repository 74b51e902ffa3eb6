"""Views of counts, and the bases that the read-out starts from, against linear algebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from darlc.config import DenoiseConfig
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.own_share import OwnShare
from darlc.learn.denoise.shrinkage import Shrinkage
from darlc.learn.denoise.views import Views, choose_basis, choose_kind, draw_views
from darlc.results.denoised_views import DenoisedViews
from darlc.simulation.tissue import simulate


@pytest.fixture
def views() -> Views:
    random = np.random.default_rng(0)
    raw = random.normal(size=(90, 70)) * np.linspace(0.2, 3.0, 70)
    return Views.of(raw.astype(np.float32), (raw + random.normal(size=raw.shape)).astype("f4"))


def test_noisy_pixels_get_orthonormal_components_of_the_denoised_views(views) -> None:
    everything = np.eye(70, dtype=np.float32)
    basis = views.basis(everything, 6)
    right = np.linalg.svd(views.denoised, full_matrices=False)[2][:6].T
    np.testing.assert_allclose(np.abs(np.sum(basis * right, axis=0)), 1.0, atol=1e-4)
    assert views.basis(everything, 0).shape == (70, 20)


def test_clean_pixels_get_partly_whitened_components_of_both_views(views) -> None:
    both = np.concatenate([views.raw, views.denoised])
    _, scale, right = np.linalg.svd(both, full_matrices=False)
    basis = views.clean_basis(5)
    expected = right[:5].T * (scale[:5] / scale[0]) ** -0.7
    np.testing.assert_allclose(np.abs(basis), np.abs(expected), atol=1e-3)
    # What is embedded spreads over components as the singular values' power of .3.
    spread = np.linalg.norm(both @ basis, axis=0)
    np.testing.assert_allclose(spread / spread[0], (scale[:5] / scale[0]) ** 0.3, rtol=1e-3)
    assert views.clean_basis(0).shape == (70, 60)


def test_directions_without_variation_are_left_out() -> None:
    random = np.random.default_rng(1)
    raw = (random.normal(size=(40, 4)) @ random.normal(size=(4, 30))).astype(np.float32)
    views = Views.of(raw, raw)
    # Centring every gene keeps the rank.
    assert views.clean_basis(0).shape == (30, 4)


def _denoiser(images: SGEPImages) -> Denoiser:
    config = DenoiseConfig(components=30, width=32, heads=2, epochs=30)
    denoiser = Denoiser(images, config, 0, torch.device("cpu"))
    for _ in denoiser.fit():
        pass
    denoiser.finish()
    return denoiser


@pytest.fixture(scope="module")
def spots() -> tuple[SGEPImages, np.ndarray, Denoiser]:
    """A shallow tissue of 300 genes and six patterns, the patterns' names, and its denoiser."""
    adata = simulate(seed=11, genes=300, clusters=6, depth=120.0)
    images = rasterize(adata)
    return images, adata.var["pattern"].to_numpy(), _denoiser(images)


def _precision(z: np.ndarray, truth: np.ndarray) -> float:
    """Mean average precision of asking with a gene for the others of its pattern, by cosine."""
    unit = z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    right = truth[np.argsort(-cosine, axis=1)[:, :-1]] == truth[:, None]
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    return float(((precision * right).sum(axis=1) / right.sum(axis=1)).mean())


def test_views_of_counts_find_genes_of_one_pattern_better_than_those_of_roots(spots) -> None:
    images, truth, denoiser = spots
    found = {}
    for kind in ("counts", "noisy"):
        shown, views = draw_views(denoiser, images, kind)
        basis = choose_basis(denoiser, views, kind, 0)
        np.testing.assert_array_equal(DenoisedViews(shown)[:], denoiser.view(images))
        found[kind] = (
            _precision(views.raw @ basis, truth),
            _precision(views.denoised @ basis, truth),
        )
    for counts, roots in zip(found["counts"], found["noisy"], strict=True):
        assert counts > roots + 0.02


def test_counts_are_embedded_by_all_programmes_and_then_by_what_they_leave_over(spots) -> None:
    images, _, denoiser = spots
    shrinkage = denoiser.shrinkage()
    _, views = draw_views(denoiser, images, "counts")
    basis = choose_basis(denoiser, views, "counts", 0)
    maps = shrinkage.programmes.maps()
    n = maps.shape[1]
    assert 1 <= n < 20 == basis.shape[1]
    np.testing.assert_allclose(basis.T @ basis, np.eye(20), atol=1e-4)
    np.testing.assert_allclose(basis[:, :n] @ (basis[:, :n].T @ maps), maps, atol=1e-4)
    # The leading components of the denoised views within them come first.
    spread = np.linalg.norm(views.denoised @ basis, axis=0)
    assert (np.diff(spread[:n]) < 1e-3).all()
    assert spread[n:].max() < 0.1 * spread[0]
    # The rest is of the blind representation.
    along = denoiser.basis.T @ (basis[:, n:] - maps @ (maps.T @ basis[:, n:]))
    assert np.linalg.norm(along, axis=0).min() > 0.5
    assert choose_basis(denoiser, views, "counts", 3).shape[1] == 3


def test_cells_are_embedded_by_what_single_ones_show(spots) -> None:
    images, _, denoiser = spots
    shrinkage = Shrinkage.from_arrays(denoiser.to_arrays())
    prior = shrinkage.own.prior
    shrinkage.own = OwnShare(prior, trust=1.0)
    views = Views.of_counts(images, shrinkage, shrinkage.expected(images))
    basis = views.count_basis(shrinkage, denoiser.basis, 0)
    right = np.linalg.svd(views.denoised, full_matrices=False)[2][:60]
    assert basis.shape == (images.n_pixels, 60)
    np.testing.assert_allclose(np.abs(np.sum(basis[:, :5] * right[:5].T, axis=0)), 1.0, atol=1e-3)
    np.testing.assert_allclose(basis.T @ basis, np.eye(60), atol=1e-4)
    # Half-way between technical noise and cells the one gives way to the other.
    for trust, length in ((0.49, 20), (0.51, 60)):
        shrinkage.own = OwnShare(prior, trust=trust)
        assert views.count_basis(shrinkage, denoiser.basis, 0).shape[1] == length


def test_few_genes_of_few_cells_have_as_many_components_as_there_can_be() -> None:
    random = np.random.default_rng(0)
    counts = random.poisson(random.gamma(1.0, 3.0, (9, 25))).astype(np.float32)
    images = _square(counts)
    denoiser = _denoiser(images)
    own = denoiser.shrinkage().own
    for trust in (0.0, 1.0):
        denoiser.shrinkage().own = replace(own, trust=trust)
        basis = choose_basis(denoiser, draw_views(denoiser, images, "counts")[1], "counts", 0)
        assert basis.shape[1] == 9 if trust else 2 <= basis.shape[1] <= 20
        np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-4)


def test_a_gene_without_a_molecule_says_nothing(spots) -> None:
    images, _, denoiser = spots
    counts = images.select(np.arange(3)).measured()
    counts[1] = 0.0
    some = replace(images.select(np.arange(3)), matrix=sparse.csc_array(counts.T))
    shrinkage = denoiser.shrinkage()
    views = Views.of_counts(some, shrinkage, shrinkage.expected(some))
    assert not views.raw[1].any() and not views.denoised[1].any()
    for one in (views.raw, views.denoised):
        np.testing.assert_allclose(one[[0, 2]].std(axis=1), 1.0, rtol=1e-4)


def test_a_setting_overrules_whether_pixels_are_clean(spots) -> None:
    images = spots[0]
    assert choose_kind(images) == choose_kind(images, "noisy") == "counts"
    assert choose_kind(images, "clean") == "clean"
    assert choose_kind(replace(images, values="log"), "noisy") == "noisy"


def _square(counts: np.ndarray) -> SGEPImages:
    """Lay counts (G, P) out on a square of pixels."""
    side = int(np.sqrt(counts.shape[1]))
    return SGEPImages(
        sparse.csc_array(counts.T),
        Grid(np.ones((side, side), dtype=bool), np.eye(3)),
        np.array([f"gene{i}" for i in range(len(counts))]),
        np.arange(counts.shape[1]),
    )


@pytest.mark.parametrize("shape", [(12, 40), (40, 12)], ids=["more pixels", "more genes"])
def test_components_do_not_depend_on_the_side_that_is_multiplied(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    views = Views(values[0], values[1])
    basis = views.clean_basis(5)
    _, scale, right = np.linalg.svd(np.concatenate(list(values)), full_matrices=False)
    expected = right[:5].T * (scale[:5] / scale[0]) ** (0.3 - 1.0)
    likeness = np.abs((basis * expected).sum(axis=0)) / np.square(expected).sum(axis=0)
    np.testing.assert_allclose(likeness, 1.0, atol=1e-4)

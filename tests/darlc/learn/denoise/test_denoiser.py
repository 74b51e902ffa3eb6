"""The GAT denoiser: blind to a pixel's own noise, equivariant, flat where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from darlc.config import DenoiseConfig
from darlc.errors import InputError, TrainingError
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.denoise.denoiser import Denoiser, GATAutoencoder, regress
from darlc.learn.denoise.graph import edge_index
from darlc.learn.devices import choose_device
from darlc.simulation.tissue import simulate

SMALL = DenoiseConfig(components=8, width=32, heads=2, epochs=12)


@pytest.fixture(scope="module")
def tissue():
    """A hexagonal tissue with few molecules, where there is much to denoise."""
    return simulate(seed=5, genes=160, clusters=4, depth=400.0)


@pytest.fixture(scope="module")
def images(tissue) -> SGEPImages:
    return rasterize(tissue)


@pytest.fixture(scope="module")
def denoiser(images) -> Denoiser:
    fitted = Denoiser(images, SMALL, seed=0, device=torch.device("cpu"))
    for _ in fitted.fit():
        pass
    fitted.finish()
    return fitted


def test_edges_are_the_six_neighbours_in_both_directions(images) -> None:
    edges = edge_index(images.grid)
    pairs = set(map(tuple, edges.T.tolist()))
    assert all((b, a) in pairs for a, b in pairs)
    degree = torch.bincount(edges[1])
    assert degree.max() == 6
    assert torch.mode(degree).values == 6
    distance = np.linalg.norm(images.grid.centres[edges[0]] - images.grid.centres[edges[1]], axis=1)
    np.testing.assert_allclose(distance, 1.0, rtol=1e-6)


def test_masked_pixels_are_not_seen(denoiser) -> None:
    masked = torch.zeros(len(denoiser.described), dtype=torch.bool)
    masked[7] = True
    denoiser.network.eval()
    changed = denoiser.described.clone()
    changed[7] += 5.0
    with torch.no_grad():
        before = denoiser.network(denoiser.described, denoiser.edges, masked)
        after = denoiser.network(changed, denoiser.edges, masked)
    torch.testing.assert_close(before, after)


def test_the_network_does_not_depend_on_the_order_of_pixels(denoiser) -> None:
    n = len(denoiser.described)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    inverse = torch.argsort(order)
    none = torch.zeros(n, dtype=torch.bool)
    network: GATAutoencoder = denoiser.network.eval()
    with torch.no_grad():
        base = network(denoiser.described, denoiser.edges, none)
        moved = network(denoiser.described[order], inverse[denoiser.edges], none)
    torch.testing.assert_close(moved, base[order], rtol=1e-4, atol=1e-4)


def test_basis_is_orthonormal(denoiser) -> None:
    np.testing.assert_allclose(
        denoiser.basis.T @ denoiser.basis, np.eye(denoiser.basis.shape[1]), atol=1e-4
    )


def test_noise_becomes_flat_and_units_do_not_matter(denoiser, images) -> None:
    random = np.random.default_rng(0)
    noise = random.normal(3.0, 1.0, (50, images.n_pixels)).astype(np.float32)
    clean = denoiser.denoise(noise)
    assert clean.std(axis=1).mean() < 0.1
    np.testing.assert_allclose(clean.mean(axis=1), noise.mean(axis=1), rtol=1e-4)
    values = images.expression(np.arange(5))
    np.testing.assert_allclose(
        denoiser.denoise(4 * values + 1), 4 * denoiser.denoise(values) + 1, rtol=1e-3, atol=1e-3
    )


def test_a_noiseless_pattern_of_the_representation_is_kept(denoiser) -> None:
    pattern = (denoiser.basis[:, :1].T * 3).astype(np.float32)
    clean = regress(pattern, denoiser.basis, denoiser.scale)
    np.testing.assert_allclose(clean, pattern, atol=1e-3)


def test_a_loss_that_is_not_finite_stops_it(images) -> None:
    broken = Denoiser(images, SMALL, seed=0, device=torch.device("cpu"))
    broken.described[0] = float("nan")
    with pytest.raises(TrainingError, match="stage 'denoise'"):
        list(broken.fit())


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="device 'cuda:99' is not available"):
        choose_device("cuda:99")


def normalised_truth(tissue) -> np.ndarray:
    """Return true rates (G, P) over the total of all genes, as views are normalised."""
    pattern = tissue.var["pattern"].str.removeprefix("pattern").astype(int).to_numpy() - 1
    rate = tissue.obsm["patterns"][:, pattern] ** tissue.var["strength"].to_numpy()
    rate *= tissue.var["mean"].to_numpy() / (tissue.obs["library"].to_numpy() @ rate)
    return (rate / rate.sum(axis=1, keepdims=True)).T


def correlation(views: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(views, truth, strict=True)])


def test_views_of_counts_come_closer_to_the_true_rate(denoiser, images, tissue) -> None:
    pixel = images.observation_pixel
    truth = normalised_truth(tissue)
    view = correlation(denoiser.view(images)[:, pixel], truth)
    ridge = correlation(denoiser.denoise(images.expression())[:, pixel], truth)
    raw = correlation(images.expression()[:, pixel], truth)
    assert view.mean() > ridge.mean() > raw.mean()
    assert view.mean() > 0.85


def test_views_are_in_log_normalised_units(denoiser, images) -> None:
    view = denoiser.view(images)
    assert view.dtype == np.float32
    assert view.min() >= 0
    counts = np.expm1(view) * images.library / np.median(images.library)
    np.testing.assert_allclose(counts.sum(axis=1), images.measured().sum(axis=1), rtol=0.03)


def test_a_gene_has_the_same_view_whoever_else_is_asked_for(denoiser, images) -> None:
    some = np.array([7, 2])
    np.testing.assert_allclose(
        denoiser.view(images.select(some)), denoiser.view(images)[some], rtol=1e-4
    )


def test_a_gene_without_pattern_has_a_flat_view(denoiser, images) -> None:
    shuffled = np.random.default_rng(0).poisson(np.outer(images.library / 400.0, np.full(40, 2.0)))
    noise = replace(
        images,
        matrix=type(images.matrix)(shuffled.astype(np.float32)),
        gene_names=np.array([f"noise{i}" for i in range(40)]),
    )
    noise.__dict__["library"] = images.library
    assert np.median(denoiser.view(noise).std(axis=1)) < 0.05


def test_cells_that_lie_about_at_random_keep_what_is_theirs() -> None:
    cells = rasterize(simulate(seed=3, genes=60, clusters=3, depth=300.0, platform="st"))
    rng = np.random.default_rng(0)
    shape = 0.4
    rate = rng.gamma(shape, 1.0 / shape, (cells.n_pixels, 60)) * rng.lognormal(1.0, 0.7, 60)
    cells = replace(cells, matrix=type(cells.matrix)(rng.poisson(rate).astype(np.float32)))
    fitted = Denoiser(cells, SMALL, seed=0, device=torch.device("cpu"))
    for _ in fitted.fit():
        pass
    fitted.finish()
    truth = (rate / cells.library[:, None]).T
    view = correlation(np.expm1(fitted.view(cells)), truth)
    raw = correlation(np.expm1(cells.expression()), truth)
    assert view.mean() > 0.85
    assert view.mean() > raw.mean() - 0.01


def test_values_that_are_not_counts_are_regressed(denoiser, images) -> None:
    logs = replace(images, matrix=type(images.matrix)(images.expression().T), values="log")
    np.testing.assert_allclose(
        denoiser.view(logs), np.maximum(denoiser.denoise(logs.expression()), 0.0)
    )


def test_no_view_before_the_end_of_training(images) -> None:
    fresh = Denoiser(images, SMALL, seed=0, device=torch.device("cpu"))
    with pytest.raises(RuntimeError, match="call finish"):
        fresh.view(images)

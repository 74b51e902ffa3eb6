"""The GAT denoiser: blind to a pixel's own noise, equivariant, flat where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.config import Config, DenoiseConfig
from darlc.errors import InputError, TrainingError
from darlc.learn.denoise import Denoiser, GATAutoencoder, denoise_genes, regress
from darlc.learn.devices import choose_device
from darlc.learn.graph import edge_index

SMALL = DenoiseConfig(components=8, width=32, heads=2, epochs=12)


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


def test_genes_outside_the_model_are_denoised(images) -> None:
    asked = []
    denoise = denoise_genes(
        images, Config(genes=100, denoise=SMALL, device="cpu"), lambda *at: asked.append(at)
    )
    views = denoise(np.array([0, 159]))
    assert views.shape == (2, images.n_pixels)
    assert (views >= 0).all()
    assert asked[0] == (1, 12)


def test_a_loss_that_is_not_finite_stops_it(images) -> None:
    broken = Denoiser(images, SMALL, seed=0, device=torch.device("cpu"))
    broken.described[0] = float("nan")
    with pytest.raises(TrainingError, match="stage 'denoise'"):
        list(broken.fit())


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="device 'cuda:99' is not available"):
        choose_device("cuda:99")

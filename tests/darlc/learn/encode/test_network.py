"""What an embedding may depend on: the gene, and nothing that all genes have in common."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.config import NetworkConfig
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.tokens import make_tokens

D = 6


@pytest.fixture
def network(images) -> MaskedAutoencoder:
    """Return a network away from its start, where nothing that is learned is zero."""
    torch.manual_seed(0)
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(images.n_pixels, D)))[0]
    config = NetworkConfig(width=16, heads=2, depth=1, embedding=D, rank=4)
    tokens = make_tokens(images.grid)
    network = MaskedAutoencoder(tokens, torch.from_numpy(basis.astype(np.float32)), config)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network.eval()


@torch.no_grad()
def test_a_constant_view_leaves_the_embedding_to_the_other(network, images) -> None:
    raw = torch.randn(5, images.n_pixels)
    constant = torch.zeros_like(raw)
    _, z = network.encode(raw)
    assert torch.equal(network.encode(constant)[1], torch.zeros(5, D))
    torch.testing.assert_close(network(raw, constant), network.project(z))
    torch.testing.assert_close(network(constant, raw), network.project(z))


@torch.no_grad()
def test_what_all_genes_have_in_common_does_not_draw_weak_ones_together(network, images) -> None:
    visible = torch.arange(network.n_tokens).expand(4, -1)
    # Genes too weak to be told from an empty one, in opposite directions.
    weak = 1e-3 * torch.randn(2, images.n_pixels)
    _, z = network.encode(torch.cat([weak, -weak]))
    assert (z[:2] * z[2:]).sum(dim=1).max() < -0.99
    # Where all tokens are seen, it is the same by either way.
    torch.testing.assert_close(network.encode(torch.cat([weak, -weak]), visible)[1], z)


def test_a_gradient_reaches_every_part_and_is_finite_for_constant_views(network, images) -> None:
    raw = torch.randn(3, images.n_pixels)
    raw[0] = 0.0
    network(raw, raw).square()[:, 0].sum().backward()
    for name in ("read", "mix.weight", "enter.weight", "turn_out.weight", "project_out.weight"):
        gradient = network.get_parameter(name).grad
        assert gradient is not None and torch.isfinite(gradient).all() and gradient.any(), name

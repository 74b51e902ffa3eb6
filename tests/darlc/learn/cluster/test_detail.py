"""The filter of detail: where it begins, what it sees, and that no gene speaks for itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.images.grid import Grid
from darlc.learn.cluster.detail import Agreement, DetailFilter, operator_on
from darlc.learn.cluster.patterns import NOTABLE, Bands

SIDE, GENES = 16, 30


@pytest.fixture(scope="module")
def grid() -> Grid:
    mask = np.ones((SIDE, SIDE), dtype=bool)
    mask[:4, :5] = False
    return Grid(mask, np.eye(3))


@pytest.fixture(scope="module")
def bands(grid) -> Bands:
    """Genes of half a tissue, and the filter as it begins."""
    random = np.random.default_rng(0)
    rate = np.where(grid.pixels[:, 1] < SIDE // 2, 0.6, 0.2) * np.ones((GENES, 1))
    counts = random.poisson(rate).astype(np.float32)
    size = np.ones(grid.n_pixels, dtype=np.float32)
    return Bands.of(counts, size, grid, torch.device("cpu"))


@pytest.fixture
def fresh(grid, bands) -> DetailFilter:
    return DetailFilter(grid, torch.ones(grid.n_pixels), len(bands.bands))


@pytest.fixture
def moved(fresh) -> DetailFilter:
    """The filter after it has learnt something, whatever it is."""
    torch.manual_seed(0)
    torch.nn.init.normal_(fresh.layers[-1].weight)
    torch.nn.init.normal_(fresh.layers[-1].bias)
    return fresh.requires_grad_(False)


@pytest.fixture
def weight() -> torch.Tensor:
    return torch.rand(GENES, 3, generator=torch.Generator().manual_seed(0))


def _agreement(bands: Bands, weight: torch.Tensor) -> Agreement:
    """Return what genes say, written out."""
    share = weight / weight.sum(dim=0)
    mean = torch.stack([share.T @ band for band in bands.bands])
    alone = torch.stack([share.square().T @ band.square() for band in bands.bands])
    return Agreement(mean, alone, share.square().sum(dim=0))


def test_it_begins_as_the_wiener_filter(bands, fresh, weight) -> None:
    plain = bands.draw(weight)
    learnt = Bands(bands.bands, fresh).draw(weight)
    assert learnt.kept.shape == (4, 3, bands.bands[0].shape[1])
    torch.testing.assert_close(learnt.kept, plain.kept.expand_as(learnt.kept), atol=3e-3, rtol=0)
    torch.testing.assert_close(learnt.pattern, plain.pattern, atol=5e-3, rtol=0)


def test_a_gene_that_left_is_left_out_of_everything(bands, weight) -> None:
    share = weight / weight.sum(dim=0)
    without = weight.clone()
    without[7] = 0.0
    expected = _agreement(bands, without)
    own = torch.stack([band[[7, 7, 7]] for band in bands.bands])
    agreement = _agreement(bands, weight).without(share[7], own)
    torch.testing.assert_close(agreement.mean, expected.mean, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(agreement.alone, expected.alone, atol=1e-6, rtol=1e-3)
    torch.testing.assert_close(agreement.squares, expected.squares, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("gene", [0, 7, 29])
def test_leaving_out_is_drawing_anew_without_the_gene(bands, moved, weight, gene) -> None:
    """Unlike the Wiener filter's, what is kept is not what the gene itself had agreed to.

    Of genes with a notable share of their cluster; others are tested where the filter is trained.
    """
    learnt = Bands(bands.bands, moved)
    weight = weight.clamp_min(0.4)
    assert (weight / weight.sum(dim=0)).min() > NOTABLE
    without = weight.clone()
    without[gene] = 0.0
    expected = learnt.draw(without).pattern
    rows, clusters = torch.full((3,), gene), torch.arange(3)
    found = learnt.without(learnt.draw(weight), rows, clusters, rows)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("share", [0.5, 0.89, 0.95, 0.9999])
def test_a_gene_that_dominates_is_left_out_as_exactly(bands, moved, share) -> None:
    """What the others say is not lost in the rounding errors of what it says."""
    weight = torch.rand(GENES, 2, generator=torch.Generator().manual_seed(1))
    weight[4] = 0.0
    expected = Bands(bands.bands, moved).draw(weight).pattern
    weight[4] = weight.sum(dim=0) * share / (1.0 - share)
    learnt = Bands(bands.bands, moved)
    four = torch.full((2,), 4)
    found = learnt.without(learnt.draw(weight), four, torch.arange(2), four)
    torch.testing.assert_close(found, expected, atol=5e-3, rtol=5e-3)


def test_a_gene_left_by_its_only_companion_keeps_what_both_agreed_to(bands, moved) -> None:
    """As when clusters are searched: alone it would agree with nobody, and pairs would dissolve."""
    weight = torch.zeros(GENES, 1)
    weight[:2] = 1.0
    learnt = Bands(bands.bands, moved)
    drawn = learnt.draw(weight)
    found = learnt.without(drawn, torch.tensor([0]), torch.tensor([0]), torch.tensor([0]))
    other = torch.stack([band[1] for band in bands.bands])
    torch.testing.assert_close(found[0], 1.0 + (drawn.kept[:, 0] * other).sum(dim=0))
    assert found.std() > 0.1


def test_what_is_kept_differs_between_pixels(bands, moved, weight) -> None:
    kept = moved(_agreement(bands, weight))
    assert (kept.std(dim=2) > 0.001).all()
    assert kept.shape == (4, 3, bands.bands[0].shape[1])


def test_it_knows_no_order_of_patterns(bands, moved, weight) -> None:
    order = torch.tensor([2, 0, 1])
    torch.testing.assert_close(
        moved(_agreement(bands, weight[:, order])), moved(_agreement(bands, weight))[:, order]
    )


def test_a_gene_alone_or_none_draws_nothing(bands, moved) -> None:
    weight = torch.zeros(GENES, 2)
    weight[3, 0] = 1.0
    learnt = Bands(bands.bands, moved)
    drawn = learnt.draw(weight)
    assert torch.isfinite(drawn.pattern).all()
    torch.testing.assert_close(drawn.pattern[1], torch.ones_like(drawn.pattern[1]))
    three = torch.tensor([3])
    rest = learnt.without(drawn, three, torch.tensor([0]), three)
    torch.testing.assert_close(rest, torch.ones_like(rest))


def test_devices_without_sparse_tensors_get_a_dense_one(grid) -> None:
    smoother = grid.smoother(2.0)
    values = np.random.default_rng(0).normal(size=(grid.n_pixels, 3)).astype(np.float32)
    sparse = operator_on(smoother, torch.device("cpu"))
    np.testing.assert_allclose(sparse @ torch.from_numpy(values), smoother @ values, atol=1e-5)
    elsewhere = operator_on(smoother, torch.device("meta"))
    assert elsewhere.layout == torch.strided and elsewhere.shape == smoother.shape


def test_a_dense_operator_gives_the_same(bands, moved, weight) -> None:
    agreement = _agreement(bands, weight)
    kept = moved(agreement)
    moved.near = moved.near.to_dense()
    torch.testing.assert_close(moved(agreement), kept, atol=1e-4, rtol=1e-4)

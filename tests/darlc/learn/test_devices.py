"""Every forward and loss stays on the device of its input.

No GPU is needed: tensors on the device ``meta`` have no values, and raise when they meet one on the
CPU. What looks at values, such as which genes to leave out, and sparse products
cannot be run there.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import pytest
import torch
from torch import Tensor
from torch.fx.experimental import _config

from darlc.config import DenoiseConfig, NetworkConfig
from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.count_model import FINE, CountModel, Scores
from darlc.learn.cluster.mixture.t_density import Parameters, log_density, log_joint
from darlc.learn.denoise.denoiser import GATAutoencoder
from darlc.learn.denoise.graph import edge_index
from darlc.learn.devices import available_devices, choose_device, choose_precision, most_pixels
from darlc.learn.encode import losses
from darlc.learn.encode.network import MaskedAutoencoder, Target
from darlc.learn.encode.tokens import make_tokens

META = torch.device("meta")
Thing = TypeVar("Thing")


def there(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=META)


def moved(thing: Thing) -> Thing:
    """Return a copy of an object whose tensors, and those of its parts, are on ``meta``."""
    if isinstance(thing, Tensor):
        return thing.to(META)
    if isinstance(thing, torch.device):
        return META
    if not hasattr(thing, "__dict__") or not type(thing).__module__.startswith("darlc.learn"):
        return thing
    other = copy.copy(thing)
    other.__dict__.update({name: moved(value) for name, value in vars(thing).items()})
    return other


def test_a_tensor_that_was_left_behind_is_noticed() -> None:
    """What all tests here rest on."""
    with pytest.raises(RuntimeError):
        torch.ones(2) + there(2)


def test_the_encoder(images: SGEPImages) -> None:
    config = NetworkConfig(width=16, heads=2, depth=1, embedding=6, rank=4)
    tokens = make_tokens(images.grid, config.patch)
    network = MaskedAutoencoder(tokens, torch.zeros(images.n_pixels, 6), config).to(META)
    views, visible = there(3, images.n_pixels), there(3, 5, dtype=torch.long)
    hidden, z = network.encode(views, visible)
    outputs = [
        *(hidden, z, network.decode(hidden, visible), network(views, views)),
        *(Target(network, 0.9)(views), network.gather(views)),
    ]
    assert {each.device for each in outputs} == {META}
    masked = losses.masked_modelling(
        network.decode(hidden, visible), network.gather(views), visible, network.tissue
    )
    masked.backward()
    assert masked.device == META


def test_the_losses() -> None:
    online, member, weight = there(8, 6), there(8, 4), there(4)
    found = [
        losses.membership_kl(member, member, there(8)),
        losses.mixture_likelihood(member, 6),
        losses.balance(member, weight),
        losses.pace(there(8), 0.5),
        losses.contrastive(online, online, 0.2),
        losses.contrastive(online, online, 0.2, member),
    ]
    assert {each.device for each in found} == {META}


def test_the_graph_attention_network(images: SGEPImages, monkeypatch: pytest.MonkeyPatch) -> None:
    # Looking for loops among the edges depends on values; here all edges stay.
    if not hasattr(_config, "meta_nonzero_assume_all_nonzero"):
        pytest.skip("this torch cannot be told that all edges stay")
    monkeypatch.setattr(_config, "meta_nonzero_assume_all_nonzero", True)
    network = GATAutoencoder(8, DenoiseConfig(components=8, width=32, heads=2)).to(META)
    edges = edge_index(images.grid).to(META)
    masked = there(images.n_pixels, dtype=torch.bool)
    assert network(there(images.n_pixels, 8), edges, masked).device == META


@pytest.mark.parametrize("scale", ["full", "diag"])
def test_the_mixture(scale: str) -> None:
    shape = (4, 6, 6) if scale == "full" else (4, 6)
    parameters = Parameters(there(4), there(4, 6), there(*shape), there(4))
    z = there(10, 6)
    assert log_density(z, parameters).device == log_joint(z, parameters).device == META


@pytest.fixture
def model(images: SGEPImages) -> CountModel:
    return moved(CountModel(images.measured(), images.library, images.grid))


def test_the_count_model(model: CountModel) -> None:
    drawn = model.draw(there(model.n_genes, 4))
    genes = there(5, dtype=torch.long)
    scores = model.explain(drawn.pattern)
    rates = model.rates(drawn.pattern)
    prior, member = there(len(FINE)), there(model.n_genes, 4)
    mixed = rates[:1].expand(model.n_genes, -1, -1)
    everyone = there(model.n_genes, dtype=torch.long)
    outputs = [
        *(drawn.pattern, drawn.share, drawn.kept, model.flat, scores.by_strength),
        *(scores.total(prior), scores.strengths(prior, member), model.alike(genes)),
        model.bands.without(drawn, genes, genes, genes),
        Scores(model.seen_at(mixed, everyone).T).total(prior),
        model.expected_at(mixed, everyone),
        model.dispersed(1.0).information,
        model.subset(genes).counts,
    ]
    assert {each.device for each in outputs} == {META}


def test_devices_are_named() -> None:
    assert available_devices()[-1] == "cpu"
    assert choose_device("cpu") == torch.device("cpu")
    assert str(choose_device("auto")) == available_devices()[0]
    with pytest.raises(InputError, match="device 'abacus' is not available here: use one of auto"):
        choose_device("abacus")


def test_half_precision_is_for_hardware_that_has_it() -> None:
    assert choose_precision("auto", torch.device("cpu")) is None
    assert choose_precision("bf16", torch.device("cpu")) is torch.bfloat16
    assert most_pixels(torch.device("cuda")) == 4 * most_pixels(torch.device("cpu"))

"""Every loss alone moves the encoder; the target follows; batches lose no gene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from darlc.config import NetworkConfig, TrainConfig
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.denoise.transform import stabilise
from darlc.learn.denoise.views import Views
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.tokens import make_tokens
from darlc.learn.train.joint_step import Goal, Learner, sharpen

ENCODER = ("enter", "encoder", "read", "mix", "project_in", "project_out", "turn_out")


@pytest.fixture
def learner(images) -> Learner:
    torch.manual_seed(0)
    values = stabilise(images)
    views = Views.of(values, (images.grid.smoother(2.0) @ values.T).T)
    basis = np.linalg.svd(views.denoised, full_matrices=False)[2][:6].T.astype(np.float32)
    config = NetworkConfig(width=16, heads=2, depth=1, embedding=6, rank=4)
    network = MaskedAutoencoder(make_tokens(images.grid), torch.from_numpy(basis.copy()), config)
    # Away from the start, where the last maps are zero and pass no gradient further down.
    for layer in (network.mix, network.project_out, network.turn_out):
        torch.nn.init.normal_(layer.weight, std=0.3)
    return Learner(network, views, TrainConfig(batch=48), seed=0, epochs=2)


@pytest.fixture
def goal(learner, images) -> Goal:
    with torch.no_grad():
        z = learner.network(learner.raw, learner.denoised).numpy()
    mixture = StudentMixture(4, scale="tied").fit(z)
    target = sharpen(mixture.predict_proba(z))
    return Goal(
        mixture.parameters_.to(learner.network.basis),
        torch.from_numpy(target),
        progress=1.0,
    )


@pytest.mark.parametrize("name", ["masked", "contrastive", "kl", "likelihood", "balance"])
def test_each_loss_alone_reaches_the_encoder(learner, goal, name) -> None:
    learner.terms(torch.arange(48), goal)[name].backward()
    gradients = dict(learner.network.named_parameters())
    for part in ("enter.weight", "encoder.layers.0.linear1.weight"):
        gradient = gradients[part].grad
        assert gradient is not None
        assert torch.isfinite(gradient).all()
        assert gradient.abs().max() > 0


def test_a_gene_without_a_denoised_view_takes_no_part_in_the_contrast(learner) -> None:
    def contrast(genes: torch.Tensor) -> torch.Tensor:
        return learner.terms(genes)["contrastive"]

    # All tokens are seen, so that genes do not draw masks from each other.
    learner.config = replace(learner.config, mask=1e-6)
    learner.denoised[40:48] = 0.0
    torch.testing.assert_close(contrast(torch.arange(48)), contrast(torch.arange(40)))
    alone = contrast(torch.arange(40, 48))
    assert alone.item() == 0.0
    alone.backward()


def test_the_target_gets_no_gradient_and_follows_the_network(learner, goal) -> None:
    before = {k: v.clone() for k, v in learner.target.network.state_dict().items()}
    online = learner.network.enter.weight.detach().clone()
    list(learner.epoch("joint", goal))
    assert all(p.grad is None for p in learner.target.parameters())
    moved = learner.target.network.enter.weight - before["enter.weight"]
    assert moved.abs().max() > 0
    assert moved.norm() < (learner.network.enter.weight.detach() - online).norm()


def test_training_moves_the_encoder_and_lowers_the_loss(learner) -> None:
    before = learner.network.enter.weight.detach().clone()
    *_, first = learner.epoch("pretrain")
    *_, second = learner.epoch("pretrain")
    assert (learner.network.enter.weight - before).abs().max() > 1e-4
    assert second["masked"] < first["masked"]


@pytest.mark.parametrize("epochs", range(5))
def test_a_short_training_has_a_schedule(learner, epochs) -> None:
    views = Views(learner.raw.numpy(), learner.denoised.numpy())
    short = Learner(learner.network, views, TrainConfig(), seed=0, epochs=epochs)
    for _ in range(epochs):
        *_, means = short.epoch("pretrain")
        assert np.isfinite(means["total"])


def test_every_gene_is_in_an_epoch(learner, monkeypatch) -> None:
    seen = []
    terms = learner.terms

    def watch(batch, goal=None):
        seen.extend(batch.tolist())
        return terms(batch, goal)

    monkeypatch.setattr(learner, "terms", watch)
    list(learner.epoch("pretrain"))
    assert sorted(seen) == list(range(160))


def test_training_starts_at_the_components_of_the_views(images, learner) -> None:
    network = learner.network
    for layer in (network.mix, network.project_out, network.turn_out):
        torch.nn.init.zeros_(layer.weight)
    with torch.no_grad():
        _, z = network.encode(learner.denoised)
    expected = torch.nn.functional.normalize(learner.denoised @ network.basis, dim=1)
    torch.testing.assert_close(z, expected)


def test_sharpening_keeps_rows_and_raises_the_best() -> None:
    membership = np.array([[0.6, 0.4], [0.5, 0.5], [0.1, 0.9]])
    sharp = sharpen(membership)
    np.testing.assert_allclose(sharp.sum(axis=1), 1.0, rtol=1e-6)
    assert sharp[2, 1] > 0.9

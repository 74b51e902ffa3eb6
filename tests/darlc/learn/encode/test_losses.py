"""Losses against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.learn.encode import losses


def test_masked_modelling_sees_only_hidden_tissue() -> None:
    tokens = torch.zeros(1, 3, 2)
    output = torch.tensor([[[9.0, 9.0], [1.0, 2.0], [3.0, 9.0]]])
    tissue = torch.tensor([[True, True], [True, True], [True, False]])
    visible = torch.tensor([[0]])
    # Token 0 is visible; the second place of token 2 is off the tissue.
    assert float(losses.masked_modelling(output, tokens, visible, tissue)) == pytest.approx(
        (1 + 4 + 9) / 3
    )


def test_contrast_without_clusters_is_infonce() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(5, 3), torch.randn(5, 3)
    cosine = torch.nn.functional.cosine_similarity(a[:, None], b[None], dim=2) / 0.2
    expected = -(torch.diag(cosine) - torch.logsumexp(cosine, dim=1)).mean()
    torch.testing.assert_close(losses.contrastive(a, b, 0.2), expected)


def test_contrast_of_no_genes_is_no_loss() -> None:
    none = torch.empty(0, 3, requires_grad=True)
    loss = losses.contrastive(none, torch.empty(0, 3), 0.2, torch.empty(0, 2))
    assert loss.item() == 0.0
    loss.backward()


def test_genes_of_one_cluster_are_not_pushed_apart() -> None:
    torch.manual_seed(0)
    online, target = torch.randn(4, 3), torch.randn(4, 3)

    def gradient(membership: torch.Tensor) -> float:
        moving = online.clone().requires_grad_(True)
        losses.contrastive(moving, target, 0.5, membership).backward()
        assert moving.grad is not None
        return float(moving.grad.abs().max())

    one_cluster = torch.tensor([[1.0, 0.0]]).expand(4, 2)
    assert gradient(one_cluster) < 1e-3 * gradient(torch.eye(4))


def test_kl_is_zero_at_its_target_and_positive_elsewhere() -> None:
    target = torch.softmax(torch.randn(6, 3), dim=1)
    weight = torch.ones(6)
    assert float(losses.membership_kl(target.log(), target, weight)) == pytest.approx(0, abs=1e-6)
    other = torch.softmax(torch.randn(6, 3), dim=1)
    assert float(losses.membership_kl(other.log(), target, weight)) > 0


def test_a_hard_target_gives_a_finite_kl() -> None:
    target = torch.eye(3)
    value = losses.membership_kl(torch.log(torch.full((3, 3), 1 / 3)), target, torch.ones(3))
    assert float(value) == pytest.approx(np.log(3))


def test_balance_is_least_when_batches_follow_the_weights() -> None:
    weight = torch.tensor([0.5, 0.3, 0.2])
    even = weight.expand(7, 3).log()
    assert float(losses.balance(even, weight.log())) == pytest.approx(0, abs=1e-6)
    assert float(losses.balance(torch.eye(3)[:1].clamp_min(1e-9).log(), weight.log())) > 0.5


def test_balance_has_a_gradient_where_no_gene_is_near_a_cluster() -> None:
    joint = torch.tensor([[0.0, -300.0], [-1.0, -400.0]], requires_grad=True)
    losses.balance(torch.log_softmax(joint, dim=1), torch.tensor([0.5, 0.5]).log()).backward()
    assert joint.grad is not None
    assert torch.isfinite(joint.grad).all()


def test_pace_lets_in_the_confident_first_and_all_at_the_end() -> None:
    confidence = torch.tensor([0.2, 0.6, 0.99])
    early, late = losses.pace(confidence, 0.0), losses.pace(confidence, 1.0)
    assert early[2] > 0.5 > early[1] > early[0]
    assert (late > 0.85).all()

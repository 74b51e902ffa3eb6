"""Every loss of the joint training, each a pure function of tensors.

The paper names them (abstract, Fig. 2); where its equations are not public the form is ours.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def masked_modelling(output: Tensor, tokens: Tensor, visible: Tensor, tissue: Tensor) -> Tensor:
    """Mean squared error on masked tissue pixels only (masked image modelling, Fig. 2).

    Parameters
    ----------
    output, tokens
        (B, T, n) reconstruction and truth.
    visible
        (B, V) visible tokens.
    tissue
        (T, n) bool: positions of tokens that hold a tissue pixel.
    """
    hidden = torch.ones(output.shape[:2], device=output.device)
    hidden.scatter_(1, visible, 0.0)
    weight = hidden[:, :, None] * tissue
    return ((output - tokens).square() * weight).sum() / weight.sum().clamp_min(1.0)


def contrastive(
    online: Tensor, target: Tensor, temperature: float, membership: Tensor | None = None
) -> Tensor:
    """InfoNCE of masked raw views against denoised views, with class-collision weights (Fig. 2).

    The weight of a negative pair is the probability that its genes belong to different clusters, so
    that genes of one cluster are not pushed apart.

    Parameters
    ----------
    online, target
        (B, D) projected embeddings; gene i's positive is row i of ``target``. The loss is 0 for B =
        0.
    temperature
        Of the softmax over cosine similarities.
    membership
        (B, K), or None while there are no clusters.
    """
    cosine = functional.normalize(online, dim=1) @ functional.normalize(target, dim=1).T
    logits = cosine / temperature
    if membership is not None:
        apart = 1.0 - membership @ membership.T
        apart = apart.clamp_min(1e-6)
        apart.fill_diagonal_(1.0)
        logits = logits + torch.log(apart)
    own = torch.arange(len(online), device=online.device)
    return functional.cross_entropy(logits, own, reduction="sum") / max(len(online), 1)


def membership_kl(log_membership: Tensor, target: Tensor, pace: Tensor) -> Tensor:
    """KL(target ‖ membership), averaged over genes under self-paced weights.

    Parameters
    ----------
    log_membership
        (B, K) log memberships by the mixture, with gradient to the embedding.
    target
        (B, K) fixed memberships to move towards.
    pace
        (B,) weight of each gene; genes of low confidence are included late.
    """
    divergence = (torch.xlogy(target, target) - target * log_membership).sum(dim=1)
    return (pace * divergence).sum() / pace.sum().clamp_min(1.0)


def mixture_likelihood(log_joint: Tensor, dimension: int) -> Tensor:
    """Negative log-likelihood of the Student's t mixture, a gene and dimension, from (B, K)."""
    return -torch.logsumexp(log_joint, dim=1).mean() / dimension


def balance(log_membership: Tensor, log_weight: Tensor) -> Tensor:
    """KL(mean membership of the batch ‖ mixing weights), against collapse into one cluster."""
    # In the log domain, as a cluster far from all genes of the batch would have no gradient.
    log_mean = torch.logsumexp(log_membership, dim=0) - math.log(len(log_membership))
    return (log_mean.exp() * (log_mean - log_weight)).sum()


def pace(confidence: Tensor, progress: float) -> Tensor:
    """Self-paced weights (B,): only confident genes at first, all of them at the end.

    Parameters
    ----------
    confidence
        (B,) highest membership, in [0, 1].
    progress
        Share of the joint stage that is done, in [0, 1].
    """
    threshold = 0.9 * (1.0 - progress)
    return torch.sigmoid((confidence - threshold) / 0.1)

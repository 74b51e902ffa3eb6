"""Answers for genes that draw no patterns, by what was learnt from those that do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.errors import TrainingError
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.shrinkage import chunks
from darlc.learn.denoise.views import Kind, draw_views
from darlc.learn.encode.embedding import embed_views
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.train.given import Clusters
from darlc.results.denoised_views import Factors
from darlc.results.second_patterns import SecondPatterns


@dataclass(frozen=True, eq=False)
class Answers:
    """What a result holds about g genes.

    Parameters
    ----------
    factors
        Of their denoised views.
    z
        (g, D) embeddings.
    membership
        (g, K).
    second
        Second patterns, where they were looked for.
    """

    factors: Factors
    z: NDArray[np.float32]
    membership: NDArray[np.float32]
    second: SecondPatterns | None

    @property
    def n_genes(self) -> int:
        """Number g of genes."""
        return len(self.z)

    def and_then(self, other: Self) -> Self:
        """Return the answers about these genes and others."""
        return type(self)(
            self.factors.and_then(other.factors),
            np.concatenate([self.z, other.z]),
            np.concatenate([self.membership, other.membership]),
            None
            if self.second is None or other.second is None
            else SecondPatterns.joined([self.second, other.second]),
        )

    def select(self, rows: NDArray[np.int64]) -> Self:
        """Return the answers about some genes."""
        second = None if self.second is None else self.second.select(rows)
        return type(self)(self.factors.select(rows), self.z[rows], self.membership[rows], second)


@dataclass(frozen=True, eq=False)
class Learnt:
    """The parts of a finished training, on the model grid."""

    denoiser: Denoiser
    network: MaskedAutoencoder
    kind: Kind
    clusters: Clusters
    device: torch.device


def answer(images: SGEPImages, learnt: Learnt) -> Iterator[Answers]:
    """Yield the answers about genes that draw no patterns, a chunk of them at a time.

    Parameters
    ----------
    images
        The genes, over the model grid.
    learnt
        Unchanged by these genes; `Clusters.finish` was called.

    Raises
    ------
    TrainingError
        A value is not finite.
    """
    for genes in chunks(images):
        factors, views = draw_views(learnt.denoiser, genes, learnt.kind)
        z = embed_views(learnt.network, views, learnt.device)
        membership = learnt.clusters.assign(genes, z)
        if not (np.isfinite(z).all() and np.isfinite(membership).all()):
            raise TrainingError("assign", "an embedding or a membership is not finite.")
        second = learnt.clusters.second_patterns(membership, genes)
        yield Answers(factors, z, membership, second)

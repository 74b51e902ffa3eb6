"""The counts of several sections: one model each, and their scores together.

Ours, beyond the paper. A gene has a cluster in the whole study; its mean and strength, the library
and the patterns are a section's own. So its score is the sum of those in the sections, each with a
bound: a gene that follows another cluster in some section must not have a cluster of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.learn.cluster.count_model import CountModel, Scores
from darlc.learn.cluster.patterns import ALL, Genes

#: Probability that a gene keeps its cluster in a section, while clusters are searched for.
_KEEPS = 0.9


@dataclass(frozen=True)
class SectionScores:
    """Scores of every gene in every cluster, in each section.

    Parameters
    ----------
    sections
        S scores of G genes in K clusters.
    flat
        (S, G) scores without any pattern.
    """

    sections: tuple[Scores, ...]
    flat: Tensor

    def each(self, log_prior: Tensor) -> Tensor:
        """Return scores (S, G, K + 1) under a prior (F,) on strengths, the flat pattern's last."""
        with_pattern = torch.stack([each.total(log_prior) for each in self.sections])
        return torch.cat([with_pattern, self.flat[..., None]], dim=2)

    def strengths(self, log_prior: Tensor, membership: Tensor) -> Tensor:
        """Return the genes expected at each strength (F,), by their memberships (G, K)."""
        found = [each.strengths(log_prior, membership) for each in self.sections]
        return torch.stack(found).sum(dim=0)


def background(scores: Tensor, log_weight: Tensor) -> Tensor:
    """Return the scores (S, G, 1) of genes that may follow any cluster, by weights (K,)."""
    return torch.logsumexp(scores + log_weight, dim=2, keepdim=True)


def bounded_sum(scores: Tensor, elsewhere: Tensor) -> Tensor:
    """Return the scores (G, K) of all sections together.

    Parameters
    ----------
    scores
        (S, G, K).
    elsewhere
        (S, G, 1) scores of genes that do not keep their cluster; see ``background``.
    """
    kept, left = (torch.log(torch.tensor(share)) for share in (_KEEPS, 1.0 - _KEEPS))
    return torch.logaddexp(scores + kept, elsewhere + left).sum(dim=0)


@dataclass(frozen=True)
class SectionPatterns:
    """Consensus patterns of clusters over the pixels of all sections, one after another.

    Parameters
    ----------
    pattern
        (K, P) relative expression, with mean near 1 in every section.
    """

    pattern: Tensor


class SectionCounts:
    """Counts of the same genes in several sections; used like a `CountModel`.

    A gene that was not measured in a section has no molecules there, and so no say.

    Parameters
    ----------
    sections
        One model a section, of the same genes in the same order.
    """

    def __init__(self, sections: Sequence[CountModel]) -> None:
        if len({each.n_genes for each in sections}) != 1:
            raise ValueError("sections of different genes")
        self.sections = tuple(sections)
        self.device = self.sections[0].device
        self.strengths = self.sections[0].strengths

    def subset(self, genes: Tensor) -> SectionCounts:
        """Return the counts of some genes, at positions (n,)."""
        return SectionCounts([each.subset(genes) for each in self.sections])

    def of_others(self, counts: Sequence[NDArray[np.float32]]) -> SectionCounts:
        """Return other genes' counts, (g, P) a section, which draw no patterns."""
        pairs = zip(self.sections, counts, strict=True)
        return SectionCounts([each.of_others(own) for each, own in pairs])

    def halves(self, seed: int) -> tuple[SectionCounts, SectionCounts]:
        """Return two halves of the molecules, split at random."""
        pairs = [each.halves(seed + i) for i, each in enumerate(self.sections)]
        one, other = zip(*pairs, strict=True)
        return SectionCounts(one), SectionCounts(other)

    @property
    def n_genes(self) -> int:
        """Number G of genes."""
        return self.sections[0].n_genes

    @property
    def n_pixels(self) -> int:
        """Number of tissue pixels in all sections."""
        return sum(each.n_pixels for each in self.sections)

    @cached_property
    def flat(self) -> Tensor:
        """Score of every gene without any pattern, (G,); comparable with ``score``."""
        return torch.stack([each.flat for each in self.sections]).sum(dim=0)

    @cached_property
    def information(self) -> Tensor:
        """Fisher information of every gene, (G,)."""
        return torch.stack([each.information for each in self.sections]).sum(dim=0)

    def draw(self, membership: Tensor, genes: Genes = ALL) -> SectionPatterns:
        """Return every cluster's pattern in every section; see `CountModel.draw`."""
        drawn = [each.draw(membership, genes).pattern for each in self.sections]
        return SectionPatterns(torch.cat(drawn, dim=1))

    def differences(self, genes: Tensor) -> Tensor:
        """Return how genes differ from their mean, (n, P); see `CountModel.differences`."""
        return torch.cat([each.differences(genes) for each in self.sections], dim=1)

    def explain(self, pattern: Tensor, genes: Genes = ALL) -> SectionScores:
        """Score every gene by given patterns (K, P); see `CountModel.explain`."""
        parts = zip(self.sections, self.split(pattern), strict=True)
        return self._scores([each.explain(part, genes) for each, part in parts], genes)

    def score(self, membership: Tensor, genes: Genes = ALL) -> SectionScores:
        """Score every gene in every cluster; see `CountModel.score`."""
        return self._scores([each.score(membership, genes) for each in self.sections], genes)

    def _scores(self, scores: Sequence[Scores], genes: Genes) -> SectionScores:
        flat = torch.stack([each.flat[genes] for each in self.sections])
        return SectionScores(tuple(scores), flat)

    def split(self, pattern: Tensor) -> tuple[Tensor, ...]:
        """Return the parts of patterns (K, P) over the pixels of each section."""
        return pattern.split([each.n_pixels for each in self.sections], dim=1)

"""The counts of several sections: one model each, and their scores together.

Ours, beyond the paper. A gene has a cluster in the whole study; its mean and strength, the library
and the patterns are a section's own. So its score is the sum of those in the sections, each with a
bound: a gene that follows another cluster in some section must not have a cluster of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from darlc.learn.cluster.count_model import CountModel, Scores
from darlc.learn.cluster.patterns import ALL, Genes
from darlc.learn.tasks import Handle, Tasks

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
        Handles of one `CountModel` a section, of the same genes in the same order.
    tasks
        Where they are computed.
    """

    def __init__(self, sections: Sequence[Handle], tasks: Tasks) -> None:
        self.sections, self.tasks = tuple(sections), tasks
        facts = tasks.get(_facts, self.sections)
        if len({len(each.flat) for each in facts}) != 1:
            raise ValueError("sections of different genes")
        #: Pixels of each section.
        self.pixels = [each.n_pixels for each in facts]
        #: (S, G) scores of genes without any pattern, and (S, G) their Fisher information.
        self.flats = torch.stack([each.flat for each in facts])
        self.section_information = torch.stack([each.information for each in facts])
        self.device = self.flats.device

    def subset(self, genes: Tensor) -> SectionCounts:
        """Return the counts of some genes, at positions (n,)."""
        return SectionCounts(self._keep(CountModel.subset, genes), self.tasks)

    @property
    def n_genes(self) -> int:
        """Number G of genes."""
        return self.flats.shape[1]

    @cached_property
    def flat(self) -> Tensor:
        """Score of every gene without any pattern, (G,); comparable with ``score``."""
        return self.flats.sum(dim=0)

    @cached_property
    def information(self) -> Tensor:
        """Fisher information of every gene, (G,)."""
        return self.section_information.sum(dim=0)

    def draw(self, membership: Tensor, genes: Genes = ALL) -> SectionPatterns:
        """Return every cluster's pattern in every section; see `CountModel.draw`."""
        return SectionPatterns(torch.cat(self._get(_pattern, membership, genes), dim=1))

    def alike(self, genes: Genes) -> Tensor:
        """Return products (n, n) of how genes differ from their mean; see `CountModel.alike`."""
        return torch.stack(self._get(CountModel.alike, genes)).sum(dim=0)

    def explain(self, pattern: Tensor, genes: Genes = ALL) -> SectionScores:
        """Score every gene by given patterns (K, P); see `CountModel.explain`."""
        parts, everywhere = self.split(pattern), [genes] * len(self.sections)
        scores = self.tasks.get(CountModel.explain, self.sections, parts, everywhere)
        return SectionScores(tuple(scores), self.flats[:, genes])

    def score(self, membership: Tensor, genes: Genes = ALL) -> SectionScores:
        """Score every gene in every cluster; see `CountModel.score`."""
        scores = self._get(CountModel.score, membership, genes)
        return SectionScores(tuple(scores), self.flats[:, genes])

    def split(self, pattern: Tensor) -> tuple[Tensor, ...]:
        """Return the parts of patterns (K, P) over the pixels of each section."""
        return pattern.split(self.pixels, dim=1)

    def _get(self, function: Callable[..., Any], *same: Any) -> list[Any]:
        """Return what a function of each section returns, with the same arguments for all."""
        columns = [[each] * len(self.sections) for each in same]
        return self.tasks.get(function, self.sections, *columns)

    def _keep(self, function: Callable[..., Any], *same: Any) -> list[Handle]:
        columns = [[each] * len(self.sections) for each in same]
        return self.tasks.keep(function, self.sections, *columns)


class _Facts(NamedTuple):
    n_pixels: int
    flat: Tensor
    information: Tensor


def _facts(model: CountModel) -> _Facts:
    return _Facts(model.n_pixels, model.flat, model.information)


def _pattern(model: CountModel, membership: Tensor, genes: Genes) -> Tensor:
    return model.draw(membership, genes).pattern

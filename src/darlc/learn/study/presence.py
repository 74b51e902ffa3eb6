"""Which clusters have a pattern in which sections.

Ours, beyond the paper. A section's pattern of a cluster is drawn from the counts there, and comes
out flat where its genes agree on nothing. A gene of that cluster does not keep its pattern in such
a section, although it follows its cluster.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Share of the gain that a pattern brings in other sections, by the information on its genes, below
#: which it is not there: an amplitude of about a third.
_LEAST = 0.125
#: Amplitude (root of the mean square) that genes without a pattern may have in common, as an error
#: of the library leaves one. Twice the share above is asked for where that much explains a gain.
AMPLITUDE = 0.1
#: Probability that a section has a cluster's pattern, before its counts.
_PRESENT = 0.9
_TINY = 1e-12


def presence(scores: Tensor, follows: Tensor, information: Tensor, least: Tensor) -> Tensor:
    """Return the probability (S, K) that a cluster has a pattern in a section.

    Where its genes are known as well as elsewhere, the pattern has to explain them better than a
    flat one by a share of what it does elsewhere. Where little is known of them it is taken to be
    there.

    Parameters
    ----------
    scores
        (S, G, K) log-likelihoods; those of the last cluster are of a flat pattern.
    follows
        (S, G, K) which clusters genes follow in every section.
    information
        (S, G) Fisher information on every gene.
    least
        (S,) gain by a pattern of ``AMPLITUDE``, in the units of scores for an information of 1.
    """
    gain = (follows * (scores - scores[..., -1:])).sum(dim=1).clamp_min(0.0)
    known = (follows * information[..., None]).sum(dim=1)
    # The mean rate of gain, by gain: sections without the pattern hardly count.
    rate = gain.square().sum(dim=0) / (gain * known).sum(dim=0).clamp_min(_TINY)
    asked = _LEAST * rate + torch.minimum(_LEAST * rate, least[:, None])
    odds = torch.logit(torch.tensor(_PRESENT)) + gain - asked * known
    found = torch.sigmoid(odds)
    found[:, -1] = 1.0
    return found


def where_present(scores: Tensor, present: Tensor) -> Tensor:
    """Return the scores (S, G, K) of clusters whose pattern may be missing, as flat as the last.

    Parameters
    ----------
    scores
        (S, G, K), the last cluster's of a flat pattern.
    present
        (S, K) probability that a section has a cluster's pattern.
    """
    kept, missing = _log(present), _log(1.0 - present)
    return torch.logaddexp(scores + kept[:, None], scores[..., -1:] + missing[:, None])


def shown(scores: Tensor, present: Tensor, either: Tensor) -> Tensor:
    """Return the probability (S, G, K) that a gene of a cluster shows its pattern in a section.

    Parameters
    ----------
    scores, present
        As for `where_present`.
    either
        What that returns of them.
    """
    return torch.exp(scores + _log(present)[:, None] - either)


def _log(share: Tensor) -> Tensor:
    return torch.log(share.clamp_min(_TINY))

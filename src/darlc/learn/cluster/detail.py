"""The detail that a consensus pattern keeps in each pixel: a small network, trained on likelihood.

Ours, beyond the paper. The agreement of the genes of a cluster can be estimated for every band of
detail and around every pixel. A Wiener filter weights a band as a whole; at edges of the pattern it
should keep more, and in flat parts less. The relation between agreement, noise and what to keep is
learnt from the tissue itself, for all its clusters together.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from darlc.images.grid import Grid

#: Standard deviation, in pixels, of the window in which agreement is estimated.
_SURROUNDINGS = 2.0
_UNITS = 16
#: Bound of the Wiener filter's shares away from 0 and 1, where log odds are infinite.
_LEAST_KEPT = 0.002
_TINY = 1e-12


@dataclass(frozen=True)
class Agreement:
    """Mean of the genes of patterns, and the part of its energy that is single genes' own.

    Parameters
    ----------
    mean
        (S, n, P) mean of every band over the genes of a pattern.
    alone
        (S, n, P) expected square of the mean if all signal of genes were independent noise.
    squares
        (n,) sum of the squared shares of the genes: 1 where a gene is alone.
    """

    mean: Tensor
    alone: Tensor
    squares: Tensor

    @property
    def others(self) -> Tensor:
        """Share (n,) of the products of pairs of genes that are of different genes."""
        return (1.0 - self.squares).clamp_min(1e-6)

    def agreed(self) -> Tensor:
        """Return the share (S, n) of every band that different genes agree on, in [0, 1]."""
        energy = self.mean.square().sum(dim=2)
        return share_agreed(energy, self.alone.sum(dim=2), self.others)

    def of(self, patterns: Tensor) -> Agreement:
        """Return the agreement on some patterns, at positions (m,), which may repeat."""
        return Agreement(self.mean[:, patterns], self.alone[:, patterns], self.squares[patterns])

    def without(self, share: Tensor, own: Tensor) -> Agreement:
        """Return the agreement of the other genes, where each pattern loses one gene.

        Parameters
        ----------
        share
            (n,) share of the gene in its pattern; near 1, rounding errors are large.
        own
            (S, n, P) bands of the gene.
        """
        part, left = share[:, None] * own, (1.0 - share)[:, None]
        alone = (self.alone - part.square()) / left.square()
        squares = (self.squares - share.square()) / left[:, 0].square()
        return Agreement((self.mean - part) / left, alone.clamp_min(0.0), squares.clamp(0.0, 1.0))


def share_agreed(energy: Tensor, alone: Tensor, others: Tensor) -> Tensor:
    """Return the share of energies (S, n) that different genes share: a Wiener filter's gain."""
    return ((energy - alone) / others / energy.clamp_min(_TINY)).clamp(0.0, 1.0)


class DetailFilter(nn.Module):
    """The network: from agreement in a pixel to the share of every band that is kept.

    It starts as the Wiener filter, whose log odds it corrects, and has neither cluster nor position
    as input, so that it applies to all patterns of the tissue.

    Parameters
    ----------
    grid
        Where the pixels lie.
    size
        (P,) library of every pixel, mean 1.
    bands
        Number S of bands.
    """

    near: Tensor
    size: Tensor

    def __init__(self, grid: Grid, size: Tensor, bands: int) -> None:
        super().__init__()
        self.register_buffer("near", operator_on(grid.smoother(_SURROUNDINGS), size.device))
        self.register_buffer("size", torch.tanh(torch.log(size.clamp_min(1e-3))))
        self.layers = nn.Sequential(
            nn.Linear(3 * bands + 2, _UNITS), nn.GELU(), nn.Linear(_UNITS, bands)
        ).to(size.device)
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, agreement: Agreement) -> Tensor:
        """Return the share of every band that is kept, (S, n, P), between 0 and 1."""
        odds = torch.logit(agreement.agreed().clamp(_LEAST_KEPT, 1.0 - _LEAST_KEPT))
        mean, alone = agreement.mean, agreement.alone
        energy = mean.square()
        shared = (energy - alone) / agreement.others[:, None]
        nearby_shared, nearby_energy = self._around(torch.cat([shared, energy])).chunk(2)
        nearby = (nearby_shared / nearby_energy.clamp_min(_TINY)).clamp(-1.0, 1.0)
        contrast = torch.tanh(mean / (3.0 * alone.sqrt().clamp_min(1e-6)))
        level = torch.log(alone.sum(dim=0).mean(dim=1).clamp_min(1e-9))
        local = torch.cat([nearby, contrast])
        correction = self._correct(odds / 4.0, local, level / 4.0)
        return torch.sigmoid(odds[:, :, None] + correction)

    def _correct(self, odds: Tensor, local: Tensor, level: Tensor) -> Tensor:
        """Return the network's correction of log odds (S, n, P).

        Its features are three a band (``odds``, and two of ``local``), the library and the
        ``level``. Those that do not differ between pixels, or patterns, are added there only.

        Parameters
        ----------
        odds, level
            (S, n) and (n,).
        local
            (2 S, n, P).
        """
        first, activation, last = self.layers
        assert isinstance(first, nn.Linear) and isinstance(last, nn.Linear)
        bands, shape = len(odds), local.shape[1:]
        weight = first.weight[:, :-2].unflatten(1, (bands, 3))
        size, of_level = first.weight[:, -2:].T
        everywhere = weight[:, :, 0] @ odds + of_level[:, None] * level + first.bias[:, None]
        hidden = torch.cat([weight[:, :, 1], weight[:, :, 2]], dim=1) @ local.flatten(1)
        hidden = hidden.unflatten(1, shape) + everywhere[:, :, None]
        hidden = activation(hidden + (size[:, None] * self.size)[:, None])
        return (last.weight @ hidden.flatten(1) + last.bias[:, None]).unflatten(1, shape)

    def _around(self, values: Tensor) -> Tensor:
        """Smooth values (..., P) within the tissue."""
        return (self.near @ values.flatten(0, -2).T.contiguous()).T.reshape(values.shape)


def operator_on(smoother: sparse.csr_array, device: torch.device) -> Tensor:
    """Return a sparse matrix as a tensor on a device; dense where there are no sparse ones."""
    with warnings.catch_warnings():
        # PyTorch warns that compressed rows are in beta; they are several times faster than
        # coordinates.
        warnings.simplefilter("ignore", UserWarning)
        operator = torch.sparse_csr_tensor(
            torch.from_numpy(smoother.indptr.astype(np.int64)),
            torch.from_numpy(smoother.indices.astype(np.int64)),
            torch.from_numpy(smoother.data.astype(np.float32)),
            smoother.shape,
        )
        if device.type not in ("cpu", "cuda"):
            return operator.to_dense().to(device)
        return operator.to(device)

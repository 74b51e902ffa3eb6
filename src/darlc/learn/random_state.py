"""Random initial weights without changing torch's global random state, which is the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class WeightStream:
    """A stream of random numbers for the initial weights of successive networks.

    Layers always draw their weights from torch's global stream, so it is replaced while a network
    is built.

    Parameters
    ----------
    seed
        Seed of the stream.
    """

    def __init__(self, seed: int) -> None:
        self._state = torch.Generator().manual_seed(seed).get_state()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make networks that are built in the block draw from this stream."""
        theirs = torch.get_rng_state()
        torch.set_rng_state(self._state)
        try:
            yield
        finally:
            self._state = torch.get_rng_state()
            torch.set_rng_state(theirs)

"""Random weights that take nothing from torch's global stream, which is the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class WeightStream:
    """A stream of random numbers for the initial weights of networks, one after the other.

    Layers draw their weights from torch's global stream and take no other. While a network is
    made, this stream stands in its place.

    Parameters
    ----------
    seed
        Where the stream begins.
    """

    def __init__(self, seed: int) -> None:
        self._state = torch.Generator().manual_seed(seed).get_state()

    @contextmanager
    def drawn(self) -> Iterator[None]:
        """Have networks that the block makes draw from this stream."""
        theirs = torch.get_rng_state()
        torch.set_rng_state(self._state)
        try:
            yield
        finally:
            self._state = torch.get_rng_state()
            torch.set_rng_state(theirs)

"""Whether data are large enough for patterns, and the machine large enough for the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch

from darlc.config import Config
from darlc.errors import InputError
from darlc.estimate import Sizes, estimate, refusal
from darlc.events import Estimated
from darlc.images.sgep_images import SGEPImages

_FEWEST_PIXELS = 8


def check_machine(sizes: Sizes, config: Config, device: torch.device) -> Iterator[Estimated]:
    """Yield what a fit will need, where that was measured: on a CPU.

    Raises
    ------
    InputError
        It cannot fit into the memory of this machine; the message says what can.
    """
    if device.type == "cpu":
        if said := refusal(sizes):
            raise InputError(said)
        yield estimate(sizes, config)


def check_data(chosen: SGEPImages, clusters: int | Literal["auto"]) -> None:
    """Check that there are enough genes and pixels.

    Parameters
    ----------
    chosen
        The drawing genes, over the finest model grid.
    clusters
        Number of clusters that was asked for.

    Raises
    ------
    InputError
        There are not.
    """
    if clusters != "auto" and chosen.n_genes < clusters:
        raise InputError(
            f"{chosen.n_genes} genes cannot be put into {clusters} clusters: ask for fewer "
            "clusters."
        )
    if chosen.n_pixels < _FEWEST_PIXELS:
        raise InputError(
            f"the tissue covers {chosen.n_pixels} pixels only, too few for a pattern: check the "
            "coordinates or choose a smaller bin size."
        )

"""What a training is given in the place of finding it: its genes, their views and clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from darlc.images.selection import Selection
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.denoise.pooling import Pooling
from darlc.results.second_patterns import SecondPatterns


class Clusters(Protocol):
    """Clusters of the drawing genes; `darlc.learn.cluster.clustering` says what methods do."""

    counted: bool
    patternless: bool
    curve: dict[int, float]
    membership: NDArray[np.float32]
    mixture: StudentMixture

    @property
    def n_steps(self) -> int:
        """About how many steps ``start`` takes."""

    def start(
        self,
        z: NDArray[np.float32],
        stop: Callable[[], bool],
        others: Iterable[NDArray[np.float32]],
    ) -> Iterator[int]:
        """Find clusters of embeddings (G, D)."""

    def follow(self, z: NDArray[np.float32]) -> None:
        """Update for changed embeddings."""

    def settle(self, z: NDArray[np.float32], iterations: int) -> Iterator[int]:
        """Update for final embeddings."""

    def learn(self, stop: Callable[[], bool]) -> dict[str, float]:
        """Learn for an epoch."""

    def finish(self) -> int:
        """Make memberships final."""

    def assign(self, images: SGEPImages, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return memberships of genes that drew no patterns."""

    def compare_sums(self) -> Iterator[int]:
        """Compare the drawing genes under one pattern and under sums of two."""

    def second_patterns(
        self, membership: NDArray[np.float32], images: SGEPImages | None = None
    ) -> SecondPatterns | None:
        """Return second patterns of genes."""

    def state_dict(self) -> dict[str, Any]:
        """Return what was found so far."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` returned."""


@dataclass(frozen=True, eq=False)
class Given:
    """What a study of several sections found for one of them.

    Parameters
    ----------
    selection
        The genes that draw patterns.
    pooling
        Of the model grid.
    representation
        The tissue's, as `Denoiser.load_state_dict` takes it.
    clusters
        The study's clusters.
    """

    selection: Selection
    pooling: Pooling
    representation: Mapping[str, Any]
    clusters: Clusters

"""A study's clusters, as the training of one of its sections takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.mixture.student_t import StudentMixture


class KnownClusters:
    """Memberships that do not change; the mixture follows the section's embeddings.

    Parameters
    ----------
    membership
        (G, K) of the section's drawing genes.
    others
        (g, K) of its other genes.
    names
        (g,) their names.
    mixture
        A mixture of as many components, not fitted.
    patternless
        Whether the last cluster is the group of genes without a pattern.
    """

    counted = True

    def __init__(
        self,
        membership: NDArray[np.float32],
        others: NDArray[np.float32],
        names: NDArray[np.str_],
        mixture: StudentMixture,
        patternless: bool,
    ) -> None:
        self.membership, self.mixture, self.patternless = membership, mixture, patternless
        self.curve: dict[int, float] = {}
        self._others = others
        self._row = {str(name): i for i, name in enumerate(names)}

    @property
    def n_steps(self) -> int:
        """Nothing is searched."""
        return 1

    def start(
        self, z: NDArray[np.float32], stop: object = None, others: object = ()
    ) -> Iterator[int]:
        """Fit the mixture to embeddings (G, D)."""
        self.follow(z)
        yield 0

    def follow(self, z: NDArray[np.float32]) -> None:
        """Fit the mixture to changed embeddings (G, D)."""
        self.mixture.fit_memberships(z, self.membership)

    def settle(self, z: NDArray[np.float32], iterations: int) -> Iterator[int]:
        """Fit the mixture to final embeddings (G, D)."""
        self.follow(z)
        yield 0

    def learn(self, stop: object = None) -> dict[str, float]:
        """Return no losses: patterns are the study's."""
        return {}

    def finish(self) -> int:
        """Return how many clusters were removed: none, as all sections have the study's."""
        return 0

    def assign(self, images: SGEPImages, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return memberships (g, K) of genes that drew no patterns."""
        return self._others[[self._row[str(name)] for name in images.gene_names]]

    def compare_sums(self) -> Iterator[int]:
        """Compare nothing: sums of two patterns are looked for in fits of one section only."""
        return iter(())

    def second_patterns(
        self, membership: NDArray[np.float32], images: SGEPImages | None = None
    ) -> None:
        """Return nothing; see ``compare_sums``."""

    def state_dict(self) -> dict[str, Any]:
        """Return nothing: the study knows them."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Do nothing: the study knows them."""

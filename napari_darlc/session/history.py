"""History: steps of the user that can be undone and redone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from darlc.results.clusters import Clusters
from darlc.results.gene_sets import GeneSets

#: Most steps that can be undone; each may hold memberships of a few hundred kilobytes.
_LONGEST = 100


@dataclass(frozen=True, eq=False)
class Chosen:
    """The state that undo and redo restore.

    Parameters
    ----------
    edited
        The edited clusters; None for the model's own.
    selection
        Sorted positions of the selected genes.
    only_selected
        Whether lists show only these.
    pinned
        Positions of the pinned genes, in the order of pinning.
    gene_sets
        Named sets of genes.
    """

    edited: Clusters | None = None
    selection: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    only_selected: bool = False
    pinned: tuple[int, ...] = ()
    gene_sets: GeneSets = field(default_factory=GeneSets)

    def same_as(self, other: Chosen) -> bool:
        """Return whether another one is the same state."""
        return (
            self.edited is other.edited
            and np.array_equal(self.selection, other.selection)
            and (self.only_selected, self.pinned) == (other.only_selected, other.pinned)
            and self.gene_sets == other.gene_sets
        )


class History:
    """Two stacks of steps, each with its description and the snapshots before and after it."""

    def __init__(self) -> None:
        self._past: list[tuple[str, Chosen, Chosen]] = []
        self._future: list[tuple[str, Chosen, Chosen]] = []

    @property
    def can_undo(self) -> str:
        """Description of the step that would be undone; empty where there is none."""
        return self._past[-1][0] if self._past else ""

    @property
    def can_redo(self) -> str:
        """Description of the step that would be redone; empty where there is none."""
        return self._future[-1][0] if self._future else ""

    def note(self, description: str, before: Chosen, after: Chosen) -> None:
        """Add a step; steps that were undone before it cannot be redone any more."""
        self._past.append((description, before, after))
        del self._past[:-_LONGEST]
        self._future.clear()

    def undo(self) -> Chosen | None:
        """Undo a step and return the snapshot before it; None where there is none."""
        if not self._past:
            return None
        self._future.append(self._past.pop())
        return self._future[-1][1]

    def redo(self) -> Chosen | None:
        """Redo a step and return the snapshot after it; None where there is none."""
        if not self._future:
            return None
        self._past.append(self._future.pop())
        return self._past[-1][2]

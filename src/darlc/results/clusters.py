"""Clusters as the user sees them: memberships with names and colours, and edits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import Self

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.results.palette import NO_PATTERN, cluster_colours, cluster_names, further_colour
from darlc.wording import counted

#: A gene with a lower confidence is unsure.
SURE = 0.5
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, eq=False)
class Clusters:
    """Memberships, with names and colours of the clusters; immutable.

    Parameters
    ----------
    membership
        (G, K) float32 posterior over clusters; rows sum to 1.
    names
        (K,) unique names of the clusters; numbers where none are given.
    colours
        (K,) ``#rrggbb``; those of the palette where none are given.
    hidden
        Columns whose genes are not shown.
    """

    membership: NDArray[np.float32]
    names: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    hidden: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not self.names:
            object.__setattr__(self, "names", cluster_names(self.n_clusters))
        if not self.colours:
            object.__setattr__(self, "colours", cluster_colours(self.n_clusters))
        if not len(self.names) == len(self.colours) == self.n_clusters:
            raise ValueError(
                f"{self.n_clusters} clusters have {len(self.names)} names "
                f"and {len(self.colours)} colours"
            )
        if len(set(self.names)) < self.n_clusters:
            raise ValueError(f"clusters share a name: {', '.join(self.names)}")
        if wrong := [colour for colour in self.colours if not _COLOUR.fullmatch(colour.lower())]:
            raise ValueError(f"{wrong[0]!r} is no colour")
        if any(not 0 <= column < self.n_clusters for column in self.hidden):
            raise ValueError(f"hidden clusters {sorted(self.hidden)} of {self.n_clusters}")

    @property
    def n_clusters(self) -> int:
        """Number K of clusters."""
        return int(self.membership.shape[1])

    @cached_property
    def cluster(self) -> NDArray[np.int64]:
        """(G,) column of the highest membership; -1 where there are no clusters."""
        if not self.n_clusters:
            return np.full(len(self.membership), -1, dtype=np.int64)
        return self.membership.argmax(axis=1).astype(np.int64)

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(G,) highest membership, in [0, 1]; NaN where there are no clusters."""
        return self.membership.max(axis=1, initial=-np.inf if self.n_clusters else np.nan)

    @cached_property
    def second(self) -> NDArray[np.int64]:
        """(G,) column of the second-highest membership; -1 where there is only one cluster."""
        if self.n_clusters < 2:
            return np.full(len(self.membership), -1, dtype=np.int64)
        rest = self.membership.copy()
        rest[np.arange(len(rest)), self.cluster] = -np.inf
        return rest.argmax(axis=1).astype(np.int64)

    @cached_property
    def unsure(self) -> NDArray[np.bool_]:
        """(G,) whether the confidence is less than a half."""
        return self.confidence < SURE

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(K,) number of genes whose cluster each is."""
        return np.bincount(self.cluster[self.cluster >= 0], minlength=self.n_clusters)

    @property
    def n_held(self) -> int:
        """Number of clusters that hold genes; the group without a pattern does not count."""
        sizes = zip(self.names, self.sizes, strict=True)
        return sum(bool(size) and name != NO_PATTERN for name, size in sizes)

    def summary(self, asked: int | None = None) -> str:
        """Return how many clusters hold genes, as text, and why they are fewer than requested.

        The group of genes without a pattern does not count.

        Parameters
        ----------
        asked
            The requested number of clusters; None where training chose it, or where the clusters
            were edited since.
        """
        n = self.n_held
        if asked is not None and n < asked:
            empty = asked - n
            return f"{n} of {counted(asked, 'cluster')} asked for ({empty} came out without genes)"
        return counted(n, "cluster")

    def column(self, name: str) -> int:
        """Return the column of the cluster of a name.

        Raises
        ------
        InputError
            No cluster has it.
        """
        if name not in self.names:
            raise InputError(
                f"no cluster is called {name}: choose one of these: {', '.join(self.names)}."
            )
        return self.names.index(name)

    def renamed(self, column: int, name: str) -> Self:
        """Return them with another name for one cluster.

        Raises
        ------
        InputError
            The name is empty, or is that of another cluster.
        """
        name = " ".join(name.split())
        if not name:
            raise InputError("a cluster needs a name: type at least one character.")
        if name in self._others(self.names, column):
            raise InputError(
                f"another cluster is called {name} already: "
                "choose another name, or merge the two clusters."
            )
        return replace(self, names=_put(self.names, column, name))

    def recoloured(self, column: int, colour: str) -> Self:
        """Return them with another colour, ``#rrggbb``, for one cluster.

        Raises
        ------
        InputError
            ``colour`` is not a colour.
        """
        colour = colour.lower()
        if not _COLOUR.fullmatch(colour):
            raise InputError(f"{colour!r} is no colour: give six hexadecimal digits after a #.")
        return replace(self, colours=_put(self.colours, column, colour))

    def merged(self, columns: Sequence[int], name: str | None = None) -> Self:
        """Return them with several clusters made one, whose memberships are their sums.

        It replaces the first of ``columns``, with its colour and, where no other is given, its
        name; it is hidden only if all of them were.

        Raises
        ------
        InputError
            Fewer than two clusters are given, or the name is that of another cluster.
        """
        columns = list(dict.fromkeys(columns))
        if len(columns) < 2:
            raise InputError("merging takes two clusters or more: choose some first.")
        first, gone = columns[0], set(columns[1:])
        membership = self.membership.copy()
        membership[:, first] = self.membership[:, columns].sum(axis=1)
        kept = [column for column in range(self.n_clusters) if column not in gone]
        hidden = self.hidden if self.hidden.issuperset(columns) else self.hidden - {first}
        merged = replace(
            self,
            membership=np.ascontiguousarray(membership[:, kept]),
            names=tuple(self.names[column] for column in kept),
            colours=tuple(self.colours[column] for column in kept),
            hidden=frozenset(new for new, old in enumerate(kept) if old in hidden),
        )
        return merged if name is None else merged.renamed(kept.index(first), name)

    def split(self, column: int, parts: NDArray[np.integer]) -> Self:
        """Return them with one cluster split in two; the new one comes after it.

        Parameters
        ----------
        column
            The cluster to split.
        parts
            (n,) for each gene of the cluster, in order: 0 stays, 1 moves to the new cluster.

        Raises
        ------
        InputError
            One of the two would have no gene.
        """
        genes = np.flatnonzero(self.cluster == column)
        if len(parts) != len(genes):
            raise ValueError(f"{len(parts)} parts for the {len(genes)} genes of cluster {column}")
        going = genes[np.asarray(parts) == 1]
        if not 0 < len(going) < len(genes):
            raise InputError(
                f"cluster {self.names[column]} cannot be split: "
                "both parts need a gene, and its genes are too few or too similar."
            )
        after = column + 1
        membership = np.insert(self.membership, after, 0, axis=1)
        membership[going, after] = self.membership[going, column]
        membership[going, column] = 0
        name = next(
            name for i in count(2) if (name := f"{self.names[column]} ({i})") not in self.names
        )
        hidden = {old + (old > column) for old in self.hidden}
        return replace(
            self,
            membership=membership,
            names=(*self.names[:after], name, *self.names[after:]),
            colours=(*self.colours[:after], further_colour(self.colours), *self.colours[after:]),
            hidden=frozenset(hidden | ({after} if column in self.hidden else set())),
        )

    def shown(self, column: int, shown: bool) -> Self:
        """Return them with one cluster shown or hidden."""
        hidden = self.hidden - {column} if shown else self.hidden | {column}
        return replace(self, hidden=frozenset(hidden))

    @staticmethod
    def _others(values: tuple[str, ...], column: int) -> tuple[str, ...]:
        return values[:column] + values[column + 1 :]


def _put(values: tuple[str, ...], column: int, value: str) -> tuple[str, ...]:
    return (*values[:column], value, *values[column + 1 :])

"""Whether groups of observations lie on the same ground, and whether as layers of their own.

What tells layers apart is how close observations come. In one layer of tissue two cells, spots or
beads keep a distance from each other, whatever labels they bear. Two sections that are drawn on
top of each other know nothing of each other: the closest pairs are then pairs across sections.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import poisson

Verdict = Literal["layers", "one", "open"]

#: Observations that are looked at, and neighbours of each.
_MOST_LOOKED_AT = 20_000
_NEIGHBOURS = 8
#: Two groups share their ground when they share this much of the smaller one's box …
_SHARED_BOX = 0.3
#: … and this many of the neighbours of one of them belong to such others.
_SHARED_NEIGHBOURS = 0.25
#: Observations below which a group says nothing of where it lies.
_FEWEST = 8
#: Most groups that are compared two by two; a group is covered when so many of its observations
#: in the box of another lie within so many of the other's spacings of it.
_FEW_GROUPS = 16
_COVERED, _WITHIN = 0.5, 1.5
#: Spacings of the groups of one tissue differ by less than this factor.
_UNITS = 5.0
#: Room around a box, in distances between neighbours: a single row of spots has a box, too.
_ROOM = 0.2
#: Share of the pairs of nearest neighbours, the closest ones, that are looked at.
_CLOSEST = 0.1
#: Pairs within a group among the closest, as a share of what chance gives: in layers there are
#: hardly any.
_HARDLY_ANY = 0.3
_IMPROBABLE = 1e-4
#: Pairs across groups among the closest, as a share of what chance gives, above which a small
#: group may be a layer of its own.
_TOO_MANY = 1.25
_DOUBTFUL = 0.02
#: Observations expected in a block of tissue in which chance is measured, for each group.
_PER_GROUP = 8
#: Of independent points every fifth has its neighbour nearer than this share of the distance to
#: its eighth neighbour; in one layer of tissue hardly any has.
_NEAR = float(np.sqrt(1 - 0.8 ** (1 / (_NEIGHBOURS - 1))))
_FEW_NEAR = 0.05
_ENOUGH = 50


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """Observations with the ones around them.

    Parameters
    ----------
    where
        (n, 2) finite positions.
    looked_at
        (m,) indices of observations.
    neighbours, distances
        (m, k) indices of the nearest others, and how far they are.
    """

    where: NDArray[np.float64]
    looked_at: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    distances: NDArray[np.float64]

    @classmethod
    def of(cls, where: NDArray[np.float64]) -> Neighbourhoods:
        """Find the neighbours of at most some thousand observations.

        Parameters
        ----------
        where
            (n, 2) finite positions, n > 1.
        """
        n = len(where)
        chosen = np.arange(n)
        if n > _MOST_LOOKED_AT:
            chosen = np.sort(np.random.default_rng(0).choice(n, _MOST_LOOKED_AT, replace=False))
        k = min(_NEIGHBOURS, n - 1)
        distances, found = cKDTree(where).query(where[chosen], k=k + 1)
        # Of observations at one place another one may be found before the observation itself.
        own = found == chosen[:, None]
        own[~own.any(axis=1), -1] = True
        shape = (len(chosen), k)
        return cls(where, chosen, found[~own].reshape(shape), distances[~own].reshape(shape))

    @cached_property
    def spacing(self) -> float:
        """Typical distance between neighbours, also where many lie at one place."""
        apart = self.distances[self.distances > 0]
        return float(np.median(apart)) if apart.size else 0.0

    @cached_property
    def _near(self) -> NDArray[np.float64]:
        """Distance to the nearest other as a share of that to the last one; (m,)."""
        last = self.distances[:, -1]
        return np.divide(self.distances[:, 0], last, out=np.zeros_like(last), where=last > 0)

    @cached_property
    def regular(self) -> bool:
        """Whether observations keep a distance from each other, as in one layer of tissue."""
        enough = len(self.looked_at) >= _ENOUGH and self.distances.shape[1] == _NEIGHBOURS
        return enough and float(np.mean(self._near < _NEAR)) < _FEW_NEAR

    def shared(self, codes: NDArray[np.int64]) -> bool:
        """Return whether groups lie on the same ground.

        Parameters
        ----------
        codes
            (n,) number of each observation's group, from 0.
        """
        n_groups = int(codes.max()) + 1
        own, other = codes[self.looked_at], codes[self.neighbours]
        if n_groups < 2 or np.all(own == own[0]):
            return False
        numbers = own[:, None] * n_groups + other
        pairs, count = np.unique(numbers, return_counts=True)
        a, b = pairs // n_groups, pairs % n_groups
        low, high = self._boxes(own, n_groups)
        area = (high - low).prod(axis=1)
        both = np.clip(np.minimum(high[a], high[b]) - np.maximum(low[a], low[b]), 0, None)
        smaller = np.minimum(area[a], area[b])
        meet = (a != b) & (both.prod(axis=1) > _SHARED_BOX * smaller)
        of_others = np.bincount(a[meet], count[meet], n_groups)
        of_all = np.bincount(a, count, n_groups)
        size = np.bincount(own, minlength=n_groups)
        telling = size >= min(_FEWEST, size[size > 0].mean() / 2)
        if np.any(of_others[telling] > _SHARED_NEIGHBOURS * of_all[telling]):
            return True
        groups = np.flatnonzero(telling)
        return len(groups) <= _FEW_GROUPS and self._covered(own, groups, low, high)

    def _covered(
        self,
        own: NDArray[np.int64],
        groups: NDArray[np.int64],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
    ) -> bool:
        """Return whether one group lies within another that is much more, or less, dense.

        Its observations have neighbours of their own group then, and yet others lie as near to
        them as those others are to each other.
        """
        where = self.where[self.looked_at]
        trees = {int(group): cKDTree(where[own == group]) for group in groups}
        area = (high - low).prod(axis=1)
        for a, tree in trees.items():
            spacing = float(np.median(tree.query(tree.data, k=2)[0][:, 1]))
            for b, other in trees.items():
                both = np.clip(np.minimum(high[a], high[b]) - np.maximum(low[a], low[b]), 0, None)
                if a == b or both.prod() <= _SHARED_BOX * min(area[a], area[b]):
                    continue
                inside = np.all((other.data >= low[a]) & (other.data <= high[a]), axis=1)
                distance = tree.query(other.data[inside])[0]
                near = np.count_nonzero(distance <= _WITHIN * spacing)
                if near > _COVERED * max(len(distance), _FEWEST):
                    return True
        return False

    def _boxes(
        self, own: NDArray[np.int64], n_groups: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the corners of the groups' boxes; a group that is not looked at has none."""
        low = np.full((n_groups, 2), np.inf)
        high = np.full((n_groups, 2), -np.inf)
        np.minimum.at(low, own, self.where[self.looked_at])
        np.maximum.at(high, own, self.where[self.looked_at])
        none = low[:, 0] > high[:, 0]
        low[none], high[none] = 0.0, 0.0
        room = np.where(none, 0.0, _ROOM * self.spacing)[:, None]
        return low - room, high + room

    def judge(self, codes: NDArray[np.int64]) -> Verdict:
        """Return whether groups on the same ground are layers of their own.

        Parameters
        ----------
        codes
            (n,) number of each observation's group, from 0.

        Returns
        -------
        str
            ``"layers"``: the closest pairs are nearly all pairs across groups. ``"one"``: all
            keep their distance, whatever their group. ``"open"``: positions alone do not tell, as
            of points that are scattered at random.
        """
        order = np.argsort(self._near, kind="stable")
        at_one_place = int(np.sum(self.distances[:, 0] == 0))
        some = max(int(_CLOSEST * len(order)), min(len(order), _ENOUGH))
        chance = self._chance(codes[self.looked_at])
        same = codes[self.looked_at] == codes[self.neighbours[:, 0]]
        for most in {min(at_one_place, some), some}:
            closest = order[:most]
            found, expected = float(same[closest].sum()), float(chance[closest].sum())
            if found < _HARDLY_ANY * expected and poisson.cdf(found, expected) < _IMPROBABLE:
                return "layers"
        across, by_chance = some - found, some - expected
        if across > _TOO_MANY * by_chance and poisson.sf(across - 1, by_chance) < _DOUBTFUL:
            return "open"
        return "one" if self.regular and not self._in_other_units(codes) else "open"

    def _in_other_units(self, codes: NDArray[np.int64]) -> bool:
        """Return whether groups differ so much in their spacing that one tissue cannot."""
        own = codes[self.looked_at]
        groups = np.flatnonzero(np.bincount(own) >= _FEWEST)[:_FEW_GROUPS]
        spacing = [float(np.median(self.distances[own == group, 0])) for group in groups]
        return bool(spacing) and max(spacing) > _UNITS * min(spacing)

    def _chance(self, own: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how probable it is that another one nearby is of the same group, (m,)."""
        where = self.where[self.looked_at]
        n, n_groups = len(own), int(own.max()) + 1
        share = np.bincount(own) / n
        wanted = min(_PER_GROUP / float((share**2).sum()), n / 4)
        blocks = max(int(np.sqrt(n / max(wanted, 1.0))), 1)
        low, extent = where.min(axis=0), np.ptp(where, axis=0)
        scaled = (where - low) / np.where(extent > 0, extent, 1.0) * blocks
        block = np.clip(scaled.astype(np.int64), 0, blocks - 1) @ np.array([blocks, 1])
        _, inverse, together = np.unique(
            block * n_groups + own, return_inverse=True, return_counts=True
        )
        in_block = np.bincount(block, minlength=blocks**2)[block]
        return np.asarray((together[inverse] - 1) / np.fmax(in_block - 1, 1))

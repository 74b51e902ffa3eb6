"""Whether groups of observations cover the same area, and whether as overlaid sections.

Overlaid sections are detected by the smallest distances. In one layer of tissue, two cells, spots
or beads keep a minimum distance, whatever their labels. Positions in two overlaid sections are
independent: the closest pairs are then pairs across sections.
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

#: Observations that are sampled, and neighbours of each.
_MOST_LOOKED_AT = 20_000
_NEIGHBOURS = 8
#: Two groups cover the same area when they share this much of the smaller one's box …
_SHARED_BOX = 0.3
#: … and this share of the neighbours of one of them belongs to such other groups.
_SHARED_NEIGHBOURS = 0.25
#: Fewest observations of a group whose position is tested.
_FEWEST = 8
#: Most groups that are compared in pairs; a group is covered when this share of its observations in
#: the box of another is within this many of the other's spacings of it.
_FEW_GROUPS = 16
_COVERED, _WITHIN = 0.5, 1.5
#: Spacings of the groups of one tissue differ by less than this factor.
_UNITS = 5.0
#: Margin of a box, in distances between neighbours, so that a single row of spots has one, too.
_ROOM = 0.2
#: Share of the pairs of nearest neighbours, the closest ones, that are tested.
_CLOSEST = 0.1
#: Pairs within a group among the closest, relative to chance: in overlaid sections there are hardly
#: any.
_HARDLY_ANY = 0.3
_IMPROBABLE = 1e-4
#: Pairs across groups among the closest, relative to chance, above which a small group may be a
#: section of its own.
_TOO_MANY = 1.25
_DOUBTFUL = 0.02
#: Observations of each group expected in a block of tissue in which chance is estimated.
_PER_GROUP = 8
#: Of independent points, a fifth has its nearest neighbour within this share of the distance to the
#: eighth neighbour; in one layer of tissue hardly any has.
_NEAR = float(np.sqrt(1 - 0.8 ** (1 / (_NEIGHBOURS - 1))))
_FEW_NEAR = 0.05
_ENOUGH = 50


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """A sample of observations, with their nearest neighbours.

    Parameters
    ----------
    where
        (n, 2) finite positions.
    sampled
        (m,) indices of the sampled observations.
    neighbours, distances
        (m, k) indices of the nearest others, and distances to them.
    """

    where: NDArray[np.float64]
    sampled: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    distances: NDArray[np.float64]

    @classmethod
    def of(cls, where: NDArray[np.float64]) -> Neighbourhoods:
        """Find the neighbours of at most a few thousand observations.

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
        # Of observations at one position, another may be found before the observation itself.
        own = found == chosen[:, None]
        own[~own.any(axis=1), -1] = True
        shape = (len(chosen), k)
        return cls(where, chosen, found[~own].reshape(shape), distances[~own].reshape(shape))

    @cached_property
    def spacing(self) -> float:
        """Typical distance between neighbours, also where many are at one position."""
        apart = self.distances[self.distances > 0]
        return float(np.median(apart)) if apart.size else 0.0

    @cached_property
    def _near(self) -> NDArray[np.float64]:
        """Distance to the nearest other relative to the last one, (m,)."""
        last = self.distances[:, -1]
        return np.divide(self.distances[:, 0], last, out=np.zeros_like(last), where=last > 0)

    @cached_property
    def regular(self) -> bool:
        """Whether observations keep a minimum distance, as in one layer of tissue."""
        enough = len(self.sampled) >= _ENOUGH and self.distances.shape[1] == _NEIGHBOURS
        return enough and float(np.mean(self._near < _NEAR)) < _FEW_NEAR

    def shared(self, codes: NDArray[np.int64]) -> bool:
        """Return whether groups cover the same area.

        Parameters
        ----------
        codes
            (n,) number of each observation's group, from 0.
        """
        n_groups = int(codes.max()) + 1
        own, other = codes[self.sampled], codes[self.neighbours]
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
        """Return whether one group lies within another of a much different density.

        Then most neighbours of its observations are of their own group, but observations of the
        other group are as close to them as they are to each other.
        """
        where = self.where[self.sampled]
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
        """Return the corners of the groups' boxes; a group that was not sampled has none."""
        low = np.full((n_groups, 2), np.inf)
        high = np.full((n_groups, 2), -np.inf)
        np.minimum.at(low, own, self.where[self.sampled])
        np.maximum.at(high, own, self.where[self.sampled])
        none = low[:, 0] > high[:, 0]
        low[none], high[none] = 0.0, 0.0
        room = np.where(none, 0.0, _ROOM * self.spacing)[:, None]
        return low - room, high + room

    def judge(self, codes: NDArray[np.int64]) -> Verdict:
        """Return whether groups that cover the same area are overlaid sections.

        Parameters
        ----------
        codes
            (n,) number of each observation's group, from 0.

        Returns
        -------
        str
            ``"layers"``: the closest pairs are nearly all pairs across groups. ``"one"``: all
            observations keep a minimum distance, whatever their group. ``"open"``: positions alone
            do not decide, as with points that are scattered at random.
        """
        order = np.argsort(self._near, kind="stable")
        at_one_place = int(np.sum(self.distances[:, 0] == 0))
        some = max(int(_CLOSEST * len(order)), min(len(order), _ENOUGH))
        chance = self._chance(codes[self.sampled])
        same = codes[self.sampled] == codes[self.neighbours[:, 0]]
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
        """Return whether spacings of groups differ more than within one tissue."""
        own = codes[self.sampled]
        groups = np.flatnonzero(np.bincount(own) >= _FEWEST)[:_FEW_GROUPS]
        spacing = [float(np.median(self.distances[own == group, 0])) for group in groups]
        return bool(spacing) and max(spacing) > _UNITS * min(spacing)

    def _chance(self, own: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the probability that a nearby observation is of the same group, (m,)."""
        where = self.where[self.sampled]
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

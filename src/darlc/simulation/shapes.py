"""Spatial patterns drawn at random, in families: layers, spots, patches, gradients and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from darlc.errors import InputError

#: Correlation from which patterns are too similar.
MOST_ALIKE = 0.9
#: The logarithm of the ratio of a pattern's highest to its lowest value.
_CONTRAST = (1.2, 2.2)
_TRIES = 400


def field(
    x: NDArray[np.float64], y: NDArray[np.float64], length: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return a smooth random field scaled to [0, 1], (n_obs,), by random Fourier features."""
    waves = random.normal(0.0, 1.0 / length, (2, 64))
    phase = random.uniform(0, 2 * np.pi, 64)
    values = np.cos(x[:, None] * waves[0] + y[:, None] * waves[1] + phase).sum(axis=1)
    return (values - values.min()) / np.ptp(values)


@dataclass(frozen=True, eq=False)
class Canvas:
    """Positions for shapes; every method draws one at random, (n_obs,) in about [0, 1].

    Parameters
    ----------
    x, y
        (n_obs,) positions in the square of side 1.
    depth
        (n_obs,) depth below the surface of an arched cortex, in [0, 1].
    random
        Source of randomness.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    depth: NDArray[np.float64]
    random: np.random.Generator

    @classmethod
    def arched(
        cls, x: NDArray[np.float64], y: NDArray[np.float64], random: np.random.Generator
    ) -> Canvas:
        """Return the canvas of a cortex whose arch is drawn at random."""
        centre = random.uniform(0.35, 0.65), random.uniform(1.15, 1.35)
        depth = np.hypot(x - centre[0], y - centre[1]) + 0.03 * field(x, y, 0.15, random)
        return cls(x, y, (depth - depth.min()) / np.ptp(depth), random)

    def layer(self) -> NDArray[np.float64]:
        """Draw a layer of the cortex."""
        width = self.random.uniform(0.04, 0.10)
        centre = self.random.uniform(0.05, 0.95)
        return np.exp(-0.5 * ((self.depth - centre) / width) ** 2)

    def two_layers(self) -> NDArray[np.float64]:
        """Draw two layers, the second one weaker."""
        return np.maximum(self.layer(), self.random.uniform(0.5, 0.9) * self.layer())

    def gradient(self) -> NDArray[np.float64]:
        """Draw a straight rise from one side to the other."""
        angle = self.random.uniform(0, 2 * np.pi)
        along = self.x * np.cos(angle) + self.y * np.sin(angle)
        return (along - along.min()) / np.ptp(along)

    def slope(self) -> NDArray[np.float64]:
        """Draw a sigmoid gradient along a bent direction."""
        bend = self.random.uniform(0.0, 0.4) * field(self.x, self.y, 0.3, self.random)
        along = self.gradient() + bend
        middle = self.random.uniform(0.15, 0.85) * np.ptp(along) + along.min()
        return expit((along - middle) / self.random.uniform(0.04, 0.2))

    def _radius(self) -> NDArray[np.float64]:
        centre_x, centre_y = self.random.uniform(0.25, 0.75), self.random.uniform(0.25, 0.75)
        return np.hypot(self.x - centre_x, self.y - centre_y)

    def ring(self) -> NDArray[np.float64]:
        """Draw a ring."""
        return np.exp(-0.5 * ((self._radius() - self.random.uniform(0.15, 0.3)) / 0.05) ** 2)

    def spot(self) -> NDArray[np.float64]:
        """Draw a single spot of expression."""
        return np.exp(-0.5 * (self._radius() / self.random.uniform(0.08, 0.16)) ** 2)

    def halo(self) -> NDArray[np.float64]:
        """Draw a wide decay from a centre."""
        return np.exp(-self._radius() / self.random.uniform(0.1, 0.4))

    def streak(self) -> NDArray[np.float64]:
        """Draw a bent band across the tissue."""
        angle = self.random.uniform(0, np.pi)
        across = (self.x - 0.5) * np.sin(angle) - (self.y - 0.5) * np.cos(angle)
        along = self.x * np.cos(angle) + self.y * np.sin(angle)
        bend = 0.08 * np.sin(6 * along + self.random.uniform(0, 6))
        return np.exp(-0.5 * ((across - bend - self.random.uniform(-0.3, 0.3)) / 0.05) ** 2)

    def patches(self) -> NDArray[np.float64]:
        """Draw patches all over the tissue."""
        height = field(self.x, self.y, 0.08, self.random)
        # Not expit, whose last bits differ, so that earlier simulated tissues are reproduced.
        return 1 / (1 + np.exp(-14 * (height - self.random.uniform(0.5, 0.65))))


#: Shapes of each family, used in turn.
FAMILIES: dict[str, tuple[Callable[[Canvas], NDArray[np.float64]], ...]] = {
    "mixed": (
        Canvas.layer,
        Canvas.layer,
        Canvas.layer,
        Canvas.spot,
        Canvas.gradient,
        Canvas.ring,
        Canvas.streak,
        Canvas.patches,
    ),
    "layered": (Canvas.layer, Canvas.two_layers),
    "radial": (Canvas.spot, Canvas.halo),
    "patchy": (Canvas.patches,),
    "gradient": (Canvas.slope,),
    "streak": (Canvas.streak,),
    "ring": (Canvas.ring,),
}


def draw_patterns(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    clusters: int,
    family: str,
    random: np.random.Generator,
    distinct: bool,
) -> NDArray[np.float64]:
    """Return ``clusters`` positive patterns of a family, (n_obs, clusters).

    Parameters
    ----------
    x, y
        (n_obs,) positions in the square of side 1.
    clusters
        Number of patterns.
    family
        One of `FAMILIES`.
    random
        Source of randomness.
    distinct
        Whether to redraw patterns that are too similar to an earlier one.

    Raises
    ------
    InputError
        The family has too few different patterns.
    """
    canvas = Canvas.arched(x, y, random)
    makers = FAMILIES[family]
    if distinct:
        return draw_distinct(
            lambda k: strengthened(makers[k % len(makers)](canvas), random), clusters
        )
    shapes = np.column_stack([makers[k % len(makers)](canvas) for k in range(clusters)])
    return np.exp(random.uniform(*_CONTRAST, clusters) * shapes)


def strengthened(shape: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return a shape in [0, 1] as a positive pattern of random contrast, (n_obs,)."""
    return np.exp(random.uniform(*_CONTRAST) * shape)


def draw_distinct(draw: Callable[[int], NDArray[np.float64]], clusters: int) -> NDArray[np.float64]:
    """Draw patterns, each until it differs from all before it, (n_obs, clusters).

    Parameters
    ----------
    draw
        Draws a candidate for the pattern of a given number, (n_obs,).
    clusters
        Number of patterns.

    Raises
    ------
    InputError
        No further different pattern was found.
    """
    kept: list[NDArray[np.float64]] = []
    for k in range(clusters):
        candidate = next((c for c in (draw(k) for _ in range(_TRIES)) if differs(c, kept)), None)
        if candidate is None:
            raise InputError(
                f"only {k} patterns that differ were found, not {clusters}: ask for fewer clusters."
            )
        kept.append(candidate)
    return np.column_stack(kept)


def differs(candidate: NDArray[np.float64], kept: list[NDArray[np.float64]]) -> bool:
    """Return whether a pattern (n_obs,) differs enough from those kept."""
    return not kept or np.corrcoef(candidate, np.stack(kept))[0, 1:].max() < MOST_ALIKE

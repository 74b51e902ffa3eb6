"""What a region is: shapes of a layer, a painted label, or a value of an annotation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from napari.layers import Labels, Layer, Shapes
from numpy.typing import NDArray

from darlc.explore.polygons import Polygon, within
from darlc.images.grid import Grid
from napari_darlc.widgets.region.shapes import Sampled, polygons_of, sampled


@dataclass(frozen=True, eq=False)
class DrawnRegion:
    """The closed shapes of a layer."""

    layer: Shapes


@dataclass(frozen=True, eq=False)
class PaintedRegion:
    """What was painted with one number in a layer of labels."""

    layer: Labels
    label: int


@dataclass(frozen=True)
class AnnotatedRegion:
    """The observations with one value in a column of ``obs``."""

    column: str
    value: str


Region = DrawnRegion | PaintedRegion | AnnotatedRegion


@dataclass(frozen=True, eq=False)
class Place:
    """A region as it was when something was asked of it.

    Parameters
    ----------
    region
        What was chosen.
    polygons
        Where it was drawn, in units of ``obsm["spatial"]``; empty unless it is of shapes.
    painted
        The layer's labels; None unless it was painted.
    """

    region: Region
    polygons: tuple[Polygon, ...] = ()
    painted: Sampled | None = None

    @classmethod
    def of(cls, region: Region, grid: Grid) -> Place:
        """Return where a region is now; to be called on the GUI thread."""
        if isinstance(region, DrawnRegion):
            return cls(region, tuple(polygons_of(region.layer, grid)))
        if isinstance(region, PaintedRegion):
            return cls(region, painted=sampled(region.layer, grid))
        return cls(region)

    @property
    def nowhere(self) -> bool:
        """Whether nothing is drawn yet."""
        return isinstance(self.region, DrawnRegion) and not self.polygons

    @property
    def layer(self) -> Layer | None:
        """Where it was drawn or painted; None where it is annotated."""
        return None if isinstance(self.region, AnnotatedRegion) else self.region.layer

    @property
    def name(self) -> str:
        """What it is called, by the name that its layer has now."""
        region = self.region
        if isinstance(region, AnnotatedRegion):
            return f"{region.column} {region.value}"
        if isinstance(region, PaintedRegion):
            return f"{region.layer.name} {region.label}"
        return str(region.layer.name)

    def inside(
        self, places: NDArray[np.floating], labels: Callable[[str], NDArray[np.str_]]
    ) -> NDArray[np.bool_]:
        """Return which observations (n_obs,) are in it; in any thread.

        Parameters
        ----------
        places
            (n_obs, 2), x and y.
        labels
            Returns the values of a column of ``obs`` as text, (n_obs,).
        """
        region = self.region
        if isinstance(region, AnnotatedRegion):
            return np.asarray(labels(region.column) == region.value)
        if self.painted is not None and isinstance(region, PaintedRegion):
            return np.asarray(self.painted.at(places) == region.label)
        return within(places, list(self.polygons))

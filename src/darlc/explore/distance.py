"""Expression by distance from a drawn line, or from the border of a region, as a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from darlc.errors import InputError
from darlc.explore.enrichment import FEWEST_OBSERVATIONS, Association, pixel_expression
from darlc.explore.parts.modes import SmoothModes
from darlc.explore.polygons import Polygon, Ring, within
from darlc.images.sgep_images import SGEPImages
from darlc.results.denoised_views import GeneViews

#: Share of a curve's sampling distribution that its band holds.
_WITHIN = 0.95


@dataclass(frozen=True, eq=False)
class DistanceCurve:
    """A gene's expression by distance.

    Parameters
    ----------
    edges
        (n + 1,) distances that the bins begin and end at, in units of ``obsm["spatial"]``; negative
        inside a region.
    pixels
        (n,) pixels in each bin.
    raw
        (n,) mean in normalised units: counts scaled to the median library. NaN where a bin has
        fewer than five pixels.
    low, high
        (n,) within which the raw mean of such a bin lies with a chance of 95 %, when what the curve
        does not explain is as smooth as it is seen to be over the tissue.
    denoised
        (n,) mean of the denoised view, in the same units; NaN for a gene without one.
    """

    edges: NDArray[np.float64]
    pixels: NDArray[np.int64]
    raw: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    denoised: NDArray[np.float64]


def distance_to(
    points: NDArray[np.floating], lines: Sequence[Ring], polygons: Sequence[Polygon] = ()
) -> NDArray[np.float64]:
    """Return the distance (n,) of points to the nearest line or border; negative inside.

    Parameters
    ----------
    points
        (n, 2), x and y; NaN where one is not finite.
    lines
        Corners (m, 2) of lines, m at least 2.
    polygons
        Regions, whose borders are lines too; points in one of them have negative distances.

    Raises
    ------
    InputError
        There is neither a line nor a polygon.
    """
    import shapely  # type: ignore[import-untyped,import-not-found]

    rings = [np.concatenate([ring, ring[:1]]) for polygon in polygons for ring in polygon]
    pieces = [np.stack([line[:-1], line[1:]], axis=1) for line in (*lines, *rings) if len(line) > 1]
    if not pieces:
        raise InputError("there is no line to measure distances from: draw one.")
    tree = shapely.STRtree(shapely.linestrings(np.concatenate(pieces)))
    found = np.full(len(points), np.nan)
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    (nearest, _), away = tree.query_nearest(
        shapely.points(np.asarray(points, dtype=np.float64)[known]),
        return_distance=True,
        all_matches=False,
    )
    found[known[nearest]] = away
    return np.where(within(points, polygons), -found, found) if polygons else found


class DistanceQuestion:
    """Asks how genes change with the distance from a line; work that genes share is done once.

    Parameters
    ----------
    images
        All genes.
    distance
        (n_obs,) of the observations, from `distance_to`; that of a pixel is their mean.

    Raises
    ------
    InputError
        All pixels are at the same distance.
    """

    def __init__(self, images: SGEPImages, distance: NDArray[np.floating]) -> None:
        used = np.flatnonzero(images.observation_pixel >= 0)
        pixel = images.observation_pixel[used]
        held = np.bincount(pixel, minlength=images.n_pixels)
        total = np.bincount(pixel, distance[used], minlength=images.n_pixels)
        #: (P,) distance of every tissue pixel.
        self.distance = total / np.maximum(held, 1)
        if np.ptp(self.distance) == 0:
            raise InputError("all observations are at the same distance: draw another line.")
        self._images = images
        self._library = images.library.astype(np.float64)

    def trend(self, genes: NDArray[np.int64]) -> Association:
        """Compare genes (g,), by position, with the distance: which rise or fall with it.

        A gene that is highest midway is not found so; see its curve.
        """
        return pixel_expression(self._images, genes).association(self.distance)

    def edges(self, bins: int = 20, reach: float | None = None) -> NDArray[np.float64]:
        """Return the edges of bins of equal width.

        Parameters
        ----------
        bins
            How many.
        reach
            Largest distance, on both sides; by default that of 95 % of the pixels.

        Raises
        ------
        InputError
            There are fewer than two bins, or no pixel is within reach.
        """
        if bins < 2:
            raise InputError(f"bins is {bins}: a curve takes 2 or more.")
        away = np.abs(self.distance)
        reach = float(np.quantile(away, _WITHIN)) if reach is None else reach
        near = self.distance[away <= reach]
        if not len(near) or np.ptp(near) == 0:
            raise InputError(
                f"no two pixels within {reach:g} of the line differ in their distance: "
                "choose a larger reach."
            )
        return np.linspace(near.min(), near.max(), bins + 1)

    def curve(
        self, gene: int, edges: NDArray[np.floating], view: NDArray[np.floating] | None = None
    ) -> DistanceCurve:
        """Return the curve of a gene.

        Parameters
        ----------
        gene
            Position among all genes.
        edges
            (n + 1,) of the bins, rising.
        view
            (P,) its denoised view, log-normalised.
        """
        n = len(edges) - 1
        place = np.searchsorted(edges, self.distance, side="right") - 1
        place[self.distance == edges[-1]] = n - 1
        place[(place < 0) | (place >= n)] = n
        size = self._library / np.median(self._library)
        log = self._images.values == "log"
        value = self._images.measured(gene)[0].astype(np.float64)
        value = np.expm1(value) if log else value
        pixels = np.bincount(place, minlength=n + 1)
        weight = np.bincount(place, size, minlength=n + 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(place, value, minlength=n + 1) / weight
        rest = value - size * np.nan_to_num(mean)[place]
        error, degrees = self._errors(rest, size, place, n)
        error /= np.maximum(weight[:n], 1e-300)
        few = pixels[:n] < FEWEST_OBSERVATIONS
        raw = np.where(few, np.nan, mean[:n])
        half = stats.t.isf((1 - _WITHIN) / 2, degrees) * error
        denoised = np.full(n, np.nan)
        if view is not None:
            rate = np.expm1(view.astype(np.float64))
            with np.errstate(invalid="ignore", divide="ignore"):
                denoised = np.bincount(place, size * rate, minlength=n + 1)[:n] / weight[:n]
            denoised[few] = np.nan
        return DistanceCurve(
            np.asarray(edges, dtype=np.float64),
            pixels[:n],
            raw,
            np.maximum(raw - half, min(0.0, float(value.min()))),
            raw + half,
            denoised,
        )

    @cached_property
    def _space(self) -> SmoothModes:
        library = self._library
        size = library / np.median(library)
        return SmoothModes.of(np.arange(len(library)), size, self._images.grid)

    def _errors(
        self, rest: NDArray[np.float64], size: NDArray[np.float64], place: NDArray[np.int64], n: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the standard errors (n,) of bins' sums of what the curve does not explain.

        As in `darlc.explore.enrichment`: the variance of the rest is estimated by band of spatial
        frequency, and a bin's sum takes its share of each. The few coarsest modes say little of the
        variance of a very smooth gene: Satterthwaite's degrees of freedom (n,) come along.
        """
        space = self._space
        inside = (place[:, None] == np.arange(n)).astype(np.float64)
        weighted = size[:, None] * inside
        power = space.by_band((space.modes.T @ weighted) ** 2, weighted.sum(axis=0))
        found = space.by_band((space.modes.T @ rest) ** 2, float(np.sum(rest**2 / size)))
        # The curve takes a share of every band, which the rest then lacks.
        taken = (power / np.maximum(weighted.sum(axis=0), 1e-300)).sum(axis=1)
        freedom = np.maximum(space.sizes - taken, 0.5)
        variance = np.maximum(found, 0.0) / freedom
        variance = np.maximum.accumulate(variance[::-1])[::-1]
        parts = variance[:, None] * np.maximum(power, 0.0)
        total, spread = parts.sum(axis=0), (parts**2 / freedom[:, None]).sum(axis=0)
        degrees = np.divide(total**2, spread, out=np.ones_like(total), where=spread > 0)
        return np.sqrt(total), np.maximum(degrees, 1.0)


def strongest_trends(trend: Association) -> NDArray[np.int64]:
    """Return rows (g,) of genes that were compared with a distance, the surest first."""
    return np.lexsort((-np.abs(trend.statistic), trend.p)).astype(np.int64)


def curves(
    question: DistanceQuestion,
    genes: NDArray[np.int64],
    modelled: NDArray[np.int64],
    denoised: GeneViews,
    edges: NDArray[np.floating],
) -> list[DistanceCurve]:
    """Return the curves of some genes, with their denoised views where they have one.

    Parameters
    ----------
    question
        Whose distances.
    genes
        Positions among all genes.
    modelled, denoised
        (G,) and (G, P) of the result.
    edges
        Of the bins.
    """
    row = {int(gene): i for i, gene in enumerate(modelled)}
    return [
        question.curve(int(gene), edges, denoised[row[int(gene)]] if int(gene) in row else None)
        for gene in genes
    ]

"""Queries for genes of regions, with work that is shared between queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.errors import DarlcError
from darlc.explore.markers import markers
from darlc.explore.region import RegionMarkers, Regions
from darlc.images.sgep_images import SGEPImages
from darlc.results.clusters import Clusters
from napari_darlc.session.session import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes
from napari_darlc.widgets.region.regions import AnnotatedRegion, DrawnRegion, Place

if TYPE_CHECKING:
    from anndata import AnnData

#: False discovery rate up to which a gene is called enriched.
SURE = 0.05
#: Genes listed: the enriched ones, but no more than a user looks at; a few where none is.
_MOST, _FEWEST = 200, 10


@dataclass(frozen=True, eq=False)
class RegionAnswer:
    """Which genes mark a region.

    Parameters
    ----------
    place, against
        The region, and the one it was compared with; None for the rest of the tissue.
    inside
        (P,) the tissue pixels most of whose observations lie in it.
    found
        The answer for all genes and clusters.
    rows
        (n,) the genes worth listing, the best first, among those of ``found``.
    pictures
        Their pictures.
    """

    place: Place
    against: Place | None
    inside: NDArray[np.bool_]
    found: RegionMarkers
    rows: NDArray[np.int64]
    pictures: list[QImage]

    @property
    def drawn(self) -> bool:
        """Whether the region was drawn on the canvas, where its outline is."""
        return isinstance(self.place.region, DrawnRegion)


class RegionQueries:
    """Answers queries on one dataset, and caches what later queries need.

    It is slow: call it off the GUI thread, one query at a time.

    Parameters
    ----------
    adata, images
        The data and their SGEP images.
    model
        Whose clusters are compared; None compares genes only.
    """

    def __init__(self, adata: AnnData, images: SGEPImages, model: Model | None) -> None:
        self._adata, self._images, self._model = adata, images, model
        self._clusters: Clusters | None = None if model is None else model.clusters
        self._regions: Regions | None = None
        self._places = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
        self._labels: dict[str, NDArray[np.str_]] = {}
        self._by_column: dict[str, dict[str, RegionMarkers]] = {}

    def fits(self, images: SGEPImages, model: Model | None) -> bool:
        """Return whether these are still the genes and clusters that answers are about."""
        clusters = None if model is None else model.clusters
        return images is self._images and clusters is self._clusters

    def answer(
        self, place: Place, against: Place | None, painter: ThumbnailPainter, ratio: float
    ) -> RegionAnswer | str:
        """Return which genes mark a region, with their pictures; or what is wrong with it.

        Parameters
        ----------
        place
            The region.
        against
            Another region, to compare it with; None for the rest of the tissue.
        painter, ratio
            What draws the genes, and pixels of the screen in a pixel of the pictures.
        """
        region = place.region
        try:
            inside = place.inside(self._places, self._labels_of)
            if against is None and isinstance(region, AnnotatedRegion):
                found = self._annotated(region)
            else:
                other = None if against is None else against.inside(self._places, self._labels_of)
                found = self._compared(inside, other)
        except DarlcError as error:
            return str(error)
        n = int(np.clip(found.enrichment.enriched(SURE).sum(), _FEWEST, _MOST))
        rows = found.enrichment.order[:n]
        pictures = draw_genes(self._images, self._model, found.genes[rows], painter)
        for picture in pictures:
            picture.setDevicePixelRatio(ratio)
        return RegionAnswer(place, against, self._pixels(inside), found, rows, pictures)

    @property
    def _modelled(self) -> NDArray[np.int64] | None:
        return None if self._model is None else self._model.genes

    def _labels_of(self, column: str) -> NDArray[np.str_]:
        if column not in self._labels:
            # As text, since that is how values are offered; a missing one is none of them.
            self._labels[column] = self._adata.obs[column].astype(str).to_numpy()
        return self._labels[column]

    def _annotated(self, region: AnnotatedRegion) -> RegionMarkers:
        column, value = region.column, region.value
        ours = self._adata, self._images, column, self._modelled, self._clusters
        if column not in self._by_column:
            self._by_column[column] = markers(*ours)
        found = self._by_column[column]
        # A value of hardly any observation is passed over there; asked for, it says so.
        return found[value] if value in found else markers(*ours, value)[value]

    def _pixels(self, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the pixels (P,) most of whose observations are inside, (n_obs,)."""
        pixel, n_pixels = self._images.observation_pixel, self._images.grid.n_pixels
        placed = pixel >= 0
        there = np.bincount(pixel[placed], minlength=n_pixels)
        within_it = np.bincount(pixel[placed & inside], minlength=n_pixels)
        return np.asarray((within_it > 0) & (2 * within_it >= there))

    def _compared(
        self, inside: NDArray[np.bool_], against: NDArray[np.bool_] | None
    ) -> RegionMarkers:
        if self._regions is None:
            self._regions = Regions(self._adata, self._images, self._modelled, self._clusters)
        return self._regions.compare(inside, against)

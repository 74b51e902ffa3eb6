"""The observation view: spots, beads or cells in true geometry, as one layer."""

from __future__ import annotations

from functools import partial
from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Image, Layer, Points
from napari.utils.colormaps import Colormap
from napari.viewer import ViewerModel
from superqt.utils import qthrottled, thread_worker

from napari_darlc.canvas.annotations import Legend, colours_by_column, colours_of
from napari_darlc.canvas.colormaps import EXPRESSION
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.canvas.observation_geometry import (
    ObservationGeometry,
    observation_geometry,
)
from napari_darlc.canvas.own_layers import DENOISED, RAW
from napari_darlc.canvas.placing import units
from napari_darlc.genes.pictures import DenoisedPictures, GenePictures, RawPictures
from napari_darlc.processes.start import start
from napari_darlc.session.model import Model
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal

OBSERVATIONS = "observations"
#: Milliseconds between two colourings while the slider moves.
_THROTTLE = 40


class ObservationView:
    """The observations of a viewer's Session on its canvas, while they are shown.

    They have the positions of the file, and each has the value of its pixel. Gene layers are hidden
    meanwhile, as pixels beneath spots would look like a halo.

    Parameters
    ----------
    viewer
        Viewer to draw in; held weakly.
    session
        Session whose observations are drawn.
    layers
        The other layers of the session.
    """

    #: Emitted when the geometry is known, or the dataset changed.
    surveyed = Signal()
    #: Emitted when they are shown or hidden.
    shown_changed = Signal(bool)
    #: Emitted when the meaning of their colours changed.
    legend_changed = Signal()

    def __init__(self, viewer: ViewerModel, session: Session, layers: SessionLayers) -> None:
        self._viewer = ref(viewer)
        self._session = session
        self._layers = layers
        self._layer: Points | None = None
        self._geometry: ObservationGeometry | None = None
        self._measuring: object = None
        self._wanted = False
        self._by = RAW
        self._legend: Legend | None = None
        #: Layers that were hidden.
        self._behind: list[Layer] = []
        #: Heading on the canvas where it is ours, and the text that it replaced.
        self._heading: str | None = None
        self._text = ""
        self._follow_gene = qthrottled(self._on_gene, timeout=_THROTTLE)
        session.dataset_changed.connect(self._on_dataset)
        session.gene_changed.connect(self._on_gene_changed)
        session.denoised_changed.connect(self._on_view)
        session.clusters_changed.connect(self._on_view)
        session.coloured_changed.connect(self._on_coloured)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.events.inserted.connect(self._on_inserted)

    @property
    def layer(self) -> Points | None:
        """The layer of observations; None while they are not drawn."""
        return self._layer

    @property
    def geometry(self) -> ObservationGeometry | None:
        """Geometry of the observations; None before it was computed."""
        return self._geometry

    @property
    def shown(self) -> bool:
        """Whether the observations are drawn, or will be once their geometry is known."""
        return self._wanted

    @property
    def legend(self) -> Legend | None:
        """Legend of the colours; None while nothing is drawn."""
        return self._legend

    @property
    def by(self) -> str:
        """What they are coloured by: ``"raw view"``, ``"denoised view"`` or a column of ``obs``."""
        return self._by

    @by.setter
    def by(self, by: str) -> None:
        if by != self._by:
            self._by = by
            self._colour()

    def show(self) -> None:
        """Draw the observations once their geometry is known."""
        if not self._wanted:
            self._wanted = True
            self.shown_changed.emit(True)
        if self._geometry is None:
            self.look()
        else:
            self._draw()

    def hide(self) -> None:
        """Remove the observations and show the gene layers again."""
        if not self._wanted:
            return
        self._wanted = False
        layer, self._layer, viewer = self._layer, None, self._viewer()
        if layer is not None and viewer is not None and layer in viewer.layers:
            viewer.layers.remove(layer)
        self._bring_back()
        self._set_legend(None)
        self.shown_changed.emit(False)

    def look(self) -> None:
        """Compute the geometry off the GUI thread, unless that is done already."""
        session = self._session
        if self._geometry is not None or self._measuring is not None:
            return
        if session.dataset is None or session.images is None:
            return
        self._measuring = session.images
        worker = _look(session.dataset.adata, session.images)
        worker.returned.connect(partial(self._on_geometry, session.images))
        start(worker)

    def _on_geometry(self, images: object, found: ObservationGeometry) -> None:
        if images is not self._measuring:
            return  # another dataset was opened in the meantime
        self._measuring, self._geometry = None, found
        if self._by not in (RAW, DENOISED, *found.columns):
            self._by = RAW
        self.surveyed.emit()
        if self._wanted:
            self._draw()

    def _on_dataset(self) -> None:
        self._measuring = self._geometry = None
        layer, self._layer, viewer = self._layer, None, self._viewer()
        if layer is not None and viewer is not None and layer in viewer.layers:
            viewer.layers.remove(layer)
        self._bring_back()  # show the new dataset's genes until its observations are drawn
        self._heading = None
        self._set_legend(None)
        self.surveyed.emit()
        if self._wanted:
            self.look()

    def _draw(self) -> None:
        viewer, found, images = self._viewer(), self._geometry, self._session.images
        if viewer is None or found is None or images is None or self._layer is not None:
            return
        microns = images.grid.microns
        self._layer = Points(
            found.positions,
            name=OBSERVATIONS,
            size=found.diameter,
            # The same coordinates as those of genes and tissue image.
            scale=(microns if np.isfinite(microns) else 1.0,) * 2,
            units=units(images.grid)[1:],
            axis_labels=("y", "x"),
            border_width=0,
            antialiasing=0.5,
            face_color="gray",
            blending="translucent_no_depth",
        )
        # Not editable, so that a click does not move or add an observation.
        self._layer.editable = False
        self._colour()
        viewer.add_layer(self._layer)
        for other in list(viewer.layers):
            self._step_back(other)

    def _step_back(self, layer: Layer) -> None:
        pictures = (self._layers.raw, self._layers.denoised, self._layers.residual)
        if layer.visible and any(layer is each for each in pictures):
            layer.visible = False
            self._behind.append(layer)

    def _bring_back(self) -> None:
        behind, self._behind = self._behind, []
        viewer = self._viewer()
        for layer in behind:
            if viewer is not None and layer in viewer.layers:
                layer.visible = True

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer and self._layer is not None:
            self._layer = None  # deleted by the user
            self.hide()

    def _on_inserted(self, event: Any) -> None:
        if self._layer is not None and event.value is not self._layer:
            self._step_back(event.value)

    def _on_gene_changed(self, gene: int) -> None:
        if self._layer is None:
            return
        if self._by in (RAW, DENOISED):
            self._follow_gene()
        else:
            self._head(self._by)  # the gene's name was just written there

    def _on_gene(self) -> None:
        if self._by in (RAW, DENOISED):
            self._colour()

    def _on_view(self) -> None:
        self._colour()

    def _on_coloured(self, coloured: bool) -> None:
        self._colour()

    def _colour(self) -> None:
        """Recolour the observations in place."""
        session, found, layer = self._session, self._geometry, self._layer
        if layer is None or found is None or session.dataset is None or session.images is None:
            return
        if self._by in (RAW, DENOISED):
            pixels = session.images.observation_pixel[found.rows]
            pictures = self._pictures()
            colours, legend = colours_of(
                pictures.pixels(session.gene)[pixels],
                pictures.limits(session.gene),
                self._colormap(),
                f"{session.gene_label}, {self._by}",
            )
        else:
            colours, legend = colours_by_column(session.dataset.adata, self._by, found.rows)
        layer.face_color = colours
        self._set_legend(legend)

    def _pictures(self) -> GenePictures:
        images, model = self._session.images, self._session.model
        assert images is not None
        if self._by == RAW:
            return RawPictures(images)
        unknown = Model(np.empty(0, dtype=np.int64))
        return DenoisedPictures(images.n_genes, images.grid, model or unknown)

    def _colormap(self) -> str | Colormap:
        """Return the colormap of the gene layer, which the user may have chosen."""
        layer: Image | None = self._layers.denoised if self._by == DENOISED else self._layers.raw
        return EXPRESSION if layer is None else layer.colormap

    def _set_legend(self, legend: Legend | None) -> None:
        self._legend = legend
        self._head(legend.title if legend is not None and legend.column else None)
        self.legend_changed.emit()

    def _head(self, column: str | None) -> None:
        """Write the column's name on the canvas in place of the gene's, or restore the gene's."""
        if (viewer := self._viewer()) is None:
            return
        overlay = viewer.canvas.overlays.text
        ours = self._heading is not None and overlay.text == self._heading
        if column is not None:
            if not ours:
                self._text = overlay.text
            self._heading = overlay.text = column
        elif ours:
            overlay.text, self._heading = self._text, None


@thread_worker
def _look(adata: Any, images: Any) -> ObservationGeometry:
    return observation_geometry(adata, images)

"""SessionLayers: what a Session looks like on the canvas."""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Image, Layer
from napari.utils.colormaps import Colormap
from napari.utils.notifications import show_info
from napari.viewer import ViewerModel

from darlc.data.grid import Grid
from darlc.data.palette import rgb
from napari_darlc.gene_layer import GeneLayer
from napari_darlc.pictures import DenoisedPictures, GenePictures, RawPictures
from napari_darlc.session import Session
from napari_darlc.tissue_image import tissue_image

RAW, DENOISED, CONSENSUS, TISSUE = "raw view", "denoised view", "consensus pattern", "tissue image"
#: Its dark end is no black: the tissue stays visible on a black canvas where nothing is expressed.
_COLORMAP = "viridis"
#: Text of the overlay, in points.
_FONT_SIZE = 16


class SessionLayers:
    """Layers, overlays and the gene slider of one viewer.

    Parameters
    ----------
    viewer
        Where to draw; held weakly.
    session
        What to draw.
    """

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        self._viewer = ref(viewer)
        self._session = session
        self._layers: dict[str, Layer] = {}
        self._cluster: int | None = None
        #: Layers are being put in, and what the slider says meanwhile is not the user's choice.
        self._adding = False
        #: The denoised view was deleted by hand, and is not forced upon the user again.
        self._unwanted = False
        session.dataset_changed.connect(self._on_dataset)
        session.denoised_changed.connect(self._on_denoised)
        session.clusters_changed.connect(self._on_clusters)
        session.gene_changed.connect(self._on_gene)
        session.coloured_changed.connect(self._on_colour)
        viewer.dims.events.point.connect(self._on_slider)
        viewer.dims.events.ndisplay.connect(self._on_ndisplay)
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def raw(self) -> Image | None:
        """The raw view; None without a dataset, or when it was deleted."""
        return self._layers.get(RAW)

    @property
    def denoised(self) -> Image | None:
        """The denoised view; None before there is one, or when it was deleted."""
        return self._layers.get(DENOISED)

    @property
    def consensus(self) -> Image | None:
        """The consensus pattern on the canvas; None while none is shown."""
        return self._layers.get(CONSENSUS)

    @property
    def tissue(self) -> Image | None:
        """The tissue image; None where the dataset has none."""
        return self._layers.get(TISSUE)

    def show_consensus(self, cluster: int | None) -> None:
        """Show a cluster's consensus pattern in its colour, or, with None, no pattern.

        While it is shown it follows the training; showing another gene ends it.
        """
        self._cluster = cluster
        model, viewer = self._session.model, self._viewer()
        pattern = None if model is None or cluster is None else model.consensus
        if viewer is None or model is None or pattern is None or cluster is None:
            self._remove(CONSENSUS)
            self._show_text()
            return
        if not 0 <= cluster < len(pattern):
            self._cluster = None
            self._remove(CONSENSUS)
            self._show_text()
            return
        images = self._session.images
        assert images is not None
        picture = images.grid.spread(pattern[cluster]).astype(np.float32)
        known = picture[np.isfinite(picture)]
        low, high = np.percentile(known, (0.5, 99.5)) if known.size else (0.0, 1.0)
        limits = (float(low), float(max(high, low + 1e-3)))
        colormap = _cluster_colormap(model.colours[cluster], model.names[cluster])
        if (layer := self.consensus) is None:
            layer = Image(
                picture,
                name=CONSENSUS,
                affine=_affine(images.grid)[1:, 1:],
                units=_units(images.grid)[1:],
                axis_labels=("y", "x"),
                colormap=colormap,
                contrast_limits=limits,
                blending="translucent_no_depth",
            )
            self._add(CONSENSUS, layer)
        else:
            layer.data = picture
            layer.colormap = colormap
            _set_limits(layer, limits)
        self._show_text()

    def _on_dataset(self) -> None:
        viewer, session = self._viewer(), self._session
        if viewer is None:
            return
        for name in list(self._layers):
            self._remove(name)
        self._cluster, self._unwanted = None, False
        if session.images is None or session.dataset is None:
            return
        grid = session.images.grid
        scale = grid.microns if np.isfinite(grid.microns) else 1.0
        picture = tissue_image(session.dataset.adata)
        if picture is not None:
            self._add(
                TISSUE,
                Image(
                    picture.pixels,
                    name=TISSUE,
                    rgb=picture.pixels.ndim == 3,
                    scale=(scale * picture.scale,) * 2,
                    translate=(scale * picture.translate,) * 2,
                    units=_units(grid)[1:],
                    axis_labels=("y", "x"),
                ),
            )
        self._add_genes(RAW, RawPictures(session.images))
        viewer.dims.rollable = (*(False,) * (viewer.dims.ndim - 2), True, True)
        viewer.canvas.overlays.scale_bar.visible = True
        viewer.canvas.overlays.scale_bar.font_size = 12
        self._on_gene(session.gene)
        # On the tissue; the image around it may be a whole slide.
        viewer.reset_view(layers=[self._layers[RAW]], margin=0.12)

    def _on_denoised(self) -> None:
        session = self._session
        if session.images is None:
            return
        model = session.model
        if model is None or model.denoised is None:
            self._remove(DENOISED)
            self._unwanted = False
        else:
            pictures = DenoisedPictures(session.images.n_genes, session.images.grid, model)
            if (layer := self.denoised) is not None:
                layer.data = pictures
            elif not self._unwanted:
                self._add_genes(DENOISED, pictures)
        self._draw_gene()

    def _on_clusters(self) -> None:
        self._paint()
        if self._cluster is not None:
            self.show_consensus(self._cluster)
        self._show_text()

    def _on_gene(self, gene: int) -> None:
        viewer = self._viewer()
        if viewer is None:
            return
        axis = viewer.dims.ndim - 3
        if axis >= 0 and round(viewer.dims.point[axis]) != gene:
            viewer.dims.set_point(axis, gene)
        if self._cluster is not None:
            self._session.cluster = -1
            self.show_consensus(None)
        self._draw_gene()

    def _on_slider(self) -> None:
        viewer = self._viewer()
        if viewer is None or self.raw is None or viewer.dims.ndim < 3 or self._adding:
            return
        self._session.gene = round(viewer.dims.point[viewer.dims.ndim - 3])

    def _on_ndisplay(self) -> None:
        viewer = self._viewer()
        if viewer is not None and viewer.dims.ndisplay == 3 and self.raw is not None:
            viewer.dims.ndisplay = 2
            show_info("Genes are pictures and have no depth, so they are shown in 2-D.")

    def _on_removed(self, event: Any) -> None:
        """Forget a layer that the user deleted."""
        for name, layer in list(self._layers.items()):
            if layer is event.value:
                del self._layers[name]
                self._unwanted |= name == DENOISED
                if name == CONSENSUS:
                    self._cluster = None

    def _on_colour(self, coloured: bool) -> None:
        self._paint()

    def _add_genes(self, name: str, pictures: GenePictures) -> None:
        # Points are enough: a thick slice would average neighbours in the list of genes.
        layer = GeneLayer(
            pictures,
            name=name,
            rgb=False,
            multiscale=False,
            affine=_affine(pictures.grid),
            units=_units(pictures.grid),
            axis_labels=("gene", "y", "x"),
            colormap=_COLORMAP,
            contrast_limits=pictures.limits(self._session.gene),
            projection_mode="none",
            interpolation2d="nearest",
            blending="translucent_no_depth",
            cache=False,
        )
        layer.gene_labels = self._session.gene_labels
        self._add(name, layer)

    def _add(self, name: str, layer: Layer) -> None:
        viewer = self._viewer()
        assert viewer is not None
        self._layers[name] = layer
        self._adding = True
        viewer.add_layer(layer)
        self._adding = False

    def _remove(self, name: str) -> None:
        """Take away a layer of ours; not the same as the user doing it."""
        layer, viewer = self._layers.pop(name, None), self._viewer()
        if layer is not None and viewer is not None and layer in viewer.layers:
            viewer.layers.remove(layer)
            # Napari selects nothing then, and its controls would be empty.
            viewer.layers.selection.active = self.denoised or self.raw

    def _draw_gene(self) -> None:
        session = self._session
        for layer in (self.raw, self.denoised):
            if layer is not None:
                _set_limits(layer, layer.data.limits(session.gene))
        self._paint()
        self._show_text()

    def _paint(self) -> None:
        session, model = self._session, self._session.model
        colormap: str | Colormap = _COLORMAP
        cluster = session.cluster_of(session.gene) if session.coloured else -1
        if model is not None and cluster >= 0:
            colormap = _cluster_colormap(model.colours[cluster], model.names[cluster])
        name = colormap if isinstance(colormap, str) else colormap.name
        for layer in (self.raw, self.denoised):
            if layer is not None and layer.colormap.name != name:
                layer.colormap = colormap

    def _show_text(self) -> None:
        viewer, session = self._viewer(), self._session
        if viewer is None:
            return
        overlay = viewer.canvas.overlays.text
        overlay.text = "\n".join(self._lines())
        overlay.font_size = _FONT_SIZE
        overlay.position = "top_left"
        overlay.visible = session.images is not None and bool(self._layers)
        said = " · ".join(self._lines())
        if session.gene_label != session.gene_name and self._cluster is None:
            said += f" ({session.gene_name})"
        viewer.status = said

    def _lines(self) -> list[str]:
        session, model = self._session, self._session.model
        if self._cluster is not None and model is not None and self._cluster < model.n_clusters:
            return [f"cluster {model.names[self._cluster]}", "consensus pattern"]
        lines = [session.gene_label]
        if model is None:
            return lines
        row = model.row_of.get(session.gene)
        if row is None:
            lines.append("not modelled")
        elif model.membership is not None:
            name, confidence = model.names[model.cluster[row]], model.confidence[row]
            lines.append(f"cluster {name} · confidence {confidence:.2f}")
        return lines


def _units(grid: Grid) -> tuple[str, str, str]:
    """Micrometres where the platform tells; else the file's own units, which have no name."""
    space = "um" if np.isfinite(grid.microns) else "dimensionless"
    return ("dimensionless", space, space)


def _affine(grid: Grid) -> np.ndarray:
    """(4, 4); maps (gene, row, column, 1) to (gene, y, x, 1) in the layers' units."""
    affine = np.eye(4)
    affine[1:, 1:] = grid.world
    if np.isfinite(grid.microns):
        affine[1:3, 1:] *= grid.microns
    return affine


def _cluster_colormap(colour: str, name: str) -> Colormap:
    """From a shade of the cluster's colour through it to a tint; transparent for no tissue."""
    full = np.array(rgb(colour))
    colours = [0.06 + 0.14 * full, full, 0.35 + 0.65 * full]
    return Colormap(
        [[*each, 1.0] for each in colours],
        controls=[0.0, 0.8, 1.0],
        name=f"cluster {colour}",
        display_name=f"cluster {name}",
    )


def _set_limits(layer: Image, limits: tuple[float, float]) -> None:
    if tuple(layer.contrast_limits) != limits:
        layer.contrast_limits_range = limits
        layer.contrast_limits = limits

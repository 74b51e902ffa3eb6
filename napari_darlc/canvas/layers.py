"""SessionLayers: the layers of a Session on the canvas."""

from __future__ import annotations

from weakref import ref

import numpy as np
from napari.layers import Image, Layer
from napari.utils.colormaps import Colormap
from napari.viewer import ViewerModel

from darlc.images.tissue_image import tissue_image
from darlc.results.clusters import Clusters
from napari_darlc.canvas.cluster_layers import ClusterLayers
from napari_darlc.canvas.colormaps import EXPRESSION, cluster_colormap
from napari_darlc.canvas.comparison import GeneColours, SideBySide
from napari_darlc.canvas.framing import Framing
from napari_darlc.canvas.gene_layer import gene_layer
from napari_darlc.canvas.looks import Looks
from napari_darlc.canvas.overlays import Overlays
from napari_darlc.canvas.own_layers import CONSENSUS, DENOISED, RAW, RESIDUAL, TISSUE, OwnLayers
from napari_darlc.canvas.placing import MARGIN, units
from napari_darlc.canvas.region_layer import RegionLayers
from napari_darlc.canvas.sections.beside import SectionsBeside
from napari_darlc.genes.molecules import molecules_text, no_answer
from napari_darlc.genes.pictures import DenoisedPictures, GenePictures, RawPictures
from napari_darlc.notifications import show_info
from napari_darlc.session.session import Session

#: Text overlay: font sizes in points by the width of the canvas in pixels, and a colour that is
#: readable on black, on white and on stained tissue.
_FONT_SIZE, _SMALL, _NARROW, _INK = 14, 10, 800, "#3d86ff"


class SessionLayers:
    """Layers, overlays and the gene slider of one viewer.

    Parameters
    ----------
    viewer
        Viewer to draw in; held weakly.
    session
        Session to draw.
    """

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        self._viewer = ref(viewer)
        self._session = session
        self._own = OwnLayers(viewer)
        self._framing = Framing(viewer)
        #: Colormaps and contrast limits that the user set.
        self.looks = Looks()
        overlays = Overlays(self._own)
        #: Patterns of clusters, and the map of the strongest.
        self.clusters = ClusterLayers(session, self._own, overlays, self.looks)
        #: Raw view, denoised view and residual side by side.
        self.side_by_side = SideBySide(session, self._own, self._framing)
        #: The current gene in the other sections of the study.
        self.sections = SectionsBeside(session, self._own, self._framing, self.looks)
        #: The queried region.
        self.region = RegionLayers(self._own)
        #: Genes in colours.
        self.gene_colours = GeneColours(session, overlays)
        self._colour_bar = False
        #: Whether the user deleted the denoised view, which is not added again then.
        self._unwanted = False
        #: The clusters that were drawn last.
        self._drawn: Clusters | None = None
        session.dataset_changed.connect(self._on_dataset)
        session.denoised_changed.connect(self._on_denoised)
        session.clusters_changed.connect(self._on_clusters)
        session.gene_changed.connect(self._on_gene)
        session.gene_chosen_again.connect(self._on_gene)
        session.cluster_selected.connect(self._on_cluster)
        session.coloured_changed.connect(self._on_colour)
        self._own.deleted.connect(self._on_deleted)
        self.looks.automatic_wanted.connect(self._on_automatic)
        self.clusters.changed.connect(self._on_patterns)
        self.gene_colours.changed.connect(self._on_gene_colours)
        self.side_by_side.changed.connect(self._on_side_by_side)
        self.sections.beginning.connect(self._on_sections_beginning)
        self.sections.changed.connect(self._draw_gene)
        self.looks.changed.connect(self._on_looks)
        viewer.dims.events.point.connect(self._on_slider)
        viewer.dims.events.ndisplay.connect(self._on_ndisplay)
        viewer.canvas.events.size.connect(self._show_text)

    @property
    def added(self) -> tuple[Layer, ...]:
        """Every layer that was added to the viewer and not deleted."""
        return self._own.layers

    @property
    def raw(self) -> Image | None:
        """The raw view; None without a dataset, or when it was deleted."""
        layer: Image | None = self._own.get(RAW)
        return layer

    @property
    def denoised(self) -> Image | None:
        """The denoised view; None before there is one, or when it was deleted."""
        layer: Image | None = self._own.get(DENOISED)
        return layer

    @property
    def residual(self) -> Image | None:
        """The residual; None unless the views are side by side."""
        layer: Image | None = self._own.get(RESIDUAL)
        return layer

    @property
    def consensus(self) -> Image | None:
        """The consensus pattern on the canvas; None unless just one is shown."""
        layer: Image | None = self._own.get(CONSENSUS)
        return layer

    @property
    def tissue(self) -> Image | None:
        """The tissue image; None where the dataset has none."""
        layer: Image | None = self._own.get(TISSUE)
        return layer

    @property
    def _views(self) -> tuple[tuple[str, Image], ...]:
        """The existing views of genes, by role: any may have been deleted."""
        views = (RAW, self.raw), (DENOISED, self.denoised)
        return tuple((role, layer) for role, layer in views if layer is not None)

    @property
    def _genes(self) -> tuple[Image, ...]:
        return tuple(layer for _, layer in self._views)

    @property
    def colour_bar(self) -> bool:
        """Whether a colour bar stands beside what is shown, at the canvas's upper right."""
        return self._colour_bar

    @colour_bar.setter
    def colour_bar(self, shown: bool) -> None:
        self._colour_bar = shown
        self._show_bars()

    def draw_automatically(self) -> None:
        """Have colours and contrast of genes and patterns automatic again."""
        self.looks.forget()
        self._on_automatic()

    def show_consensus(self, cluster: int | None) -> None:
        """Show a cluster's consensus pattern in its colour; None shows no pattern.

        It is updated during training; showing another gene removes it.
        """
        self.clusters.show(*(() if cluster is None else (cluster,)))

    def look_at_tissue(self) -> None:
        """Fit the canvas to the tissue, as the image may show a whole slide."""
        if self.raw is not None:
            self._framing.fit([self.raw], MARGIN)

    def show_denoised(self, shown: bool) -> None:
        """Show denoised views, or the raw ones that lie under them."""
        for role, layer in self._views:
            layer.visible = layer.visible if role == RAW else shown

    def lay_side_by_side(self, shown: bool) -> None:
        """Show raw view, denoised view and residual side by side, or over each other."""
        if not shown:
            self.side_by_side.end()
        elif self._session.images is not None:
            self._bring_raw_back()
            self._unwanted = False
            self._on_denoised()
            self.side_by_side.show()

    def _on_dataset(self) -> None:
        viewer = self._viewer()
        if viewer is not None:
            # Nothing is drawn while the layers of one dataset replace those of another.
            with self._own.unseen():
                self._replace_all(viewer)

    def _replace_all(self, viewer: ViewerModel) -> None:
        session = self._session
        denoised_unseen = self.denoised is not None and not self.denoised.visible
        self.gene_colours.end()
        self.clusters.end()
        self.side_by_side.end()
        self.sections.put_away()
        self._own.remove(*self._own.roles)
        self._unwanted = False
        if session.images is None or session.dataset is None:
            return
        grid = session.images.grid
        scale = grid.microns if np.isfinite(grid.microns) else 1.0
        picture = tissue_image(session.dataset.adata)
        if picture is not None:
            layer = Image(
                picture.pixels,
                name=TISSUE,
                rgb=picture.pixels.ndim == 3,
                affine=np.diag([scale, scale, 1.0]) @ picture.affine,
                units=units(grid)[1:],
                axis_labels=("y", "x"),
            )
            self._own.add(TISSUE, layer)
        self._bring_raw_back()
        # A scale bar is useless without a unit.
        viewer.canvas.overlays.scale_bar.visible = bool(np.isfinite(grid.microns))
        viewer.canvas.overlays.scale_bar.font_size = 12
        viewer.canvas.overlays.scale_bar.position = "bottom_left"
        self._on_denoised()
        self._on_clusters()
        self.look_at_tissue()
        if session.study is not None and denoised_unseen:
            self.show_denoised(False)  # as in the section before
        self.sections.lay()

    def _on_denoised(self) -> None:
        session = self._session
        if session.images is None:
            return
        model = session.model
        # A training that begins has no views yet; the layer stays, empty, as napari takes a quarter
        # of a second to remove one.
        if model is not None and (model.denoised is not None or session.running):
            pictures = DenoisedPictures(session.images.n_genes, session.images.grid, model)
            if (layer := self.denoised) is not None:
                layer.data = pictures
            elif model.denoised is not None and not self._unwanted:
                self._add_genes(DENOISED, pictures)
        else:
            self.side_by_side.end()
            self._own.remove(DENOISED)
            self._unwanted = False
        self.side_by_side.draw()
        self.gene_colours.draw()
        self._draw_gene()

    def _on_clusters(self) -> None:
        self._drawn = self._session.clusters
        self._paint()
        self.clusters.draw()
        self._follow_pattern()
        self._show_text()

    def _on_gene(self, _gene: int = 0) -> None:
        viewer = self._viewer()
        if viewer is None:
            return
        if not self._genes:
            # All layers were deleted, and choosing a gene shows it again.
            self._bring_raw_back()
            self._unwanted = False
            self._on_denoised()
        self.clusters.make_room()
        self.gene_colours.follow()
        # The list of layers would be painted at every change of slice, limits and colormap; it is
        # updated after a delay.
        with viewer.layers.events.blocker():
            self._draw_gene()

    def _on_cluster(self, cluster: int) -> None:
        if cluster < 0:
            # Several patterns stay, whichever cluster is singled out.
            if len(self.clusters.patterns) == 1:
                self.show_consensus(None)
        elif self._session.clusters is self._drawn:
            # Otherwise it is the same cluster, which an edit moved to another column.
            self.show_consensus(cluster)

    def _on_slider(self) -> None:
        viewer = self._viewer()
        if viewer is None or not self._genes or viewer.dims.ndim < 3 or self._own.changing:
            return
        gene = round(viewer.dims.point[viewer.dims.ndim - 3])
        if gene != self._session.gene:
            self._session.gene = gene

    def _on_ndisplay(self) -> None:
        viewer = self._viewer()
        if viewer is not None and viewer.dims.ndisplay == 3 and self._genes:
            viewer.dims.ndisplay = 2
            show_info("Genes are shown as two-dimensional images, so the view stays in 2D.")

    def _on_deleted(self, role: str) -> None:
        self._unwanted |= role == DENOISED
        self._show_text()

    def _on_automatic(self) -> None:
        self._draw_gene()
        self.clusters.draw()

    def _on_colour(self, coloured: bool) -> None:
        self._paint()

    def _on_patterns(self) -> None:
        if len(self.clusters.patterns) > 1:
            self.side_by_side.end()
            self.sections.end()
        self._follow_pattern()
        self._show_text()

    def _follow_pattern(self) -> None:
        """Show the pattern of a single cluster in all sections."""
        shown = self.clusters.patterns
        self.sections.show_pattern(shown[0] if len(shown) == 1 else None)

    def _on_gene_colours(self) -> None:
        if self.gene_colours.choices:
            self.clusters.make_room()
            self.side_by_side.end()
            self.sections.end()
        self._show_text()

    def _on_visible(self) -> None:
        """Show raw or denoised views in the other sections as in this one."""
        if self.sections.shown:
            self.sections.changed.emit()

    def _on_looks(self) -> None:
        """Give all sections what the user set for one."""
        if self.sections.shown:
            self._draw_gene()

    def _on_sections_beginning(self) -> None:
        self.side_by_side.end()
        self.gene_colours.end()
        self.clusters.make_room()

    def _on_side_by_side(self, shown: bool) -> None:
        if shown:
            self.sections.end()
            self.gene_colours.end()
            self.clusters.make_room()
            if (residual := self.residual) is not None:
                self.looks.follow(RESIDUAL, residual)
                self.looks.paint(RESIDUAL, residual, residual.colormap)
        self._draw_gene()

    def _bring_raw_back(self) -> None:
        """Add the raw view of the dataset, where there is none."""
        viewer, images = self._viewer(), self._session.images
        if viewer is not None and images is not None and self.raw is None:
            self._add_genes(RAW, RawPictures(images))
            if self.denoised is not None:
                viewer.layers.move(len(viewer.layers) - 1, viewer.layers.index(self.denoised))
            viewer.dims.rollable = (*(False,) * (viewer.dims.ndim - 2), True, True)

    def _turn_to(self, gene: int) -> None:
        """Set the slider to a gene, so that image and name are of the same gene."""
        viewer = self._viewer()
        axis = -1 if viewer is None or not self._genes else viewer.dims.ndim - 3
        if viewer is not None and axis >= 0 and round(viewer.dims.point[axis]) != gene:
            with viewer.layers.events.blocker():
                viewer.dims.set_point(axis, gene)

    def _add_genes(self, role: str, pictures: GenePictures) -> None:
        layer = gene_layer(pictures, role, self._session, EXPRESSION, self._own.debouncer)
        self._own.add(role, layer)
        self.looks.follow(role, layer)
        layer.events.visible.connect(self._on_visible)

    def _draw_gene(self) -> None:
        gene = self._session.gene
        self._turn_to(gene)
        self.sections.follow_view()
        both = self.side_by_side.limits(gene)
        for role, layer in self._views:
            if not self.sections.share_limits(role):
                self.looks.scale(role, layer, both or layer.data.limits(gene))
        if self.residual is not None:
            self.looks.scale(RESIDUAL, self.residual, self.residual.data.limits(gene))
        self._paint()
        self._show_text()

    def _paint(self) -> None:
        session, model = self._session, self._session.model
        colormap: str | Colormap = EXPRESSION
        cluster = session.cluster_of(session.gene) if session.coloured else -1
        if model is not None and cluster >= 0:
            colormap = cluster_colormap(model.colours[cluster], model.names[cluster])
        for role, layer in self._views:
            self.looks.paint(role, layer, colormap)
        self.sections.draw()

    def _show_text(self, _event: object = None) -> None:
        viewer, session = self._viewer(), self._session
        if viewer is None:
            return
        self._show_bars()
        lines = self._lines()
        overlay = viewer.canvas.overlays.text
        # Sections leave it the space of one line.
        overlay.text = (" · " if self.sections.shown else "\n").join(lines)
        overlay.font_size = _FONT_SIZE if viewer.canvas.size[1] >= _NARROW else _SMALL
        overlay.position = "top_left"
        # A box around it would compile a shader for every gene.
        overlay.box = False
        overlay.color = _INK
        overlay.visible = session.images is not None and bool(self._own)
        said = " · ".join(lines)
        if session.gene_label != session.gene_name and not self.clusters.patterns:
            said += f" ({session.gene_name})"
        viewer.status = said

    def _show_bars(self) -> None:
        """Show the bar of the view on top; of views side by side, theirs and the residual's."""
        views = self.consensus, self.denoised, self.raw
        top = next((each for each in views if each is not None), None)
        for layer in (self.raw, self.denoised, self.residual, self.consensus):
            if layer is None:
                continue
            shown = self._colour_bar and (layer is top or layer is self.residual)
            if layer.colorbar.visible != shown:
                layer.colorbar.visible = shown

    def _lines(self) -> list[str]:
        session, model = self._session, self._session.model
        shown = self.clusters.patterns
        if model is not None and len(shown) == 1:
            return [f"cluster {model.names[shown[0]]}", "consensus pattern"]
        if model is not None and shown:
            return [f"consensus patterns of {', '.join(model.names[k] for k in shown)}"]
        if self.gene_colours.choices:
            return self.gene_colours.legend_lines
        lines = [session.gene_label]
        if model is None:
            return lines
        row = model.row_of.get(session.gene)
        if row is None:
            lines.append(no_answer(session, session.gene))
        elif model.membership is not None:
            name, confidence = model.names[model.cluster[row]], model.confidence[row]
            lines.append(f"cluster {name} · confidence {confidence:.2f}")
            lines += [also] if (also := model.also_text(row)) else []
        if model.has_view(session.gene):
            if session.images is not None:
                lines.append(molecules_text(session.images, session.gene))
            lines += self._scale_lines()
        return lines

    def _scale_lines(self) -> list[str]:
        if self.raw is None or self.residual is None:
            return []
        (low, high), (_, most) = self.raw.contrast_limits, self.residual.contrast_limits
        unit = self.residual.data.unit
        return [f"{low:.3g} to {high:.3g} log units · residual ± {most:.3g} {unit}"]

"""The same gene in all sections of a study, beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from darlc.images.contrast import contrast_limits
from darlc.results.study import StudyResult
from napari_darlc.canvas.captions import captions, fitting, ink, on_ink, write
from napari_darlc.canvas.framing import Framing
from napari_darlc.canvas.gene_layer import GeneLayer, gene_layer
from napari_darlc.canvas.looks import Limits, Looks
from napari_darlc.canvas.own_layers import CONSENSUS, DENOISED, RAW, TISSUE, OwnLayers
from napari_darlc.canvas.placing import MARGIN, affine
from napari_darlc.canvas.sections.headings import ABSENT, heading
from napari_darlc.canvas.sections.mosaic import Mosaic, MosaicPictures, mosaic, seen_through
from napari_darlc.canvas.sections.panels import Panels, in_rows
from napari_darlc.canvas.sections.patterns import pattern_in
from napari_darlc.canvas.sections.zooming import ZoomTogether
from napari_darlc.genes.section_pictures import SectionPictures, SectionViews, StudyViews, views_of
from napari_darlc.napari_private.image_visual import draw_quickly
from napari_darlc.notifications import show_error
from napari_darlc.processes.background import Background
from napari_darlc.session.model import Model
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal

NAMES, OTHERS = "names of the sections", "other sections"
#: Free space around all sections, of the canvas.
_MARGIN = 0.03
#: The smallest font, in points.
_SMALLEST = 7.0


class SectionsLayer(GeneLayer):
    """The other sections, each of which is named under the pointer."""

    def where(self, gene: int, position: Sequence[float]) -> str:
        """Return the section at a position, and its value where what is drawn is a share."""
        row, column = (round(each) for each in self.world_to_data(position)[-2:])
        name, value = self.data.at(gene, row, column)
        if not name:
            return ""
        return f" in {name}, {value:.3g}, drawn as" if self.data.apart else f" in {name}"


draw_quickly(SectionsLayer)


class SectionsBeside:
    """A layer of genes with the other sections of the study, beside the section that is shown.

    The section that is shown stays where it is, with its layers. The others are one picture, which
    shares its slider of genes, its colormap and contrast, and whether raw or denoised views are
    shown.

    Parameters
    ----------
    session
        Session whose study and gene are shown.
    own
        The session's layers.
    framing
        What fits the canvas to them.
    looks
        Colormap and contrast that the user gave to views.
    """

    #: Emitted before sections are shown, so that others make room.
    beginning = Signal()
    #: Emitted when sections are shown or not, or are being read.
    changed = Signal()

    def __init__(self, session: Session, own: OwnLayers, framing: Framing, looks: Looks) -> None:
        self._session, self._own = session, own
        self._framing, self._looks = framing, looks
        self._wanted = self._shown = self._apart = self._linked = False
        #: Opacities of the layers that are made invisible, by role.
        self._opacities: dict[str, float] = {}
        self._zooming = ZoomTogether(own.viewer)
        self._zooming.changed.connect(self._on_zoom)
        #: Whether the user deleted the names.
        self._nameless = False
        #: The study whose views are kept, and the views of all its sections.
        self._kept: StudyViews | None = None
        self._reading = Background(None)
        self._reading.answered.connect(self._on_read)
        #: The cluster whose pattern is shown in place of a gene.
        self._cluster: int | None = None
        self._drawing = Background(None)
        self._drawing.answered.connect(self._on_patterns)
        self._asked: object = None
        self._texts: tuple[str, ...] = ()
        self._panels: Panels | None = None
        own.deleted.connect(self._on_deleted)
        if own.viewer is not None:
            on_ink(own.viewer, self._on_background)

    @property
    def wanted(self) -> bool:
        """Whether sections are to be beside one another, of every study that is opened."""
        return self._wanted

    @property
    def shown(self) -> bool:
        """Whether they are."""
        return self._shown

    @property
    def reading(self) -> bool:
        """Whether the views of the other sections are being computed."""
        return self._wanted and not self._shown and self._reading.busy

    @property
    def layer(self) -> GeneLayer | None:
        """The layer of the other sections; None while they are not shown."""
        layer: GeneLayer | None = self._own.get(OTHERS)
        return layer

    @property
    def texts(self) -> tuple[str, ...]:
        """What is written above each section, in the order of the study."""
        return self._texts if self._shown else ()

    @property
    def apart(self) -> bool:
        """Whether each section has a contrast of its own, instead of one for all."""
        return self._apart

    @apart.setter
    def apart(self, apart: bool) -> None:
        if apart != self._apart:
            self._apart = apart
            if self.layer is not None:
                self.layer.data.apart = apart
                self.layer.refresh(extent=False)
            self.changed.emit()

    @property
    def linked(self) -> bool:
        """Whether the mouse zooms and moves all sections together, each in its place."""
        return self._linked

    @linked.setter
    def linked(self, linked: bool) -> None:
        if linked != self._linked:
            self._linked = linked
            self._take_mouse()
            self._redraw()
            self._hide_under()
            self.frame()
            self.changed.emit()

    @property
    def views(self) -> tuple[SectionViews, ...] | None:
        """The views of all sections of the study that is open; None until they were `read`."""
        session, kept = self._session, self._kept
        study, images, model = session.study, session.images, session.model
        if study is None or images is None or kept is None or kept.study is not study.result:
            return None
        # The section that is shown was read anew, and may have been trained on since.
        here = SectionViews(study.section, images, model or Model(np.empty(0, dtype=np.int64)))
        return tuple(here if each.name == study.section else each for each in kept.views)

    def read(self) -> None:
        """Compute the views of all sections in a thread, unless that is done."""
        study = self._session.study
        if study is not None and self.views is None:
            self._reading.ask(study.result, partial(views_of, study.result))

    def show(self) -> None:
        """Lay the sections of the study beside one another, once their views are computed."""
        self._wanted = True
        self.lay()

    def end(self) -> None:
        """Show one section again."""
        if not (self._wanted or self._shown):
            return
        self._wanted = False
        if self._shown:
            self.put_away()
            kept = self._own.get(RAW) or self._own.get(DENOISED)
            if kept is not None:
                self._framing.fit([kept], MARGIN)
        self.changed.emit()

    def put_away(self) -> None:
        """Remove the layers, such as before those of another section are added."""
        if self._shown:
            self._shown, self._panels = False, None
            self._own.remove(NAMES, OTHERS)
            self._own.release(self)
            self._zooming.end()
            self._hide_under()

    def lay(self) -> None:
        """Lay the sections out, if that is wanted and a study is shown."""
        if self._lay_out():
            self.changed.emit()

    def _lay_out(self) -> bool:
        """Lay the sections out, or read them first; return whether there was anything to do."""
        study, views = self._session.study, self.views
        if views is None:
            self._kept = None
        if not self._wanted or self._shown or study is None:
            return False
        if views is not None:
            self._lay(views, study.section)
        else:
            self.read()
        return True

    def share_limits(self, role: str) -> bool:
        """Return whether all sections share the contrast limits of a view, which `draw` sets."""
        there = self.layer is not None and self._own.get(role) is not None
        return there and not self._apart and role == self._seen

    def _shared_limits(self, role: str) -> Limits | None:
        """Return the contrast limits that all sections share; None where a view has its own."""
        main, others = self._own.get(role), self.layer
        if others is None or main is None or not self.share_limits(role):
            return None
        gene = self._session.gene
        here = main.data.ravel() if role == CONSENSUS else main.data.pixels(gene)
        values = np.concatenate([here, *others.data.values(gene)])
        return contrast_limits(values, low=0.0 if role == RAW else None)

    @property
    def role(self) -> str:
        """Which view is seen of the section that is shown, and so of all."""
        denoised, model = self._own.get(DENOISED), self._session.model
        seen = denoised is not None and denoised.visible
        return DENOISED if seen and model and model.has_view(self._session.gene) else RAW

    def follow_view(self) -> None:
        """Show raw or denoised views as in the section that is shown, before limits are asked."""
        layer, denoised = self.layer, self.role == DENOISED
        if layer is not None and layer.data.denoised != denoised:
            layer.data.denoised = denoised
            layer.refresh(extent=False)

    def draw(self) -> None:
        """Give the other sections contrast, colours and names for what is shown."""
        layer, role = self.layer, self._seen
        if layer is None:
            return
        shared, main = self._shared_limits(role), self._own.get(role)
        limits = shared or layer.data.limits(self._session.gene)
        self._looks.scale(self._looks_role(), layer, limits)
        if main is not None:
            self._looks.paint(role, layer, main.colormap)
            if shared is not None:
                self._looks.scale(role, main, shared)
        if self._linked:
            self._hide_under()
        self._write_names()

    def show_pattern(self, cluster: int | None) -> None:
        """Show the pattern of a cluster in place of the current gene; None shows the gene."""
        before, self._cluster = self._cluster, cluster
        layer, kept = self.layer, self._kept
        model, images = self._session.model, self._session.images
        if layer is None or kept is None or (before is None and cluster is None):
            return
        if cluster is None or model is None or images is None or not model.patterned:
            layer.data.patterns = self._asked = None
        else:
            # Empty until they are computed, as they stand beside the pattern of one section.
            empty = [
                np.full(each.grid.n_pixels, np.nan, np.float32) for each in layer.data.sections
            ]
            layer.data.patterns = tuple(empty)
            views = [each.views for each in layer.data.sections]
            self._asked = key = object()
            names = images.gene_names
            self._drawing.ask(
                key, lambda: tuple(pattern_in(each, names, model, cluster) for each in views)
            )
        layer.refresh(extent=False)
        self.draw()

    def _on_patterns(self, key: object, patterns: tuple[NDArray[np.float32], ...]) -> None:
        layer = self.layer
        if key is self._asked and layer is not None:
            layer.data.patterns = patterns
            layer.refresh(extent=False)
            self.draw()

    def frame(self) -> None:
        """Fit the canvas to all sections."""
        layers = [self._own.get(role) for role in (RAW, DENOISED, OTHERS, NAMES)]
        self._framing.fit([layer for layer in layers if layer is not None], _MARGIN)

    def _looks_role(self) -> str:
        """Return whose colormap and limits the user sets with those of the layer."""
        return OTHERS if self._apart else self._seen

    @property
    def _seen(self) -> str:
        """Which view, or the pattern, is on top in the section that is shown."""
        return self.role if self._cluster is None else CONSENSUS

    def _on_read(self, study: StudyResult, views: tuple[SectionViews, ...] | str) -> None:
        now = self._session.study
        if now is None or now.result is not study:
            return  # another dataset was opened meanwhile
        if isinstance(views, str):
            show_error(views)
            self._wanted = False
        else:
            self._kept = StudyViews(study, views)
        self._lay_out()
        self.changed.emit()

    def _lay(self, sections: tuple[SectionViews, ...], current: str) -> None:
        viewer, main = self._own.viewer, self._own.get(DENOISED) or self._own.get(RAW)
        if viewer is None or main is None:
            return
        stays = [each.name for each in sections].index(current)
        self.beginning.emit()
        self._panels = in_rows([each.images.grid for each in sections], stays, viewer.canvas.size)
        layer = gene_layer(
            self._pictures(sections, self._panels),
            OTHERS,
            self._session,
            main.colormap,
            self._own.debouncer,
            kind=SectionsLayer,
        )
        self._shown, self._nameless = True, False
        with self._own.unseen():
            self._own.hold_back(TISSUE, self)
            self._own.add(OTHERS, layer)
            self._looks.follow(self._looks_role, layer)
            viewer.layers.selection.active = main
            self._take_mouse()
            self._hide_under()
            self.draw()
            self.frame()

    def _pictures(self, sections: tuple[SectionViews, ...], panels: Panels) -> MosaicPictures:
        """Return what the layer shows: the other sections or, zoomed together, all of them."""
        images, study = self._session.images, self._session.study
        assert images is not None and study is not None
        drawn = [i for i, each in enumerate(sections) if self._linked or each.name != study.section]
        pictures = [
            SectionPictures(sections[i], sections[i].rows(images.gene_names), self.role == DENOISED)
            for i in drawn
        ]
        grids = [panels.grids[i] for i in drawn]
        layout = self._part(panels) if self._linked else mosaic(grids)
        return MosaicPictures(pictures, layout, self._apart)

    def _part(self, panels: Panels) -> Mosaic:
        """Return which part of each section is seen, of all that are zoomed together."""
        return seen_through(panels.grids, panels.size, self._zooming.window)

    def _take_mouse(self) -> None:
        """Have the mouse zoom all sections, or napari's camera."""
        if self._linked and self._panels is not None:
            self._zooming.begin(self._panels.middles, self._panels.size)
        else:
            self._zooming.end()

    def _on_zoom(self) -> None:
        """Draw another part of the same sections."""
        if self.layer is not None and self._panels is not None:
            sections = self.layer.data.sections
            self._replace(MosaicPictures(sections, self._part(self._panels), self._apart))

    def _redraw(self) -> None:
        """Draw all sections, or all but the one that is shown."""
        views, panels = self.views, self._panels
        if self.layer is not None and views is not None and panels is not None:
            self._replace(self._pictures(views, panels))

    def _replace(self, pictures: MosaicPictures) -> None:
        layer = self.layer
        assert layer is not None
        layer.affine = affine(pictures.grid)
        layer.data = pictures
        self.show_pattern(self._cluster)
        self.draw()

    def _hide_under(self) -> None:
        """Make the layers of one section invisible while it is drawn with the others."""
        hidden, before = self._shown and self._linked, self._opacities
        for role in (RAW, DENOISED, CONSENSUS):
            layer = self._own.get(role)
            if layer is not None and hidden:
                before.setdefault(role, layer.opacity)
                layer.opacity = 0.0
            elif layer is not None and role in before:
                layer.opacity = before.pop(role)
        viewer, images = self._own.viewer, self._session.images
        if viewer is not None and images is not None:
            # True for all that is seen, or not there.
            panels = self._panels
            true = np.isfinite(images.grid.microns) if panels is None else panels.to_scale
            viewer.canvas.overlays.scale_bar.visible = bool(true) and not hidden

    def _write_names(self) -> None:
        """Write the name of each section above it, and what is special of the gene there."""
        viewer, panels, kept = self._own.viewer, self._panels, self._kept
        if viewer is None or panels is None or kept is None or self._nameless:
            return
        session, names = self._session, kept.study.section_names
        shown = () if self.layer is None else self.layer.data.sections
        row = kept.row(session.gene_name)
        texts = names
        if self._cluster is None:
            texts = tuple(heading(kept.study, each, row, session.gene, shown) for each in names)
        layer = self._own.get(NAMES)
        if layer is not None and texts == self._texts:
            return
        self._texts = texts
        # What is written of some genes must fit, too, and names are as large for all genes.
        longest = [f"{name}: {ABSENT}" for name in names]
        size = max(fitting(longest, panels.width_on(viewer.canvas.size)), _SMALLEST)
        # An empty text keeps the space for the text overlay.
        written, where = ("", *texts), np.vstack([panels.top, panels.heads])
        colours = [ink(viewer)] * len(written)
        if layer is None:
            made = captions(NAMES, panels.grids[0], written, where, colours, True, size)
            active = viewer.layers.selection.active
            self._own.add(NAMES, made)
            viewer.layers.selection.active = active
        else:
            write(layer, written, colours, centred=True, size=size)

    def _on_deleted(self, role: str) -> None:
        self._nameless |= role == NAMES
        if role == OTHERS:
            self.end()
        elif self._shown and role in (RAW, DENOISED):
            self.changed.emit()

    def _on_background(self) -> None:
        self._texts = ()
        self._write_names()

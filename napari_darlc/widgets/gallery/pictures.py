"""Draws the gallery's thumbnails off the GUI thread: those that came into view, a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qtpy.QtCore import QObject, QTimer
from qtpy.QtGui import QImage

from darlc.images.sgep_images import SGEPImages
from napari_darlc.genes.section_pictures import SectionViews
from napari_darlc.processes.background import Background
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes
from napari_darlc.widgets.gallery.model import GeneListModel
from napari_darlc.widgets.gallery.section_cards import SectionCards

#: Genes drawn at a time: few enough that the ones in view come soon.
_BATCH = 24


class GalleryPictures(QObject):
    """Gives the gallery's model the pictures that it asks for.

    Parameters
    ----------
    session
        Whose genes are drawn.
    model
        Asks for pictures and takes them.
    parent
        Owner.
    """

    def __init__(self, session: Session, model: GeneListModel, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._model = session, model
        self._painter: ThumbnailPainter | None = None
        #: The images that the painter is for.
        self._of: SGEPImages | None = None
        self._cards: SectionCards | None = None
        self._denoised = False
        self._wanted: dict[int, None] = {}
        self.drawing = Background(self)
        self.drawing.answered.connect(self._on_drawn)
        model.picture_wanted.connect(self._on_wanted)
        self._dispatch = QTimer(self)
        self._dispatch.setSingleShot(True)
        self._dispatch.timeout.connect(self._draw_wanted)

    def resize(self, side: int, sections: Sequence[SectionViews] | None = None) -> tuple[int, int]:
        """Draw pictures of another size from now on.

        Parameters
        ----------
        side
            Longer side, in pixels of the screen.
        sections
            Sections of the study that are drawn in each picture; None for the one that is shown.

        Returns
        -------
        tuple of int
            Width and height.
        """
        images = self._session.images
        assert images is not None
        self._of, self._cards = images, None
        if sections is None:
            self._painter = ThumbnailPainter(images.grid, side)
        else:
            self._cards = SectionCards(sections, images.gene_names, side)
            self._painter = self._cards.painter
        return self._painter.width, self._painter.height

    def describe(self, gene: int) -> str:
        """Return where each section is in a gene's picture; nothing where it shows one."""
        return "" if self._cards is None else self._cards.describe(gene)

    def show(self, denoised: bool) -> None:
        """Draw everything again, as raw or as denoised views."""
        self._denoised = denoised
        self._model.redraw_pictures()

    def _on_wanted(self, gene: int) -> None:
        self._wanted[gene] = None
        if not self.drawing.busy:
            self._dispatch.start(0)

    def _draw_wanted(self) -> None:
        genes, self._wanted = list(self._wanted)[:_BATCH], {}
        images, model, painter = self._session.images, self._session.model, self._painter
        if not genes or images is None or painter is None or self.drawing.busy:
            return
        if self._of is not images:
            return  # of another dataset: they are asked for again once there is one of this
        genes = [gene for gene in genes if gene < images.n_genes]
        shown = model if self._denoised else None
        cards, denoised = self._cards, self._denoised

        def draw() -> dict[int, QImage]:
            if cards is not None:
                drawn = cards.draw(genes, denoised)
            else:
                drawn = draw_genes(images, shown, np.array(genes, dtype=np.int64), painter)
            return dict(zip(genes, drawn, strict=True))

        self.drawing.ask((images, painter, self._shown()), draw)

    def _on_drawn(self, key: tuple[Any, ...], pictures: dict[int, QImage]) -> None:
        now = (self._session.images, self._painter, self._shown())
        still = all(a is b for a, b in zip(key, now, strict=True))
        # Pictures of what was shown before are dropped. What is in view now asks again.
        self._wanted.clear()
        self._model.set_pictures(pictures if still else {})

    def _shown(self) -> object:
        """Return what holds the denoised views that are shown; None where raw views are."""
        model = self._session.model if self._denoised else None
        return None if model is None else model.denoised

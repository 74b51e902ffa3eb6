"""Comparisons on the canvas: raw with denoised views, and genes with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from napari.layers import Points
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.captions import captions, fitting, ink, on_ink, write
from napari_darlc.canvas.colormaps import diverging
from napari_darlc.canvas.framing import Framing
from napari_darlc.canvas.gene_layer import gene_layer
from napari_darlc.canvas.overlays import Overlays, Tinted
from napari_darlc.canvas.own_layers import DENOISED, RAW, RESIDUAL, TISSUE, TITLES, OwnLayers
from napari_darlc.canvas.placing import MARGIN, affine, tissue_box
from napari_darlc.genes.pictures import (
    DenoisedPictures,
    GenePictures,
    RawPictures,
    ResidualPictures,
    shared_limits,
)
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal

#: As the user chooses among them.
View = Literal["denoised", "raw"]
#: Pink, green and blue, which are distinct for colour-blind people, and so are their sums.
COLOURS = {"pink": "#ff2090", "green": "#70d000", "blue": "#3060ff"}
_OWNER = "genes"
#: Space between panels as a share of their size, and the part of it below the titles.
_GAP = 0.08


@dataclass(frozen=True)
class Choice:
    """A gene to be shown in a colour.

    Parameters
    ----------
    gene
        Position among all genes; None for the current gene.
    view
        View of the gene; the raw view is shown where it has no denoised view.
    """

    gene: int | None = None
    view: View = "denoised"


class SideBySide:
    """Raw view, denoised view and residual of the current gene, side by side.

    The raw view stays on the tissue; the others are shifted by the tissue's size, so that all share
    the coordinates, the scale bar and the slider. Raw and denoised view have the same contrast
    limits, so that they can be compared.

    Parameters
    ----------
    session
        Session whose current gene is shown.
    own
        The session's layers.
    framing
        What fits the canvas to them.
    """

    #: Emitted when views are laid side by side, or back.
    changed = Signal(bool)

    def __init__(self, session: Session, own: OwnLayers, framing: Framing) -> None:
        self._session, self._own, self._framing = session, own, framing
        self._shown = False
        own.deleted.connect(self._on_deleted)
        if own.viewer is not None:
            on_ink(own.viewer, self._on_background)

    @property
    def shown(self) -> bool:
        """Whether the views are side by side."""
        return self._shown

    @property
    def residual(self) -> ResidualPictures | None:
        """The difference of raw and denoised views of every gene; None without denoised views."""
        model = self._session.model
        return None if model is None or model.denoised is None else self._differences()

    def limits(self, gene: int) -> tuple[float, float] | None:
        """Return the common contrast limits of raw and denoised view; None where there are none."""
        raw, denoised = self._own.get(RAW), self._own.get(DENOISED)
        if not self._shown or raw is None or denoised is None:
            return None
        return shared_limits((raw.data, denoised.data), gene)

    def show(self) -> None:
        """Lay the views side by side; nothing happens before there is a denoised view."""
        viewer, residual = self._own.viewer, self.residual
        raw, denoised = self._own.get(RAW), self._own.get(DENOISED)
        if self._shown or viewer is None or residual is None or raw is None or denoised is None:
            return
        self._shown = True
        self._own.hold_back(TISSUE, self)
        raw.visible = denoised.visible = True
        asides = _asides(residual.grid, viewer.canvas.size)
        layer = gene_layer(
            residual, RESIDUAL, self._session, diverging(), self._own.debouncer, asides[2]
        )
        self._own.add(RESIDUAL, layer)
        denoised.affine = affine(residual.grid, asides[1])
        self._own.add(TITLES, _titles(residual, asides, ink(viewer), viewer.canvas.size))
        viewer.layers.selection.active = denoised
        self._framing.fit([raw, denoised, layer], _GAP)
        self.changed.emit(True)

    def end(self) -> None:
        """Lay the views over each other again."""
        if not self._shown:
            return
        self._shown = False
        self._own.remove(TITLES, RESIDUAL)
        self._own.release(self)
        raw, denoised = self._own.get(RAW), self._own.get(DENOISED)
        for layer in (raw, denoised):
            if layer is not None:
                layer.affine = affine(layer.data.grid)
        if (kept := raw or denoised) is not None:
            self._framing.fit([kept], MARGIN)
        self.changed.emit(False)

    def draw(self) -> None:
        """Redraw after denoised views changed."""
        if self._shown:
            # Empty while a training that begins has no views.
            residual = self._differences()
            if residual is None or self._own.get(RESIDUAL) is None:
                self.end()
            else:
                self._own.get(RESIDUAL).data = residual

    def _differences(self) -> ResidualPictures | None:
        images, model = self._session.images, self._session.model
        if images is None or model is None:
            return None
        denoised = DenoisedPictures(images.n_genes, images.grid, model)
        return ResidualPictures(RawPictures(images), denoised, images.values == "counts")

    def _on_deleted(self, role: str) -> None:
        if role in (RAW, DENOISED, RESIDUAL):
            self.end()

    def _on_background(self) -> None:
        titles, viewer = self._own.get(TITLES), self._own.viewer
        if titles is not None and viewer is not None:
            texts = [str(text) for text in titles.text.values]
            colours = [ink(viewer)] * len(texts)
            write(titles, texts, colours, centred=True, size=titles.text.size)


class GeneColours:
    """Two or three genes on one tissue, each in a colour of its own.

    Parameters
    ----------
    session
        Session whose genes are shown.
    overlays
        Draws the genes.
    """

    #: Emitted when other genes, or none, are shown.
    changed = Signal()

    def __init__(self, session: Session, overlays: Overlays) -> None:
        self._session, self._overlays = session, overlays
        self._choices: tuple[Choice | None, ...] = ()
        overlays.ended.connect(self._on_ended)

    @property
    def choices(self) -> tuple[Choice | None, ...]:
        """What is shown in each of ``COLOURS``; empty while nothing is shown."""
        return self._choices

    @property
    def legend_lines(self) -> list[str]:
        """Lines for the shown genes, each with the name of the colour and the gene's label."""
        words = [
            word for word, choice in zip(COLOURS, self._choices, strict=False) if choice is not None
        ]
        shown = self._overlays.shown if words else ()
        return [f"{word}: {each.label}" for word, each in zip(words, shown, strict=False)]

    def show(self, choices: Sequence[Choice | None]) -> None:
        """Show a gene in each of ``COLOURS``, or none where there is None."""
        given = tuple(choices)[: len(COLOURS)]
        chosen = given if any(choice is not None for choice in given) else ()
        if chosen != self._choices:
            self._choices = chosen
            self.draw()
            self.changed.emit()

    def end(self) -> None:
        """Show none."""
        self.show(())

    def follow(self) -> None:
        """Redraw if the current gene is among the shown ones; otherwise show none."""
        if Choice(None, "raw") in self._choices or Choice(None, "denoised") in self._choices:
            self.draw()
        else:
            self.end()

    def draw(self) -> None:
        """Redraw what is chosen, as views may have changed."""
        images = self._session.images
        if images is None or not self._choices:
            self._choices = ()
            self._overlays.end(_OWNER)
            return
        tinted = [
            self._tinted(choice, colour)
            for choice, colour in zip(self._choices, COLOURS.values(), strict=False)
            if choice is not None
        ]
        self._overlays.show(_OWNER, images.grid, tinted)

    def _tinted(self, choice: Choice, colour: str) -> Tinted:
        session, images = self._session, self._session.images
        assert images is not None
        gene = session.gene if choice.gene is None else choice.gene
        pictures: GenePictures = RawPictures(images)
        label, model = str(session.gene_labels[gene]), session.model
        if choice.view == "denoised" and model is not None and model.has_view(gene):
            pictures = DenoisedPictures(images.n_genes, images.grid, model)
        else:
            label += " (raw)"
        return Tinted(label, colour, pictures.pixels(gene), pictures.limits(gene))

    def _on_ended(self, owner: str) -> None:
        if owner == _OWNER:
            self._choices = ()
            self.changed.emit()


def _asides(grid: Grid, canvas: tuple[int, int]) -> NDArray[np.float64]:
    """Return the shifts of three panels, (3, 2), (y, x).

    They are in a row, unless a column shows them much larger on a canvas (height, width); the text
    overlay then covers a part of the first.
    """
    (top, left), (bottom, right) = tissue_box(grid)
    height, width = bottom - top, right - left
    in_a_row = min(canvas[0] / height, canvas[1] / (3 * width))
    in_a_column = min(canvas[0] / (3 * height), canvas[1] / width)
    beside, below = (0.0, width * (1 + _GAP)), (height * (1 + 2 * _GAP), 0.0)
    return np.arange(3)[:, None] * np.array(beside if 1.5 * in_a_row >= in_a_column else below)


def _titles(
    residual: ResidualPictures,
    asides: NDArray[np.float64],
    colour: str,
    canvas: tuple[int, int],
) -> Points:
    (top, left), (bottom, right) = tissue_box(residual.grid)
    texts = (RAW, DENOISED, RESIDUAL)
    # Titles may extend into the gaps between panels.
    scale = min(canvas / (np.array([bottom - top, right - left]) + asides[2]) / (1 + 2 * _GAP))
    size = fitting(texts, scale * (right - left))
    # Words are as high however small the panels are, and stand above them.
    above = max(0.5 * _GAP * (bottom - top), size / scale)
    first = np.array([top - above, (left + right) / 2])
    colours = [colour] * len(texts)
    return captions(TITLES, residual.grid, texts, first + asides, colours, True, size)

"""What must hold whatever was done in a window: all views show the dataset that is open."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import napari
import numpy as np
from drawn import drawn_values
from numpy.typing import NDArray
from qtpy.QtCore import QStringListModel
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QWidget

from darlc.images.sgep_images import SGEPImages
from darlc.results.palette import shades
from napari_darlc.canvas.own_layers import DENOISED, RAW
from napari_darlc.processes.background import Background
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, observations_of, session_of
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, magma
from napari_darlc.widgets.compare.compare_dock import CompareDock
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.observations.observations_dock import ObservationsDock
from napari_darlc.widgets.region.region_genes import RegionGenesPanel
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel
from napari_darlc.widgets.table.gene_table import GeneTable
from napari_darlc.widgets.train.training_dock import TrainingDock

#: Layers beside those that the user draws regions in: views, titles, overlays, a border.
_MOST_LAYERS = 14
View = TypeVar("View", bound=QWidget)


@dataclass(frozen=True)
class Known:
    """What is known of a dataset without asking the window.

    Parameters
    ----------
    name
        What the window calls it.
    labels
        What its genes are called.
    columns
        Columns of ``obs`` by which observations and regions may be told apart.
    picture
        From the images, a gene and whether the denoised view is meant to the (P,) values of its
        picture; NaN where there is none.
    note
        A sentence that stands in the notes.
    """

    name: str
    labels: list[str]
    columns: tuple[str, ...]
    picture: Callable[[SGEPImages, int, bool], NDArray[np.floating]]
    note: str = ""


class OneDataset:
    """Looks at a window, view by view.

    Parameters
    ----------
    viewer
        Whose window.
    views
        Returns the views that there are now.
    dice
        Which pictures are compared, pixel by pixel.
    """

    def __init__(
        self, viewer: napari.Viewer, views: Callable[[], list[QWidget]], dice: random.Random
    ) -> None:
        self.viewer, self.views, self.dice = viewer, views, dice
        self.session: Session = session_of(viewer)
        self.layers = layers_of(viewer)

    def all_of(self, kind: type[View]) -> list[View]:
        """Return the views of a kind: one may be a tab and another a dock."""
        return [view for view in self.views() if isinstance(view, kind)]

    def check(self, known: Known) -> None:
        """Whatever is shown is of this dataset."""
        session = self.session
        assert list(session.gene_labels) == known.labels
        assert 0 <= session.gene < len(known.labels)
        self.check_canvas(known)
        for table in self.all_of(GeneTable):
            self.check_table(table, known)
        for gallery in self.all_of(GeneGallery):
            self.check_gallery(gallery, known)
        for gene_map in self.all_of(GeneMap):
            self.check_map(gene_map, known)
        self.check_clusters(known)
        self.check_questions(known)
        title = self.viewer.title
        assert title.startswith(f"{known.name}[*]"), title

    def check_canvas(self, known: Known) -> None:
        session, viewer = self.session, self.viewer
        images, model = session.images, session.model
        assert images is not None
        genes = {RAW: self.layers.raw, DENOISED: self.layers.denoised}
        for role, layer in genes.items():
            if layer is None:
                continue
            assert layer.data.shape == (images.n_genes, *images.grid.shape), role
            assert list(layer.gene_labels) == known.labels
            axis = viewer.dims.ndim - 3
            assert round(viewer.dims.point[axis]) == session.gene, "slider"
            if not layer.visible:
                continue  # napari slices it when it is seen
            expected = known.picture(images, session.gene, role == DENOISED)
            if role == DENOISED and model is not None and model.denoised is None:
                expected = np.full(images.grid.n_pixels, np.nan)  # a training has just begun
            np.testing.assert_array_equal(drawn_values(layer), images.grid.spread(expected), role)
        if self.layers.denoised is not None:
            assert model is not None and session.running | (model.denoised is not None)
        said = viewer.canvas.overlays.text
        if said.visible:
            first = said.text.split("\n")[0]
            assert self.knows(first, known), f"the canvas says {first!r}"
            if any(each is not None and each.visible for each in genes.values()) and not (
                self.layers.clusters.patterns or self.layers.gene_colours.choices
            ):
                points = observations_of(viewer)
                by_column = points.layer is not None and points.by not in (RAW, DENOISED)
                assert first == session.gene_label or (by_column and first == points.by)
        for layer in self.layers.added:
            assert layer in viewer.layers, f"{layer} is not there"
        drawn = [each for each in viewer.layers if each.name.startswith("region")]
        assert len(viewer.layers) - len(drawn) <= _MOST_LAYERS, list(viewer.layers)

    def knows(self, said: str, known: Known) -> bool:
        """Return whether a head of the canvas speaks of this dataset."""
        model = self.session.model
        clusters = () if model is None else model.names
        if said.startswith(("cluster ", "consensus patterns of ")):
            said = said.removeprefix("cluster ").removeprefix("consensus patterns of ")
            return said in clusters or all(name in clusters for name in said.split(", "))
        said = said.split(": ")[-1].removesuffix(" (raw)")
        return said in known.labels or said in known.columns

    def check_table(self, table: GeneTable, known: Known) -> None:
        model, n_genes = table.model, len(known.labels)
        assert {len(column.key) for column in model.columns} == {n_genes}
        for row, gene in enumerate(model.genes.tolist()):
            assert model.index(row, 0).data() == known.labels[gene]
        row = table.view.currentIndex().row()
        assert row == model.row_of(self.session.gene), "the table's current row"
        assert table.count.text() == f"{model.rowCount():,} of {n_genes:,} genes"

    def check_gallery(self, gallery: GeneGallery, known: Known) -> None:
        for row, gene in enumerate(gallery.model.genes.tolist()):
            assert gallery.model.cell(row).name == known.labels[gene]
        assert set(gallery.model.pictures) <= set(range(len(known.labels)))
        index = gallery.view.currentIndex()
        row = gallery.model.row_of(self.session.gene)
        shown = gallery.model.gene_at(index.row()) if index.isValid() else -1
        assert shown == (self.session.gene if row >= 0 else -1), "the gallery's current gene"

    def check_map(self, gene_map: GeneMap, known: Known) -> None:
        placed, n_genes = gene_map.arrangement.genes, len(known.labels)
        assert len(gene_map.canvas.points) == len(placed) and (placed < n_genes).all()
        for mark in gene_map.canvas.overlay.marks:
            # That under the mouse has its name on a card.
            name = "" if mark.kind == "hovered" else known.labels[placed[mark.row]]
            assert mark.label == name
        column = gene_map.choice.column
        assert column is None or len(column.key) == n_genes

    def check_clusters(self, known: Known) -> None:
        model = self.session.model
        names = () if model is None else model.names
        for consensus in self.all_of(ConsensusMap):
            cards = consensus.cards
            for card in cards.cards():
                assert cards.clusters is not None
                assert card.name == cards.clusters.names[card.cluster]
                assert all(each.label == known.labels[each.gene] for each in card.typical)
            unsure = consensus.unsure_genes.model()
            assert unsure is not None
            for row in range(unsure.rowCount()):
                assert unsure.index(row, 0).data() in known.labels
                assert unsure.index(row, 1).data() in names
        for dock in self.all_of(CompareDock):
            listed = [dock.clusters.item(row).text() for row in range(dock.clusters.count())]
            assert set(listed) <= set(names)
            for chooser in dock.choosers:
                completer = chooser.gene.completer()
                assert completer is not None
                offered = completer.model()
                assert isinstance(offered, QStringListModel)
                assert offered.stringList() == known.labels
                assert chooser.gene.currentText() in ("none", "current gene", *known.labels)

    def check_questions(self, known: Known) -> None:
        session = self.session
        for similar in self.all_of(SimilarGenesPanel):
            for row, gene in enumerate(similar.table.genes):
                assert similar.table.text(row, 0) == known.labels[gene]
            title = similar.title.text()
            assert not title or title[len("Genes like <b>") : -len("</b>")] in known.labels
        for region in self.all_of(RegionGenesPanel):
            for row, gene in enumerate(region.table.genes):
                assert region.table.text(row, 0) == known.labels[gene]
            source = region.choice.source
            offers = [source.itemData(row) for row in range(source.count())]
            assert {each for each in offers if isinstance(each, str)} <= set(known.columns)
        for dock in self.all_of(ObservationsDock):
            view = observations_of(self.viewer)
            legend = view.legend
            if legend is not None and not legend.column:
                assert legend.title.split(",")[0] in known.labels
            if view.layer is not None:
                assert session.dataset is not None
                assert len(view.layer.data) == session.dataset.adata.n_obs
            assert dock.by.count() >= 2
        for train in self.all_of(TrainingDock):
            assert f"<b>{known.name}</b>" in train.summary.facts.text()
            assert known.note in train.summary.notes.text()

    def check_pictures(self, known: Known) -> None:
        """Pictures, which come after a while, are those of this dataset's genes and clusters."""
        images, model = self.session.images, self.session.model
        assert images is not None
        for gallery in self.all_of(GeneGallery):
            controls, there = gallery.controls, gallery.model.pictures
            side = round(controls.size_slider.value() * gallery.devicePixelRatioF())
            painter = ThumbnailPainter(images.grid, side)
            for gene in self.dice.sample(sorted(there), min(2, len(there))):
                view = None if model is None else model.view_of(gene)
                denoised = controls.denoised.isChecked() and view is not None
                pixels = known.picture(images, gene, denoised)[None]
                expected = painter.paint(pixels, magma())[0]
                assert _alike(there[gene], expected), gene
        for consensus in self.all_of(ConsensusMap):
            cards = consensus.cards
            if not cards.cards():
                continue
            assert model is not None and cards.clusters is model.clusters
            painter = ThumbnailPainter(images.grid, 96)
            card = self.dice.choice([each for each in cards.cards() if each.n_genes])
            assert model.consensus is not None
            pattern = model.consensus[[card.cluster]]
            assert _alike(card.picture, painter.paint(pattern, shades(card.colour))[0])

    def at_rest(self) -> bool:
        """Return whether no answer of a thread is on its way."""
        busy = [each.busy for view in self.views() for each in view.findChildren(Background)]
        model = self.session.model
        carded = [
            model is None or not model.patterned or consensus.cards.clusters is model.clusters
            for consensus in self.all_of(ConsensusMap)
        ]
        return not any(busy) and all(carded)


def _alike(one: QImage, other: QImage) -> bool:
    """Return whether pictures are the same up to rounding.

    Views that are computed together may differ in their last bit from one that is computed alone.
    """
    if one.size() != other.size():
        return False
    colours = [
        np.array([image.pixelColor(x, y).getRgb() for x in range(0, image.width(), 3)])
        for image in (one, other)
        for y in range(0, image.height(), 3)
    ]
    half = len(colours) // 2
    return all(
        np.abs(a.astype(int) - b).max() <= 4
        for a, b in zip(colours[:half], colours[half:], strict=True)
    )

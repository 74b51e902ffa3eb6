"""The walk of the user guide through one dataset, view by view, by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import napari
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QLineEdit
from waiting import PATIENCE
from walks.mouse import (
    BOX,
    CONTROL,
    LEFT,
    choose_card,
    colour_of,
    colours,
    drag,
    drag_round,
    on_canvas,
    without_tooltip,
)
from walks.one_dataset import View

from darlc.config import Config, DenoiseConfig
from darlc.events import Memberships
from napari_darlc.genes.columns import CONFIDENCE
from napari_darlc.viewer_session import layers_of, session_of
from napari_darlc.widgets.compare.compare_dock import CompareDock
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.explorer import Explorer
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.observations.observations_dock import ObservationsDock
from napari_darlc.widgets.region.region_genes import RegionGenesPanel
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel
from napari_darlc.widgets.table.gene_table import GeneTable
from napari_darlc.widgets.train.training_dock import TrainingDock

_QUICK = Config.from_preset("quick", clusters=6)
#: Short before the memberships, and without an end of its own after them.
WATCHED = replace(
    _QUICK,
    denoise=DenoiseConfig(epochs=5),
    train=replace(_QUICK.train, pretrain_epochs=1, joint_epochs=100_000),
)


@dataclass(frozen=True)
class Sights:
    """What there is to be seen in a dataset.

    Parameters
    ----------
    data
        Its name among the real datasets.
    gene, other
        Two genes with a pattern.
    n_genes, n_modelled, n_observations
        How many there are.
    region
        What the cluster of the gene is called from then on.
    """

    data: str
    gene: str
    other: str
    n_genes: int
    n_modelled: int
    n_observations: int
    region: str


class GuidedWalk:
    """One stop after the other; each leaves the window as the next one finds it.

    Parameters
    ----------
    viewer
        In whose window.
    explorer
        All views as tabs.
    sights
        Of the dataset that is open, with a result.
    at_stop
        Called wherever there is something to be seen, with what it is.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        explorer: Explorer,
        sights: Sights,
        at_stop: Callable[[str], None],
        qtbot: QtBot,
    ) -> None:
        self.viewer, self.explorer, self.sights = viewer, explorer, sights
        self.at_stop, self.qtbot = at_stop, qtbot
        self.session, self.layers = session_of(viewer), layers_of(viewer)
        #: The cluster of the gene: its column, and what the model calls it.
        self.column, self.told = -1, ""

    @property
    def n_answered(self) -> int:
        """Number of genes with an answer: those that drew the patterns, and all comparable ones."""
        assert self.session.model is not None
        return len(self.session.model.genes)

    def all_stops(self) -> None:
        """Walk from the gallery to the observations."""
        assert self.session.images is not None and self.session.model is not None
        assert self.session.images.n_genes == self.sights.n_genes
        assert self.session.result is not None
        assert self.session.result.drawing.sum() == self.sights.n_modelled <= self.n_answered
        self.gallery()
        self.table()
        self.gene_map()
        self.clusters()
        self.edits()
        self.unsure()
        self.compare()
        self.gene_colours()
        self.similar()
        self.region()
        self.observations()
        # Every control says what it is for.
        for tab in self.explorer.tabs:
            assert not without_tooltip(self.explorer.open(tab)), tab

    def gallery(self) -> None:
        """A name is typed, Return shows the gene, Space pins it; pictures grow and shrink."""
        session, qtbot = self.session, self.qtbot
        gallery = self.see("Gallery", GeneGallery)
        assert gallery.model.rowCount() == self.n_answered
        qtbot.keyClicks(gallery.controls.search, self.sights.gene)
        qtbot.keyClick(gallery.controls.search, Qt.Key.Key_Return)
        assert session.gene == self.gene
        assert self.viewer.canvas.overlays.text.text.startswith(self.sights.gene)
        self.at_stop("search")
        gallery.controls.search.clear()
        gallery.view.setFocus()
        qtbot.keyClick(gallery.view, Qt.Key.Key_Space)
        assert session.pinned == (session.gene,)
        # The first sight of a result is the coloured one: frames, and the gene on the canvas.
        assert colour_of(session, session.gene) in colours(gallery.view.viewport())
        assert self.layers.denoised is not None
        assert self.layers.denoised.colormap.name.endswith(colour_of(session, session.gene))
        # Pictures are there, which have some hundred shades.
        self.wait(lambda: len(colours(gallery.view.viewport())) > 200)
        self.at_stop("gallery")
        before = gallery.view.genes.picture.width()
        qtbot.keyClick(gallery.controls.size_slider, Qt.Key.Key_PageUp)
        assert gallery.view.genes.picture.width() > before
        qtbot.keyClick(gallery.controls.size_slider, Qt.Key.Key_PageDown)

    def table(self) -> None:
        """The head of a column sorts, a filter narrows, rows are copied."""
        session, qtbot = self.session, self.qtbot
        table = self.see("Table", GeneTable)
        self.wait(lambda: table.model.rowCount() == self.sights.n_genes)
        section = table.model.column_of(CONFIDENCE)
        table.view.scrollTo(table.model.index(0, section))
        where = QPoint(table.view.header.sectionViewportPosition(section) + 8, 8)
        qtbot.mouseClick(table.view.header.viewport(), LEFT, pos=where)
        first = float(table.model.index(0, section).data())
        assert session.model is not None
        confidence = session.model.confidence
        assert first == pytest.approx(confidence.min(), 0.01) or first == pytest.approx(
            confidence.max(), 0.01
        )
        self.at_stop("table")
        field = table.view.header.fields[CONFIDENCE]
        qtbot.keyClicks(field, "> 0.5")
        sure = int((confidence > 0.5).sum())
        self.wait(lambda: table.model.rowCount() == sure)
        self.at_stop("filter")
        table.view.setFocus()
        table.view.selectRow(0)
        qtbot.keyClick(table.view, Qt.Key.Key_C, CONTROL)
        assert str(table.model.index(0, 0).data()) in QApplication.clipboard().text()
        field.clear()
        session.gene = self.gene

    def gene_map(self) -> None:
        """A rectangle around the gene selects it and its neighbours, everywhere."""
        session, qtbot = self.session, self.qtbot
        gene_map = self.see("Map", GeneMap)
        self.wait(lambda: len(gene_map.canvas.points) == self.n_answered)
        self.wait(lambda: gene_map.arrangement.method == "UMAP", 5 * PATIENCE)
        self.wait(lambda: not gene_map.canvas.travelling)
        row = gene_map.arrangement.genes.tolist().index(session.gene)
        qtbot.mouseMove(gene_map.canvas, gene_map.canvas.place(row))
        self.wait(gene_map.card.isVisible)
        assert gene_map.card.text.text().splitlines()[0] in session.gene_labels
        self.at_stop("map")
        qtbot.mouseClick(gene_map.tools["rectangle"], LEFT)
        centre = gene_map.canvas.place(row)
        drag(gene_map.canvas, centre - QPoint(25, 25), centre + QPoint(25, 25), qtbot)
        selected = session.selection
        assert session.gene in selected and 1 < len(selected) < self.n_answered
        gallery = self.see("Gallery", GeneGallery)
        # The pinned gene is listed twice: at the top and in its place.
        assert gallery.model.rowCount() == len(selected) + 1
        self.at_stop("selected")
        gallery.view.setFocus()
        qtbot.keyClick(gallery.view, Qt.Key.Key_Z, CONTROL)
        assert len(session.selection) == 0
        assert gallery.model.rowCount() == self.n_answered + 1

    def clusters(self) -> None:
        """The gene's cluster is given a name."""
        session, qtbot = self.session, self.qtbot
        clusters = self.see("Clusters", ConsensusMap)
        self.wait(lambda: len(clusters.cards.cards()) > 3)
        assert session.model is not None
        self.column = column = session.cluster_of(session.gene)
        self.told = session.model.names[column]
        choose_card(clusters, self.told, qtbot)
        self.viewer.window._qt_window.activateWindow()
        clusters.cards.setFocus()
        self.wait(clusters.cards.hasFocus)
        assert clusters.cards.chosen == [column]
        qtbot.keyClick(clusters.cards, Qt.Key.Key_F2)
        line = clusters.cards.findChild(QLineEdit)
        assert line is not None
        qtbot.keyClicks(line, self.sights.region)
        qtbot.keyClick(line, Qt.Key.Key_Return)
        self.wait(lambda: self.names()[column] == self.sights.region)
        assert session.result is not None and session.result.cluster_names[column] == self.told
        self.wait(lambda: self.layers.consensus is not None)
        assert clusters.saving.label.text().startswith("● ")
        assert self.viewer.window._qt_window.isWindowModified()
        self.at_stop("clusters")

    def edits(self) -> None:
        """Two clusters are merged, one is split, one is hidden, by key; all is taken back."""
        qtbot = self.qtbot
        clusters = self.see("Clusters", ConsensusMap)
        before = len(self.names())
        first, second = [one for one in self.names() if one != self.sights.region][:2]
        choose_card(clusters, first, qtbot)
        choose_card(clusters, second, qtbot, CONTROL)
        clusters.cards.setFocus()
        for key, after in ((Qt.Key.Key_M, before - 1), (Qt.Key.Key_S, before + 1)):
            qtbot.keyClick(clusters.cards, key)
            self.wait(lambda after=after: len(self.names()) == after)
            qtbot.keyClick(clusters.cards, Qt.Key.Key_Z, CONTROL)
            self.wait(lambda: len(self.names()) == before)
            assert self.sights.region in self.names()
            choose_card(clusters, first, qtbot)
            clusters.cards.setFocus()
        qtbot.keyClick(clusters.cards, Qt.Key.Key_H)
        self.wait(lambda: "1 hidden" in clusters.summary.text())
        qtbot.keyClick(clusters.cards, Qt.Key.Key_Z, CONTROL)
        self.wait(lambda: "hidden" not in clusters.summary.text())

    def unsure(self) -> None:
        """Genes that belong nowhere are listed."""
        clusters = self.see("Clusters", ConsensusMap)
        assert self.session.model is not None
        n_unsure = int((self.session.model.confidence < 0.5).sum())
        assert clusters.unsure.isEnabled() == (n_unsure > 0)
        if n_unsure:
            self.qtbot.mouseClick(clusters.unsure, LEFT)
            unsure = clusters.unsure_genes.model()
            assert unsure is not None and unsure.rowCount() == n_unsure
            self.at_stop("unsure")
            self.qtbot.mouseClick(clusters.unsure, LEFT)

    def compare(self) -> None:
        """Raw, denoised and residual, with one contrast for the first two; the strongest."""
        layers, qtbot = self.layers, self.qtbot
        compare = self.see("Compare", CompareDock)
        self.session.gene = self.gene
        qtbot.mouseClick(compare.side_by_side, LEFT)
        assert layers.residual is not None
        assert layers.raw is not None and layers.denoised is not None
        assert tuple(layers.raw.contrast_limits) == tuple(layers.denoised.contrast_limits)
        self.at_stop("compare")
        qtbot.mouseClick(compare.side_by_side, LEFT)
        assert layers.residual is None
        box = QPoint(8, compare.strongest.height() // 2)
        qtbot.mouseClick(compare.strongest, LEFT, pos=box)
        self.wait(lambda: layers.clusters.strongest is not None)
        self.at_stop("strongest")
        qtbot.mouseClick(compare.strongest, LEFT, pos=box)
        assert layers.clusters.strongest is None

    def gene_colours(self) -> None:
        """Genes in colours: the second is typed; then two clusters' patterns."""
        layers, qtbot, sights = self.layers, self.qtbot, self.sights
        compare = self.see("Compare", CompareDock)
        line = compare.choosers[1].gene.lineEdit()
        assert line is not None
        line.selectAll()
        qtbot.keyClicks(line, sights.other)
        qtbot.keyClick(line, Qt.Key.Key_Return)
        self.wait(lambda: bool(layers.gene_colours.choices))
        said = self.viewer.canvas.overlays.text
        assert said.text.splitlines() == [f"pink: {sights.gene}", f"green: {sights.other}"]
        self.at_stop("colours")
        qtbot.mouseClick(compare.colours, LEFT)
        assert not layers.gene_colours.choices
        assert said.text.startswith(sights.gene)
        for row in (0, 1):
            box = compare.clusters.visualItemRect(compare.clusters.item(row))
            where = QPoint(box.left() + 8, box.center().y())
            qtbot.mouseClick(compare.clusters.viewport(), LEFT, pos=where)
        assert len(layers.clusters.patterns) == 2
        self.at_stop("patterns")
        layers.clusters.end()

    def similar(self) -> None:
        """The first of the list is shown by a click."""
        similar = self.see("Similar", SimilarGenesPanel)
        self.wait(lambda: self.sights.gene in similar.title.text())
        self.wait(lambda: similar.table.model().rowCount() > 5)
        self.at_stop("similar")
        index = similar.table.model().index(0, 0)
        there = similar.table.visualRect(index).center()
        self.qtbot.mouseClick(similar.table.viewport(), LEFT, pos=there)
        assert self.session.gene != self.gene

    def region(self) -> None:
        """A region is drawn with the mouse, and the genes that fill it are listed."""
        viewer, session, qtbot = self.viewer, self.session, self.qtbot
        region = self.see("Region", RegionGenesPanel)
        qtbot.mouseClick(region.choice.draw, LEFT)
        shapes = viewer.layers.selection.active
        assert shapes is not None and str(shapes.mode) == "add_polygon_lasso"
        canvas = viewer.window._qt_viewer.canvas.native
        assert session.model is not None and session.model.consensus is not None
        assert session.images is not None
        brightest = session.images.grid.pixels[session.model.consensus[self.column].argmax()]
        drag_round(canvas, on_canvas(viewer, brightest), canvas.height() // 8, qtbot)
        assert len(shapes.data) == 1
        qtbot.mouseClick(region.choice.ask, LEFT)
        self.wait(lambda: region.answers.currentIndex() == 1)
        assert self.layers.region.name == "region"
        assert region.table.genes
        self.at_stop("region")
        qtbot.mouseClick(region.on_canvas, LEFT, pos=BOX)
        assert self.layers.region.name == ""
        qtbot.mouseClick(region.on_canvas, LEFT, pos=BOX)
        assert self.layers.region.name == "region"
        viewer.layers.remove(shapes)
        assert region.hint.isVisible()

    def observations(self) -> None:
        """The observations themselves, in their true places."""
        observations = self.see("Observations", ObservationsDock)
        self.qtbot.mouseClick(observations.show_them, LEFT, pos=BOX)
        self.wait(lambda: "observations" in self.viewer.layers)
        assert len(self.viewer.layers["observations"].data) == self.sights.n_observations
        self.at_stop("observations")
        self.qtbot.mouseClick(observations.show_them, LEFT, pos=BOX)
        assert "observations" not in self.viewer.layers

    @property
    def gene(self) -> int:
        """Position of the gene that is looked at."""
        return list(self.session.gene_labels).index(self.sights.gene)

    def names(self) -> tuple[str, ...]:
        """Return the names of the clusters."""
        assert self.session.model is not None
        return self.session.model.names

    def see(self, name: str, kind: type[View]) -> View:
        """Bring a tab to the front."""
        self.qtbot.mouseClick(self.explorer.tabs[name], LEFT)
        view = self.explorer.open(name)
        assert isinstance(view, kind) and view.isVisible()
        return view

    def wait(self, until: Callable[[], bool], patience: int = PATIENCE) -> None:
        """Wait for what comes after a while."""
        self.qtbot.waitUntil(until, timeout=patience)


def train(dock: TrainingDock, n_genes: int, at_stop: Callable[[str], None], qtbot: QtBot) -> None:
    """Train some genes, watch for a while, stop and keep."""
    session, heard = dock.session, []

    def listen(event: object) -> None:
        if isinstance(event, Memberships):
            heard.append(event)

    session.event_received.connect(listen)
    dock.parameters.set_config(WATCHED)
    genes = dock.parameters.widgets["genes"].native
    genes.selectAll()
    qtbot.keyClicks(genes, str(n_genes))
    qtbot.keyClick(genes, Qt.Key.Key_Return)
    assert dock.parameters.config().genes == n_genes and dock.train.isEnabled()
    qtbot.mouseClick(dock.train, LEFT)
    qtbot.waitUntil(lambda: session.state == "training", timeout=5 * PATIENCE)
    at_stop("training")
    qtbot.waitUntil(lambda: len(heard) > 2, timeout=5 * PATIENCE)
    assert session.state == "training"
    at_stop("live")
    qtbot.mouseClick(dock.stop, LEFT)
    qtbot.waitUntil(lambda: session.result is not None)
    session.event_received.disconnect(listen)
    assert session.result is not None and session.result.stopped
    assert dock.saving.label.text() == "● Not saved yet"
    at_stop("trained")

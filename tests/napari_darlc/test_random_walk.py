"""Random walks through the whole explorer: after every step all views show one dataset.

A walk is a seed, and tells its steps. ``DARLC_WALK_SEED`` and ``DARLC_WALK_STEPS`` of the
environment take another or a longer one; ``pytest -s`` tells the steps of one that crashes.
"""

from __future__ import annotations

import gc
import os
import random
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

import napari
import numpy as np
import pytest
from anndata import AnnData
from napari.layers import Image
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QWidget
from scipy import sparse

from darlc.config import Config
from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.events import Denoised, Finished, Memberships, Progress, Started
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.results.palette import shades
from darlc.results.result import Result
from napari_darlc.canvas.own_layers import DENOISED, RAW
from napari_darlc.processes.background import Background
from napari_darlc.processes.trainer import Trainer
from napari_darlc.processes.umap_process import UmapProcess
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, observations_of, session_of
from napari_darlc.widgets.clusters.consensus_map import ConsensusMap
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, magma
from napari_darlc.widgets.compare.compare_dock import CompareDock
from napari_darlc.widgets.explorer import PAGES, Explorer
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.observations.observations_dock import ObservationsDock
from napari_darlc.widgets.region.region_genes import RegionGenesPanel
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel
from napari_darlc.widgets.table.gene_table import GeneTable
from napari_darlc.widgets.train.training_dock import TrainingDock

#: Steps between two looks at what only comes after a while, such as thumbnails.
_REST = 12
#: Layers beside those that the user draws regions in: views, titles, overlays, a border.
_MOST_LAYERS = 14
_PATIENCE = 60_000
View = TypeVar("View", bound=QWidget)


class Tissue:
    """A dataset that can be opened: every gene of every tissue has a picture of its own."""

    def __init__(self, name: str, n_genes: int, side: int, clusters: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:side, :side]
        n_modelled = max(n_genes - 2, 1)
        truth = np.arange(n_genes) % max(clusters, 1)
        band = (x + y).ravel() * max(clusters, 1) // (2 * side - 1)
        rate = np.where(band[:, None] == truth, 9.0, 1.0)
        adata = AnnData(sparse.csr_matrix(rng.poisson(rate).astype(np.float32)))
        adata.var_names = [f"{name}-{i}" for i in range(n_genes)]
        adata.obs["array_row"], adata.obs["array_col"] = y.ravel(), x.ravel()
        adata.obs[f"layer of {name}"] = np.where(y.ravel() < side / 2, "upper", "lower")
        adata.obsm["spatial"] = np.column_stack([x.ravel(), y.ravel()]) * 100.0
        self.name, self.clusters = name, clusters
        self.dataset = Dataset(adata, Path(f"{name}.h5ad"), "h5ad", (f"a note on {name}",))
        self.images = rasterize(adata)
        self.labels = [str(label) for label in adata.var_names]
        self.views = (
            self.images.expression(np.arange(n_genes)) @ self.images.grid.smoother(1.0).T
        ).astype(np.float16)[:n_modelled]
        self.embedding = rng.normal(size=(n_modelled, 4)).astype(np.float32)
        self.membership = np.full(
            (n_modelled, max(clusters, 1)), 0.2 / max(clusters, 1), np.float32
        )
        self.membership[np.arange(n_modelled), truth[:n_modelled]] += 0.8

    def result(self, images: SGEPImages) -> Result:
        return Result(
            gene_names=images.gene_names[: len(self.views)],
            embedding=self.embedding,
            membership=self.membership.copy(),
            denoised=self.views.copy(),
            grid=images.grid,
            observation_pixel=images.observation_pixel,
            config=Config.from_preset("quick", clusters=self.clusters),
            history={"joint/total": np.array([2.0, 1.5])},
        )

    def picture(self, images: SGEPImages, gene: int, denoised: bool) -> np.ndarray:
        """Return what a gene looks like, over the tissue's pixels."""
        if denoised:
            missing = np.full(images.n_pixels, np.nan, np.float32)
            return self.views[gene].astype(np.float32) if gene < len(self.views) else missing
        return images.expression(gene)[0]


class Walk:
    """A window with all docks, steps to take in it, and what must hold after each."""

    def __init__(self, viewer: napari.Viewer, tissues: list[Tissue], seed: int) -> None:
        self.viewer, self.tissues, self.dice = viewer, tissues, random.Random(seed)
        self.session: Session = session_of(viewer)
        self.layers = layers_of(viewer)
        self.explorer = Explorer(viewer)
        self.tissue = tissues[0]
        #: Of everything that was opened; all but the last few must go.
        self.alive: WeakSet[SGEPImages] = WeakSet()
        viewer.window.add_dock_widget(self.explorer, area="right", add_vertical_stretch=False)

    def view(self, name: str, kind: type[View]) -> View | None:
        found = self.explorer._views.get(name)
        assert found is None or isinstance(found, kind)
        return found

    # ---------------------------------------------------------------- steps

    def step(self) -> None:
        """Take one of the steps that are possible now."""
        session, dice = self.session, self.dice
        steps: list[tuple[int, Callable[[], str]]] = [
            (4, self.open), (5, self.tab), (6, self.choose_gene), (2, self.slide), (3, self.select),
            (2, self.pin), (3, self.undo), (2, self.search), (2, self.compare), (2, self.observe),
            (2, self.delete_layers), (3, self.region), (4, self.train),
        ]  # fmt: skip
        if session.model is not None and session.model.n_clusters:
            steps += [(5, self.choose_cluster), (2, self.patterns)]
        if session.editable:
            steps.append((4, self.edit))
        if session.images is None:
            steps = [(1, self.open), (1, self.tab)]
        weights = [weight for weight, _ in steps]
        (taken,) = dice.choices([take for _, take in steps], weights)
        print(taken.__name__, end=" ", flush=True)
        print(taken(), flush=True)

    def open(self) -> str:
        self.tissue = tissue = self.dice.choice(self.tissues)
        # Others each time, so that what is kept of an earlier opening cannot pass for this one.
        dataset, images = replace(tissue.dataset), copy(tissue.images)
        self.alive.add(images)
        fitted = bool(tissue.clusters) and self.dice.random() < 0.7
        gene = self.dice.randrange(images.n_genes)
        self.session.open(dataset, images, tissue.result(images) if fitted else None, gene)
        own = [layer for layer in self.viewer.layers if not layer.name.startswith("observations")]
        assert len(own) <= 2, f"{own} after another dataset was opened"
        return f"{tissue.name}{', fitted' * fitted}"

    def tab(self) -> str:
        name = self.dice.choice(PAGES).name
        self.explorer.tabs[name].click()
        return name

    def choose_gene(self) -> str:
        gallery, table = self.view("Gallery", GeneGallery), self.view("Table", GeneTable)
        if gallery is not None and gallery.model.rowCount() and self.dice.random() < 0.5:
            row = self.dice.randrange(gallery.model.rowCount())
            gallery.view.setCurrentIndex(gallery.model.index(row))
        elif table is not None and table.model.rowCount() and self.dice.random() < 0.5:
            row = self.dice.randrange(table.model.rowCount())
            table.view.setCurrentIndex(table.model.index(row, 0))
        else:
            self.session.gene = self.dice.randrange(len(self.tissue.labels))
        return self.session.gene_label

    def slide(self) -> str:
        if (raw := self.layers.raw) is not None:
            axis = self.viewer.dims.ndim - 3
            self.viewer.dims.set_point(axis, self.dice.randrange(raw.data.shape[0]))
        return self.session.gene_label

    def choose_cluster(self) -> str:
        assert self.session.model is not None
        cluster = self.dice.randrange(-1, self.session.model.n_clusters)
        consensus, genes = self.view("Clusters", ConsensusMap), self.view("Map", GeneMap)
        if consensus is not None and cluster >= 0 and self.dice.random() < 0.5:
            consensus.cards.cluster_clicked.emit(cluster)
        elif genes is not None and cluster >= 0 and self.dice.random() < 0.5:
            genes.legend.entry_clicked.emit(self.session.model.names[cluster])
        else:
            self.session.cluster = cluster
        return str(self.session.cluster)

    def select(self) -> str:
        genes, n = self.view("Map", GeneMap), len(self.tissue.labels)
        if genes is not None and (n_placed := len(genes.arrangement.genes)):
            rows = self.dice.sample(range(n_placed), self.dice.randint(0, n_placed))
            genes.canvas.enclosed.emit(np.array(rows, dtype=np.int64))
        else:
            chosen = self.dice.sample(range(n), self.dice.randint(0, n))
            self.session.select(chosen, only=self.dice.random() < 0.5)
        return f"{len(self.session.selection)} genes"

    def pin(self) -> str:
        gene = self.dice.randrange(len(self.tissue.labels))
        self.session.pin(gene)
        return self.tissue.labels[gene]

    def undo(self) -> str:
        back = self.dice.random() < 0.6
        said = self.session.can_undo if back else self.session.can_redo
        self.session.undo() if back else self.session.redo()
        return f"{'' if back else 're: '}{said}"

    def search(self) -> str:
        typed = self.dice.choice(["", "1", "Big", "zzz"])
        if (gallery := self.view("Gallery", GeneGallery)) is not None:
            gallery.controls.search.setText(typed)
        table = self.view("Table", GeneTable)
        if table is not None and table.view.header.fields:
            name = self.dice.choice(list(table.view.header.fields))
            table.view.header.fields[name].setText(typed)
            table.view.sortByColumn(
                self.dice.randrange(table.model.columnCount()), self.dice.choice(_ORDERS)
            )
        return repr(typed)

    def compare(self) -> str:
        (what,) = self.dice.sample(["side by side", "colours", "follow", "coloured"], 1)
        dock = self.view("Compare", CompareDock)
        if what == "side by side":
            self.layers.lay_side_by_side(not self.layers.side_by_side.shown)
        elif what == "colours" and dock is not None:
            dock.choosers[1].choose(self.dice.randrange(len(self.tissue.labels)))
            dock.colours.click()
        elif what == "follow" and (panel := self.view("Similar", SimilarGenesPanel)) is not None:
            panel.following.click()
        else:
            self.session.coloured = not self.session.coloured
        return what

    def patterns(self) -> str:
        assert self.session.model is not None
        n = self.session.model.n_clusters
        clusters = self.layers.clusters
        if self.dice.random() < 0.5:
            clusters.show(*self.dice.sample(range(n), self.dice.randint(0, n)))
        else:
            clusters.show_strongest(clusters.strongest is None)
            clusters.outlines = self.dice.random() < 0.5
        return f"{clusters.patterns}"

    def observe(self) -> str:
        view = observations_of(self.viewer)
        view.hide() if view.shown else view.show()
        if view.survey is not None and self.dice.random() < 0.5:
            view.by = self.dice.choice([RAW, DENOISED, *view.survey.columns])
        return f"{view.shown} {view.by}"

    def region(self) -> str:
        panel, images = self.view("Region", RegionGenesPanel), self.session.images
        if panel is None or images is None:
            return "not open"
        column = f"layer of {self.tissue.name}"
        if self.dice.random() < 0.5:
            panel.choice.draw.click()
            corner = images.grid.world[:2, :2] @ np.array(images.grid.shape) * 0.6
            square = np.array([[0, 0], [0, 1], [1, 1], [1, 0]]) * corner
            self.layers._own.get(self.layers._own.roles[-1]).add_polygons(square)
        else:
            panel.choice.choose(column, "upper")
        panel.choice.ask.click()
        return "asked"

    def train(self) -> str:
        """Let a training that is watched say its next word, or begin or end one."""
        session, tissue = self.session, self.tissue
        if not tissue.clusters or session.images is None:
            return "no"
        if not session.running:
            session.begin()
            session.receive(Started("cpu", np.arange(len(tissue.views))))
            return "begins"
        if self.dice.random() < 0.2:
            session.cancel()
            return "cancelled"
        said = self.dice.choice(["progress", "denoised", "memberships", "finished"])
        if said == "progress":
            session.receive(Progress("joint", 1, 4))
        elif said == "denoised":
            session.receive(Denoised(tissue.views.copy()))
        elif said == "memberships" and session.model is not None:
            n = self.dice.randint(1, tissue.clusters)
            shares = np.random.default_rng(self.dice.randrange(99)).random((len(tissue.views), n))
            shares /= shares.sum(axis=1, keepdims=True)
            session.receive(Memberships("joint", shares.astype(np.float32)))
        else:
            session.receive(Finished(tissue.result(session.images)))
        return said

    def edit(self) -> str:
        session, clusters = self.session, self.session.clusters
        assert clusters is not None
        n, how = clusters.n_clusters, self.dice.choice(["rename", "merge", "split", "hide", "all"])
        k = self.dice.randrange(n)
        try:
            if how == "merge":
                session.edit("merge", clusters.merged(self.dice.sample(range(n), min(n, 2))))
            elif how == "split":
                session.edit("split", clusters.split(k, np.arange(int(clusters.sizes[k])) % 2))
            elif how == "hide":
                session.edit("hide", clusters.shown(k, k in clusters.hidden))
            elif how == "all":
                session.edit("discard", None)
            else:
                session.edit("rename", clusters.renamed(k, f"part {self.dice.randrange(99)}"))
        except InputError as error:
            return f"{how}: {error}"
        return how

    def delete_layers(self) -> str:
        layers = self.viewer.layers
        how = self.dice.choice(["one", "one", "all", "clear"])
        if how == "one" and layers:
            layers.remove(self.dice.choice(list(layers)))
        elif how == "all":
            layers.select_all()
            layers.remove_selected()
        elif how == "clear":
            layers.clear()
        return how

    # ---------------------------------------------------------------- what must hold

    def check(self) -> None:
        """Whatever is shown is of the dataset that is open."""
        session = self.session
        if session.images is None:
            return
        assert list(session.gene_labels) == self.tissue.labels
        assert 0 <= session.gene < len(self.tissue.labels)
        self.check_canvas()
        self.check_lists()
        self.check_clusters()
        self.check_questions()
        title = self.viewer.title
        assert title.startswith(f"{self.tissue.name}[*]"), title

    def check_canvas(self) -> None:
        tissue, session, viewer = self.tissue, self.session, self.viewer
        images, model = session.images, session.model
        assert images is not None
        genes = {RAW: self.layers.raw, DENOISED: self.layers.denoised}
        for role, layer in genes.items():
            if layer is None:
                continue
            assert layer.data.shape == (images.n_genes, *images.grid.shape), role
            assert list(layer.gene_labels) == tissue.labels
            axis = viewer.dims.ndim - 3
            assert round(viewer.dims.point[axis]) == session.gene, "slider"
            if not layer.visible:
                continue  # napari slices it when it is seen
            expected = tissue.picture(images, session.gene, role == DENOISED)
            np.testing.assert_array_equal(_slice(layer), images.grid.spread(expected), role)
        if self.layers.denoised is not None:
            assert model is not None and session.running | (model.denoised is not None)
        said = viewer.canvas.overlays.text
        if said.visible:
            first = said.text.split("\n")[0]
            assert self.knows(first), f"the canvas says {first!r}"
            if any(each is not None and each.visible for each in genes.values()) and not (
                self.layers.clusters.patterns or self.layers.gene_colours.choices
            ):
                points = observations_of(viewer)
                by_column = points.layer is not None and points.by not in (RAW, DENOISED)
                assert first == session.gene_label or (by_column and first == points.by)
        for layer in self.layers._own._layers.values():
            assert layer in viewer.layers, f"{layer} is not there"
        drawn = [each for each in viewer.layers if each.name.startswith("region")]
        assert len(viewer.layers) - len(drawn) <= _MOST_LAYERS, list(viewer.layers)

    def knows(self, said: str) -> bool:
        """Return whether a head of the canvas speaks of this dataset."""
        model, names = self.session.model, self.tissue.labels
        clusters = () if model is None else model.names
        if said.startswith(("cluster ", "consensus patterns of ")):
            said = said.removeprefix("cluster ").removeprefix("consensus patterns of ")
            return said in clusters or all(name in clusters for name in said.split(", "))
        said = said.split(": ")[-1].removesuffix(" (raw)")
        return said in names or said == f"layer of {self.tissue.name}" or said in _OWN_COLUMNS

    def check_lists(self) -> None:
        tissue, session = self.tissue, self.session
        n_genes = len(tissue.labels)
        if (table := self.view("Table", GeneTable)) is not None:
            model = table.model
            assert {len(column.key) for column in model.columns} == {n_genes}
            for row, gene in enumerate(model.genes.tolist()):
                assert model.index(row, 0).data() == tissue.labels[gene]
            row = table.view.currentIndex().row()
            assert row == model.row_of(session.gene), "the table's current row"
            assert table.count.text() == f"{model.rowCount()} of {n_genes} genes"
        if (gallery := self.view("Gallery", GeneGallery)) is not None:
            for row, gene in enumerate(gallery.model.genes.tolist()):
                assert gallery.model.cell(row).name == tissue.labels[gene]
            assert set(gallery.model._pictures) <= set(range(n_genes))
            index = gallery.view.currentIndex()
            row = gallery.model.row_of(session.gene)
            shown = gallery.model.gene_at(index.row()) if index.isValid() else -1
            assert shown == (session.gene if row >= 0 else -1), "the gallery's current gene"
        if (genes := self.view("Map", GeneMap)) is not None:
            placed = genes.arrangement.genes
            assert len(genes.canvas.points) == len(placed) and (placed < n_genes).all()
            for mark in genes.canvas.overlay.marks:
                assert mark.label == tissue.labels[placed[mark.row]]
            assert genes.choice.column is None or len(genes.choice.column.key) == n_genes

    def check_clusters(self) -> None:
        session, tissue = self.session, self.tissue
        names = () if session.model is None else session.model.names
        if (consensus := self.view("Clusters", ConsensusMap)) is not None:
            cards = consensus.cards
            for card in cards.cards():
                assert cards.clusters is not None
                assert card.name == cards.clusters.names[card.cluster]
                assert all(each.label == tissue.labels[each.gene] for each in card.typical)
            unsure = consensus.unsure_genes.model()
            assert unsure is not None
            for row in range(unsure.rowCount()):
                assert unsure.index(row, 0).data() in tissue.labels
                assert unsure.index(row, 1).data() in names
        if (dock := self.view("Compare", CompareDock)) is not None:
            assert dock._names.stringList() == tissue.labels
            listed = [dock.clusters.item(row).text() for row in range(dock.clusters.count())]
            assert set(listed) <= set(names)
            for chooser in dock.choosers:
                assert chooser.gene.currentText() in ("none", "current gene", *tissue.labels)

    def check_questions(self) -> None:
        session, tissue = self.session, self.tissue
        if (similar := self.view("Similar", SimilarGenesPanel)) is not None:
            for row, gene in enumerate(similar.table.genes):
                assert similar.table.text(row, 0) == tissue.labels[gene]
            title = similar.title.text()
            assert not title or title[len("Genes like <b>") : -len("</b>")] in tissue.labels
        if (region := self.view("Region", RegionGenesPanel)) is not None:
            for row, gene in enumerate(region.table.genes):
                assert region.table.text(row, 0) == tissue.labels[gene]
            offered = set(region.choice._annotations)
            assert offered <= {f"layer of {tissue.name}", "array_row", "array_col"}
        if (dock := self.view("Observations", ObservationsDock)) is not None:
            view = observations_of(self.viewer)
            legend = view.legend
            if legend is not None and not legend.column:
                assert legend.title.split(",")[0] in tissue.labels
            if view.layer is not None:
                assert session.dataset is not None
                assert len(view.layer.data) == session.dataset.adata.n_obs
            assert dock.by.count() >= 2
        if (train := self.view("Train", TrainingDock)) is not None:
            assert f"<b>{tissue.name}</b>" in train.summary.facts.text()
            assert f"a note on {tissue.name}" in train.summary.notes.text()

    def check_pictures(self) -> None:
        """Pictures, which come after a while, are those of this dataset's genes and clusters."""
        session, tissue = self.session, self.tissue
        images, model = session.images, session.model
        assert images is not None
        if (gallery := self.view("Gallery", GeneGallery)) is not None:
            assert gallery.pictures._painter is not None
            side = gallery.pictures._painter.side
            painter = ThumbnailPainter(images.grid, side)
            there = set(gallery.model._pictures) - gallery.model._stale
            for gene in self.dice.sample(sorted(there), min(2, len(there))):
                view = None if model is None else model.view_of(gene)
                denoised = gallery.pictures._denoised and view is not None
                pixels = tissue.picture(images, gene, denoised)[None]
                assert gallery.model._pictures[gene] == painter.paint(pixels, magma())[0], gene
        consensus = self.view("Clusters", ConsensusMap)
        if consensus is not None and consensus.cards.cards():
            cards = consensus.cards
            assert model is not None and cards.clusters is model.clusters
            painter = ThumbnailPainter(images.grid, 96)
            card = self.dice.choice([each for each in cards.cards() if each.n_genes])
            assert model.consensus is not None
            pattern = model.consensus[[card.cluster]]
            assert card.picture == painter.paint(pattern, shades(card.colour))[0]

    def resting(self) -> bool:
        """Return whether no answer of a thread is on its way."""
        busy = [each.busy for view in self.explorer._views.values() for each in _works_of(view)]
        consensus, model = self.view("Clusters", ConsensusMap), self.session.model
        carded = (
            consensus is None
            or model is None
            or not model.patterned
            or consensus.cards.clusters is model.clusters
        )
        return not any(busy) and carded


_ORDERS = list(Qt.SortOrder)
_OWN_COLUMNS = ("array_row", "array_col")


def _slice(layer: Image) -> np.ndarray:
    return np.asarray(layer._slice.image.raw, dtype=np.float32)


def _works_of(view: QWidget) -> list[Background]:
    return list(view.findChildren(Background))


@pytest.fixture(scope="module")
def tissues() -> list[Tissue]:
    """Return a usual tissue, a larger, a smaller, one that was never fitted, one as large."""
    return [
        Tissue("Usual", 14, 10, 3, seed=0),
        Tissue("Large", 45, 13, 5, seed=1),
        Tissue("Small", 5, 7, 2, seed=2),
        Tissue("Raw", 9, 8, 0, seed=3),
        Tissue("Other", 14, 9, 4, seed=4),
    ]


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train and arrange nothing beside the window: what is said of it is said by the walk."""
    monkeypatch.setattr(Trainer, "warm", lambda self: None)
    monkeypatch.setattr(UmapProcess, "ask", lambda self, *_: None)


def walk_along(
    steps: int,
    seed: int,
    viewer: napari.Viewer,
    tissues: list[Tissue],
    listeners_failed: list[Exception],
    notifications: list[Notification],
    caplog: pytest.LogCaptureFixture,
    qtbot: QtBot,
) -> None:
    walk = Walk(viewer, tissues, seed)
    with qtbot.capture_exceptions() as raised:
        for number in range(1, steps + 1):
            walk.step()
            QApplication.processEvents()
            if number % _REST == 0 and walk.session.images is not None:
                qtbot.wait(400)  # what is throttled has begun
                qtbot.waitUntil(walk.resting, timeout=_PATIENCE)
                walk.check_pictures()
            walk.check()
            assert not raised and not listeners_failed
            assert not [each for each in notifications if each.severity.value == "error"]
            assert not [each for each in caplog.records if each.levelname == "ERROR"]
    gc.collect()
    assert len(walk.alive) <= 3, "earlier datasets are still in memory"


SEED, STEPS = (
    int(os.environ.get("DARLC_WALK_SEED", "0")),
    int(os.environ.get("DARLC_WALK_STEPS", "200")),
)


@pytest.mark.timeout(900)
def test_all_views_show_one_dataset(
    viewer: napari.Viewer,
    tissues: list[Tissue],
    listeners_failed: list[Exception],
    notifications: list[Notification],
    caplog: pytest.LogCaptureFixture,
    qtbot: QtBot,
) -> None:
    walk_along(STEPS, SEED, viewer, tissues, listeners_failed, notifications, caplog, qtbot)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(1, 6))
def test_all_views_show_one_dataset_on_long_walks(
    seed: int,
    viewer: napari.Viewer,
    tissues: list[Tissue],
    listeners_failed: list[Exception],
    notifications: list[Notification],
    caplog: pytest.LogCaptureFixture,
    qtbot: QtBot,
) -> None:
    walk_along(1000, seed, viewer, tissues, listeners_failed, notifications, caplog, qtbot)

"""Steps that a user may take in a window, drawn at random, and tissues to open in it."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from weakref import WeakSet

import napari
import numpy as np
from anndata import AnnData
from qtpy.QtCore import Qt
from scipy import sparse
from walks.one_dataset import Known, OneDataset, View

from darlc.config import Config
from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.events import Denoised, Finished, Memberships, Progress, Started
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.results.result import Result
from napari_darlc.canvas.own_layers import DENOISED, RAW
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, observations_of, session_of
from napari_darlc.widgets.compare.compare_dock import CompareDock
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.explorer import PAGES, Explorer
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.region.region_genes import RegionGenesPanel
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel
from napari_darlc.widgets.table.gene_table import GeneTable

_ORDERS = list(Qt.SortOrder)


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
        columns = (f"layer of {name}", "array_row", "array_col")
        self.known = Known(name, self.labels, columns, self.picture, f"a note on {name}")

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


class RandomWalk:
    """A window with all docks, steps to take in it, and what must hold after each.

    Parameters
    ----------
    viewer
        Whose window.
    tissues
        What can be opened.
    seed
        Of the steps.
    """

    def __init__(self, viewer: napari.Viewer, tissues: list[Tissue], seed: int) -> None:
        self.viewer, self.tissues, self.dice = viewer, tissues, random.Random(seed)
        self.session: Session = session_of(viewer)
        self.layers = layers_of(viewer)
        self.explorer = Explorer(viewer)
        self.sight = OneDataset(viewer, lambda: list(self.explorer.views), self.dice)
        self.tissue = tissues[0]
        #: Of everything that was opened; all but the last few must go.
        self.alive: WeakSet[SGEPImages] = WeakSet()
        viewer.window.add_dock_widget(self.explorer, area="right", add_vertical_stretch=False)

    def view(self, kind: type[View]) -> View | None:
        """Return the view of a kind; None while its tab was never opened."""
        found = self.sight.all_of(kind)
        return found[0] if found else None

    def check(self) -> None:
        """Whatever is shown is of the dataset that is open."""
        if self.session.images is not None:
            self.sight.check(self.tissue.known)

    def check_pictures(self) -> None:
        """Pictures are those of its genes and clusters; to be asked while `at_rest`."""
        self.sight.check_pictures(self.tissue.known)

    @property
    def at_rest(self) -> bool:
        """Whether no answer of a thread is on its way."""
        return self.sight.at_rest()

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
        gallery, table = self.view(GeneGallery), self.view(GeneTable)
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
        consensus, genes = self.view(ConsensusMap), self.view(GeneMap)
        if consensus is not None and cluster >= 0 and self.dice.random() < 0.5:
            consensus.cards.cluster_clicked.emit(cluster)
        elif genes is not None and cluster >= 0 and self.dice.random() < 0.5:
            genes.legend.entry_clicked.emit(self.session.model.names[cluster])
        else:
            self.session.cluster = cluster
        return str(self.session.cluster)

    def select(self) -> str:
        genes, n = self.view(GeneMap), len(self.tissue.labels)
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
        if (gallery := self.view(GeneGallery)) is not None:
            gallery.controls.search.setText(typed)
        table = self.view(GeneTable)
        if table is not None and table.view.header.fields:
            name = self.dice.choice(list(table.view.header.fields))
            table.view.header.fields[name].setText(typed)
            table.view.sortByColumn(
                self.dice.randrange(table.model.columnCount()), self.dice.choice(_ORDERS)
            )
        return repr(typed)

    def compare(self) -> str:
        (what,) = self.dice.sample(["side by side", "colours", "follow", "coloured"], 1)
        dock = self.view(CompareDock)
        if what == "side by side":
            self.layers.lay_side_by_side(not self.layers.side_by_side.shown)
        elif what == "colours" and dock is not None:
            dock.choosers[1].choose(self.dice.randrange(len(self.tissue.labels)))
            dock.colours.click()
        elif what == "follow" and (panel := self.view(SimilarGenesPanel)) is not None:
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
        if view.geometry is not None and self.dice.random() < 0.5:
            view.by = self.dice.choice([RAW, DENOISED, *view.geometry.columns])
        return f"{view.shown} {view.by}"

    def region(self) -> str:
        panel, images = self.view(RegionGenesPanel), self.session.images
        if panel is None or images is None:
            return "not open"
        column = f"layer of {self.tissue.name}"
        if self.dice.random() < 0.5:
            panel.choice.draw.click()
            corner = images.grid.world[:2, :2] @ np.array(images.grid.shape) * 0.6
            square = np.array([[0, 0], [0, 1], [1, 1], [1, 0]]) * corner
            self.viewer.layers.selection.active.add_polygons(square)
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

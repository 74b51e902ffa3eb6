"""Enrichment of gene sets and clusters in collections of gene sets, as a table and as dots."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from qtpy.QtCore import QSignalBlocker
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from darlc.explore.enrichment import SURE
from darlc.explore.gene_set_enrichment import RULE
from darlc.results.palette import NO_PATTERN
from darlc.wording import counted
from napari_darlc.opening.chosen_collections import (
    choose_collections,
    chosen_collections,
    collection_files,
    collection_name,
)
from napari_darlc.processes.background import Background
from napari_darlc.saving.exporting import ask_export_genes
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import note
from napari_darlc.widgets.sets.dot_plot import DotPlot
from napari_darlc.widgets.sets.hits import Asked, Hits, find_hits
from napari_darlc.widgets.sets.hits_table import HitsTable

_NO_COLLECTION = (
    "Choose a GMT file, or a folder of them, such as those of MSigDB or Enrichr: "
    "none comes with napari-darlc."
)
_NO_RESULT = "Enrichment comes with a result: train first."
_NO_SET = "Choose a gene set above, or ask of clusters."
_WORKING = "Comparing with the collections …"
_OF_SET, _OF_ALL = "the set above", "all clusters"
#: Collections that are named; of more, their number is said.
_MOST_NAMED = 3


class EnrichmentPage(QWidget):
    """Which sets of collections a gene set, a cluster or all clusters are enriched in.

    It asks while it is on the screen, and again when clusters, sets or collections change.

    Parameters
    ----------
    session
        Session with the result.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._set = ""
        #: Whether the user chose what is tested.
        self._chosen = False
        self._key: object = None
        self.hits: Hits | None = None
        self._asking = Background(self)
        self._asking.answered.connect(self._on_answer)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._offer),
            (session.clusters_changed, self._offer),
            (session.result_changed, self._offer),
            (session.gene_sets_changed, self.ask),
            (session.cluster_selected, self._on_cluster),
        )
        self._say_collections()
        self._offer()

    def _build(self) -> None:
        self.of = QComboBox()
        self.of.setToolTip("What is tested: the gene set chosen above, a cluster, or all of them")
        self.of.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.of.setMinimumContentsLength(8)
        self.of.activated.connect(self._on_of)
        self.as_dots = QPushButton("Dots")
        self.as_dots.setCheckable(True)
        self.as_dots.setToolTip("Show the most significant sets as dots")
        self.as_dots.toggled.connect(self._on_dots)
        first = QHBoxLayout()
        first.addWidget(QLabel("Of"))
        first.addWidget(self.of, 1)
        first.addWidget(self.as_dots)
        self.collections = note()
        self.files = QPushButton("Files …")
        self.files.setToolTip("Choose GMT files; they are remembered")
        self.files.clicked.connect(self._on_files)
        self.folder = QPushButton("Folder …")
        self.folder.setToolTip("Choose a folder of GMT files; it is remembered")
        self.folder.clicked.connect(self._on_folder)
        second = QHBoxLayout()
        second.addWidget(self.collections, 1)
        second.addWidget(self.files)
        second.addWidget(self.folder)
        self.summary = note()
        self.summary.setToolTip(RULE)
        self.table = HitsTable(self)
        self.table.chosen.connect(self._on_chosen)
        self.dots = DotPlot()
        self.dots.chosen.connect(self._on_chosen)
        self.views = QStackedWidget()
        self.views.addWidget(self.table)
        self.views.addWidget(self.dots)
        self.behind = note()
        self.export = QPushButton("Export CSV …")
        self.export.setToolTip("Write the tests that are listed, with the genes behind each")
        self.export.clicked.connect(self._on_export)
        last = QHBoxLayout()
        last.addWidget(self.behind, 1)
        last.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.summary)
        layout.addWidget(self.views, 1)
        layout.addLayout(last)

    def show_set(self, name: str) -> None:
        """Ask of another gene set, where sets are what is asked of; empty for none."""
        if name != self._set:
            self._set = name
            before = self.asked.kind
            if not self._chosen:
                self.of.setCurrentIndex(max(self.of.findText(self._usual), 0))
            if "set" in (before, self.asked.kind):
                self.ask()

    @property
    def _usual(self) -> str:
        """What is tested until the user chooses."""
        return _OF_SET if self._set else _OF_ALL

    @property
    def asked(self) -> Asked:
        """What is tested."""
        asked = self.of.currentData()
        return asked if isinstance(asked, Asked) else Asked("set", self._set)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Ask what was not asked while the page was hidden."""
        super().showEvent(event)
        self.ask()

    def ask(self) -> None:
        """Ask, off the GUI thread, unless the page is hidden or the answer is there."""
        result, asked, paths = self._session.result, self.asked, chosen_collections()
        if not self.isVisible():
            return
        if result is None or result.adata is None or self._session.clusters is None:
            self._clear(_NO_RESULT)
        elif not paths:
            self._clear(_NO_COLLECTION)
        elif asked.kind == "set" and asked.name not in result.gene_sets:
            self._clear(_NO_SET)
        else:
            held = result.gene_sets[asked.name] if asked.kind == "set" else None
            key = (self._session.clusters, held, asked, paths)
            if key != self._key:
                self._key = key
                self.summary.setText(_WORKING)
                self._asking.ask(key, partial(find_hits, result, asked, paths))

    def _clear(self, why: str) -> None:
        self._key = self.hits = None
        self._show()
        self.summary.setText(why)

    def _on_answer(self, key: object, answer: Hits | str) -> None:
        if key is not self._key:
            return  # another question is on its way
        if isinstance(answer, str):
            self.hits = None
            self._show()
            self.summary.setText(answer)
            return
        self.hits, found = answer, answer.found
        sure = int((found.fdr <= SURE).sum())
        small = f"; {found.too_small:,} are too small" if found.too_small else ""
        self.summary.setText(
            f"<b>{sure:,} of {found.p.size:,}</b> tests find an enriched set (FDR ≤ {SURE:g}), "
            f"among {len(found.genes):,} genes with an answer{small}."
        )
        self._show()

    def _show(self) -> None:
        self.table.show_hits(self.hits)
        self.dots.show_hits(self.hits)
        self.behind.clear()
        self.export.setEnabled(self.hits is not None)

    def _offer(self) -> None:
        """Offer the clusters that there are now."""
        before = self.of.currentText() if self._chosen else self._usual
        clusters = self._session.clusters
        with QSignalBlocker(self.of):
            self.of.clear()
            self.of.addItem(_OF_SET)
            if clusters is not None:
                self.of.addItem(_OF_ALL, Asked("clusters"))
                for name, size in zip(clusters.names, clusters.sizes, strict=True):
                    if size and name != NO_PATTERN:
                        self.of.addItem(f"cluster {name}", Asked("cluster", name))
            self.of.setCurrentIndex(max(self.of.findText(before), 0))
        self.ask()

    def _on_of(self) -> None:
        self._chosen = True
        self.ask()

    def _on_cluster(self, cluster: int) -> None:
        """Follow the cluster that is singled out, where one cluster is asked of."""
        clusters = self._session.clusters
        if clusters is not None and cluster >= 0 and self.asked.kind == "cluster":
            place = self.of.findText(f"cluster {clusters.names[cluster]}")
            self.of.setCurrentIndex(max(place, 0))
            self.ask()

    def _on_dots(self, dots: bool) -> None:
        self.views.setCurrentWidget(self.dots if dots else self.table)

    def _on_files(self) -> None:
        kinds = "Gene sets (*.gmt *.gmt.gz)"
        found = QFileDialog.getOpenFileNames(self, "Collections of gene sets", "", kinds)[0]
        self._choose([Path(path) for path in found])

    def _on_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "Folder of collections")
        self._choose([Path(found)] if found else [])

    def _choose(self, paths: Sequence[Path]) -> None:
        if paths:
            choose_collections(paths)
            self._say_collections()
            self.ask()

    def _say_collections(self) -> None:
        names = [collection_name(path) for path in collection_files(chosen_collections())]
        few = len(names) <= _MOST_NAMED
        self.collections.setText(", ".join(names) if few else counted(len(names), "collection"))
        self.collections.setToolTip("\n".join(map(str, chosen_collections())))

    def _on_chosen(self, test: int) -> None:
        """Select the genes behind a test, in all lists."""
        hits, model = self.hits, self._session.model
        if hits is None or model is None:
            return
        self.table.mark(test)
        self._session.select(model.genes[hits.rows(test)], only=True)
        genes = hits.genes(test)
        which = hits.found.sets[int(hits.tests[test][1])].name
        self.behind.setText(f"{counted(len(genes), 'gene')} of {which} selected")

    def _on_export(self) -> None:
        if self.hits is not None:
            ask_export_genes(self, self._session, "enrichment", self.hits.table)

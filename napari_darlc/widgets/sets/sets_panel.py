"""Gene sets: made of what is chosen, combined, seen as one picture, exported."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import QFlowLayout

from darlc.errors import DarlcError
from darlc.explore.chosen_genes import cluster_genes, named_genes
from darlc.explore.set_picture import set_picture
from darlc.images.sgep_images import SGEPImages
from darlc.io.tables.gmt import is_collection
from darlc.results.gene_sets import Combination, GeneSet, combined
from darlc.wording import counted
from napari_darlc.notifications import show_error
from napari_darlc.opening.collections import open_collection
from napari_darlc.processes.background import Background
from napari_darlc.saving.exporting import ask_export_sets
from napari_darlc.saving.figures import Drawing, set_drawing
from napari_darlc.session.session import Model, Session
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import NO_DATASET, note
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, magma, painter_of
from napari_darlc.widgets.gene_lists.copying import copy_lines
from napari_darlc.widgets.sets.enrichment_page import EnrichmentPage

if TYPE_CHECKING:
    import napari

_PICTURE = 150
_NAME = Qt.ItemDataRole.UserRole
_COMBINED: dict[Combination, tuple[str, str]] = {
    "union": ("∪", "A new set of the genes of any of the chosen sets"),
    "intersection": ("∩", "A new set of the genes of all chosen sets"),
    "difference": ("∖", "A new set of the genes of the first chosen set that are in no other"),
}
_HINT = (
    "No gene sets yet: select genes in gallery, table or map and press Selection, or drop a GMT "
    "file here."
)


class SetsPanel(QWidget):
    """A list of gene sets, with the picture of the current one.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    session
        What is shown; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        self._painter: ThumbnailPainter | None = None
        self._asking = Background(self)
        self._asking.answered.connect(self._on_answer)
        self.setAcceptDrops(True)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.denoised_changed, self._ask),
            (session.gene_sets_changed, self._list),
            (session.selection_changed, self._enable),
            (session.clusters_changed, self._enable),
            (session.cluster_selected, self._enable),
        )
        self._on_dataset()

    def _build(self) -> None:
        self.names = QListWidget()
        self.names.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.names.setToolTip("Double-click renames a set; with Ctrl several are chosen")
        self.names.currentItemChanged.connect(self._ask)
        self.names.itemSelectionChanged.connect(self._enable)
        self.names.itemChanged.connect(self._on_renamed)
        self.hint = note(_HINT)

        self.of_selection = self._button(
            "Selection", "A new set of the selected genes", self._add_selection
        )
        self.of_cluster = self._button(
            "Cluster",
            "A new set of the genes of the cluster that is singled out",
            self._add_cluster,
        )
        self.paste = self._button(
            "Paste", "A new set of the gene names on the clipboard", self._add_pasted
        )
        self.open_gmt = self._button("GMT …", "Add the sets of a GMT file", self._on_open)
        self.combine = {
            how: self._button(sign, tip, partial(self._combine, how))
            for how, (sign, tip) in _COMBINED.items()
        }
        self.remove = self._button("Remove", "Remove the chosen sets", self._remove)
        make = QFlowLayout()
        make.setContentsMargins(0, 0, 0, 0)
        for button in (
            *(self.of_selection, self.of_cluster, self.paste, self.open_gmt),
            *(*self.combine.values(), self.remove),
        ):
            make.addWidget(button)

        self.title, self.record = QLabel(), note()
        self.title.setTextFormat(Qt.TextFormat.RichText)
        self.denoised, self.raw = QLabel(), QLabel()
        self.captions = QLabel("denoised"), QLabel("raw")
        pictures = QHBoxLayout()
        for label, caption, tip in (
            (self.denoised, self.captions[0], "Mean of the denoised views, each standardised"),
            (self.raw, self.captions[1], "Mean of the raw views of the same genes, likewise"),
        ):
            column = QVBoxLayout()
            for part in (label, caption):
                part.setAlignment(Qt.AlignmentFlag.AlignCenter)
                part.setToolTip(tip)
                column.addWidget(part)
            label.setFixedSize(_PICTURE + 8, _PICTURE + 8)
            pictures.addLayout(column)
        pictures.addStretch(1)
        self.show_only = self._button(
            "Show only these", "Show the genes of the set in gallery and table", self._on_show
        )
        self.copy = self._button("Copy", "Copy the names of the genes, one a line", self._on_copy)
        self.export = self._button(
            "Export …", "Write the chosen sets, or all, as GMT or CSV", self._on_export
        )
        self.figure = FigureButton(self.session, "Draw the set as one picture", self._drawing)
        below = QHBoxLayout()
        below.addWidget(self.show_only, 1)
        below.addWidget(self.copy)
        below.addWidget(self.figure)
        below.addWidget(self.export)

        picture = QWidget()
        layout = QVBoxLayout(picture)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(self.record)
        layout.addLayout(pictures)
        layout.addLayout(below)
        layout.addStretch(1)
        self.enrichment = EnrichmentPage(self.session)
        self.lower = QStackedWidget()
        self.tabs: list[QPushButton] = []
        tabs, group = QHBoxLayout(), QButtonGroup(self)
        for page, text, tip in (
            (picture, "Picture", "The chosen set as one picture"),
            (self.enrichment, "Enrichment", "Which known gene sets a set or a cluster is rich in"),
        ):
            self.lower.addWidget(page)
            tab = self._button(text, tip, partial(self.lower.setCurrentWidget, page))
            tab.setCheckable(True)
            group.addButton(tab)
            tabs.addWidget(tab)
            self.tabs.append(tab)
        tabs.addStretch(1)
        self.tabs[0].setChecked(True)

        below_names = QWidget()
        layout = QVBoxLayout(below_names)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(tabs)
        layout.addWidget(self.lower, 1)
        # In a low dock the list can be made small, or folded away.
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.names)
        split.addWidget(below_names)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 4)
        split.setCollapsible(1, False)

        filled = QWidget()
        layout = QVBoxLayout(filled)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(make)
        layout.addWidget(self.hint)
        layout.addWidget(split, 1)
        self.pages = FilledOrEmpty(self, filled)
        self.empty = self.pages.empty

    def _button(self, text: str, tip: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda: pressed())
        return button

    def sizeHint(self) -> QSize:
        """Return a size that shows some sets and their picture."""
        return QSize(400, 600)

    @property
    def current(self) -> str:
        """Name of the set whose picture is shown; empty for none."""
        item = self.names.currentItem()
        return "" if item is None else str(item.data(_NAME))

    @property
    def chosen(self) -> list[str]:
        """Names of the chosen sets, in the order of the list."""
        rows = sorted(self.names.row(item) for item in self.names.selectedItems())
        return [str(self.names.item(row).data(_NAME)) for row in rows]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept GMT files."""
        data = event.mimeData()
        if data is not None and any(is_collection(url.toLocalFile()) for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add the sets of GMT files."""
        data = event.mimeData()
        for url in [] if data is None else data.urls():
            if is_collection(url.toLocalFile()):
                open_collection(self.session, Path(url.toLocalFile()))
        event.acceptProposedAction()

    def _on_dataset(self) -> None:
        self._painter = None
        if self.session.images is None:
            self.pages.say(NO_DATASET)
        else:
            self.pages.fill()
        self._list()

    def _list(self) -> None:
        """Show the sets, the newest chosen where the current one is gone."""
        sets, before = self.session.gene_sets, self.current
        listed = [str(self.names.item(i).data(_NAME)) for i in range(self.names.count())]
        added = [name for name in sets.names if name not in listed]
        current = added[-1] if added and listed else before if before in sets else ""
        self.names.blockSignals(True)
        self.names.clear()
        for each in sets:
            item = QListWidgetItem(each.name)
            item.setData(_NAME, each.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setToolTip(f"{counted(len(each), 'gene')}: {each.record or 'by a script'}")
            self.names.addItem(item)
        names = list(sets.names)
        if names:
            self.names.setCurrentRow(names.index(current) if current else len(names) - 1)
        self.names.blockSignals(False)
        self.hint.setVisible(not names)
        self._enable()
        self._ask()

    def _enable(self, _changed: object = None) -> None:
        several = len(self.names.selectedItems()) > 1
        for button in self.combine.values():
            button.setEnabled(several)
        self.of_selection.setEnabled(len(self.session.selection) > 0)
        self.of_cluster.setEnabled(self.session.cluster >= 0)
        one = bool(self.current)
        for button in (self.remove, self.show_only, self.copy, self.export):
            button.setEnabled(one)
        self.figure.refresh()

    def _drawing(self) -> Drawing | None:
        return set_drawing(self.current) if self.current in self.session.gene_sets else None

    def _make(self, make: Callable[[], GeneSet]) -> None:
        """Add a set, under a name that is free, or say why there is none."""
        session = self.session
        try:
            made = make()
            if not made.genes:
                raise DarlcError(f"{made.name} would hold no gene: choose other sets.")
            made = GeneSet(session.gene_sets.free_name(made.name), made.genes, made.record)
            session.change_sets(f"add the set {made.name}", session.gene_sets.added(made))
        except DarlcError as error:
            show_error(str(error))

    def _add_selection(self) -> None:
        genes = self.session.shown.names_of(tuple(self.session.selection.tolist()))
        record = f"{counted(len(genes), 'gene')} selected in the window"
        self._make(lambda: GeneSet("selection", genes, record))

    def _add_cluster(self) -> None:
        images, model, cluster = self.session.images, self.session.model, self.session.cluster
        if images is None or model is None or model.clusters is None or cluster < 0:
            return
        clusters, genes = model.clusters, images.gene_names[model.genes]
        name = clusters.names[cluster]
        self._make(lambda: cluster_genes(f"cluster {name}", genes, clusters, name))

    def _add_pasted(self) -> None:
        images, clipboard = self.session.images, QGuiApplication.clipboard()
        if images is None or clipboard is None:
            return
        typed = clipboard.text().replace(",", "\n").replace("\t", "\n").splitlines()
        words = [word.strip() for word in typed if word.strip()]
        labels = self.session.gene_labels
        self._make(lambda: named_genes("pasted", words, images.gene_names, labels))

    def _combine(self, how: Combination) -> None:
        sets = [self.session.gene_sets[name] for name in self.chosen]
        self._make(lambda: combined(sets, how))

    def _remove(self) -> None:
        names = self.chosen or [self.current]
        what = names[0] if len(names) == 1 else counted(len(names), "gene set")
        self.session.change_sets(f"remove {what}", self.session.gene_sets.removed(*names))

    def _on_renamed(self, item: QListWidgetItem) -> None:
        old, new = str(item.data(_NAME)), item.text()
        try:
            sets = self.session.gene_sets.renamed(old, new)
        except DarlcError as error:
            show_error(str(error))
            self._list()
            return
        self.session.change_sets(f"rename {old} to {new}", sets)

    def _on_open(self) -> None:
        kinds = "Gene sets (*.gmt *.gmt.gz)"
        for path in QFileDialog.getOpenFileNames(self, "Open gene sets", "", kinds)[0]:
            open_collection(self.session, Path(path))

    def _on_show(self) -> None:
        self.session.select(self.session.genes_of(self.current), only=True)

    def _on_copy(self) -> None:
        genes = self.session.genes_of(self.current)
        copy_lines(str(each) for each in self.session.gene_labels[genes])

    def _on_export(self) -> None:
        names = self.chosen
        wanted = names if len(names) > 1 else list(self.session.gene_sets.names)
        ask_export_sets(self, self.session, [self.session.gene_sets[name] for name in wanted])

    def _ask(self, *_changed: object) -> None:
        """Show what is known of the current set, and have its picture drawn."""
        session, name = self.session, self.current
        self._enable()
        self.enrichment.show_set(name)
        self.denoised.clear()
        self.raw.clear()
        self._caption(False)
        if not name or name not in session.gene_sets:
            self.title.clear()
            self.record.clear()
            return
        held = session.gene_sets[name]
        self.title.setText(f"<b>{escape(name)}</b>, {counted(len(held), 'gene')}")
        self.record.setText(held.record)
        images, model = session.images, session.model
        if images is None or model is None or model.denoised is None:
            return
        ratio = self.devicePixelRatioF()
        self._painter = painter_of(self._painter, images.grid, round(_PICTURE * ratio))
        question = partial(_pictures, images, model, session.genes_of(name), self._painter, ratio)
        self._asking.ask((images, model, held), question)

    def _on_answer(self, key: tuple[object, ...], answer: list[QImage] | str) -> None:
        images, model, held = key
        session = self.session
        if images is not session.images or model is not session.model or not self.current:
            return
        if session.gene_sets[self.current] is not held:
            return  # another question is on its way
        if isinstance(answer, str):
            self.record.setText(f"{self.record.text()} {answer}")
            return
        for label, picture in zip((self.denoised, self.raw), answer, strict=True):
            label.setPixmap(QPixmap.fromImage(picture))
        self._caption(True)

    def _caption(self, shown: bool) -> None:
        for caption in self.captions:
            caption.setVisible(shown)


def _pictures(
    images: SGEPImages,
    model: Model,
    genes: NDArray[np.int64],
    painter: ThumbnailPainter,
    ratio: float,
) -> list[QImage] | str:
    assert model.denoised is not None
    try:
        found = set_picture(images, model.genes, model.denoised, genes)
    except DarlcError as error:
        return str(error)
    pictures = painter.paint(np.stack([found.denoised, found.raw]), magma())
    for picture in pictures:
        picture.setDevicePixelRatio(ratio)
    return pictures

"""Sections of a study: which one is shown, and the genes that change between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, QSize, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from darlc.explore.sections.changes import Changes, changes
from darlc.wording import counted
from napari_darlc.processes.background import Background
from napari_darlc.session.open_study import OpenStudy
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, open_path, open_section, session_of
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import note
from napari_darlc.widgets.gene_lists.sortable_table import Cell, SortableTable
from napari_darlc.widgets.sections.side_by_side import SideBySideControls

if TYPE_CHECKING:
    import napari

_NO_STUDY = (
    "Sections that were fitted together are shown here: open the folder that darlc fit wrote of "
    "them, or drop it onto the canvas."
)
_HEADS = {
    "Gene": "A gene that changes; a click shows it",
    "Cluster": "Its cluster in the study",
    "Section": "Where it follows another cluster",
    "There": "The cluster that it follows there",
    "Keeps": "Probability that it follows its own cluster there all the same",
}


class SectionsPanel(QWidget):
    """A list of sections, and a table of the genes that change, the surest first.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._session: Session = session_of(napari_viewer)
        self._open: Callable[[Path], None] = partial(open_path, napari_viewer)
        self._switch: Callable[[str, str], None] = partial(open_section, napari_viewer)
        self._layers = layers_of(napari_viewer)
        self._study: OpenStudy | None = None
        self._changes: Changes | None = None
        self._asked: object = None
        self._asking = Background(self)
        self._asking.answered.connect(self._on_changes)
        self._build()
        follow(self, (self._session.dataset_changed, self._on_dataset))
        self._on_dataset()

    def sizeHint(self) -> QSize:
        """Return a size that shows some genes."""
        return QSize(400, 500)

    def _build(self) -> None:
        self.open_study = QPushButton("Open a study …")
        self.open_study.setToolTip("Choose the folder that darlc fit wrote of several sections")
        self.open_study.clicked.connect(self._on_open)
        self.summary = note(_NO_STUDY)
        self.section = QComboBox()
        self.section.setToolTip("The section that is shown: another one is shown at the same gene")
        self.section.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.section.activated.connect(self._on_section)
        self.fdr = QDoubleSpinBox()
        self.fdr.setRange(0.01, 0.5)
        self.fdr.setSingleStep(0.05)
        self.fdr.setValue(0.1)
        self.fdr.setToolTip("Highest expected share of false ones in the list")
        self.fdr.valueChanged.connect(self._ask)
        self.beside = SideBySideControls(self._layers)
        self.go_there = QCheckBox("A click goes to the section, too")
        self.go_there.setToolTip("Show the section in which the gene changes, at the gene")
        self.table = SortableTable(_HEADS)
        self.table.chosen.connect(self._on_row)
        head = self.table.horizontalHeader()
        assert head is not None
        # The last column, by which the genes are listed, is seen in a narrow dock, too.
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        # Names of sections often differ in their ends alone.
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.filled = QWidget()
        shown, changing = QFormLayout(), QFormLayout()
        shown.addRow("Section", self.section)
        changing.addRow("False ones at most", self.fdr)
        inner = QVBoxLayout(self.filled)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(shown)
        inner.addWidget(self.beside)
        inner.addLayout(changing)
        inner.addWidget(self.go_there)
        inner.addWidget(self.table, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.open_study)
        layout.addWidget(self.summary)
        layout.addWidget(self.filled, 1)
        layout.addStretch()
        self.setMinimumSize(260, 240)

    def _on_open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a study")
        if folder:
            self._open(Path(folder))

    def _on_dataset(self) -> None:
        before, self._study = self._study, self._session.study
        study = self._study
        self.filled.setVisible(study is not None)
        if study is None:
            self._asked = self._changes = None
            self.table.show_rows([])
            self.summary.setText(_NO_STUDY)
            return
        if before is None or before.result is not study.result:
            with QSignalBlocker(self.section):
                self.section.clear()
                self.section.addItems(list(study.result.section_names))
            self._ask()
        self._select()

    def _select(self) -> None:
        """Select the section that is shown; the user may have cancelled."""
        if self._study is not None:
            with QSignalBlocker(self.section):
                self.section.setCurrentText(self._study.section)

    def _on_section(self, _index: int) -> None:
        wanted = self.section.currentText()
        self._select()  # until the other one is open
        self._go(wanted, self._session.gene_name)

    def _go(self, section: str, gene: str) -> None:
        if self._study is not None and section != self._study.section:
            self._switch(section, gene)

    def _ask(self) -> None:
        if self._study is not None:
            result = self._study.result
            self._asked = key = (result, self.fdr.value())
            self._asking.ask(key, partial(changes, *key))

    def _on_changes(self, key: object, found: Changes) -> None:
        study = self._study
        if key is not self._asked or study is None:
            return  # something else was asked since
        self._changes, result = found, study.result
        names, rows = result.cluster_names, []
        for gene, section, there, keeps in zip(
            found.genes, found.sections, found.there, found.keeps, strict=True
        ):
            row: list[Cell] = [
                str(result.gene_names[gene]),
                names[result.cluster[gene]],
                result.section_names[section],
                names[there],
                (float(keeps), f"{keeps:.3f}"),
            ]
            rows.append(row)
        self.table.show_rows(rows)
        self.summary.setText(
            f"<b>{counted(found.n_genes, 'gene')}</b> of {result.n_genes:,} "
            f"{'changes' if found.n_genes == 1 else 'change'} in some of "
            f"{counted(result.n_sections, 'section')}: "
            f"{len(rows):,} of the {found.pairs:,} pairs of a gene and a section that could be "
            "judged."
        )

    def _on_row(self, row: int) -> None:
        study, found, session = self._study, self._changes, self._session
        if study is None or found is None or session.images is None:
            return
        result = study.result
        name = str(result.gene_names[found.genes[row]])
        place = {str(each): i for i, each in enumerate(session.images.gene_names)}.get(name)
        if place is not None:
            session.gene = place
        if self.go_there.isChecked():
            self._go(result.section_names[found.sections[row]], name)
        elif place is None:
            self.summary.setText(f"{name} was not measured in {study.section}: go to its section.")

"""The gene table: columns of values of all genes, sorted, filtered, copied and exported."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QModelIndex, QSize, Qt
from qtpy.QtWidgets import (
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from superqt import QFlowLayout

from napari_darlc.genes.columns import RESULT_PREFIX, GeneColumn, table_of
from napari_darlc.saving.exporting import ask_export_genes, names_table
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.history_keys import HistoryKeys
from napari_darlc.widgets.common.limited_calls import debounced, throttled
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import NO_DATASET, empty_state
from napari_darlc.widgets.gene_lists.measuring import measuring_of
from napari_darlc.widgets.gene_lists.narrowing import Narrowing
from napari_darlc.widgets.table.model import GENE, GeneTableModel
from napari_darlc.widgets.table.view import GeneTableView

if TYPE_CHECKING:
    import napari
    import pandas as pd

_SELECT_MS = 150
_NARROWEST, _WIDEST = 60, 190


class GeneTable(QWidget):
    """All genes in rows; the current row is the gene on the canvas.

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
        self.model = GeneTableModel(session, self)
        self._measuring = measuring_of(session)
        self._measuring.known.connect(self._on_known)
        self._hidden: set[str] = set()
        self._following = False
        self._selecting = False
        self._build()
        HistoryKeys(session, self)

        self._refresh = throttled(self, self.refresh)
        self._select = debounced(self, self._select_chosen, _SELECT_MS)
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.clusters_changed, self._on_clusters),
            (session.state_changed, self._on_clusters),
            (session.cluster_selected, self._on_narrowed),
            (session.only_selected_changed, self._on_narrowed),
            (session.selection_changed, self._on_selection),
            (session.gene_changed, self._on_gene),
        )
        self._on_dataset()

    def _build(self) -> None:
        self.view = GeneTableView(self.model, self)
        self.view.header.filtered.connect(self._on_filter)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.escaped.connect(self._select_none)
        self.view.setToolTip(
            "Click a row, or walk with the arrow keys, to show its gene on the canvas.\n"
            "Ctrl and Shift select several; Ctrl+C copies them."
        )
        self.model.modelAboutToBeReset.connect(self._on_reset_begins)
        self.model.modelReset.connect(self._on_reset)
        self.view.selectionModel().currentRowChanged.connect(self._on_current)
        self.view.selectionModel().selectionChanged.connect(self._on_chosen)
        self.view.doubleClicked.connect(self._on_current)

        self.count = QLabel()
        self.count.setToolTip("Genes listed, of all in the dataset")
        self.narrowing = Narrowing(self.session)
        self.clear_filters = QPushButton("Clear filters")
        self.clear_filters.setToolTip("List the genes whatever stands above the columns")
        self.clear_filters.clicked.connect(self._on_clear_filters)
        self.choose_columns = QPushButton("Columns")
        self.choose_columns.setToolTip("Choose which columns are shown")
        self.columns_menu = QMenu(self)
        self.columns_menu.aboutToShow.connect(self._list_columns)
        self.choose_columns.setMenu(self.columns_menu)
        self.export = QPushButton("Export CSV …")
        self.export.setToolTip("Write the listed genes and the shown columns to a file")
        self.export.clicked.connect(self._on_export)

        self.no_dataset = empty_state(NO_DATASET)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.view)
        self.pages.addWidget(self.no_dataset)
        head = QFlowLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setHorizontalSpacing(6)
        head.setVerticalSpacing(4)
        shown = (self.choose_columns, self.export, self.count, self.narrowing, self.clear_filters)
        for widget in shown:
            widget.setFixedHeight(self.export.sizeHint().height())
            head.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.pages, 1)
        self.setMinimumSize(260, 160)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return a size that shows the columns of clusters."""
        return QSize(620, 320)

    # ---------------------------------------------------------------- what is listed

    def refresh(self) -> None:
        """Read genes and clusters again; the first row in view stays the first, if it can."""
        first = self.view.rowAt(0)
        gene = int(self.model.genes[first]) if first >= 0 else -1
        self.model.refresh()
        if (row := self.model.row_of(gene)) >= 0:
            self.view.look_at(row, GeneTableView.ScrollHint.PositionAtTop)

    def _on_reset_begins(self) -> None:
        self._following = True

    def _on_reset(self) -> None:
        if list(self.view.header.fields) != [column.name for column in self.model.columns]:
            self._new_columns()
        self.view.header.complain()
        there = self.session.images is not None
        self.pages.setCurrentWidget(self.view if there else self.no_dataset)
        self.count.setText(
            f"{self.model.rowCount():,} of {self.model.n_genes:,} genes" if there else ""
        )
        for button in (self.choose_columns, self.export):
            button.setEnabled(there)
        filtered = any(field.text().strip() for field in self.view.header.fields.values())
        self.clear_filters.setVisible(filtered)
        self.narrowing.refresh()
        self.view.show_gene(self.session.gene)
        self._following = False

    def _new_columns(self) -> None:
        """Set a filter field and a width for every column; hide columns with a single value."""
        self.view.header.build()
        for i, column in enumerate(self.model.columns):
            self.view.setColumnHidden(i, column.name in self._hidden)
            width = self.view.fontMetrics().horizontalAdvance(column.name) + 34
            self.view.setColumnWidth(i, min(max(width, _NARROWEST), _WIDEST))
        if self.model.columns:
            self.view.setColumnWidth(0, 120)

    def _on_dataset(self) -> None:
        self._hidden.clear()
        self.view.header.clear()
        self.model.clear_filters()
        self._on_known()
        self._look_at_current()

    def _on_known(self) -> None:
        # Of a result the session's own columns tell the same, with its edits.
        self._hidden |= {
            column.name
            for column in self._measuring.from_file
            if column.name.startswith(RESULT_PREFIX) or len(np.unique(column.key)) < 2
        }
        self.model.refresh()

    def _on_clusters(self, _state: str = "") -> None:
        self._refresh.throttle()

    def _on_narrowed(self, _changed: object = None) -> None:
        self.model.refresh()
        self._look_at_current()

    def _on_selection(self) -> None:
        if self.session.only_selected:
            self._on_narrowed()
            return
        self.model.mark_selection()
        self.narrowing.refresh()
        if not self._selecting:
            # The rows chosen here are not what is selected now.
            self._following = True
            self.view.show_gene(self.session.gene)
            self._following = False

    def _on_filter(self, name: str, typed: str) -> None:
        self.model.set_filter(name, typed)
        self._look_at_current()

    def _on_clear_filters(self) -> None:
        self.view.header.clear()
        self.model.clear_filters()
        self._look_at_current()

    def _look_at_current(self) -> None:
        index = self.view.currentIndex()
        self.view.look_at(index.row()) if index.isValid() else self.view.scrollToTop()

    # ---------------------------------------------------------------- genes

    def _on_current(self, index: QModelIndex) -> None:
        if not self._following and index.isValid():
            self.session.gene = int(self.model.genes[index.row()])

    def _on_gene(self, gene: int) -> None:
        row = self.model.row_of(gene)
        if row == self.view.currentIndex().row():
            return
        self._following = True
        self.view.show_gene(gene)
        self._following = False
        self._look_at_current()

    def _on_chosen(self) -> None:
        if not self._following:
            self._select.throttle()

    def _select_chosen(self) -> None:
        """Select the chosen genes, if several; one is but the current one.

        While only the selection is listed, rows are chosen to be copied.
        """
        genes = self.view.chosen
        if len(genes) > 1 and not self.session.only_selected:
            self._selecting = True
            self.session.select(genes, only=False)
            self._selecting = False

    def _select_none(self) -> None:
        self.narrowing.select_none()
        self.view.show_gene(self.session.gene)

    # ---------------------------------------------------------------- columns and files

    def _list_columns(self) -> None:
        self.columns_menu.clear()
        for i, column in enumerate(self.model.columns):
            if column.name == GENE:
                continue
            action = self.columns_menu.addAction(column.name)
            action.setCheckable(True)
            action.setChecked(not self.view.isColumnHidden(i))
            action.setToolTip(column.tip)
            action.toggled.connect(partial(self.show_column, column.name))

    def show_column(self, name: str, shown: bool) -> None:
        """Show or hide a column."""
        self._hidden = self._hidden - {name} if shown else self._hidden | {name}
        self.view.setColumnHidden(self.model.column_of(name), not shown)
        self.view.header.build()

    def _on_export(self) -> None:
        genes, shown = self.model.genes.copy(), self.view.shown_columns
        ask_export_genes(self, self.session, "genes", partial(self._table, genes, shown))

    def _table(self, genes: NDArray[np.int64], shown: Sequence[GeneColumn]) -> pd.DataFrame:
        """Return what is exported: all names of genes, and the shown columns."""
        import pandas as pd

        known = table_of([column for column in shown if column.name != GENE], genes)
        return pd.concat([names_table(self.session, genes), known], axis=1)

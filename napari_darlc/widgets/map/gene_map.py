"""The gene map: every gene is a point, close to similar genes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from qtpy.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_darlc.genes.columns import CLUSTER
from napari_darlc.processes.live_layout import LiveLayout, Method
from napari_darlc.processes.umap_process import COMMAND
from napari_darlc.saving.figures import Drawing, map_drawing
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.limited_calls import throttled
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import NO_DATASET, note
from napari_darlc.widgets.map.canvas import GeneMapCanvas, Tool
from napari_darlc.widgets.map.card import GeneCard
from napari_darlc.widgets.map.colour_choice import ColourChoice
from napari_darlc.widgets.map.colours import emphasised, paint, sizes
from napari_darlc.widgets.map.legend import GeneMapLegend
from napari_darlc.widgets.map.overlay import Mark

if TYPE_CHECKING:
    import napari

#: Pinned genes that are named on the map; more names would hide it.
_MOST_NAMES = 30
#: Width over height from which a dock is wide; and the width of the legend in it.
_WIDE, _FOOT_WIDTH, _NO_LIMIT = 1.5, 190, 16777215
_TOOLS: dict[Tool, tuple[str, str, str]] = {
    "move": ("Move", "M", "Drag to move the map; hold Shift to draw around genes"),
    "lasso": ("Lasso", "L", "Draw around genes to select them"),
    "rectangle": ("Rectangle", "R", "Drag across genes to select them"),
}
_METHODS: dict[Method, str] = {
    "PCA": "Place genes along the two directions in which they differ most",
    "UMAP": "Place genes next to the genes that are most like them",
}
_SOURCES = {
    "raw": "by raw views",
    "denoised": "by denoised views",
    "embedding": "by embedding",
}
_ARRANGING = "Placing the genes …"
_NOTHING = "No gene differs from place to place.\nOpen a dataset with more expression."
_HINT = "Click: show a gene · wheel: zoom · Shift + drag: select"


class GeneMap(QWidget):
    """The embedding in two dimensions; a click shows a gene, a line around genes selects them.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    session
        What is shown; the viewer's own by default.
    command
        What computes UMAP.
    """

    def __init__(
        self,
        napari_viewer: napari.Viewer,
        session: Session | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        self.arrangement = LiveLayout(session, self, command)
        self._row_of: dict[int, int] = {}
        self._build()
        self._refresh = throttled(self, self.choice.refresh)
        self.arrangement.moved.connect(self._on_moved)
        self.arrangement.noted.connect(self._describe)
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.denoised_changed, self._follow),
            (session.result_changed, self._follow),
            (session.state_changed, self._follow),
            (session.clusters_changed, self._on_clusters),
            (session.cluster_selected, self._colour),
            (session.selection_changed, self._colour),
            (session.gene_changed, self._mark),
            (session.pinned_changed, self._mark),
        )
        self._on_dataset()

    def _build(self) -> None:
        self.choice = ColourChoice(self.session)
        self.choice.column_changed.connect(self._colour)
        self.methods: dict[Method, QPushButton] = {}
        methods = QButtonGroup(self)
        for method, tip in _METHODS.items():
            button = self.methods[method] = QPushButton(method)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.clicked.connect(partial(self.arrangement.set_method, method))
            button.clicked.connect(self._describe)
            methods.addButton(button)
        self.tools: dict[Tool, QPushButton] = {}
        tools = QButtonGroup(self)
        for tool, (name, key, tip) in _TOOLS.items():
            button = self.tools[tool] = QPushButton(name)
            button.setCheckable(True)
            button.setToolTip(f"{tip} ({key})")
            button.clicked.connect(partial(self._select_tool, tool))
            tools.addButton(button)
        self.whole = QPushButton("All")
        self.whole.setToolTip("Bring the whole map in sight (Home, or a double click)")
        self.clear = QPushButton()
        self.clear.setToolTip("Gallery and table follow the selection; click to clear it (Escape)")
        self.clear.clicked.connect(self._clear)
        self.clear.hide()
        self.figure = FigureButton(
            self.session, "Draw the map in the clusters' colours, pinned genes named", self._drawing
        )

        self.canvas = GeneMapCanvas()
        self.canvas.clicked.connect(self._on_clicked)
        self.canvas.enclosed.connect(self._on_enclosed)
        self.canvas.hovered.connect(self._on_hovered)
        self.canvas.escaped.connect(self._clear)
        self.whole.clicked.connect(self.canvas.show_all)
        for tool, (_, key, _) in _TOOLS.items():
            shortcut = QShortcut(QKeySequence(key), self.canvas)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self.tools[tool].click)
        self.tools["move"].setChecked(True)
        self.card = GeneCard(self.session, self.canvas)
        self.legend = GeneMapLegend()
        self.legend.entry_clicked.connect(self._on_entry)
        self.summary = note()
        self.summary.setToolTip(_HINT)

        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.choice, 1)
        for button in self.methods.values():
            first.addWidget(button)
        for button in (*self.tools.values(), self.whole):
            second.addWidget(button)
        second.addStretch()
        second.addWidget(self.clear)
        second.addWidget(self.figure)
        head, self._foot, page = QWidget(), QWidget(), QWidget()
        rows = QVBoxLayout(head)
        rows.addLayout(first)
        rows.addLayout(second)
        rows.addStretch()
        rows.setContentsMargins(0, 0, 0, 0)
        rows = QVBoxLayout(self._foot)
        rows.addWidget(self.legend)
        rows.addWidget(self.summary)
        rows.addStretch()
        rows.setContentsMargins(0, 0, 0, 0)
        self._parts = QBoxLayout(QBoxLayout.Direction.TopToBottom, page)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.addWidget(head)
        self._parts.addWidget(self.canvas, 1)
        self._parts.addWidget(self._foot)
        self.pages = FilledOrEmpty(self, page)
        self.empty = self.pages.empty

    def sizeHint(self) -> QSize:
        """Return a size in which clusters can be told apart."""
        return QSize(420, 560)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put all else beside the map where the dock is wide, as under the canvas."""
        wide = self.width() > _WIDE * self.height()
        direction = QBoxLayout.Direction
        self._parts.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._foot.setMaximumWidth(_FOOT_WIDTH if wide else _NO_LIMIT)
        self._foot.setMinimumWidth(_FOOT_WIDTH if wide else 0)
        super().resizeEvent(event)

    # ---------------------------------------------------------------- where genes lie

    def _on_dataset(self) -> None:
        self.card.forget()
        self.canvas.sight_chosen = False
        self._follow()
        self.choice.refresh()

    def _follow(self) -> None:
        self.arrangement.refresh()
        self._describe()

    def _on_clusters(self) -> None:
        self._refresh.throttle()

    def _on_moved(self) -> None:
        genes, goal = self.arrangement.genes, self.arrangement.plane
        before = self._row_of
        self._row_of = dict(zip(genes.tolist(), range(len(genes)), strict=True))
        start = goal.copy()
        if before and len(self.canvas.points):
            rows = np.array([before.get(gene, -1) for gene in genes.tolist()], dtype=np.int64)
            start[rows >= 0] = self.canvas.shown_points[rows[rows >= 0]]
        self.canvas.put(start, goal)
        self._colour()

    def _describe(self) -> None:
        """Show what the map is computed from, and what is still being computed."""
        arrangement = self.arrangement
        n_genes = len(arrangement.genes)
        there = n_genes > 0
        if there:
            self.pages.fill()
        elif self.session.images is None:
            self.pages.say(NO_DATASET)
        else:
            self.pages.say(_NOTHING if arrangement.source else _ARRANGING)
        self.figure.refresh()
        umap = self.methods["UMAP"]
        umap.setEnabled(not arrangement.umap_note)
        umap.setToolTip(arrangement.umap_note or _METHODS["UMAP"])
        self.methods[arrangement.method].setChecked(True)
        source = _SOURCES.get(arrangement.source, "")
        n_all = len(self.session.gene_labels)
        of_all = "" if n_genes == n_all else f" of {n_all:,}"
        said = f"{n_genes:,}{of_all} genes placed {source} · {arrangement.method}"
        if arrangement.umap_note:
            said += f" · {arrangement.umap_note}"
        if self.session.gene not in self._row_of:
            said += f" · {self.session.gene_label} is not among them."
        self.summary.setText(said if there else "")

    def _drawing(self) -> Drawing | None:
        """Return a figure of the map of a result; None while genes lie by their views."""
        result, arrangement = self.session.result, self.arrangement
        if result is None or arrangement.source != "embedding":
            return None
        if len(arrangement.plane) != result.n_genes:
            return None
        pinned = [name for name in result.pinned if name in set(result.gene_names.tolist())]
        return map_drawing(arrangement.plane, pinned[:_MOST_NAMES])

    # ---------------------------------------------------------------- what they look like

    def _colour(self) -> None:
        session, model, genes = self.session, self.session.model, self.arrangement.genes
        column = self.choice.column
        by_cluster = column is not None and column.name == CLUSTER
        painted = None if column is None else paint(column, genes)
        colours = np.full((len(genes), 4), 0.5, np.float32) if painted is None else painted.colours
        cluster = np.full(len(genes), -1, dtype=np.int64)
        confidence = np.full(len(genes), np.nan, dtype=np.float32)
        if model is not None and model.n_clusters and len(genes):
            row = np.full(int(max(genes.max(), model.genes.max())) + 1, -1, dtype=np.int64)
            row[model.genes] = np.arange(len(model.genes))
            known = row[genes] >= 0
            cluster[known] = model.cluster[row[genes[known]]]
            confidence[known] = model.confidence[row[genes[known]]]
        hidden = np.isin(cluster, [] if model is None else list(model.hidden))
        strong = ~hidden
        if session.cluster >= 0:
            strong = cluster == session.cluster
        if len(session.selection):
            strong = strong & np.isin(genes, session.selection)
        self.canvas.paint(emphasised(colours, strong), sizes(confidence), strong, ~hidden)
        faint: frozenset[str] = frozenset()
        if by_cluster and model is not None:
            singled = session.cluster
            faint = frozenset(
                name
                for i, name in enumerate(model.names)
                if (i != singled if singled >= 0 else i in model.hidden)
            )
        self.legend.explain(painted, by_cluster, faint)
        n_selected = len(session.selection)
        self.clear.setText(f"{n_selected:,} selected  ✕")
        self.clear.setVisible(n_selected > 0)
        self._mark()

    def _mark(self) -> None:
        session = self.session
        marks = [
            Mark(self._row_of[gene], "pinned", str(session.gene_labels[gene]))
            for gene in session.pinned[:_MOST_NAMES]
            if gene in self._row_of and gene != session.gene
        ]
        if (row := self._row_of.get(session.gene)) is not None:
            marks.append(Mark(row, "current", session.gene_label))
        self.canvas.mark(marks)
        self._describe()

    # ---------------------------------------------------------------- mouse and keys

    def _select_tool(self, tool: Tool) -> None:
        self.canvas.tool = tool
        self.canvas.setFocus()

    def _on_clicked(self, row: int) -> None:
        self.session.gene = int(self.arrangement.genes[row])

    def _on_enclosed(self, rows: NDArray[np.int64]) -> None:
        self.session.select(self.arrangement.genes[rows], only=True)

    def _on_hovered(self, row: int, at: QPoint) -> None:
        self.card.show_gene(-1 if row < 0 else int(self.arrangement.genes[row]), at)

    def _on_entry(self, name: str) -> None:
        model = self.session.model
        if model is not None and name in model.names:
            cluster = model.names.index(name)
            self.session.cluster = -1 if cluster == self.session.cluster else cluster

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Clear the selection by Escape, wherever in the dock it is pressed."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self._clear()
        else:
            super().keyPressEvent(event)

    def _clear(self) -> None:
        self.session.select([], only=False)

"""The gene gallery: every gene as a thumbnail, framed by the colour of its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, QTimer
from qtpy.QtGui import QImage, QKeyEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import QSignalThrottler

from napari_darlc.session import Session
from napari_darlc.viewer_session import session_of
from napari_darlc.widgets.background import Background
from napari_darlc.widgets.following import follow
from napari_darlc.widgets.gallery_model import GeneListModel
from napari_darlc.widgets.gallery_view import GeneView
from napari_darlc.widgets.style import NO_DATASET, empty_state
from napari_darlc.widgets.thumbnails import ThumbnailPainter, magma

if TYPE_CHECKING:
    import napari

_SIZES = (40, 160)
_START_SIZE = 72
#: Genes drawn at a time: few enough that the ones in view come soon.
_BATCH = 24
_REFRESH_MS = 250


class GeneGallery(QWidget):
    """Thumbnails of all genes, or of the modelled ones; a click shows a gene.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    session
        What is shown; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        if session is None:
            session = session_of(napari_viewer)
        self.session = session
        self.model = GeneListModel(session, self)
        self._painter: ThumbnailPainter | None = None
        self._wanted: dict[int, None] = {}
        self._drawing = Background(self)
        self._view_chosen = False
        self._rearranging = False
        self._build()

        self._drawing.answered.connect(self._on_drawn)
        self.model.picture_wanted.connect(self._on_wanted)
        self._dispatch = QTimer(self)
        self._dispatch.setSingleShot(True)
        self._dispatch.timeout.connect(self._draw_wanted)
        self._refresh = QSignalThrottler(parent=self)
        self._refresh.setTimeout(_REFRESH_MS)
        self._refresh.triggered.connect(self.rearrange)
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.denoised_changed, self._on_denoised),
            (session.clusters_changed, self._on_clusters),
            (session.state_changed, self._on_clusters),
            (session.cluster_selected, self._on_cluster_selected),
            (session.gene_changed, self._on_gene),
        )
        self._on_dataset()

    def _build(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search genes: MBP, PLP* …")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip(
            "Part of a name; * and ? stand for any letters; "
            "separate several names by commas or spaces.\nReturn shows the first match."
        )
        self.search.textChanged.connect(self._on_filter)
        self.search.returnPressed.connect(self._show_first)
        self.search.installEventFilter(self)

        self.count = QLabel()
        self.count.setToolTip("Genes shown, of all that are modelled (before a model: of all)")
        self.only = QPushButton()
        self.only.setToolTip("The gallery shows one cluster; click to show all")
        self.only.clicked.connect(self._show_all_clusters)
        self.only.hide()

        self.raw = QPushButton("Raw")
        self.raw.setToolTip("Thumbnails of the expression as measured")
        self.denoised = QPushButton("Denoised")
        views = QButtonGroup(self)
        for button in (self.raw, self.denoised):
            button.setCheckable(True)
            views.addButton(button)
            button.clicked.connect(self._on_view_clicked)
        views.buttonToggled.connect(self._redraw)
        self.raw.setChecked(True)

        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(*_SIZES)
        self.size_slider.setValue(_START_SIZE)
        self.size_slider.setFixedWidth(90)
        self.size_slider.setToolTip("Size of the thumbnails")
        self.size_slider.valueChanged.connect(self._on_size)

        self.view = GeneView(self)
        self.view.setModel(self.model)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.no_match = empty_state()
        self.no_dataset = empty_state(NO_DATASET)
        self.pages = QStackedWidget()
        for page in (self.view, self.no_match, self.no_dataset):
            self.pages.addWidget(page)

        head = QHBoxLayout()
        head.addWidget(self.raw)
        head.addWidget(self.denoised)
        head.addStretch()
        head.addWidget(self.size_slider)
        counts = QHBoxLayout()
        counts.addWidget(self.count)
        counts.addStretch()
        counts.addWidget(self.only)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.search)
        layout.addLayout(head)
        layout.addLayout(counts)
        layout.addWidget(self.pages, 1)
        self.setMinimumSize(260, 240)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return a size that shows a few columns."""
        return QSize(420, 520)

    # ---------------------------------------------------------------- what is shown

    def rearrange(self) -> None:
        """Read genes and clusters again, keeping in place what the user is looking at."""
        anchor, top = self._anchor()
        self._rearranging = True
        self.model.refresh()
        self._rearranging = False
        self._after_model_change()
        self._hold(anchor, top)

    def _hold(self, anchor: int, top: int) -> None:
        """Scroll so that a gene's cell is again where it was."""
        if (row := self.model.row_of(anchor)) >= 0:
            now = self.view.visualRect(self.model.index(row)).top()
            bar = self.view.verticalScrollBar()
            bar.setValue(bar.value() + now - top)

    def _anchor(self) -> tuple[int, int]:
        """Return the gene to keep in place and its top: the current one, or the first in view."""
        index = self.view.currentIndex()
        if not index.isValid() or not self.view.is_in_view(index):
            index = self.view.indexAt(self.view.viewport().rect().topLeft())
        if not index.isValid():
            return -1, 0
        return self.model.gene_at(index.row()), self.view.visualRect(index).top()

    def _after_model_change(self) -> None:
        shown, all_genes = self.model.rowCount(), self.model.n_candidates
        self.count.setText(f"{shown} of {all_genes} genes" if all_genes else "")
        if self.session.images is None:
            self.pages.setCurrentWidget(self.no_dataset)
        elif shown == 0:
            asked = f"“{self.search.text()}”" if self.search.text().strip() else "the cluster"
            self.no_match.setText(f"No gene matches {asked}.\nClear the search to see all genes.")
            self.pages.setCurrentWidget(self.no_match)
        else:
            self.pages.setCurrentWidget(self.view)
        self.search.setEnabled(self.session.images is not None)
        self.size_slider.setEnabled(self.session.images is not None)
        self._mark_current()

    def _mark_current(self) -> None:
        row = self.model.row_of(self.session.gene)
        self._rearranging = True
        # Without auto-scroll the view stays where it is.
        self.view.setAutoScroll(False)
        self.view.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        self.view.setAutoScroll(True)
        self._rearranging = False

    def _on_filter(self) -> None:
        self._rearranging = True
        self.model.set_filter(self.search.text(), self.session.cluster)
        self._rearranging = False
        self._after_model_change()
        index = self.view.currentIndex()
        self.view.scrollTo(index) if index.isValid() else self.view.scrollToTop()

    def _on_cluster_selected(self, cluster: int) -> None:
        self._name_cluster()
        self._on_filter()

    def _name_cluster(self) -> None:
        model, cluster = self.session.model, self.session.cluster
        named = model is not None and 0 <= cluster < model.n_clusters
        if named:
            assert model is not None
            self.only.setText(f"Cluster {model.names[cluster]}  ✕")
            self.only.setStyleSheet(f"border: 2px solid {model.colours[cluster]};")
        self.only.setVisible(named)

    def _show_all_clusters(self) -> None:
        self.session.cluster = -1

    def _on_dataset(self) -> None:
        images = self.session.images
        self._painter = None if images is None else self._new_painter()
        self._view_chosen = False
        self.model.redraw_pictures()
        self._name_cluster()
        self._on_filter()
        self._on_denoised()
        if (index := self.view.currentIndex()).isValid():
            self.view.scrollTo(index, GeneView.ScrollHint.PositionAtTop)
        else:
            self.view.scrollToTop()

    def _on_clusters(self) -> None:
        self._refresh.throttle()

    def _on_denoised(self) -> None:
        there = self.session.model is not None and self.session.model.denoised is not None
        self.denoised.setEnabled(there)
        self.raw.setEnabled(self.session.images is not None)
        self.denoised.setToolTip(
            "Thumbnails as the GAT denoiser reconstructs them"
            if there
            else "Denoised thumbnails come with training"
        )
        if not there:
            self.raw.setChecked(True)
        elif not self._view_chosen:
            self.denoised.setChecked(True)
        self._redraw()

    def _on_view_clicked(self) -> None:
        self._view_chosen = True

    # ---------------------------------------------------------------- the current gene

    def _on_current(self, index: QModelIndex) -> None:
        if not self._rearranging and index.isValid():
            self.session.gene = self.model.gene_at(index.row())

    def _on_gene(self, gene: int) -> None:
        self._mark_current()
        index = self.view.currentIndex()
        if index.isValid() and not self.view.viewport().rect().contains(
            self.view.visualRect(index).center()
        ):
            self.view.scrollTo(index)

    def _show_first(self) -> None:
        if self.model.rowCount():
            self.session.gene = self.model.gene_at(0)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Let the down key lead from the search into the genes."""
        if (
            watched is self.search
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
        ):
            self.view.setFocus()
            return True
        return super().eventFilter(watched, event)

    # ---------------------------------------------------------------- thumbnails

    def _new_painter(self) -> ThumbnailPainter:
        assert self.session.images is not None
        ratio = self.devicePixelRatioF()
        painter = ThumbnailPainter(
            self.session.images.grid, round(self.size_slider.value() * ratio)
        )
        size = QSize(round(painter.width / ratio), round(painter.height / ratio))
        self.view.genes.picture = size
        self.view.fit_columns()
        return painter

    def _on_size(self) -> None:
        if self.session.images is None:
            return
        anchor, top = self._anchor()
        self._painter = self._new_painter()
        self._hold(anchor, top)
        self._redraw()

    def _redraw(self) -> None:
        self.model.redraw_pictures()

    def _on_wanted(self, gene: int) -> None:
        self._wanted[gene] = None
        if not self._drawing.busy:
            self._dispatch.start(0)

    def _draw_wanted(self) -> None:
        genes, self._wanted = list(self._wanted)[:_BATCH], {}
        images, model, painter = self.session.images, self.session.model, self._painter
        if not genes or images is None or painter is None or self._drawing.busy:
            return
        row_of, views = {}, None
        if self.denoised.isChecked() and model is not None:
            row_of, views = model.row_of, model.denoised
        genes = [gene for gene in genes if gene < images.n_genes]

        # A gene that is not modelled has no denoised view.
        modelled = [] if views is None else [gene for gene in genes if gene in row_of]
        others = [gene for gene in genes if views is None or gene not in row_of]

        def draw() -> dict[int, QImage]:
            drawn = painter.paint(images.expression(np.array(others, dtype=np.int64)), magma())
            if views is not None:
                drawn += painter.paint(views[[row_of[gene] for gene in modelled]], magma())
            return dict(zip(others + modelled, drawn, strict=True))

        self._drawing.ask((images, painter, views), draw)

    def _on_drawn(self, key: tuple[object, ...], pictures: dict[int, QImage]) -> None:
        images, painter, views = key
        model = self.session.model
        now = model.denoised if self.denoised.isChecked() and model is not None else None
        # Pictures of what was shown before are dropped; painting asks for the new ones.
        if images is self.session.images and painter is self._painter and views is now:
            self.model.set_pictures(pictures)
        self.view.viewport().update()

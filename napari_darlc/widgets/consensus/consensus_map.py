"""The consensus map: each cluster's pattern, and all of them in one image."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_darlc.processes.background import Background
from napari_darlc.saving.exporting import ask_export_clusters
from napari_darlc.saving.figures import Drawing, clusters_drawing
from napari_darlc.session.model import Model
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.history_buttons import HistoryButtons
from napari_darlc.widgets.common.limited_calls import REFRESH_MS, throttled
from napari_darlc.widgets.common.save_button import SaveBar
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import NO_DATASET, note
from napari_darlc.widgets.consensus.actions import ClusterActions
from napari_darlc.widgets.consensus.cards import ClusterCards
from napari_darlc.widgets.consensus.consensus_pictures import ClusterCard, ConsensusPainter
from napari_darlc.widgets.consensus.unsure_genes import UnsureGenes

if TYPE_CHECKING:
    import napari

#: Smallest height of a dock, in pixels, that shows the hint.
_LOW = 420
#: Smallest width for image and cards side by side.
_WIDE = 480
#: Smallest height of a dock that shows the combined image.
_LOWEST = 440
_NO_CLUSTERS = (
    "The patterns of the clusters appear here while DARLC trains.\n"
    "Press Train in the training dock."
)
_DRAWING = "Drawing the patterns of the clusters …"


class TissuePicture(QWidget):
    """An image as large as the widget allows, with its own aspect ratio."""

    def __init__(self) -> None:
        super().__init__()
        self.image = QImage()
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            "Every pixel has the colour of the cluster whose consensus pattern is strongest "
            "there;\nit is brighter where that pattern is stronger."
        )

    def show_image(self, image: QImage) -> None:
        """Show another image."""
        self.image = image
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size for a dock of usual width."""
        return QSize(300, 230)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the image centred."""
        if self.image.isNull():
            return
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(
            (self.width() - size.width()) // 2,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self.image)
        painter.end()


class ConsensusMap(QWidget):
    """Cards of all clusters; a click shows a cluster's pattern on the canvas.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    session
        Session to show; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        self._viewer = napari_viewer
        self._painter: ConsensusPainter | None = None
        #: Columns of the requested cards.
        self._shown: tuple[int, ...] = ()
        self._drawing = Background(self)
        self._drawing.answered.connect(self._on_drawn)
        self._refresh = throttled(self, self._draw)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.denoised_changed, self._on_change),
            (session.clusters_changed, self._on_change),
            (session.state_changed, self._on_change),
            (session.cluster_selected, self._on_cluster_selected),
        )
        self._draw()

    def _build(self) -> None:
        session = self.session
        self.combined = TissuePicture()
        self.summary = note()
        self.summary.setToolTip("Clusters that hold genes")
        self.unsure = QPushButton()
        self.unsure.setCheckable(True)
        self.unsure.toggled.connect(self._on_unsure)
        self.hint = note("Click a cluster to show its pattern; click again to hide it.")
        self.cards = ClusterCards(self)
        self.cards.cluster_clicked.connect(self._on_card_clicked)
        self.cards.gene_clicked.connect(self._on_gene_clicked)
        self.actions_ = ClusterActions(session, self.cards, self)
        self.unsure_genes = UnsureGenes(session)
        self.lists = QStackedWidget()
        self.lists.addWidget(self.cards)
        self.lists.addWidget(self.unsure_genes)
        self.history = HistoryButtons(session, self)
        self.saving = SaveBar(session)
        self.export = QPushButton("Export …")
        self.export.setToolTip("Write the clusters as gene sets, .gmt, or as a table, .csv")
        self.export.clicked.connect(self._on_export)
        self.figure = FigureButton(
            session, "Draw the chosen clusters, or all, with typical genes", self._to_draw
        )

        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        head.addWidget(self.unsure)
        below = QWidget()
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 4, 0, 0)
        lower.setSpacing(4)
        lower.addLayout(head)
        lower.addWidget(self.hint)
        lower.addWidget(self.actions_.buttons())
        lower.addWidget(self.lists, 1)
        # One row, as every row takes room from the cards in a low dock.
        written = QHBoxLayout()
        written.addWidget(self.history, 1)
        written.addWidget(self.figure)
        written.addWidget(self.export)
        lower.addLayout(written)
        lower.addWidget(self.saving)
        self._split = split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.combined)
        split.addWidget(below)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setChildrenCollapsible(False)
        self.pages = FilledOrEmpty(self, split)
        self.empty = self.pages.empty

    def sizeHint(self) -> QSize:
        """Return a size that shows the image and some cards."""
        return QSize(360, 600)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Place image and cards side by side in a wide dock, as under the canvas."""
        wide = self.width() > max(1.5 * self.height(), _WIDE)
        self._split.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)
        self.hint.setVisible(self.height() >= _LOW)
        # In a small dock the cards are more useful than the combined image.
        self.combined.setVisible(wide or self.height() >= _LOWEST)
        super().resizeEvent(event)

    def _on_dataset(self) -> None:
        self._shown = ()
        # Cards of the previous dataset are removed.
        self.cards.show_cards([], None)
        self.combined.show_image(QImage())
        self.summary.clear()
        self._draw()

    def _on_change(self) -> None:
        # Events of training may be faster than drawing; edits are drawn at once.
        self._refresh.setTimeout(0 if self.session.state == "ready" else REFRESH_MS)
        self._refresh.throttle()

    def _draw(self) -> None:
        images, model = self.session.images, self.session.model
        if images is None or model is None or model.clusters is None or model.denoised is None:
            self.pages.say(NO_DATASET if images is None else _NO_CLUSTERS)
            self.cards.show_cards([], None)
            self._shown = ()
            return
        if self._painter is None or self._painter.grid is not images.grid:
            self._painter = ConsensusPainter(images.grid)
        # In the order of other lists. During training, empty clusters keep their place.
        kept = self._shown if self.session.state != "ready" else ()
        sizes = model.clusters.sizes
        self._shown = tuple(k for k in range(len(sizes)) if sizes[k] or k in kept)
        if not self.cards.cards():
            self.pages.say(_DRAWING)
        labels = self.session.gene_labels
        self._drawing.ask(model, partial(self._painter.draw, model, self._shown, labels))

    def _on_drawn(self, model: Model, drawn: tuple[list[ClusterCard], QImage] | None) -> None:
        if drawn is None or model is not self.session.model:
            return
        cards, combined = drawn
        self.cards.show_cards(cards, model.clusters)
        self.cards.mark(self.session.cluster)
        self.combined.show_image(combined)
        n_genes = sum(card.n_genes for card in cards)
        n_unsure = sum(card.n_unsure for card in cards)
        n_hidden = sum(card.hidden for card in cards)
        result = self.session.result if self.session.state == "ready" else None
        assert model.clusters is not None
        clusters = model.clusters.summary() if result is None else result.cluster_summary
        said = f"<b>{clusters}</b> of {n_genes:,} genes"
        self.summary.setText(f"{said}, {n_hidden} hidden" if n_hidden else said)
        self.unsure.setText(f"{n_unsure:,} unsure")
        self.unsure.setToolTip(
            "List the genes with a membership below one half, with their second-best cluster"
            if n_unsure
            else "Every gene has a membership of one half or more"
        )
        self.unsure.setEnabled(n_unsure > 0)
        self.export.setEnabled(self.session.editable)
        self.unsure.setChecked(self.unsure.isChecked() and n_unsure > 0)
        self.pages.fill()

    def _on_unsure(self, listed: bool) -> None:
        self.lists.setCurrentWidget(self.unsure_genes if listed else self.cards)

    def _on_export(self) -> None:
        ask_export_clusters(self, self.session)

    def _to_draw(self) -> Drawing | None:
        clusters = self.session.clusters
        if clusters is None:
            return None
        chosen = self.cards.chosen if self.cards.clusters is clusters else []
        return clusters_drawing([clusters.names[k] for k in chosen] or None)

    def _on_gene_clicked(self, gene: int) -> None:
        self.session.gene = gene

    def _on_card_clicked(self, cluster: int) -> None:
        if self.cards.clusters is not self.session.clusters:
            return  # clusters changed meanwhile, and new cards are being drawn
        # Showing a gene removes the pattern from the canvas; a click shows it again.
        shown = layers_of(self._viewer).consensus is not None
        if cluster != self.session.cluster:
            self.session.cluster = cluster
        elif shown:
            self.session.cluster = -1
        else:
            layers_of(self._viewer).show_consensus(cluster)

    def _on_cluster_selected(self, cluster: int) -> None:
        self.cards.mark(cluster)
        # After a merge or split the cards are outdated for a moment; the singled-out cluster is the
        # same.
        if cluster >= 0 and self.session.clusters is self.cards.clusters:
            self.cards.reveal(cluster)

"""The card beside the mouse: a gene's picture, its name and its cluster."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QPoint, QRectF, Qt
from qtpy.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from darlc.images.sgep_images import SGEPImages
from napari_darlc.canvas.own_layers import DENOISED, RAW
from napari_darlc.genes.molecules import no_answer
from napari_darlc.processes.background import Background
from napari_darlc.session.session import Model, Session
from napari_darlc.widgets.common.style import text_colour
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, magma

_SIDE = 110
#: Pixels between the mouse and the card.
_OFFSET = 16


class GeneCard(QWidget):
    """Shows one gene at a time, drawn off the GUI thread.

    Parameters
    ----------
    session
        Whose genes these are.
    parent
        The widget that the card lies on; it stays within.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._painter: ThumbnailPainter | None = None
        self._drawing = Background(self)
        self._drawing.answered.connect(self._on_drawn)
        self.gene = -1
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self.picture)
        layout.addWidget(self.text)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_gene(self, gene: int, at: QPoint) -> None:
        """Show a gene (position among all genes) beside a place of the parent; -1 for none."""
        images = self._session.images
        if images is None or gene < 0:
            self.forget()
            return
        if gene != self.gene:
            self.gene = gene
            self.text.setText("\n".join(self._lines(gene)))
            # Of the same size, so that the card does not jump until the picture is there.
            blank = QPixmap(self.picture.pixmap().size())
            blank.fill(Qt.GlobalColor.transparent)
            blank.setDevicePixelRatio(self.devicePixelRatioF())
            self.picture.setPixmap(blank)
            self._ask(images)
        self._place(at)
        self.show()
        self.raise_()

    def forget(self) -> None:
        """Show no gene: there is none under the mouse, or it is of another dataset."""
        self.gene = -1
        self.hide()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the ground and an edge, which the theme leaves out."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(text_colour(self, 0.4))
        painter.setBrush(text_colour(self, 0.04))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    def _lines(self, gene: int) -> list[str]:
        session, model = self._session, self._session.model
        lines = [str(session.gene_labels[gene])]
        row = None if model is None else model.row_of.get(gene)
        if model is not None and row is None:
            lines.append(no_answer(session, gene))
        elif model is not None and row is not None and model.n_clusters:
            name = model.names[model.cluster[row]]
            lines += [f"cluster {name}", f"confidence {model.confidence[row]:.2f}"]
            lines += [also] if (also := model.also_text(row)) else []
        lines.append(RAW if self._is_raw(gene) else DENOISED)
        return lines

    def _is_raw(self, gene: int) -> bool:
        model = self._session.model
        return model is None or not model.has_view(gene)

    def _ask(self, images: SGEPImages) -> None:
        model = None if self._is_raw(self.gene) else self._session.model
        side = round(_SIDE * self.devicePixelRatioF())
        painter = self._painter
        if painter is not None and (painter.grid is not images.grid or painter.side != side):
            painter = None
        self._drawing.ask(self.gene, partial(_draw, self.gene, images, model, side, painter))

    def _on_drawn(self, gene: int, drawn: tuple[ThumbnailPainter, QImage]) -> None:
        painter, image = drawn
        images = self._session.images
        if images is None or painter.grid is not images.grid:
            return
        self._painter = painter
        if gene != self.gene:
            return
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.picture.setPixmap(pixmap)
        self._place(self._at)

    def _place(self, at: QPoint) -> None:
        """Keep beside the mouse, on the side where there is room."""
        self._at = at
        self.adjustSize()
        parent = self.parentWidget()
        assert parent is not None
        x, y = at.x() + _OFFSET, at.y() + _OFFSET
        if x + self.width() > parent.width():
            x = at.x() - _OFFSET - self.width()
        if y + self.height() > parent.height():
            y = at.y() - _OFFSET - self.height()
        self.move(max(x, 0), max(y, 0))


def _draw(
    gene: int, images: SGEPImages, model: Model | None, side: int, painter: ThumbnailPainter | None
) -> tuple[ThumbnailPainter, QImage]:
    """Draw a gene, as measured where no model is given; the painter is made on first use."""
    if painter is None:
        painter = ThumbnailPainter(images.grid, side)
    view = None if model is None else model.view_of(gene)
    values = images.expression([gene]) if view is None else view[None]
    return painter, painter.paint(values, magma())[0]

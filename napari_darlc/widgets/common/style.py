"""What the docks have in common to the eye, on dark and on light themes."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

#: Reads on both of napari's themes: progress, the current stage, the current gene.
ACCENT = "#4c8df6"
#: Sentences on what is wrong; the theme's own error colour is too dark for text.
ERROR = "#e5534b"
#: Of what no file holds yet; reads on both themes.
UNSAVED = "#c87a10"

#: What every dock says before there is a dataset.
NO_DATASET = (
    "Drop a Visium folder, .h5ad or table of counts onto the canvas,\n"
    "or use File › Open Sample › napari-darlc."
)


def text_colour(widget: QWidget, strength: float = 1.0) -> QColor:
    """Return the theme's text colour, faded towards the background."""
    palette = widget.palette()
    text = palette.color(QPalette.ColorRole.WindowText)
    ground = palette.color(QPalette.ColorRole.Window)
    return QColor(
        *(
            round(strength * a + (1 - strength) * b)
            for a, b in zip(text.getRgb()[:3], ground.getRgb()[:3], strict=True)
        )
    )


def note(text: str = "") -> QLabel:
    """Return a label for running text, which wraps instead of widening its dock."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def empty_state(text: str = NO_DATASET) -> QLabel:
    """Return a centred label that fills a dock with nothing to show and says what to do."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setMargin(18)
    label.setStyleSheet("font-size: 11pt;")
    return label

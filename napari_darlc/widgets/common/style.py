"""Colours and labels that the docks share, for dark and light themes."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

#: Readable on both of napari's themes: progress, the current stage, the current gene.
ACCENT = "#4c8df6"
#: Error messages; the theme's own error colour is too dark for text.
ERROR = "#e5534b"
#: Unsaved changes; readable on both themes.
UNSAVED = "#c87a10"

#: Text of every dock before there is a dataset.
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
    """Return a label for longer text, which wraps instead of widening its dock."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def empty_state(text: str = NO_DATASET) -> QLabel:
    """Return a centred label for an empty dock, which says what to do."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setMargin(18)
    label.setStyleSheet("font-size: 11pt;")
    return label

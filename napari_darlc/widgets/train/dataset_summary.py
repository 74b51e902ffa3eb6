"""Summary of the dataset: size, grid, values, and what was assumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import numpy as np
from qtpy.QtWidgets import QVBoxLayout, QWidget

from darlc.config import MODEL_PIXELS
from darlc.data.dataset import Dataset, ReadOptions
from darlc.images.grid import Grid
from darlc.images.pooling import finest_factor
from darlc.images.sgep_images import SGEPImages
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.collapsible import Fold
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.section_chooser import SectionChooser
from napari_darlc.widgets.common.style import NO_DATASET, note

_VALUES = {
    "counts": "counts",
    "normalised": "normalised values, not counts",
    "log": "log-transformed values, not counts",
}


class DatasetSummary(QWidget):
    """Name, size, grid, values and notes of the session's dataset.

    Parameters
    ----------
    session
        Whose dataset is shown.
    reopen
        Opens a path with options, for another section of the same file.
    """

    def __init__(
        self, session: Session, reopen: Callable[[Path, ReadOptions], None] | None = None
    ) -> None:
        super().__init__()
        self._session = session
        self.facts = note()
        self.facts.setToolTip("The dataset that will be trained on")
        self.notes = note()
        self.notes.setToolTip("What was assumed, left out or changed while reading")
        self.more = Fold("Notes", self.notes, self.notes.toolTip())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self.section = SectionChooser(reopen)
        layout.addWidget(self.facts)
        layout.addWidget(self.section)
        layout.addWidget(self.more)
        follow(self, (session.dataset_changed, self.refresh))
        self.refresh()

    def refresh(self) -> None:
        """Show the session's dataset as it is now."""
        dataset, images = self._session.dataset, self._session.images
        if dataset is None or images is None:
            self.facts.setText(NO_DATASET)
            self.section.show_dataset(None)
            self.more.hide()
            return
        self.facts.setText(_describe(dataset, images))
        self.section.show_dataset(dataset)
        notes = [*dataset.notes, *(text for text in images.notes if text not in dataset.notes)]
        self.more.setText(f"Notes ({len(notes)})")
        self.more.setVisible(bool(notes))
        items = "".join(f"<p style='margin: 0 0 3px 0'>• {escape(text)}</p>" for text in notes)
        self.notes.setText(items)


def _describe(dataset: Dataset, images: SGEPImages) -> str:
    grid = images.grid
    height, width = grid.shape
    left_out = int((images.observation_pixel < 0).sum())
    lines = [
        f"<b>{escape(dataset.name)}</b>",
        f"{dataset.adata.n_obs:,} observations × {images.n_genes:,} genes"
        + (f" ({left_out:,} left out)" if left_out else ""),
        f"{height} × {width} {grid.layout} pixels, {grid.n_pixels:,} in tissue",
        *_model_grid(grid),
        f"read as {_VALUES[images.values]}",
    ]
    return "<br>".join(lines)


def _model_grid(grid: Grid) -> Iterator[str]:
    """Yield on which pixels the model learns, where these are larger than the pictures'."""
    factor = finest_factor(grid, MODEL_PIXELS)
    if factor > 1:
        side = factor * grid.pixel_size * grid.microns
        microns = f", {side:.3g} µm a side" if np.isfinite(side) else ""
        yield f"the model learns on {factor} × {factor} of them or more{microns}"

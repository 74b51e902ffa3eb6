"""A list of a file's sections, from which another one can be opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from darlc.data.dataset import ALL_SECTIONS, Dataset, ReadOptions, Sections


class SectionChooser(QWidget):
    """A list of the sections that lie on top of each other in the dataset's file.

    It is hidden if the file holds one section.

    Parameters
    ----------
    reopen
        Opens a path with options; None to disable the list.
    """

    def __init__(self, reopen: Callable[[Path, ReadOptions], None] | None) -> None:
        super().__init__()
        self._reopen = reopen
        self._dataset: Dataset | None = None
        self.label = QLabel("Section")
        self.box = QComboBox()
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setMinimumContentsLength(8)
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.activated.connect(self._on_activated)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.addWidget(self.label)
        row.addWidget(self.box, 1)
        self.hide()

    def show_dataset(self, dataset: Dataset | None) -> None:
        """Offer the sections of a dataset's file."""
        self._dataset = dataset
        sections = None if dataset is None else dataset.sections
        openable = self._reopen is not None and dataset is not None and dataset.path is not None
        self.setVisible(sections is not None and openable)
        if sections is not None:
            self._list(sections)

    def _list(self, sections: Sections) -> None:
        with QSignalBlocker(self.box):
            self.box.clear()
            for name, count in zip(sections.names, sections.observations, strict=True):
                self.box.addItem(f"{name} ({count:,} observations)", sections.option(name))
            self.box.addItem("all, on top of each other", ALL_SECTIONS)
        self._select()
        tip = (
            f"The file holds {len(sections.names)} sections on top of each other, separated by "
            f"{sections.column}: choose the one to open"
        )
        self.label.setToolTip(tip)
        self.box.setToolTip(tip)

    def _select(self) -> None:
        """Select the open section again; the user may have cancelled."""
        if self._dataset is None or (sections := self._dataset.sections) is None:
            return
        own = sections.chosen
        wanted = own if own == ALL_SECTIONS else sections.option(own)
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(self.box.findData(wanted))

    def _on_activated(self, _index: int) -> None:
        dataset, wanted = self._dataset, str(self.box.currentData())
        self._select()  # until the other one is open
        if dataset is None or dataset.path is None or self._reopen is None:
            return
        if self.box.currentData() != wanted:
            self._reopen(dataset.path, replace(dataset.options, section=wanted))

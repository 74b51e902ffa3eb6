"""A file is replaced only by who said so, also where its suffix was left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

from napari_darlc.saving.file_names import ask_name

KINDS = {"AnnData, HDF5 (*.h5ad)": ".h5ad", "AnnData, Zarr (*.zarr)": ".zarr"}
HDF5, ZARR = KINDS


class User:
    """Types names into the dialog and answers what is asked after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._typed: Iterator[tuple[str, str]] = iter(())
        self._answers: list[QMessageBox.StandardButton] = []
        #: Names that the dialog began with, and questions.
        self.began: list[str] = []
        self.asked: list[str] = []
        monkeypatch.setattr(QFileDialog, "getSaveFileName", self._type)

    def asks(
        self, *typed: tuple[str | Path, str], answers: list[QMessageBox.StandardButton]
    ) -> None:
        self._typed = iter([(str(name), kind) for name, kind in typed])
        self._answers = answers

    def _type(self, parent: object, title: str, name: str, filters: str) -> tuple[str, str]:
        self.began.append(name)
        QTimer.singleShot(0, self._answer)
        return next(self._typed)

    def _answer(self) -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            self.asked.append(box.text())
            button = box.button(self._answers.pop(0))
            assert button is not None
            button.click()


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> User:
    return User(monkeypatch)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.isVisible)
    return window


@pytest.mark.parametrize(
    ("typed", "kind", "named"),
    [
        ("out", HDF5, "out.h5ad"),
        ("out", ZARR, "out.zarr"),
        ("out", "", "out.h5ad"),
        ("out.ZARR", HDF5, "out.ZARR"),
        ("v1.2", HDF5, "v1.2.h5ad"),
    ],
)
def test_the_suffix_is_added_where_it_is_missing(
    window: QWidget, user: User, tmp_path: Path, typed: str, kind: str, named: str
) -> None:
    user.asks((tmp_path / typed, kind), answers=[])
    assert ask_name(window, "Save", tmp_path / "a.h5ad", KINDS) == tmp_path / named
    assert user.began == [str(tmp_path / "a.h5ad")] and not user.asked


def test_no_name_is_none(window: QWidget, user: User, tmp_path: Path) -> None:
    user.asks(("", ""), answers=[])
    assert ask_name(window, "Save", tmp_path / "a.h5ad", KINDS) is None


def test_a_file_that_was_not_typed_in_full_is_asked_about(
    window: QWidget, user: User, tmp_path: Path
) -> None:
    there = tmp_path / "important.h5ad"
    there.write_text("somebody's file")
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    short = (tmp_path / "important", HDF5)
    user.asks(short, answers=[yes])
    assert ask_name(window, "Save", tmp_path / "a.h5ad", KINDS) == there
    assert user.asked == ["important.h5ad already exists.\nDo you want to replace it?"]
    # Who would not have it replaced may choose another name, or none.
    user.asks(short, (tmp_path / "other", HDF5), answers=[no])
    assert ask_name(window, "Save", tmp_path / "a.h5ad", KINDS) == tmp_path / "other.h5ad"
    assert user.began[-1] == str(there) and len(user.asked) == 2
    user.asks(short, ("", ""), answers=[no])
    assert ask_name(window, "Save", tmp_path / "a.h5ad", KINDS) is None
    # The dialog itself asks about a name that was typed in full.
    user.asks((there, HDF5), answers=[])
    assert ask_name(window, "Save", tmp_path / "a.h5ad", KINDS) == there
    assert len(user.asked) == 3

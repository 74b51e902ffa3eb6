"""Unsaved work outlives a viewer that was killed, and nothing that was saved or given up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import napari
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QMessageBox, QWidget
from waiting import no_thread_works

from darlc.data.dataset import Dataset
from darlc.events import Finished
from darlc.io.recovery_file import keep, recover
from darlc.results.result import Result
from napari_darlc.processes.kept_files import Kept, unclaimed
from napari_darlc.saving.unsaved_results import Recovery, offer, recovery_folder
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import open_recovered, session_of

#: Keeps a file locked until it is killed.
_HOLDER = """
import sys, time
from pathlib import Path
from napari_darlc.processes.kept_files import lock
held = lock(Path(sys.argv[1]))
print(held is not None, flush=True)
time.sleep(60)
"""


#: Edits the clusters of a result in a window, and lives until it is killed.
_EDITOR = """
import sys
from pathlib import Path
import napari
from qtpy.QtWidgets import QApplication
import darlc
from darlc.events import Finished
from napari_darlc.opening.loading import prepare
from napari_darlc.saving.unsaved_results import recovery_folder
from napari_darlc.viewer_session import session_of
from darlc.io import open_dataset
viewer = napari.Viewer()
session = session_of(viewer)
opened = prepare(open_dataset(Path(sys.argv[1])))
session.open(opened.dataset, opened.images)
session.receive(Finished(darlc.load(sys.argv[2])))
session.edit("rename", session.clusters.renamed(1, "myelin"))
while not list(recovery_folder().glob("[!.]*.h5ad")):
    QApplication.processEvents()
print("kept", flush=True)
napari.run()
"""


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def dead(dataset: Dataset, result: Result, tmp_path: Path) -> Path:
    """Return a recovery file that nobody works on."""
    folder = tmp_path / "recovery"
    folder.mkdir()
    source = tmp_path / "hexagonal.h5ad"
    dataset.adata.write_h5ad(source)
    edited = result.with_data(dataset.adata).clusters.renamed(1, "myelin")
    keep(
        replace(result, edited=edited),
        Dataset(dataset.adata, source, "h5ad"),
        folder / "hexagonal-12345678.h5ad",
    )
    return folder / "hexagonal-12345678.h5ad"


def test_a_result_is_kept_until_it_is_saved(
    window: QWidget, session_with_tissue: Session, result: Result, tmp_path: Path, qtbot: QtBot
) -> None:
    session, folder = session_with_tissue, tmp_path / "recovery"
    recovery = Recovery(window, session, folder, delay=10)
    session.receive(Finished(result))
    qtbot.waitUntil(lambda: len(list(folder.glob("[!.]*.h5ad"))) == 1)
    assert recovery.path is not None and recovery.path.name.startswith("hexagonal-")
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    before = recovery.path.stat().st_mtime_ns
    qtbot.waitUntil(lambda: recovery.path.stat().st_mtime_ns > before)
    edited = recover(recovery.path)[1].edited
    assert edited is not None and edited.names[0] == "myelin"
    assert list(unclaimed(folder, "*.h5ad")) == []  # somebody works on it
    session.mark_saved()
    assert recovery.path is None and list(folder.iterdir()) == []


def test_what_is_given_up_while_it_is_written_is_not_left_behind(
    window: QWidget, session_with_tissue: Session, result: Result, tmp_path: Path, qtbot: QtBot
) -> None:
    recovery = Recovery(window, session_with_tissue, tmp_path, delay=0)
    session_with_tissue.receive(Finished(result))
    qtbot.waitUntil(lambda: recovery.path is not None)
    recovery.forget()
    qtbot.waitUntil(no_thread_works)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told_once(
    window: QWidget,
    session_with_tissue: Session,
    result: Result,
    tmp_path: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    (tmp_path / "file").touch()
    recovery = Recovery(window, session_with_tissue, tmp_path / "file", delay=0)
    for _ in range(2):
        session_with_tissue.receive(Finished(result))
        qtbot.wait(50)
    assert recovery.path is None
    assert [told.severity.value for told in notifications] == ["warning"]
    assert "save them soon" in notifications[0].message


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_killed_process_lets_its_file_go(dead: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(dead)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline().strip() == "True"
    assert list(unclaimed(dead.parent, "*.h5ad")) == []
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    (kept,) = unclaimed(dead.parent, "*.h5ad")
    assert kept.path == dead and kept.name == "hexagonal"


def test_the_answers(window: QWidget, dead: Path) -> None:
    recovered: list[Kept] = []

    def ask() -> QMessageBox:
        box = offer(window, dead.parent, recovered.append)
        assert box is not None and "clusters of hexagonal" in box.text()
        return box

    def answer(text: str) -> None:
        box = ask()
        assert offer(window, dead.parent, recovered.append) is None  # no one is asked twice
        next(each for each in box.buttons() if each.text().replace("&", "") == text).click()

    answer("Later")
    answer("Recover")
    assert [kept.path for kept in recovered] == [dead]
    recovered.pop().release()
    answer("Discard")
    assert not recovered and list(dead.parent.iterdir()) == []
    assert offer(window, dead.parent, recovered.append) is None


def test_a_recovered_session_is_as_it_was_and_still_unsaved(
    viewer: napari.Viewer, dead: Path, qtbot: QtBot, notifications: list[Notification]
) -> None:
    session = session_of(viewer)
    (kept,) = unclaimed(dead.parent, "*.h5ad")
    open_recovered(viewer, kept)
    qtbot.waitUntil(lambda: session.result is not None)
    assert session.clusters is not None and session.clusters.names[1] == "myelin"
    assert session.edited and session.unsaved and session.state == "ready"
    assert dead.exists()
    # The file goes on as that of this session.
    session.mark_saved()
    assert not dead.exists()


def test_a_recovery_whose_data_changed_is_kept_for_later(
    viewer: napari.Viewer,
    dead: Path,
    dataset: Dataset,
    qtbot: QtBot,
    notifications: list[Notification],
) -> None:
    dataset.adata[::3].copy().write_h5ad(dead.parent.parent / "hexagonal.h5ad")
    (kept,) = unclaimed(dead.parent, "*.h5ad")
    open_recovered(viewer, kept)
    qtbot.waitUntil(lambda: bool(notifications))
    assert notifications[0].severity.value in ("warning", "error")
    assert session_of(viewer).result is None
    assert [each.path for each in unclaimed(dead.parent, "*.h5ad")] == [dead]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_killed_viewer_loses_nothing(
    dataset: Dataset,
    result: Result,
    tmp_path: Path,
    make_napari_viewer: Callable[..., napari.Viewer],
    qtbot: QtBot,
) -> None:
    source = tmp_path / "section.h5ad"
    dataset.adata.write_h5ad(source)
    fitted = result.with_data(dataset.adata).save(tmp_path / "fitted.h5ad")
    command = [sys.executable, "-c", _EDITOR, str(source), str(fitted)]
    editor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert editor.stdout is not None
    assert any(line.strip() == "kept" for line in editor.stdout)
    editor.send_signal(signal.SIGKILL)
    editor.wait()

    viewer = make_napari_viewer(show=True)
    session, main = session_of(viewer), viewer.window._qt_window
    qtbot.waitUntil(lambda: bool(main.findChildren(QMessageBox)))
    (box,) = main.findChildren(QMessageBox)
    assert "clusters of section" in box.text()
    box.defaultButton().click()
    qtbot.waitUntil(lambda: session.edited)
    assert session.clusters is not None and session.clusters.names[1] == "myelin"
    assert session.dataset is not None and session.dataset.path == source and session.unsaved
    session.mark_saved()
    assert not list(recovery_folder().glob("*.h5ad"))

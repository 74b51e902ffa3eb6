"""Studies in a viewer: what a folder opens, and what stays an ordinary dataset."""

from __future__ import annotations

from pathlib import Path

import pytest
from napari.utils.notifications import Notification
from napari.viewer import ViewerModel
from pytestqt.qtbot import QtBot

from napari_darlc._reader import napari_get_reader
from napari_darlc.viewer_session import layers_of, open_path, open_section, session_of


@pytest.fixture
def viewer() -> ViewerModel:
    """Return what a window shows, without the window."""
    return ViewerModel()


def section(viewer: ViewerModel) -> str:
    study = session_of(viewer).study
    return "" if study is None else study.section


@pytest.mark.parametrize("name", ["", "study.h5ad"])
def test_a_folder_opens_at_its_first_section(
    viewer: ViewerModel, study_folder: Path, name: str, qtbot: QtBot
) -> None:
    assert napari_get_reader(str(study_folder / name)) is not None
    open_path(viewer, study_folder / name)
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.study is not None and not session.opening)
    assert session.dataset is not None and session.dataset.path == study_folder / "ctrl.h5ad"
    assert session.result is not None and not session.unsaved
    assert section(viewer) == "ctrl"


def test_another_section_is_shown_at_the_same_gene(
    viewer: ViewerModel, study_folder: Path, notifications: list[Notification], qtbot: QtBot
) -> None:
    open_section(viewer, "treated", "Gene4")  # without a study nothing happens
    open_path(viewer, study_folder)
    session = session_of(viewer)
    qtbot.waitUntil(lambda: section(viewer) == "ctrl")
    open_section(viewer, "treated", "Gene4")
    qtbot.waitUntil(lambda: section(viewer) == "treated")
    assert session.gene_name == "Gene4" and session.gene != 4
    notifications.clear()
    open_section(viewer, "ctrl", "Gene1")
    qtbot.waitUntil(lambda: section(viewer) == "ctrl")
    assert session.gene_name == "Gene1"
    open_section(viewer, "treated", "Gene1")
    qtbot.waitUntil(lambda: section(viewer) == "treated")
    assert any("Gene1 was not measured in treated" in each.message for each in notifications)


def test_the_file_of_a_section_is_an_ordinary_result(
    viewer: ViewerModel, study_folder: Path, qtbot: QtBot
) -> None:
    open_path(viewer, study_folder)
    qtbot.waitUntil(lambda: section(viewer) == "ctrl")
    open_path(viewer, study_folder / "treated.h5ad")
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.study is None)
    assert session.dataset is not None and session.dataset.name == "treated"
    assert session.result is not None


def test_a_dataset_of_that_name_is_a_dataset(
    viewer: ViewerModel, study_folder: Path, qtbot: QtBot
) -> None:
    (study_folder / "study.h5ad").unlink()
    (study_folder / "ctrl.h5ad").rename(study_folder / "study.h5ad")
    open_path(viewer, study_folder / "study.h5ad")
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.result is not None)
    assert session.study is None


def test_a_missing_section_is_said(
    viewer: ViewerModel, study_folder: Path, notifications: list[Notification], qtbot: QtBot
) -> None:
    (study_folder / "treated.h5ad").unlink()
    open_path(viewer, study_folder)
    qtbot.waitUntil(lambda: bool(notifications))
    assert [each.severity.value for each in notifications] == ["error"]
    assert "lacks treated.h5ad" in notifications[0].message
    qtbot.waitUntil(lambda: not session_of(viewer).opening)
    assert session_of(viewer).state == "empty"


def test_a_switch_keeps_what_was_chosen_and_repeats_no_notes(
    viewer: ViewerModel, study_folder: Path, notifications: list[Notification], qtbot: QtBot
) -> None:
    open_path(viewer, study_folder)
    session, layers = session_of(viewer), layers_of(viewer)
    qtbot.waitUntil(lambda: section(viewer) == "ctrl")

    def switch(name: str) -> list[str]:
        notifications.clear()
        open_section(viewer, name, session.gene_name)
        qtbot.waitUntil(lambda: section(viewer) == name and not session.opening)
        return [each.message for each in notifications]

    session.gene = 5
    session.cluster = 2
    session.select([3, 5, 1])
    session.coloured = False
    layers.show_denoised(False)
    assert any("read as counts" in message for message in switch("treated")), "its notes, once"
    assert session.gene_name == "Gene5" and session.cluster == 2 and not session.coloured
    # Gene1 was not measured there, and genes have other places.
    assert set(session.images.gene_names[session.selection]) == {"Gene3", "Gene5"}
    assert session.only_selected and not session.can_undo
    assert layers.consensus is not None and not layers.denoised.visible
    assert switch("ctrl") == [] and switch("treated") == []
    # Another study is another matter.
    open_path(viewer, study_folder)
    qtbot.waitUntil(lambda: section(viewer) == "ctrl" and not session.opening)
    assert session.cluster == -1 and not len(session.selection)

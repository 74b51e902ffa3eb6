"""File › Save writes what the session holds, by the name of the file, and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
import pytest
import tifffile
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QFileDialog

import darlc
from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.events import Started
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc._writer import write_clusters, write_result, write_views
from napari_darlc.viewer_session import session_of

NAME = "napari-darlc"


def test_each_name_writes_its_kind_of_file(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    tmp_path: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    session = session_of(viewer)
    session.open(dataset, images, result)
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    session.selection = np.array([2, 4, 11])

    def save(name: str) -> Path:
        path = tmp_path / name
        assert viewer.layers.save(str(path), plugin=NAME) == [str(path)]
        qtbot.waitUntil(path.exists)
        qtbot.waitUntil(lambda: any(name in each.message for each in notifications))
        assert {each.severity.value for each in notifications} == {"info"}
        return path

    viewer.layers.selection.active = viewer.layers["raw view"]
    viewer.layers.remove("tissue image")
    viewer.layers.remove("denoised view")
    table = save("clusters.csv").read_text().splitlines()
    assert len(table) == 10 and table[1].startswith("Gene0,Gene0,,myelin,0.8000")
    sets = [line.split("\t") for line in save("clusters.gmt").read_text().splitlines()]
    assert [line[0] for line in sets] == ["myelin", "2", "3"]
    assert sets[0][2:] == ["Gene0", "Gene3", "Gene6"]
    views = tifffile.imread(save("genes.views.ome.tif"))
    assert views.shape == (2, *images.grid.shape)  # the third is not modelled
    shown = images.grid.spread(result.denoised[[2, 4]].astype(np.float32))
    np.testing.assert_array_equal(views, shown)
    assert session.unsaved
    for name in ("result.h5ad", "result.darlc.zarr"):
        edited = darlc.load(save(name)).edited
        assert edited is not None and edited.names[0] == "myelin"
    assert not session.unsaved

    # What cannot be written is refused before napari takes it for saved.
    with pytest.raises(InputError, match="does not exist"):
        write_result(str(tmp_path / "missing" / "out.h5ad"), None, {})


@pytest.mark.parametrize("way", ["script", "dialog"])
def test_of_two_windows_that_one_is_saved_which_was_asked(
    way: str,
    make_napari_viewer: Callable[..., napari.Viewer],
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    first, second = make_napari_viewer(show=True), make_napari_viewer(show=True)
    session_of(first).open(dataset, images, result)
    session_of(second).open(dataset, images)
    assert napari.current_viewer() is second
    path = tmp_path / "first.h5ad"
    if way == "script":
        first.layers.save(str(path))
    else:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **more: (str(path), ""))
        first.window._qt_viewer._save_layers_dialog()
    qtbot.waitUntil(path.exists)


def test_nothing_is_written_while_another_training_runs(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    tmp_path: Path,
    notifications: list[Notification],
) -> None:
    session = session_of(viewer)
    session.open(dataset, images, result)
    session.begin()
    session.receive(Started("cpu", np.arange(12)))
    for write, name in (
        (write_clusters, "clusters.csv"),
        (write_views, "genes.views.ome.tif"),
        (write_result, "result.h5ad"),
    ):
        assert write(str(tmp_path / name), None, {}) == []
    assert {told.message for told in notifications} == {
        "Training is running: wait for its end or stop it, then save."
    }
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("selected", [True, False])
def test_a_name_decides_though_the_dialog_begins_with_another_type(
    selected: bool,
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    tmp_path: Path,
    notifications: list[Notification],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    session = session_of(viewer)
    session.open(dataset, images, result)
    path = tmp_path

    def choose(*args: object, filter: str = "", **more: object) -> tuple[str, str]:
        # The type that stands in the dialog is one of others' files.
        return str(path), next(each for each in filter.split(";;") if NAME not in each)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    names = ["clusters.csv", "clusters.gmt", "genes.views.ome.tif", "out.h5ad", "out.darlc.zarr"]
    for n, name in enumerate(names, start=1):
        path = tmp_path / name
        notifications.clear()
        viewer.window._qt_viewer._save_layers_dialog(selected=selected)
        qtbot.waitUntil(lambda: bool(notifications))
        assert str(path) in notifications[0].message
        assert {each.name for each in tmp_path.iterdir()} == set(names[:n])
    assert tifffile.imread(tmp_path / "genes.views.ome.tif").shape[0] == result.n_genes


def test_other_names_and_other_layers_are_left_to_others(
    viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result, tmp_path: Path
) -> None:
    session_of(viewer).open(dataset, images, result)
    picture = viewer.add_image(np.ones((4, 5)), name="mine")
    viewer.layers.selection = {picture}
    (written,) = viewer.layers.save(str(tmp_path / "mine.tif"), selected=True)
    assert tifffile.imread(written).shape == (4, 5)
    points = viewer.add_points(np.ones((3, 2)))
    viewer.layers.selection = {points}
    (written,) = viewer.layers.save(str(tmp_path / "points.csv"), selected=True)
    assert "axis-0" in Path(written).read_text()


def test_a_name_without_an_end_gets_one_and_replaces_nothing(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    tmp_path: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    session_of(viewer).open(dataset, images, result)
    writers = ((write_clusters, ".csv"), (write_result, ".h5ad"), (write_views, ".ome.tif"))
    for write, suffix in writers:
        path = tmp_path / f"mine{suffix}"
        notifications.clear()
        assert write(str(tmp_path / "mine"), None, {}) == [str(path)]
        qtbot.waitUntil(lambda: bool(notifications))
        before = path.read_bytes()
        assert write(str(tmp_path / "mine"), None, {}) == []
        assert "already exists" in notifications[-1].message and path.read_bytes() == before


def test_pictures_of_others_keep_their_own_writers() -> None:
    from npe2 import PluginManager

    for name in ("x.tif", "x.ome.tif", "x.png", "x.zarr"):
        writer, _ = PluginManager.instance().get_writer(name, ["image"])
        assert writer is None or writer.plugin_name != NAME

"""Opening datasets the ways a user does: by drop, by menu, as a sample; and what goes wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import imageio.v3 as imageio
import napari
import numpy as np
import pytest
from anndata import AnnData, read_h5ad
from napari.errors import NoAvailableReaderError
from napari.plugins import _npe2
from napari.settings import get_settings
from napari.utils.notifications import Notification
from npe2 import PluginManager, PluginManifest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from waiting import no_thread_works

import darlc
from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io import open_dataset
from darlc.results.result import Result
from napari_darlc._reader import napari_get_reader
from napari_darlc._sample_data import simulated_cells
from napari_darlc._writer import write_result
from napari_darlc.opening.dropped_files import prefer_folders
from napari_darlc.saving.writing import save_result
from napari_darlc.session.preferences import remember
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import session_of

NAME = "napari-darlc"


@pytest.fixture(autouse=True)
def no_readers_preferred() -> Iterator[None]:
    """Forget which readers an earlier test preferred, and what this one prefers."""
    get_settings().plugins.extension2reader = {}
    yield
    get_settings().plugins.extension2reader = {}


@pytest.fixture(autouse=True)
def no_questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fail instead of waiting for ever where napari would ask which reader to use."""
    asked: list[str] = []

    def exec_(dialog: object) -> bool:
        asked.append("which reader?")
        return False

    monkeypatch.setattr("napari._qt.dialogs.qt_reader_dialog.QtReaderDialog.exec_", exec_)
    return asked


@pytest.fixture
def file(dataset: Dataset, tmp_path: Path) -> Path:
    """Return an .h5ad file of the small tissue."""
    path = tmp_path / "tissue.h5ad"
    dataset.adata.write_h5ad(path)
    return path


def drop(viewer: napari.Viewer, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    viewer.window._qt_viewer.dropEvent(event)


def wait_for_genes(viewer: napari.Viewer, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "raw view" in viewer.layers)


def test_the_reader_is_chosen_by_the_path(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "table.csv"
    other.write_text("index,axis-0,axis-1\n0,1.0,2.0\n")
    assert napari_get_reader(str(file)) is not None
    assert napari_get_reader([str(file)]) is not None
    assert napari_get_reader([str(file), str(file)]) is None
    assert napari_get_reader(str(other)) is None
    nobodys = tmp_path / "table.tsv"  # to be told why it is none
    nobodys.write_text("a line\n")
    assert napari_get_reader(str(nobodys)) is not None


def test_choosing_a_reader_loads_no_library() -> None:
    code = (
        "import sys, napari_darlc._reader\n"
        "bad = {'napari', 'anndata', 'pandas', 'scipy', 'qtpy'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_open_answers_at_once_and_shows_the_genes_later(
    viewer: napari.Viewer,
    file: Path,
    notifications: list[Notification],
    no_questions: list[str],
    qtbot: QtBot,
) -> None:
    assert viewer.open(str(file), plugin=None) == []
    assert len(viewer.layers) == 0
    wait_for_genes(viewer, qtbot)
    session = session_of(viewer)
    assert session.dataset is not None and session.dataset.path == file
    assert session.state == "ready" and not no_questions
    assert [each.severity.value for each in notifications] == ["info"]
    assert "read as counts" in notifications[0].message
    # The gene that is shown first is one with something to see.
    assert session.images is not None
    variance = session.images.expression().var(axis=1)
    assert variance[session.gene] == variance.max()


def test_a_dropped_folder_opens_without_a_question(
    viewer: napari.Viewer,
    any_section_folder: Path,
    dataset: Dataset,
    tmp_path: Path,
    no_questions: list[str],
    qtbot: QtBot,
) -> None:
    session = session_of(viewer)  # what any dock of the plugin does
    drop(viewer, any_section_folder)
    wait_for_genes(viewer, qtbot)
    assert not no_questions
    assert session.images is not None and session.images.n_genes in (12, 19465)
    assert "tissue image" in viewer.layers
    # One without a tissue image takes its place.
    fewer = dataset.adata[:, :7].copy()
    del fewer.uns["spatial"]
    fewer.write_h5ad(tmp_path / "fewer.h5ad")
    drop(viewer, tmp_path / "fewer.h5ad")
    qtbot.waitUntil(lambda: session.images.n_genes == 7)  # type: ignore[union-attr]
    assert [layer.name for layer in viewer.layers] == ["raw view"]


def test_a_reader_that_the_user_prefers_is_left_to_napari(
    viewer: napari.Viewer, file: Path, no_questions: list[str]
) -> None:
    session_of(viewer)
    get_settings().plugins.extension2reader = {"*.h5ad": "napari"}
    with pytest.warns(RuntimeWarning, match="napari plugin associated"):
        drop(viewer, file)


def test_a_first_drop_of_a_folder_can_be_answered(
    viewer: napari.Viewer,
    any_section_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    """Nothing of the plugin is in use yet, so napari asks; our name is among the answers."""
    dialog = "napari._qt.dialogs.qt_reader_dialog.QtReaderDialog"
    monkeypatch.setattr(f"{dialog}.get_user_choices", lambda self: (NAME, False))
    drop(viewer, any_section_folder)
    wait_for_genes(viewer, qtbot)


def test_folders_come_here_first_once_the_plugin_was_used(
    viewer: napari.Viewer,
    any_section_folder: Path,
    tmp_path: Path,
    no_questions: list[str],
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    """As in the next window: nothing of the plugin is in use in it, but the preference is there."""
    prefer_folders()
    pictures, nothing = tmp_path / "pictures", tmp_path / "nothing"
    for folder in (pictures, nothing):
        folder.mkdir()
    imageio.imwrite(pictures / "0.png", np.full((4, 5), 7, dtype=np.uint8))
    (nothing / "notes.md").write_text("no data")
    drop(viewer, pictures)
    assert [layer.data.shape for layer in viewer.layers] == [(4, 5)]
    drop(viewer, nothing)
    qtbot.waitUntil(lambda: bool(notifications))
    assert "is no dataset that darlc understands" in notifications[0].message
    drop(viewer, any_section_folder)
    wait_for_genes(viewer, qtbot)
    assert not no_questions


def test_the_preference_for_folders_is_the_users() -> None:
    plugins = get_settings().plugins
    plugins.extension2reader = {"*/": "other", "*.tif": "napari"}
    prefer_folders()
    assert plugins.extension2reader == {"*/": "other", "*.tif": "napari"}
    plugins.extension2reader = {"*.tif": "napari"}
    prefer_folders()
    assert plugins.extension2reader == {"*/": NAME, "*.tif": "napari"}
    remember("explorer", "folders", False)
    prefer_folders()
    assert plugins.extension2reader == {"*.tif": "napari"}


def drop_what_is_none(
    name: str,
    viewer: napari.Viewer,
    folder: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    """Drop a file that no reader understands; the user is told what the command line tells."""
    path = folder / name
    if name == "folder":
        path.mkdir()
        (path / "notes.md").write_text("no data")
    elif name == "other.npz":
        np.savez(path, a=np.ones(3))
    else:
        path.write_text("a,b\n1,x\n2,y\n")
    with pytest.raises(InputError) as said:
        open_dataset(path)
    notifications.clear()
    drop(viewer, path)
    qtbot.waitUntil(lambda: bool(notifications))
    assert [each.message for each in notifications] == [str(said.value)]
    assert not viewer.layers


def test_a_file_that_is_none_is_told_as_the_command_line_tells_it(
    viewer: napari.Viewer,
    tmp_path: Path,
    no_questions: list[str],
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    session_of(viewer)
    for name in (
        "notes.txt", "table.csv", "table.tsv", "other.h5ad", "other.npz", "other.h5", "folder",
    ):  # fmt: skip
        drop_what_is_none(name, viewer, tmp_path, notifications, qtbot)
    assert not no_questions


@pytest.mark.parametrize("name", ["notes.txt", "table.tsv", "other.h5ad", "folder"])
def test_so_it_is_before_the_plugin_is_used(
    name: str,
    viewer: napari.Viewer,
    tmp_path: Path,
    no_questions: list[str],
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    """Of others napari asks, or reads them by itself."""
    prefer_folders()
    drop_what_is_none(name, viewer, tmp_path, notifications, qtbot)
    assert not no_questions


def test_what_napari_asks_about_before_the_plugin_is_in_use(tmp_path: Path) -> None:
    """What a manifest alone can and cannot say; the answers are in the readers' dialog."""
    folder = tmp_path / "section"
    folder.mkdir()
    alone = {"a.h5ad", "a.tsv", "a.tsv.gz", "a.gef"}
    for name in [*alone, "a.csv", "a.npz", "a.h5"]:
        readers = set(_npe2.get_readers(str(tmp_path / name)))
        assert NAME in readers and (readers == {NAME}) == (name in alone)
    assert set(_npe2.get_readers(str(folder))) == {NAME, "napari"}
    # Pictures are nobody's business but napari's.
    assert NAME not in _npe2.get_readers(str(tmp_path / "a.tif"))


def test_other_drops_go_their_usual_way(
    viewer: napari.Viewer, tmp_path: Path, no_questions: list[str], file: Path, qtbot: QtBot
) -> None:
    session_of(viewer)
    picture = tmp_path / "picture.npy"
    np.save(picture, np.zeros((4, 5)))
    drop(viewer, picture)
    assert [layer.name for layer in viewer.layers] == ["picture"]
    drop(viewer, picture, picture)
    assert len(viewer.layers) == 3
    # What is no dataset goes to the one reader that is left, also where our names would fit it.
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(2):
        imageio.imwrite(folder / f"{i}.png", np.full((4, 5), i, dtype=np.uint8))
    points = tmp_path / "points.csv"
    points.write_text("index,axis-0,axis-1\n0,1.0,2.0\n")
    drop(viewer, folder)
    drop(viewer, points)
    assert [layer.name for layer in viewer.layers[3:]] == ["pictures", "points"]
    assert not no_questions


@pytest.fixture
def spots(dataset: Dataset, tmp_path: Path, forget_formats: None) -> Path:
    """Return a file in a format that was invented here, and is registered."""
    path = tmp_path / "tissue.spots"
    dataset.adata.write_h5ad(path)
    darlc.register_format(
        darlc.Format(
            name="spots",
            description="a .spots file",
            suffixes=(".spots",),
            read=lambda path, options: read_h5ad(path),
        )
    )
    return path


def test_a_window_in_use_opens_formats_that_were_added(
    viewer: napari.Viewer, spots: Path, no_questions: list[str], qtbot: QtBot
) -> None:
    session = session_of(viewer)
    drop(viewer, spots)
    wait_for_genes(viewer, qtbot)
    assert session.dataset is not None and session.dataset.format == "spots"
    assert session.dataset.name == "tissue" and not no_questions


def test_a_package_tells_napari_its_endings_by_a_manifest_alone(
    viewer: napari.Viewer, spots: Path, tmp_path: Path, no_questions: list[str], qtbot: QtBot
) -> None:
    """As the guide says: nothing of the plugin is in use in this window yet."""
    page = Path(__file__).parents[2] / "docs" / "howto" / "add_format.md"
    if not page.is_file():
        pytest.skip("the documentation is not part of a source distribution")
    with pytest.raises(NoAvailableReaderError):
        viewer.open(str(spots), plugin=None)
    (manifest,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "napari.yaml").write_text(manifest)
    manager = PluginManager.instance()
    theirs = PluginManifest.from_file(tmp_path / "napari.yaml")
    manager.register(theirs)
    try:
        drop(viewer, spots)
        wait_for_genes(viewer, qtbot)
    finally:
        manager.unregister(theirs.name)
    dataset = session_of(viewer).dataset
    assert dataset is not None and dataset.path == spots and not no_questions


def test_the_last_of_several_is_shown(
    viewer: napari.Viewer, file: Path, tmp_path: Path, dataset: Dataset, qtbot: QtBot
) -> None:
    small = tmp_path / "small.h5ad"
    dataset.adata[:, :5].copy().write_h5ad(small)
    viewer.open(str(file), plugin=None)
    viewer.open(str(small), plugin=None)
    wait_for_genes(viewer, qtbot)
    qtbot.wait(300)
    assert session_of(viewer).dataset.name == "small"  # type: ignore[union-attr]
    assert viewer.layers["raw view"].data.shape[0] == 5


def test_a_window_may_be_closed_while_a_dataset_is_opened(
    viewer: napari.Viewer, file: Path, notifications: list[Notification], qtbot: QtBot
) -> None:
    viewer.open(str(file), plugin=None)
    session = session_of(viewer)
    viewer.close()
    qtbot.wait(1000)
    qtbot.waitUntil(no_thread_works)
    qtbot.wait(100)
    assert session.state == "empty" and not notifications


def spoil(adata: AnnData, how: str) -> AnnData:
    if how == "no coordinates":
        del adata.obsm["spatial"], adata.obs["array_row"], adata.obs["array_col"]
    elif how == "NaN":
        adata.X.data[0] = np.nan
    elif how == "negative":
        adata.X.data[0] = -1
    elif how == "all zero":
        adata.X.data[:] = 0
    elif how == "one point":
        adata.obsm["spatial"][:] = 3.0
        adata.obs = adata.obs[[]]
    return adata


def test_bad_input_is_told_in_one_sentence(
    viewer: napari.Viewer,
    dataset: Dataset,
    tmp_path: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    path = tmp_path / "bad.h5ad"
    for how in ("no coordinates", "NaN", "negative", "all zero", "one point", "garbage"):
        if how == "garbage":
            path.write_bytes(b"no HDF5" * 99)
        else:
            spoil(dataset.adata.copy(), how).write_h5ad(path)
        notifications.clear()
        viewer.open(str(path), plugin=None)
        qtbot.waitUntil(lambda: bool(notifications))
        assert [each.severity.value for each in notifications] == ["error"], how
        assert "\n" not in notifications[0].message and len(notifications[0].message) < 400, how
        assert len(viewer.layers) == 0 and session_of(viewer).state == "empty", how


def test_a_damaged_result_leaves_the_data_to_be_seen(
    viewer: napari.Viewer,
    dataset: Dataset,
    tmp_path: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    dataset.adata.uns["darlc"] = {"schema_version": 1}
    path = tmp_path / "damaged.h5ad"
    dataset.adata.write_h5ad(path)
    viewer.open(str(path), plugin=None)
    wait_for_genes(viewer, qtbot)
    qtbot.waitUntil(lambda: len(notifications) == 2)
    assert [each.severity.value for each in notifications] == ["warning", "info"]
    assert "fit again" in notifications[0].message and "\n" not in notifications[0].message
    assert session_of(viewer).result is None


def test_a_result_is_shown_on_the_pixels_that_it_was_fitted_on(
    viewer: napari.Viewer,
    dataset: Dataset,
    make_result: Callable[[SGEPImages], Result],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    adata = dataset.adata.copy()
    adata.obs = adata.obs[[]]
    fitted = rasterize(adata, 45.0)
    assert fitted.grid.shape != rasterize(adata).grid.shape
    result = make_result(fitted)
    config = result.config.replace(bin_size=45.0)
    path = replace(result, config=config, adata=adata).save(tmp_path / "fitted.h5ad")
    viewer.open(str(path), plugin=None)
    wait_for_genes(viewer, qtbot)
    session = session_of(viewer)
    assert session.result is not None and session.images is not None
    assert session.images.grid.shape == fitted.grid.shape
    assert "denoised view" in viewer.layers


def test_bad_input_leaves_what_was_open(
    viewer: napari.Viewer,
    file: Path,
    tmp_path: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    viewer.open(str(file), plugin=None)
    wait_for_genes(viewer, qtbot)
    notifications.clear()
    bad = tmp_path / "bad.h5ad"
    bad.write_bytes(b"")
    viewer.open(str(bad), plugin=None)
    qtbot.waitUntil(lambda: bool(notifications))
    assert "raw view" in viewer.layers
    assert session_of(viewer).dataset.path == file  # type: ignore[union-attr]


def test_a_sample_is_a_simulated_tissue(viewer: napari.Viewer, qtbot: QtBot) -> None:
    assert simulated_cells() == []
    wait_for_genes(viewer, qtbot)
    session = session_of(viewer)
    assert session.dataset is not None and session.dataset.name == "simulated tissue"
    assert "pattern" in session.dataset.adata.var and session.dataset.adata.n_vars == 300


@pytest.mark.parametrize(
    "error", [None, PermissionError("read-only folder"), RuntimeError("unforeseen"), MemoryError()]
)
def test_saving_says_where_or_why_not(
    error: Exception | None,
    dataset: Dataset,
    result: Result,
    tmp_path: Path,
    notifications: list[Notification],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    def save(result: Result, path: str | Path, on_note: Callable[[str], None]) -> Path:
        if error is not None:
            raise error
        Path(path).write_text("result")
        return Path(path)

    monkeypatch.setattr(Result, "save", save)
    session = Session()
    session.open(dataset, rasterize(dataset.adata), result)
    save_result(session, tmp_path / "out.h5ad")
    qtbot.waitUntil(lambda: bool(notifications))
    assert ("out.h5ad" in notifications[0].message) and len(notifications) == 1
    assert notifications[0].severity.value == ("info" if error is None else "error")
    assert (tmp_path / "out.h5ad").exists() == (error is None)
    assert session.result is not None, "it can be saved elsewhere"


def test_what_is_renamed_in_the_file_is_told(
    dataset: Dataset,
    result: Result,
    tmp_path: Path,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    dataset.adata.obs["a/b"] = 1
    session = Session()
    session.open(dataset, rasterize(dataset.adata), result.with_data(dataset.adata))
    save_result(session, tmp_path / "out.h5ad")
    qtbot.waitUntil(lambda: len(notifications) > 1)
    assert "obs['a/b'] as 'a_b'" in notifications[0].message
    assert notifications[1].message.endswith("out.h5ad")


def test_without_a_result_nothing_is_written(
    viewer: napari.Viewer, tmp_path: Path, notifications: list[Notification]
) -> None:
    save_result(session_of(viewer), tmp_path / "out.h5ad")
    assert write_result(str(tmp_path / "out.h5ad"), None, {}) == []
    assert [each.severity.value for each in notifications] == ["error", "error"]
    assert not (tmp_path / "out.h5ad").exists()


def test_a_dropped_collection_becomes_gene_sets(
    viewer: napari.Viewer, file: Path, tmp_path: Path, no_questions: list[str], qtbot: QtBot
) -> None:
    session = session_of(viewer)
    drop(viewer, file)
    wait_for_genes(viewer, qtbot)
    collection = tmp_path / "sets.gmt"
    collection.write_text("STRIPE\tna\tGENE0\tGENE3\n")
    drop(viewer, collection)
    qtbot.waitUntil(lambda: session.gene_sets.names == ("STRIPE",))
    assert session.gene_sets["STRIPE"].genes == ("Gene0", "Gene3")
    assert session.dataset is not None and session.dataset.path == file and not no_questions

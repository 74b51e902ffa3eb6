"""Public samples in a viewer: progress, stopping, and what the user hears; from this machine."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import napari
import numpy as np
import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.utils.notifications import Notification
from napari.utils.progress import cancelable_progress, progress
from napari.viewer import ViewerModel
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.io import open_dataset
from darlc.io.samples import Sample, SampleFile
from darlc.results.result import Result
from napari_darlc.opening.loading import prepare
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import open_path, open_sample, open_simulated, session_of


class Handler(BaseHTTPRequestHandler):
    """Serves one content; in pieces, with breaks, where it is asked to be slow."""

    def __init__(self, content: bytes, slow: threading.Event, *args: object) -> None:
        self.content, self.slow = content, slow
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        for start in range(0, len(self.content), 50_000):
            try:
                self.wfile.write(self.content[start : start + 50_000])
            except OSError:
                return
            if self.slow.is_set():
                time.sleep(0.05)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def slow() -> threading.Event:
    return threading.Event()


@pytest.fixture
def sample(dataset: Dataset, slow: threading.Event, tmp_path: Path) -> Iterator[Sample]:
    """Return a sample of about a megabyte that this machine serves."""
    dataset.adata.uns["ballast"] = list(range(130_000))
    dataset.adata.write_h5ad(tmp_path / "served.h5ad")
    content = (tmp_path / "served.h5ad").read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, content, slow))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    file = SampleFile("tissue.h5ad", hashlib.sha256(content).hexdigest(), (url,))
    yield Sample("tissue", "A tissue", "nobody", (file,), opens="tissue.h5ad")
    server.shutdown()
    server.server_close()


@pytest.fixture
def viewer() -> ViewerModel:
    """Return what a window shows, without the window."""
    return ViewerModel()


def bar() -> cancelable_progress:
    (found,) = progress._all_instances
    assert isinstance(found, cancelable_progress)
    return found


def test_a_sample_is_fetched_and_shown(
    viewer: ViewerModel,
    sample: Sample,
    tmp_path: Path,
    qtbot: QtBot,
    slow: threading.Event,
    notifications: list[Notification],
) -> None:
    slow.set()
    session = session_of(viewer)
    open_sample(viewer, sample, tmp_path / "cache")
    qtbot.waitUntil(lambda: 0 < bar().n < bar().total)
    assert bar().desc.startswith("Downloading A tissue")
    assert bar().total == (tmp_path / "served.h5ad").stat().st_size // 1000
    qtbot.waitUntil(lambda: session.dataset is not None)
    assert session.dataset is not None and session.dataset.name == "tissue"
    assert "Source: nobody." in notifications[0].message
    qtbot.waitUntil(lambda: not progress._all_instances)


def test_fetching_can_be_stopped_and_goes_on_later(
    viewer: ViewerModel,
    sample: Sample,
    tmp_path: Path,
    qtbot: QtBot,
    slow: threading.Event,
    notifications: list[Notification],
) -> None:
    slow.set()
    open_sample(viewer, sample, tmp_path / "cache")
    qtbot.waitUntil(lambda: bar().n > 0)
    bar().cancel()
    qtbot.waitUntil(lambda: bool(notifications))
    assert notifications[0].message.endswith("was stopped; the part that was downloaded is kept.")
    qtbot.waitUntil(lambda: not progress._all_instances)
    assert session_of(viewer).state == "empty"
    (part,) = (tmp_path / "cache" / "tissue").iterdir()
    assert part.suffix == ".part" and part.stat().st_size > 0
    slow.clear()
    open_sample(viewer, sample, tmp_path / "cache")
    qtbot.waitUntil(lambda: session_of(viewer).state == "ready")
    qtbot.waitUntil(lambda: not progress._all_instances)


def test_offline_is_told(
    viewer: ViewerModel, tmp_path: Path, qtbot: QtBot, notifications: list[Notification]
) -> None:
    file = SampleFile("tissue.h5ad", "0" * 64, ("http://127.0.0.1:1/",))
    open_sample(viewer, Sample("tissue", "A tissue", "nobody", (file,)), tmp_path)
    qtbot.waitUntil(lambda: bool(notifications))
    assert [told.severity.value for told in notifications] == ["error"]
    assert "check that this machine is online" in notifications[0].message
    assert session_of(viewer).state == "empty"


@pytest.mark.parametrize("platform", ["slideseq", "merfish"])
def test_simulated_tissues_of_other_platforms(
    viewer: ViewerModel, platform: str, qtbot: QtBot
) -> None:
    open_simulated(viewer, 40, 3, platform)  # type: ignore[arg-type]
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.images is not None)
    assert session.images is not None and session.images.grid.layout == "binned"


def test_what_is_being_done_is_said_until_it_is_open(
    viewer: ViewerModel, dataset: Dataset, images: SGEPImages, result: Result,
    tmp_path: Path, qtbot: QtBot,
) -> None:  # fmt: skip
    path = replace(result, adata=dataset.adata).save(tmp_path / "fitted.h5ad")
    session, said = session_of(viewer), []
    session.opening_changed.connect(said.append)
    open_path(viewer, path)
    assert session.opening == "Opening fitted.h5ad …"
    qtbot.waitUntil(lambda: session.result is not None and not session.opening)
    assert said == [
        "Opening fitted.h5ad …",
        "Opening fitted.h5ad: reading the file …",
        "Opening fitted.h5ad: reading its clusters …",
        "Opening fitted.h5ad: making images of 12 genes …",
        "Opening fitted.h5ad: drawing the patterns of its clusters …",
        "",
    ]
    assert session.coloured and not session.unsaved


def test_a_file_that_cannot_be_opened_is_no_longer_being_opened(
    viewer: ViewerModel, tmp_path: Path, qtbot: QtBot, notifications: list[Notification]
) -> None:
    (tmp_path / "broken.h5ad").write_bytes(b"nothing")
    open_path(viewer, tmp_path / "broken.h5ad")
    qtbot.waitUntil(lambda: bool(notifications))
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.opening == "")
    assert session.state == "empty" and "broken.h5ad" in notifications[0].message


def test_what_the_window_would_wait_for_is_made_ahead(
    dataset: Dataset, result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(result, adata=dataset.adata).save(tmp_path / "fitted.h5ad")
    opened = prepare(open_dataset(tmp_path / "fitted.h5ad"))
    monkeypatch.setattr("napari_darlc.session.model.consensus_pattern", None)
    assert opened.model is not None and opened.model.consensus is not None
    session = Session()
    session.open(opened.dataset, opened.images, opened.result, opened.gene, opened.model)
    assert session.model is opened.model


def test_sections_are_looked_for_once(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.adata.write_h5ad(tmp_path / "section.h5ad")
    dataset = open_dataset(tmp_path / "section.h5ad")

    def ask(adata: object) -> None:
        raise AssertionError("it was found when the file was read")

    monkeypatch.setattr("darlc.images.sgep_images.stacked", ask)
    assert prepare(dataset).images.n_genes == dataset.adata.n_vars


def test_a_result_of_other_counts_is_shown_with_a_warning(
    result: Result, dataset: Dataset, tmp_path: Path
) -> None:
    from darlc.cli.commands import run

    fitted = replace(result, adata=dataset.adata, fingerprint="of what was fitted")
    path = fitted.save(tmp_path / "r.h5ad", on_note=lambda note: None)
    opened = prepare(open_dataset(path))
    assert opened.result is not None
    assert opened.complaint.startswith(f"The expression in {path} has changed since the fit")
    # The same sentence as on the command line.
    assert run(["similar", str(path), str(result.gene_names[0])]) == 0


def test_a_script_opens_in_the_viewer_that_it_asks(
    make_napari_viewer: Callable[..., napari.Viewer],
    dataset: Dataset,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    path = tmp_path / "cortex.h5ad"
    dataset.adata.write_h5ad(path)
    first, second = make_napari_viewer(show=False), make_napari_viewer(show=False)
    first.open(str(path), plugin="napari-darlc")
    qtbot.waitUntil(lambda: session_of(first).dataset is not None)
    assert session_of(second).dataset is None and not second.layers


def test_what_was_told_of_one_dataset_does_not_stay_over_the_next(
    make_napari_viewer: Callable[..., napari.Viewer],
    dataset: Dataset,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    viewer = make_napari_viewer(show=True)

    def said() -> list[str]:
        window = viewer.window._qt_window
        notes = window.findChildren(NapariQtNotification)
        return [each.message.text() for each in notes if each.isVisible()]

    adata = dataset.adata
    # Without counts something is assumed, and said.
    adata.X = adata.X.copy()
    adata.X.data = np.log1p(adata.X.data)
    for name in ("first", "second"):
        adata.var_names = [f"{name}-{i}" for i in range(adata.n_vars)]
        adata.write_h5ad(tmp_path / f"{name}.h5ad")
    session = session_of(viewer)
    open_path(viewer, tmp_path / "first.h5ad")
    qtbot.waitUntil(lambda: session.gene_label.startswith("first") and bool(said()))
    open_path(viewer, tmp_path / "second.h5ad")
    qtbot.waitUntil(lambda: session.gene_label.startswith("second"))
    qtbot.wait(300)
    assert len(said()) == 1

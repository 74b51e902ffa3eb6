"""The whole way in a real window: drop, train in the real process, look, stop, save."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import napari
import numpy as np
import psutil
import pytest
from drawn import drawn_values
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QFileDialog, QWidget
from waiting import PATIENCE

import darlc
from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig
from darlc.events import Event, Losses, Memberships
from darlc.simulation.tissue import simulate
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of, trainer_of
from napari_darlc.widgets.gallery.model import ColourRole
from napari_darlc.workspace import Workspace, open_workspace

LEFT = Qt.MouseButton.LeftButton
#: As little as can be learned from in a few seconds.
TINY = Config(
    genes=60,
    clusters=4,
    device="cpu",
    denoise=DenoiseConfig(components=8, width=16, heads=2, epochs=2),
    network=NetworkConfig(width=16, depth=1, heads=2, embedding=6, rank=2),
    mixture=MixtureConfig(restarts=1, moves=1),
    train=TrainConfig(pretrain_epochs=1, joint_epochs=2, batch=64),
)
#: The same, but it does not end by itself.
ENDLESS = replace(TINY, train=replace(TINY.train, joint_epochs=1_000_000))


@dataclass
class Window:
    """A window with all docks open, and what was heard in it."""

    viewer: napari.Viewer
    docks: Workspace
    session: Session
    heard: list[Event]
    qtbot: QtBot

    def drop(self, path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        event = QDropEvent(
            QPointF(50, 50),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        self.viewer.window._qt_viewer.dropEvent(event)
        self.wait(lambda: self.session.dataset is not None and self.session.dataset.path == path)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait, twice as long as elsewhere: a process first has to import torch."""
        self.qtbot.waitUntil(condition, timeout=2 * PATIENCE)

    def click(self, button: QWidget) -> None:
        assert button.isEnabled()
        self.qtbot.mouseClick(button, LEFT)

    def train(self, config: Config) -> None:
        self.docks.training.parameters.set_config(config)
        self.docks.training.parameters.changed.emit()
        self.click(self.docks.training.train)

    def train_to_memberships(self) -> None:
        """Train until the search for clusters is over, and memberships change with embeddings."""
        self.train(ENDLESS)
        self.wait(
            lambda: any(
                isinstance(event, Memberships) and event.stage == "joint" for event in self.heard
            )
        )
        assert self.session.state == "training"

    def press_arrow(self) -> None:
        """Move the gene slider by one, by the keyboard."""
        canvas = self.viewer.window._qt_viewer.canvas.native
        self.qtbot.keyClick(canvas, Qt.Key.Key_Right)

    def click_slider(self, share: float) -> None:
        """Move the gene slider to a share of its length, by the mouse."""
        slider = self.viewer.window._qt_viewer.dims.slider_widgets[0].slider
        assert slider.isVisible()
        where = QPoint(round(share * slider.width()), slider.height() // 2)
        self.qtbot.mouseClick(slider, LEFT, pos=where)

    def shown(self) -> np.ndarray:
        """Return the raw view that the canvas draws."""
        raw = layers_of(self.viewer).raw
        assert raw is not None
        return drawn_values(raw)

    def save(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> darlc.Result:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
        self.click(self.docks.training.save)
        self.wait(path.exists)
        return darlc.load(path)


@pytest.fixture
def window(viewer: napari.Viewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Window:
    """Return an empty window with all docks open."""

    def ask(dialog: object) -> bool:
        raise AssertionError("napari asks which reader to use")

    monkeypatch.setattr("napari._qt.dialogs.qt_reader_dialog.QtReaderDialog.exec_", ask)
    heard: list[Event] = []
    docks = open_workspace(viewer)
    viewer.window.resize(1500, 950)
    session_of(viewer).event_received.connect(heard.append)
    return Window(viewer, docks, session_of(viewer), heard, qtbot)


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an .h5ad file of a small simulated section."""
    adata = simulate(seed=3, genes=60, clusters=4, depth=2000.0)
    near = np.hypot(*(adata.obsm["spatial"] - adata.obsm["spatial"].mean(axis=0)).T) < 900
    path = tmp_path_factory.mktemp("section") / "section.h5ad"
    adata[near].copy().write_h5ad(path)
    return path


def digest(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def go_all_the_way(
    window: Window, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest(path)
    window.drop(path)
    assert "raw view" in window.viewer.layers
    window.train(TINY)
    session, docks = window.session, window.docks
    window.wait(lambda: session.result is not None and session.state == "ready")
    result, model = session.result, session.model
    assert result is not None and model is not None and not result.stopped

    # Denoised views, and genes in the colours of their clusters.
    denoised = layers_of(window.viewer).denoised
    assert denoised is not None and denoised.visible
    gene = int(model.genes[3])
    window.wait(lambda: docks.gallery.model.row_of(gene) >= 0)
    index = docks.gallery.model.index(docks.gallery.model.row_of(gene))
    colour = model.colours[session.cluster_of(gene)]
    assert index.data(ColourRole) == colour
    docks.gallery.view.scrollTo(index)
    place = docks.gallery.view.visualRect(index).center()
    window.qtbot.mouseClick(docks.gallery.view.viewport(), LEFT, pos=place)
    assert session.gene == gene and docks.gallery.controls.coloured.isChecked()
    assert denoised.colormap.name.endswith(colour)
    text = window.viewer.canvas.overlays.text.text
    assert text.startswith(f"{session.gene_label}\ncluster ")

    # A card for every cluster that holds genes.
    window.wait(
        lambda: sum(card.n_genes for card in docks.consensus.cards.cards()) == len(model.genes)
    )
    cards = docks.consensus.cards.cards()
    assert len(cards) == len(np.unique(model.cluster))
    assert len({card.colour for card in cards}) == len(cards)

    saved = window.save(tmp_path / "out.h5ad", monkeypatch)
    np.testing.assert_array_equal(saved.membership, result.membership)
    np.testing.assert_array_equal(saved.denoised, result.denoised)
    assert saved.adata is not None and saved.adata.n_vars == session.images.n_genes  # type: ignore[union-attr]
    assert digest(path) == before, "what was opened is never written to"

    # The file brings its result along when it is opened.
    window.drop(tmp_path / "out.h5ad")
    assert session.result is not None and session.result is not result
    np.testing.assert_array_equal(session.result.membership, result.membership)
    assert {"raw view", "denoised view"} <= {layer.name for layer in window.viewer.layers}


def test_from_a_drop_to_a_saved_result(
    window: Window, section: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_all_the_way(window, section, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dlpfc_151510.h5ad", "visium_mouse"])
def test_from_a_drop_to_a_saved_result_on_real_tissue(
    name: str,
    window: Window,
    real_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_all_the_way(window, real_data / name, tmp_path, monkeypatch)


def test_the_slider_moves_while_training_and_stop_keeps_the_result(
    window: Window, section: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.drop(section)
    window.train_to_memberships()
    session, images = window.session, window.session.images
    assert images is not None
    moves: list[tuple[Callable[[], None], range]] = [
        (window.press_arrow, range(11, 12)),
        (window.press_arrow, range(12, 13)),
        (lambda: window.click_slider(0.8), range(40, 56)),
    ]
    session.gene = 10
    for move, reached in moves:
        move()
        assert session.gene in reached and session.state == "training"
        expected = images.raw_view([session.gene])[0]
        window.wait(lambda expected=expected: np.array_equal(window.shown(), expected, True))  # type: ignore[misc]
    heard = len(window.heard)
    window.wait(lambda: len(window.heard) > heard + 3)
    assert session.state == "training", "it went on meanwhile"

    window.click(window.docks.training.stop)
    window.wait(lambda: session.state == "ready")
    result = session.result
    assert result is not None and result.stopped and result.stage == "search"
    assert "stopped after search" in window.docks.training.progress.status.text()
    saved = window.save(tmp_path / "stopped.h5ad", monkeypatch)
    assert saved.stopped and saved.stage == "search"
    np.testing.assert_allclose(saved.membership.sum(axis=1), 1, atol=1e-5)
    assert np.isfinite(saved.embedding).all() and np.isfinite(saved.denoised).all()
    assert saved.adata is not None
    assert saved.adata.var["darlc_cluster"].notna().sum() == saved.n_genes


# What follows is shown of the trainer alone by its own tests, which are quick.


@pytest.mark.slow
def test_cancel_leaves_the_session_as_it_was(
    window: Window, section: Path, notifications: list[Notification]
) -> None:
    window.drop(section)
    notifications.clear()
    session = window.session
    session.gene = 7
    window.train_to_memberships()
    pid = trainer_of(window.viewer).pid
    assert pid is not None and session.coloured
    assert [layer.name for layer in window.viewer.layers] == ["raw view", "denoised view"]
    window.click(window.docks.training.cancel)
    assert session.state == "ready" and session.gene == 7 and not session.coloured
    assert session.model is None and session.result is None
    assert [layer.name for layer in window.viewer.layers] == ["raw view"]
    assert window.viewer.canvas.overlays.text.text == session.gene_label
    assert not window.docks.training.save.isEnabled()
    window.wait(lambda: window.docks.gallery.model.index(0).data(ColourRole) is None)
    assert not psutil.pid_exists(pid)
    heard = len(window.heard)
    window.qtbot.wait(300)
    assert len(window.heard) == heard and not notifications


@pytest.mark.slow
def test_a_killed_process_is_told_and_the_viewer_lives(
    window: Window, section: Path, notifications: list[Notification]
) -> None:
    window.drop(section)
    notifications.clear()
    window.train_to_memberships()
    pid = trainer_of(window.viewer).pid
    assert pid is not None
    psutil.Process(pid).kill()
    window.wait(lambda: bool(notifications))
    assert [each.severity.value for each in notifications] == ["error"]
    assert "killed" in notifications[0].message and "\n" not in notifications[0].message
    session = window.session
    assert session.state == "ready" and session.model is None
    session.gene = 20
    window.press_arrow()
    assert session.gene == 21 and window.viewer.canvas.overlays.text.text == session.gene_label
    assert window.docks.training.train.isEnabled() and len(notifications) == 1


@pytest.mark.slow
def test_closing_the_window_while_training_leaves_no_process(
    window: Window, section: Path, notifications: list[Notification]
) -> None:
    window.drop(section)
    notifications.clear()
    window.train_to_memberships()
    pid = trainer_of(window.viewer).pid
    assert pid in {child.pid for child in psutil.Process().children(recursive=True)}
    window.viewer.close()
    window.wait(lambda: pid not in {c.pid for c in psutil.Process().children(recursive=True)})
    assert not psutil.pid_exists(pid)  # type: ignore[arg-type]
    assert not notifications, "closing a window is no failure of the training"


@pytest.mark.slow
def test_resume_continues_a_killed_training_to_the_same_result(
    window: Window, section: Path, notifications: list[Notification]
) -> None:
    """A real process is killed; the button continues it in another one, from the file."""
    config = replace(TINY, train=replace(TINY.train, joint_epochs=12, pattern_rate=0.0))
    session, dock = window.session, window.docks.training
    window.drop(section)
    window.train(config)
    window.wait(lambda: session.result is not None)
    whole = session.result
    session.mark_saved()

    def joint_epochs() -> list[int]:
        return [e.epoch for e in window.heard if isinstance(e, Losses) and e.stage == "joint"]

    window.heard.clear()
    window.train(config)
    window.wait(lambda: len(joint_epochs()) > 1)
    psutil.Process(trainer_of(window.viewer).pid).kill()
    notifications.clear()
    window.wait(lambda: bool(notifications))
    assert "Resume continues it" in notifications[0].message
    assert session.result is whole and joint_epochs()[-1] < 11
    kept = trainer_of(window.viewer).interrupted
    assert kept is not None and not dock.resume.isHidden()

    window.click(dock.resume)
    window.wait(lambda: session.state == "ready")
    result = session.result
    assert result is not None and whole is not None and result is not whole
    np.testing.assert_array_equal(result.membership, whole.membership)
    np.testing.assert_array_equal(result.embedding, whole.embedding)
    np.testing.assert_array_equal(result.denoised[:], whole.denoised[:])
    assert result.weights == whole.weights
    session.mark_saved()
    assert not kept.exists()

"""Training in a process of its own: stop, cancel, failure, a killed process, a closed window."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import napari
import numpy as np
import psutil
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QThreadPool
from qtpy.QtWidgets import QWidget
from waiting import no_thread_works

from darlc.config import Config
from darlc.data.dataset import Dataset
from darlc.events import Event, Failed, Losses, Started
from darlc.images.sgep_images import SGEPImages
from darlc.io.parts.training_file import Training, write_training
from darlc.results.result import Result
from napari_darlc import viewer_session
from napari_darlc.processes.trainer import Trainer
from napari_darlc.saving.unsaved_results import Recovery
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import of

#: A worker that is real but for what it trains; the seed tells it what to do.
_WORKER = """
import sys, time, types

def train(images, config, stop, state=None, resume=False):
    import numpy as np
    from darlc.results.result import Result
    from darlc.errors import InputError
    from darlc.events import Denoised, Finished, Losses, Memberships, Progress, Started
    genes = np.arange(6)
    yield Started("cpu", genes, (f"resume: {resume}",))
    if state:
        from darlc.io.parts.training_file import Training, write_training
        from pathlib import Path
        write_training(
            Path(state), Training("joint", 1, images.fingerprint, config.to_dict(), {})
        )
    denoised = images.expression(genes).astype(np.float16)
    yield Denoised(denoised)
    membership = np.eye(2, dtype=np.float32)[genes % 2]
    yield Memberships("joint", membership)
    if config.seed == FAILS:
        raise InputError("fewer genes than clusters: ask for fewer clusters.")
    if config.seed == EXITS:
        sys.stdout.flush(); import os; os._exit(7)
    epoch = 0
    while config.seed == ENDLESS and not stop():
        epoch += 1
        yield Losses("joint", epoch, {"total": 1.0})
        time.sleep(0.01)
    yield Progress("joint", 4, 4, 0.0)
    yield Finished(Result(
        gene_names=images.gene_names[genes], embedding=np.zeros((6, 2), np.float32),
        membership=membership, denoised=denoised, grid=images.grid,
        observation_pixel=images.observation_pixel, config=config,
        stage="joint" if stop() else "assign", stopped=stop(),
    ))

sys.modules["darlc.learn.train.run"] = types.SimpleNamespace(train=train)
from darlc.worker import process
process.available_devices = lambda: ("tpu", "cpu")
process.main()
"""
QUICK, ENDLESS, FAILS, EXITS = range(4)


@pytest.fixture
def command(tmp_path: Path) -> tuple[str, str]:
    """Return the command that runs the worker."""
    script = tmp_path / "worker.py"
    names = f"QUICK, ENDLESS, FAILS, EXITS = {QUICK}, {ENDLESS}, {FAILS}, {EXITS}\n"
    script.write_text(names + _WORKER)
    return sys.executable, str(script)


@pytest.fixture
def trainer(
    session_with_tissue: Session, command: tuple[str, str], qtbot: QtBot
) -> Iterator[Trainer]:
    """Return a trainer of the small tissue, without a window."""
    trainer = Trainer(session_with_tissue, command)
    yield trainer
    trainer.close()


@pytest.fixture
def heard(session_with_tissue: Session) -> list[Event]:
    """Return all events that the session heard of, each on the main thread."""
    events: list[Event] = []

    def listen(event: Event) -> None:
        assert threading.current_thread() is threading.main_thread()
        events.append(event)

    session_with_tissue.event_received.connect(listen)
    return events


def wait_for(qtbot: QtBot, events: list[Event], kind: type) -> None:
    qtbot.waitUntil(lambda: any(isinstance(event, kind) for event in events))


def test_devices_are_known_before_training(
    trainer: Trainer, session_with_tissue: Session, qtbot: QtBot
) -> None:
    told: list[list[str]] = []
    trainer.devices_changed.connect(told.append)
    trainer.prestart()
    trainer.prestart()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [["tpu", "cpu"]] and trainer.devices == ["tpu", "cpu"]
    pid = trainer.pid
    trainer.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: session_with_tissue.result is not None)
    assert trainer.pid == pid, "the warm process is the one that trains"


def test_training_ends_with_a_result(
    trainer: Trainer, session_with_tissue: Session, heard: list[Event], qtbot: QtBot
) -> None:
    session = session_with_tissue
    trainer.start(Config(seed=QUICK))
    assert session.state == "starting"
    trainer.start(Config(seed=QUICK))  # a second click changes nothing
    qtbot.waitUntil(lambda: session.state == "ready")
    assert [type(event).__name__ for event in heard] == [
        *("Devices", "Started", "Denoised", "Memberships", "Progress", "Finished")
    ]
    assert session.result is not None and not session.result.stopped
    assert session.result.gene_names.tolist() == [f"Gene{i}" for i in range(6)]
    assert session.result.adata is session.dataset.adata  # type: ignore[union-attr]


def test_stop_keeps_what_was_learned_and_the_process_serves_on(
    trainer: Trainer, session_with_tissue: Session, heard: list[Event], qtbot: QtBot
) -> None:
    session = session_with_tissue
    trainer.start(Config(seed=ENDLESS))
    wait_for(qtbot, heard, Losses)
    trainer.stop()
    assert session.state == "stopping"
    qtbot.waitUntil(lambda: session.state == "ready")
    assert session.result is not None and session.result.stopped
    assert session.cluster_of(1) == 1
    pid, first = trainer.pid, session.result
    trainer.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: session.state == "ready")
    assert trainer.pid == pid and session.result is not first


def test_a_stop_right_after_the_start_counts(
    trainer: Trainer, session_with_tissue: Session, qtbot: QtBot
) -> None:
    trainer.start(Config(seed=ENDLESS))
    trainer.stop()
    qtbot.waitUntil(lambda: session_with_tissue.state == "ready")
    assert session_with_tissue.result is not None


@pytest.fixture
def one_processor() -> Iterator[None]:
    """Let the application have as many threads for workers as on one processor."""
    pool = QThreadPool.globalInstance()
    assert pool is not None
    threads = pool.maxThreadCount()
    pool.setMaxThreadCount(1)
    yield
    pool.setMaxThreadCount(threads)


@pytest.mark.usefixtures("one_processor")
def test_stop_gets_through_on_one_processor(
    trainer: Trainer, session_with_tissue: Session, qtbot: QtBot
) -> None:
    trainer.start(Config(seed=ENDLESS))
    qtbot.waitUntil(lambda: session_with_tissue.model is not None)
    trainer.stop()
    qtbot.waitUntil(lambda: session_with_tissue.state == "ready")
    assert session_with_tissue.result is not None and session_with_tissue.result.stopped


def test_cancel_leaves_the_session_as_it_was(
    trainer: Trainer,
    session_with_tissue: Session,
    result: Result,
    heard: list[Event],
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    session = session_with_tissue
    assert session.dataset is not None and session.images is not None
    session.open(session.dataset, session.images, result)
    model, kept = session.model, session.result
    trainer.start(Config(seed=ENDLESS))
    wait_for(qtbot, heard, Losses)
    pid = trainer.pid
    assert pid is not None and session.model is not model
    trainer.cancel()
    assert session.model is model and session.result is kept and session.state == "ready"
    assert not psutil.pid_exists(pid)
    n_heard = len(heard)
    qtbot.wait(200)
    assert len(heard) == n_heard and not notifications
    assert session.model is model
    trainer.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: session.result is not kept)


@pytest.mark.parametrize(
    ("seed", "sentence"), [(FAILS, "fewer genes than clusters"), (EXITS, "exit code 7")]
)
def test_a_failure_is_told_in_one_sentence_and_undone(
    seed: int,
    sentence: str,
    trainer: Trainer,
    session_with_tissue: Session,
    heard: list[Event],
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    session = session_with_tissue
    trainer.start(Config(seed=seed))
    qtbot.waitUntil(lambda: bool(notifications))
    assert len(notifications) == 1 and sentence in notifications[0].message
    assert "\n" not in notifications[0].message
    assert session.state == "ready" and session.model is None and session.result is None
    assert (seed == FAILS) == any(isinstance(event, Failed) for event in heard)
    trainer.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: session.result is not None)


@pytest.fixture
def scripted_viewer(
    viewer: napari.Viewer, command: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> napari.Viewer:
    """Return a window whose trainer runs the script of these tests."""
    monkeypatch.setattr(viewer_session, "Trainer", partial(Trainer, command=command))
    return viewer


@pytest.fixture
def training_viewer(
    scripted_viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> napari.Viewer:
    """Return a window in which a training runs that does not end by itself."""
    viewer = scripted_viewer
    parts = of(viewer)
    parts.session.open(dataset, images)
    parts.trainer.start(Config(seed=ENDLESS))
    events: list[Event] = []
    parts.session.event_received.connect(events.append)
    wait_for(qtbot, events, Losses)
    assert "denoised view" in viewer.layers
    return viewer


def test_the_slider_moves_while_training_goes_on(
    training_viewer: napari.Viewer, qtbot: QtBot
) -> None:
    session = of(training_viewer).session
    for gene in (3, 11, 0):
        training_viewer.dims.set_current_step(0, gene)
        qtbot.wait(20)
        assert session.gene == gene and session.state == "training"
        assert training_viewer.canvas.overlays.text.text.startswith(f"Gene{gene}\n")


def test_a_killed_process_leaves_a_living_viewer(
    training_viewer: napari.Viewer, notifications: list[Notification], qtbot: QtBot
) -> None:
    parts = of(training_viewer)
    assert parts.trainer.pid is not None
    psutil.Process(parts.trainer.pid).kill()
    qtbot.waitUntil(lambda: bool(notifications))
    assert [each.severity.value for each in notifications] == ["error"]
    assert "killed" in notifications[0].message
    assert parts.session.state == "ready" and parts.session.model is None
    assert [layer.name for layer in training_viewer.layers] == ["tissue image", "raw view"]
    training_viewer.dims.set_current_step(0, 5)
    assert training_viewer.canvas.overlays.text.text == "Gene5"
    parts.trainer.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: parts.session.result is not None)


def test_closing_the_window_ends_process_and_threads(
    training_viewer: napari.Viewer, notifications: list[Notification], qtbot: QtBot
) -> None:
    trainer = of(training_viewer).trainer
    pid = trainer.pid
    assert pid is not None and psutil.pid_exists(pid)
    training_viewer.close()
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid))
    qtbot.waitUntil(no_thread_works)
    qtbot.wait(100)
    assert not notifications, "closing a window is no failure of the training"


def test_closing_the_window_ends_a_waiting_process(
    scripted_viewer: napari.Viewer, qtbot: QtBot
) -> None:
    trainer = of(scripted_viewer).trainer
    trainer.prestart()
    qtbot.waitUntil(lambda: bool(trainer.devices))
    pid = trainer.pid
    assert pid is not None and psutil.pid_exists(pid)
    scripted_viewer.close()
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid))


def test_the_process_of_a_killed_viewer_ends(tmp_path: Path, command: tuple[str, str]) -> None:
    """Kill the parent so that it cannot clean up: the worker sees its input end."""
    import subprocess

    script = tmp_path / "parent.py"
    script.write_text(
        "import time\n"
        "from napari_darlc.processes.trainer import WorkerProcess\n"
        f"process = WorkerProcess({command!r})\n"
        "process.read()\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    psutil.wait_procs([worker], timeout=20)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


def test_the_viewer_never_imports_torch(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, napari_darlc.viewer_session, napari_darlc.opening.loading\n"
        "import napari_darlc._reader\n"
        "import darlc.worker.wire, napari_darlc._writer, napari_darlc._sample_data\n"
        "bad = [m for m in sys.modules if m == 'torch' or m.startswith('darlc.learn')]\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def kept_in(folder: Path) -> list[str]:
    """Return the kinds of files in a folder, without the locks of those who work on them."""
    return [path.suffix for path in folder.iterdir() if path.suffix != ".lock"]


@pytest.mark.parametrize("end", ["killed", "closed"])
def test_an_interrupted_training_is_kept_and_continues(
    session_with_tissue: Session,
    command: tuple[str, str],
    heard: list[Event],
    qtbot: QtBot,
    tmp_path: Path,
    end: str,
) -> None:
    session, folder = session_with_tissue, tmp_path / "kept"
    first = Trainer(session, command, folder)
    assert first.interrupted is None
    first.start(Config(seed=ENDLESS))
    wait_for(qtbot, heard, Losses)
    if end == "killed":
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        qtbot.waitUntil(lambda: session.state == "ready")
    first.close()
    if end == "closed":
        session.cancel()
    again = Trainer(session, command, folder)
    assert again.interrupted is not None
    heard.clear()
    again.resume()
    wait_for(qtbot, heard, Losses)
    started = next(event for event in heard if isinstance(event, Started))
    assert started.notes == ("resume: True",)
    again.stop()
    qtbot.waitUntil(lambda: session.result is not None)
    assert kept_in(folder) == [".training"], "the result is in no file yet"
    assert again.interrupted is None, "but the training is not interrupted"
    session.mark_saved()
    assert not list(folder.iterdir())
    again.close()


def test_a_crash_before_the_result_is_kept_loses_nothing(
    session_with_tissue: Session, command: tuple[str, str], qtbot: QtBot, tmp_path: Path
) -> None:
    """Look at the files at the moment of a crash, from the end of a training to its recovery."""
    session, folder = session_with_tissue, tmp_path / "kept"
    trainer = Trainer(session, command, folder)
    window = QWidget()
    qtbot.addWidget(window)
    recovery = Recovery(window, session, folder, delay=50)
    recovery.kept.connect(trainer.note_kept)
    seen: list[set[str]] = []
    session.result_changed.connect(lambda: seen.append(set(kept_in(folder))))
    trainer.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: session.result is not None)
    while not seen or ".training" in seen[-1]:
        seen.append(set(kept_in(folder)))
        qtbot.wait(1)
    assert all(seen), "at each moment one of the two is there"
    assert seen[-1] == {".h5ad"} and recovery.path is not None
    trainer.close()


def test_two_windows_on_the_same_data_keep_a_training_each(
    dataset: Dataset,
    images: SGEPImages,
    command: tuple[str, str],
    heard: list[Event],
    session_with_tissue: Session,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    one, other = session_with_tissue, Session()
    other.open(dataset, images)
    folder = tmp_path / "kept"
    first, second = Trainer(one, command, folder), Trainer(other, command, folder)
    first.start(Config(seed=ENDLESS))
    wait_for(qtbot, heard, Losses)
    assert second.interrupted is None, "the first window is at work on it"
    second.resume()
    assert other.state == "ready"
    second.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: other.result is not None)
    assert kept_in(folder) == 2 * [".training"]
    second.cancel()
    other.mark_saved()
    assert kept_in(folder) == [".training"] and one.state == "training"
    first.close()
    assert second.interrupted is not None
    second.close()


def test_the_settings_of_a_training_are_read_without_what_it_learned(
    session_with_tissue: Session,
    command: tuple[str, str],
    heard: list[Event],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from darlc.io.parts import training_file

    images = session_with_tissue.images
    assert images is not None
    path = tmp_path / f"{images.fingerprint[:24]}-1.training"
    values = {"learner": np.zeros(100)}
    training = Training("joint", 1, images.fingerprint, Config(seed=ENDLESS).to_dict(), values)
    write_training(path, training)
    monkeypatch.setattr(training_file, "checksum", lambda arrays: pytest.fail("all is read"))
    trainer = Trainer(session_with_tissue, command, tmp_path)
    trainer.resume()
    wait_for(qtbot, heard, Losses)
    trainer.cancel()
    trainer.close()


def test_a_cancelled_training_leaves_nothing(
    session_with_tissue: Session,
    command: tuple[str, str],
    heard: list[Event],
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    trainer = Trainer(session_with_tissue, command, tmp_path / "kept")
    trainer.start(Config(seed=ENDLESS))
    wait_for(qtbot, heard, Losses)
    trainer.cancel()
    assert trainer.interrupted is None and not list((tmp_path / "kept").iterdir())
    trainer.close()


@pytest.mark.parametrize("how", ["cancel", "end", "close"])
def test_garbage_is_looked_for_among_new_objects_while_training(
    trainer: Trainer, session_with_tissue: Session, heard: list[Event], how: str, qtbot: QtBot
) -> None:
    gc.unfreeze()
    try:
        trainer.start(Config(seed=ENDLESS))
        wait_for(qtbot, heard, Losses)
        assert gc.get_freeze_count() > len(gc.get_objects())
        {"cancel": trainer.cancel, "end": trainer.stop, "close": trainer.close}[how]()
        qtbot.waitUntil(lambda: how == "close" or session_with_tissue.state == "ready")
        assert gc.get_freeze_count() == 0
    finally:
        gc.freeze()


@pytest.mark.skipif(os.name == "nt", reason="there are no descriptors to count")
@pytest.mark.parametrize("answered", [True, False])
def test_what_was_cancelled_holds_no_process_and_no_pipe(
    trainer: Trainer,
    session_with_tissue: Session,
    heard: list[Event],
    answered: bool,
    qtbot: QtBot,
) -> None:
    """At once, not when Python collects its garbage."""
    me = psutil.Process()

    def cancelled() -> int:
        heard.clear()
        trainer.start(Config(seed=ENDLESS))
        if answered:
            wait_for(qtbot, heard, Losses)
        trainer.cancel()
        qtbot.waitUntil(no_thread_works)
        assert session_with_tissue.state == "ready"
        return me.num_fds()

    first = cancelled()
    gc.disable()
    try:
        held = [cancelled() for _ in range(3)]
    finally:
        gc.enable()
    assert max(held) <= first, (first, held)
    assert not me.children()


def test_cancel_leaves_an_interrupted_training_that_it_would_have_replaced(
    session_with_tissue: Session,
    command: tuple[str, str],
    heard: list[Event],
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    session, folder = session_with_tissue, tmp_path / "kept"
    trainer = Trainer(session, command, folder)
    trainer.start(Config(seed=EXITS))
    qtbot.waitUntil(lambda: session.state == "ready")
    before = trainer.interrupted
    assert before is not None
    trainer.start(Config(seed=ENDLESS))
    wait_for(qtbot, heard, Losses)
    trainer.cancel()
    assert trainer.interrupted == before
    trainer.start(Config(seed=QUICK))
    qtbot.waitUntil(lambda: session.result is not None)
    session.mark_saved()
    assert trainer.interrupted is None and not list(folder.iterdir())
    trainer.close()

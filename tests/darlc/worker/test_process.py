"""The worker serves requests, stops when asked and ends with its parent."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from scipy import sparse

from darlc.config import Config
from darlc.errors import InputError
from darlc.events import Devices, Event, Failed, Finished, Progress, Started
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from darlc.worker.messages import read_message, write_message
from darlc.worker.process import serve
from darlc.worker.wire import decode, pack_request

IMAGES = SGEPImages(
    matrix=sparse.csc_array(np.arange(8, dtype=np.float32).reshape(4, 2)),
    grid=Grid(mask=np.ones((2, 2), dtype=bool), affine=np.eye(3)),
    gene_names=np.array(["Ab", "Cd"], dtype=np.str_),
    observation_pixel=np.arange(4),
)

RESULT = Result(
    gene_names=IMAGES.gene_names,
    embedding=np.zeros((2, 2), dtype=np.float32),
    membership=np.eye(2, dtype=np.float32),
    denoised=np.zeros((2, 4), dtype=np.float16),
    grid=IMAGES.grid,
    observation_pixel=IMAGES.observation_pixel,
    config=Config(),
    stopped=True,
)


class Served:
    """A worker's loop on a thread of this process, with pipes as in real life."""

    def __init__(self, train: Callable[..., Iterator[Event]]) -> None:
        read_end, write_end = os.pipe()
        self.requests: BinaryIO = os.fdopen(write_end, "wb")
        reply_read, reply_write = os.pipe()
        self.replies: BinaryIO = os.fdopen(reply_read, "rb")
        self.ended = threading.Event()
        self.thread = threading.Thread(
            target=serve,
            args=(
                os.fdopen(read_end, "rb"),
                os.fdopen(reply_write, "wb"),
                train,
                lambda: ("tpu", "cpu"),
                self.ended.set,
            ),
        )
        self.thread.start()

    def next(self) -> Event:
        message = read_message(self.replies)
        assert message is not None
        return decode(*message)

    def ask(self, **changes: int) -> None:
        write_message(self.requests, *pack_request(IMAGES, Config(**changes)))

    def close(self) -> None:
        self.requests.close()
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.replies.close()


def until_stopped(
    images: SGEPImages, config: Config, *, stop: Callable[[], bool]
) -> Iterator[Event]:
    """Train until asked to stop; a test without a stop would not end."""
    yield Progress("joint", config.seed, images.n_genes)
    while not stop():
        pass
    yield Finished(RESULT)


def test_stop_is_heard_and_the_worker_serves_again() -> None:
    served = Served(until_stopped)
    assert served.next() == Devices(("tpu", "cpu"))
    for seed in (1, 2):
        served.ask(seed=seed)
        assert repr(served.next()) == repr(Progress("joint", seed, 2))
        write_message(served.requests, {"do": "stop"})
        event = served.next()
        assert isinstance(event, Finished)
        assert event.result.stopped
    served.close()
    assert served.ended.is_set()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("fewer genes than clusters: ask for fewer."), "fewer genes than clusters"),
        (RuntimeError("out of memory\nmore\nlines"), "RuntimeError: out of memory"),
        (KeyError(), "KeyError"),
    ],
)
def test_an_error_becomes_one_sentence(error: Exception, sentence: str) -> None:
    def train(*_: object, **__: object) -> Iterator[Event]:
        yield Progress("denoise", 0, 1)
        raise error

    served = Served(train)
    served.next()
    for _ in range(2):
        served.ask()
        served.next()
        event = served.next()
        assert isinstance(event, Failed)
        assert sentence in event.message
        assert "\n" not in event.message
    served.close()


def test_a_damaged_request_ends_the_worker() -> None:
    served = Served(until_stopped)
    served.next()
    served.requests.write(b"\xff" * 64)
    served.requests.flush()
    assert served.ended.wait(10)
    served.close()


#: A worker whose training is noisy on standard output and never ends by itself.
_NOISY = """
import sys, types
def train(images, config, stop):
    print("libraries print"); import os; os.write(1, b"and write to the descriptor")
    from darlc.events import Started
    import numpy as np
    yield Started("cpu", np.arange(images.n_genes))
    while True:
        pass
sys.modules["darlc.learn.train.run"] = types.SimpleNamespace(train=train)
sys.modules["darlc.learn.devices"] = devices = types.ModuleType("devices")
devices.available_devices = lambda: ("cuda:0", "cuda:1", "cpu")
import darlc.learn
darlc.learn.devices = devices
from darlc.worker.process import main
main()
"""


def test_the_process_keeps_its_stream_clean_and_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "noisy.py"
    script.write_text(_NOISY)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin and process.stdout and process.stderr
    try:
        first = read_message(process.stdout)
        assert first is not None
        assert decode(*first) == Devices(("cuda:0", "cuda:1", "cpu"))
        write_message(process.stdin, *pack_request(IMAGES, Config()))
        second = read_message(process.stdout)
        assert second is not None
        assert isinstance(decode(*second), Started)
        process.stdin.close()  # all that a parent's end looks like from here
        assert process.wait(20) == 0
        assert b"libraries print" in process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()

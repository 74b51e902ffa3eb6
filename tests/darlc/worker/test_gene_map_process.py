"""The process that computes UMAP: its answers, and its end."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from darlc.explore.gene_map import NoUmapError, fitted
from darlc.worker import gene_map_process
from darlc.worker.messages import read_message, write_message

COMMAND = (sys.executable, "-P", "-m", "darlc.worker.gene_map_process")
START = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)


def question() -> bytes:
    stream = BytesIO()
    write_message(stream, {"seed": 0}, {"vectors": np.ones((20, 3)), "start": START})
    return stream.getvalue()


def begin(folder: Path, fit: str) -> subprocess.Popen[bytes]:
    """Start the process with something quick in the place of UMAP."""
    (folder / "umap.py").write_text(
        "import time\n"
        "class UMAP:\n"
        "    def __init__(self, init, **settings): self.init = init\n"
        f"    def fit_transform(self, vectors):\n        {fit}\n"
    )
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_what_cannot_be_done_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NoUmapError("it is missing: install it.")

    monkeypatch.setattr(gene_map_process, "umap_plane", refuse)
    arrays = {"vectors": np.ones((20, 3)), "start": START}
    assert gene_map_process.answer({"seed": 0}, arrays) == (
        {"error": "it is missing: install it."},
        {},
    )


def test_it_answers_and_ends_whatever_is_printed(tmp_path: Path) -> None:
    process = begin(tmp_path, "print('noise'); return self.init + 5")
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(question())
    process.stdin.flush()  # and the stream stays open
    message = read_message(process.stdout)
    assert message is not None
    np.testing.assert_allclose(message[1]["plane"], fitted(START), atol=1e-5)
    assert process.wait(timeout=60) == 0
    process.stdin.close()
    process.stdout.close()


def test_it_ends_with_the_one_who_asked(tmp_path: Path) -> None:
    process = begin(tmp_path, "print('begun'); time.sleep(600)")
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(question())
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    assert process.stdout.read() == b""
    process.stdout.close()

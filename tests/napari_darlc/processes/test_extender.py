"""Genes outside the model, asked for in the window's process and denoised in another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot

from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.processes.extender import Extender
from napari_darlc.processes.trainer import Trainer
from napari_darlc.session.session import Session

#: A worker that is real but for what it learned: an embedding is the length of the weights.
_WORKER = """
import os, sys, time, types
import numpy as np
from darlc.results.added_genes import AddedGenes
from darlc.errors import InputError

def denoise_and_embed(weights, config, images):
    if weights == b"fails":
        raise InputError("the result holds no weights: fit again.")
    if weights == b"exits":
        os._exit(7)
    if weights == b"endless":
        time.sleep(600)
    length = np.full((images.n_genes, 4), len(weights), dtype=np.float32)
    yield AddedGenes(images.gene_names, length, images.expression().astype(np.float16))

module = types.SimpleNamespace(denoise_and_embed=denoise_and_embed)
sys.modules["darlc.learn.encode.outside_genes"] = module
from darlc.worker import process
process.available_devices = lambda: ("cpu",)
process.main()
"""
OUTSIDE = 10


@pytest.fixture
def session(dataset: object, images: SGEPImages, result: Result) -> Session:
    """Return a session with a result whose weights are three bytes."""
    session = Session()
    session.open(dataset, images, replace(result, weights=b"abc"), gene=OUTSIDE)
    return session


@pytest.fixture
def trainer(session: Session, tmp_path: Path, qtbot: QtBot) -> Iterator[Trainer]:
    script = tmp_path / "worker.py"
    script.write_text(_WORKER)
    trainer = Trainer(session, (sys.executable, str(script)))
    yield trainer
    trainer.close()


@pytest.fixture
def extender(session: Session, trainer: Trainer) -> Extender:
    return Extender(session, trainer)


def done(extender: Extender, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not extender.busy)


def with_weights(session: Session, weights: bytes) -> None:
    assert session.result is not None and session.dataset is not None
    assert session.images is not None
    result = replace(session.result, weights=weights)
    session.open(session.dataset, session.images, result, gene=session.gene)


def test_a_gene_gets_its_view_beside_the_modelled_ones(
    extender: Extender, session: Session, images: SGEPImages, qtbot: QtBot
) -> None:
    model, result = session.model, session.result
    assert model is not None and result is not None
    assert extender.can_denoise(OUTSIDE) and not extender.can_denoise(0)
    told: list[bool] = []
    session.denoised_changed.connect(lambda: told.append(True))
    extender.denoise(OUTSIDE)
    assert extender.busy
    extender.denoise(OUTSIDE + 1)  # one at a time
    done(extender, qtbot)
    assert told == [True] and session.unsaved
    assert session.model is not None and session.result is not None
    np.testing.assert_array_equal(
        session.model.view_of(OUTSIDE), images.expression(OUTSIDE)[0].astype(np.float16)
    )
    assert session.model.added_genes.tolist() == [OUTSIDE]
    assert session.result.added is not None
    np.testing.assert_array_equal(session.result.added.embedding, np.full((1, 4), 3.0))
    assert session.result.denoised is result.denoised
    assert session.cluster_of(OUTSIDE) == -1
    assert session.model.genes is model.genes and session.model.consensus is not None
    assert not extender.can_denoise(OUTSIDE)
    extender.denoise(OUTSIDE + 1)
    done(extender, qtbot)
    assert session.model.added_genes.tolist() == [OUTSIDE, OUTSIDE + 1]


def test_what_went_wrong_is_told_and_the_next_is_denoised(
    extender: Extender, session: Session, qtbot: QtBot, notifications: list[Notification]
) -> None:
    with_weights(session, b"fails")
    extender.denoise(OUTSIDE)
    done(extender, qtbot)
    assert [each.message for each in notifications] == ["the result holds no weights: fit again."]
    assert session.result is not None and session.result.added is None
    with_weights(session, b"abc")
    extender.denoise(OUTSIDE)
    done(extender, qtbot)
    assert session.result.added is not None


def test_a_process_that_dies_is_told_and_another_is_started(
    extender: Extender, session: Session, qtbot: QtBot, notifications: list[Notification]
) -> None:
    with_weights(session, b"exits")
    extender.denoise(OUTSIDE)
    done(extender, qtbot)
    (told,) = notifications
    assert told.message.startswith("Denoising was interrupted: its process ended with exit code 7.")
    with_weights(session, b"ab")
    extender.denoise(OUTSIDE)
    done(extender, qtbot)
    assert session.result is not None and session.result.added is not None


def test_an_answer_for_a_dataset_that_is_gone_is_dropped(
    extender: Extender,
    session: Session,
    dataset: object,
    images: SGEPImages,
    result: Result,
    qtbot: QtBot,
) -> None:
    extender.denoise(OUTSIDE)
    session.open(dataset, images, result)
    assert not extender.busy
    qtbot.wait(200)
    assert session.result is not None and session.result.added is None
    extender.denoise(0)
    assert not extender.busy, "a modelled gene has its view"


def test_closing_ends_the_process_in_the_middle(
    extender: Extender, trainer: Trainer, session: Session, qtbot: QtBot
) -> None:
    import psutil

    with_weights(session, b"endless")
    extender.denoise(OUTSIDE)
    pid = trainer.pid
    assert pid is not None and psutil.pid_exists(pid)
    trainer.close()
    assert not psutil.pid_exists(pid)


def test_data_that_have_changed_since_the_fit_are_not_extended(
    session: Session, trainer: Trainer, notifications: list[Notification], images: SGEPImages
) -> None:
    extender = Extender(session, trainer)
    session.open(session.dataset, images, replace(session.result, fingerprint="other"), OUTSIDE)
    extender.denoise(OUTSIDE)
    assert not extender.busy
    (said,) = notifications
    assert "has changed since the fit" in said.message and "or fit again" in said.message

"""Where genes lie while a session goes from a dataset through training to a result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QObject

from darlc.data.dataset import Dataset
from darlc.events import Denoised, Finished, Memberships, Started
from darlc.explore.gene_map import pca_plane
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.processes.live_layout import LiveLayout
from napari_darlc.session.session import Session

#: Answers with the start, mirrored, so that it can be told from PCA.
MIRROR = """
import sys
from darlc.worker.messages import read_message, write_message
header, arrays = read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, {}, {"plane": -arrays["start"]})
"""
WAIT = "import sys; sys.stdin.buffer.read()"

Make = Callable[..., LiveLayout]


@pytest.fixture
def session(session_with_tissue: Session) -> Session:
    return session_with_tissue


@pytest.fixture
def owner(qapp: object) -> QObject:
    return QObject()


@pytest.fixture
def make(session: Session, owner: QObject, qtbot: QtBot) -> Make:
    """Return what makes a layout that has followed the session so far."""

    def make(script: str = WAIT) -> LiveLayout:
        made = LiveLayout(session, owner, (sys.executable, "-c", script))
        made.refresh()
        qtbot.waitUntil(lambda: not made.waiting)
        return made

    return make


def settle(layout: LiveLayout, source: str, qtbot: QtBot) -> None:
    layout.refresh()
    qtbot.waitUntil(lambda: layout.source == source)


def distances(points: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def finish(session: Session, result: Result, embedding: NDArray[np.float32]) -> None:
    session.receive(Finished(replace(result, embedding=embedding)))


def test_nothing_before_a_dataset(owner: QObject) -> None:
    layout = LiveLayout(Session(), owner)
    layout.refresh()
    assert len(layout.genes) == 0 and layout.plane.shape == (0, 2)
    assert not layout.waiting and layout.source == ""


def test_raw_views_first_and_all_genes(make: Make, session: Session) -> None:
    layout = make()
    assert layout.source == "raw" and layout.method == "PCA"
    assert layout.genes.tolist() == list(range(12))
    # Genes of a stripe lie together: their own kind is nearer than the rest.
    kind = layout.genes % 3
    same = kind[:, None] == kind
    away = distances(layout.plane)
    assert away[same].mean() < 0.5 * away[~same].mean()
    assert layout.umap_note == "UMAP comes with a result."


def test_training_moves_genes_only_when_more_is_known_of_them(
    make: Make, session: Session, result: Result, qtbot: QtBot
) -> None:
    layout = make()
    before = layout.plane.copy()
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    layout.refresh()
    assert layout.genes.tolist() == list(range(9))
    np.testing.assert_array_equal(layout.plane, before[:9])

    session.receive(Denoised(result.denoised))
    settle(layout, "denoised", qtbot)
    denoised = layout.plane.copy()
    moves: list[None] = []
    layout.moved.connect(lambda: moves.append(None))
    for _ in range(3):
        session.receive(Memberships("joint", result.membership[:, [1, 2, 0]]))
        layout.refresh()
    qtbot.wait(50)
    assert not moves and not layout.waiting
    np.testing.assert_array_equal(layout.plane, denoised)
    # Turned towards the raw map, not by chance: no quarter turn brings it nearer.
    turns = [np.array([[0, -1], [1, 0]]), -np.eye(2), np.diag([1, -1]), np.diag([-1, 1])]
    centred, there = denoised - denoised.mean(axis=0), before[:9] - before[:9].mean(axis=0)
    assert all(
        np.sum((centred - there) ** 2) <= np.sum((centred @ turn - there) ** 2) for turn in turns
    )


def test_a_result_is_placed_by_its_embedding(
    make: Make, session: Session, result: Result, qtbot: QtBot
) -> None:
    layout = make(MIRROR)
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    finish(session, result, result.embedding)
    settle(layout, "embedding", qtbot)
    expected = pca_plane(result.embedding)
    np.testing.assert_allclose(distances(layout.plane), distances(expected), atol=1e-4)
    assert layout.umap_note == "UMAP is being computed …"
    first = layout.plane.copy()
    qtbot.waitUntil(lambda: layout.method == "UMAP")
    np.testing.assert_allclose(layout.plane, -first, atol=1e-6)
    assert layout.umap_note == ""
    layout.set_method("PCA")
    np.testing.assert_array_equal(layout.plane, first)


def test_a_choice_of_pca_outlasts_the_coming_of_umap(
    make: Make, session: Session, result: Result, qtbot: QtBot
) -> None:
    finish(session, result, result.embedding)
    layout = make(MIRROR)
    layout.set_method("PCA")
    qtbot.waitUntil(lambda: layout.umap_note == "")
    assert layout.method == "PCA"


def test_too_few_genes_for_umap(make: Make, session: Session, result: Result) -> None:
    few = replace(
        result,
        gene_names=result.gene_names[:4],
        embedding=result.embedding[:4],
        membership=result.membership[:4],
        denoised=result.denoised[:4],
    )
    session.receive(Finished(few))
    assert make().umap_note == "There are too few genes for UMAP."


def test_a_cancelled_training_leaves_the_map_as_it_was(
    make: Make, session: Session, result: Result, qtbot: QtBot
) -> None:
    finish(session, result, result.embedding)
    layout = make()
    before = layout.plane.copy()
    session.begin()
    session.receive(Started("cpu", np.arange(3, 9)))
    layout.refresh()
    assert layout.genes.tolist() == list(range(3, 9))
    np.testing.assert_array_equal(layout.plane, before[3:])
    session.cancel()
    layout.refresh()
    assert layout.source == "embedding"
    np.testing.assert_array_equal(layout.plane, before)


def test_another_dataset_starts_anew(
    make: Make, session: Session, dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> None:
    layout = make()
    genes = np.arange(0, 12, 2)
    other = Dataset(dataset.adata[:, genes].copy(), dataset.path, dataset.format)
    session.open(other, images.select(genes))
    layout.refresh()
    assert len(layout.genes) == 0
    settle(layout, "raw", qtbot)
    assert layout.genes.tolist() == list(range(6))

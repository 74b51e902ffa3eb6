"""The button for a gene outside the model, in the docks of a real window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import napari
import numpy as np
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from darlc.events import Extended, Failed, Progress, Stage
from darlc.images.sgep_images import SGEPImages
from darlc.results.added_genes import AddedGenes
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, trainer_of
from napari_darlc.widgets.compare.compare_dock import CompareDock
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel

LEFT = Qt.MouseButton.LeftButton
OUTSIDE = 10
#: The request, what hears the answer and what hears that there is none.
Asked = list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[str], None]]]
_DENOISE: Stage = "denoise"


@pytest.fixture
def asked(viewer: napari.Viewer, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Return what the engine is asked; it answers when the test lets it."""
    asked: Asked = []
    monkeypatch.setattr(trainer_of(viewer), "ask", lambda *question: asked.append(question))
    return asked


@pytest.fixture
def session(window_session: Session, images: SGEPImages, result: Result) -> Session:
    assert window_session.dataset is not None
    window_session.open(window_session.dataset, images, replace(result, weights=b"abc"))
    return window_session


def answer(session: Session, images: SGEPImages) -> Extended:
    """Return the third modelled gene's embedding, and the raw view made brighter."""
    assert session.result is not None
    view = (images.expression([OUTSIDE]) + 1).astype(np.float16)
    return Extended(AddedGenes(np.array(["Gene10"]), session.result.embedding[[2]], view))


def test_a_click_denoises_the_gene(
    viewer: napari.Viewer, session: Session, images: SGEPImages, asked: Asked, qtbot: QtBot
) -> None:
    dock = CompareDock(viewer)
    panel = SimilarGenesPanel(viewer)
    viewer.window.add_dock_widget(dock, area="right")
    viewer.window.add_dock_widget(panel, area="right")
    qtbot.waitUntil(dock.isVisible)
    button, progress = dock.denoise.button, dock.denoise.progress
    assert not dock.denoise.isVisible(), "a modelled gene has its view"
    session.gene = OUTSIDE
    assert button.isVisible() and button.text() == "Denoise Gene10" and not progress.isVisible()
    assert "no denoised view yet" in dock.explained.text()
    qtbot.mouseClick(button, LEFT)
    ((request, hear, _),) = asked
    header, arrays = request()
    assert header["do"] == "extend" and header["images"]["gene_names"] == ["Gene10"]
    assert arrays["weights"].tobytes() == b"abc"
    assert not button.isEnabled() and button.text() == "Denoising …"
    assert progress.isVisible() and progress.maximum() == 0, "how long it takes is not known"
    hear(Progress(_DENOISE, 1, 1))
    assert progress.maximum() == 1 and progress.value() == 1
    hear(answer(session, images))
    assert not dock.denoise.isVisible()
    assert "share their contrast" in dock.explained.text()
    shown = layers_of(viewer).denoised
    assert shown is not None
    np.testing.assert_allclose(
        shown.data.pixels(OUTSIDE), images.expression(OUTSIDE)[0] + 1, rtol=1e-3
    )
    said = viewer.canvas.overlays.text.text.splitlines()
    assert said[:2] == ["Gene10", "outside the model · denoised"]
    assert said[2].endswith(" molecules")
    # Beside the gene whose embedding it has.
    qtbot.waitUntil(lambda: panel.ranking.text() == "Outside the model; ranked by embedding.")
    assert panel.table.genes[0] == 2
    # Side by side there is a residual.
    layers_of(viewer).lay_side_by_side(True)
    residual = layers_of(viewer).residual
    assert residual is not None and np.isfinite(residual.data.pixels(OUTSIDE)).all()


def test_what_goes_wrong_is_told_and_can_be_asked_again(
    viewer: napari.Viewer,
    session: Session,
    asked: Asked,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    dock = CompareDock(viewer)
    viewer.window.add_dock_widget(dock, area="right")
    session.gene = OUTSIDE
    qtbot.waitUntil(dock.denoise.button.isVisible)
    qtbot.mouseClick(dock.denoise.button, LEFT)
    asked[-1][1](Failed("the result holds no weights."))
    assert notifications[-1].message == "the result holds no weights."
    assert dock.denoise.button.isEnabled()
    qtbot.mouseClick(dock.denoise.button, LEFT)
    asked[-1][2]("was killed by signal 9")
    assert (
        "Denoising was interrupted: its process was killed by signal 9" in notifications[-1].message
    )
    assert dock.denoise.button.isEnabled() and dock.denoise.button.text() == "Denoise Gene10"


def test_it_is_not_offered_where_nothing_was_learned(
    viewer: napari.Viewer, window_session: Session, qtbot: QtBot
) -> None:
    dock = CompareDock(viewer)
    viewer.window.add_dock_widget(dock, area="right")
    qtbot.waitUntil(dock.isVisible)
    assert not dock.denoise.isVisible()

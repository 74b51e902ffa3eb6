"""The curve of the number of clusters: drawn where the result holds one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.train.k_curve import KCurve


def test_the_curve_is_of_the_result(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> None:
    curve = KCurve(session)
    qtbot.addWidget(curve)
    session.open(dataset, images, result)
    assert curve.isHidden() and not curve.figure.isEnabled()
    swept = {"sweep_clusters": np.array([8, 2, 4]), "sweep_objective": np.array([5.0, 1.0, 9.0])}
    session.open(dataset, images, replace(result, mixture=swept))
    curve.show()
    said = "<b>Number of clusters</b>: 4 gains most"
    assert curve.words.text() == f"{said}, 3 hold genes in the end"
    assert curve.canvas.ticks == ("2", "4", "8")
    np.testing.assert_allclose(curve.canvas.points("gain"), [[0, 0], [1 / 3, 1], [1, 0.5]])
    assert curve.figure.isEnabled()


def test_where_the_best_number_is_what_came_out_nothing_is_added(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> None:
    curve = KCurve(session)
    qtbot.addWidget(curve)
    swept = {"sweep_clusters": np.array([2, 3]), "sweep_objective": np.array([1.0, 9.0])}
    session.open(dataset, images, replace(result, mixture=swept))
    assert curve.words.text() == "<b>Number of clusters</b>: 3 gains most"

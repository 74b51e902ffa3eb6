"""The gene map in a real window: from the end of a lasso to what it selects, and redrawing.

``python -m benchmarks.explorer.map PATH`` opens a dataset or a result there. A dataset without a
result gets a stand-in for training: clusters by k-means, so that the window has 3,000 genes to
show. Without a GPU the graphics card is imitated by the processor; the time of a picture says so.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from darlc.images.sgep_images import SGEPImages
    from darlc.results.result import Result
    from napari_darlc.widgets.map.gene_map import GeneMap

_GENES, _CLUSTERS, _COMPONENTS = 3000, 20, 20
_SIGMA = 1.5
_CORNERS = 200
_PATIENCE = 300.0


def main() -> None:
    """Open a window, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="a dataset, or the result of a fit")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()

    import napari

    from darlc.events import Finished
    from napari_darlc.viewer_session import session_of
    from napari_darlc.widgets.gallery.gallery import GeneGallery
    from napari_darlc.widgets.map.gene_map import GeneMap

    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    viewer.open(options.path, plugin="napari-darlc")
    session = session_of(viewer)
    _wait(lambda: session.images is not None)
    assert session.images is not None
    gene_map = GeneMap(viewer)
    viewer.window.add_dock_widget(gene_map, area="right")
    start = time.perf_counter()
    _wait(lambda: len(gene_map.arrangement.genes) > 0)
    placed = time.perf_counter() - start
    if session.result is None:
        _report("first map of all genes", [placed], len(gene_map.arrangement.genes))
        _measure_pictures(gene_map, options.rounds)
        session.receive(Finished(stand_in(session.images)))
    _wait(lambda: gene_map.arrangement.source == "embedding")
    gene_map.arrangement.set_method("PCA")
    _wait(lambda: gene_map.choice.column is not None and not gene_map.canvas.travelling)
    _wait(lambda: False, 1.0)
    _measure_pictures(gene_map, options.rounds)
    _measure_lasso(gene_map, options.rounds, "lasso to selection, map alone")
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery, area="bottom")
    _wait(lambda: False, 2.0)
    _measure_lasso(gene_map, options.rounds, "lasso to selection, gallery docked")
    viewer.close()


def stand_in(images: SGEPImages, seed: int = 0) -> Result:
    """Return what looks like the result of a fit and is made in seconds."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    from darlc.config import Config
    from darlc.images.statistics import standardised, unit_length
    from darlc.results.result import Result

    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    genes = np.sort(np.argsort(-total)[:_GENES])
    smooth = images.grid.smoothed(images.expression(genes), _SIGMA)
    vectors = PCA(_COMPONENTS, random_state=seed).fit_transform(standardised(smooth))
    vectors = unit_length(vectors)
    distance = KMeans(_CLUSTERS, n_init=1, random_state=seed).fit(vectors).transform(vectors)
    likely = np.exp(-np.square(distance / distance.min(axis=1).mean()))
    return Result(
        gene_names=images.gene_names[genes],
        embedding=vectors.astype(np.float32),
        membership=(likely / likely.sum(axis=1, keepdims=True)).astype(np.float32),
        denoised=smooth.astype(np.float16),
        grid=images.grid,
        observation_pixel=images.observation_pixel,
        config=Config.from_preset("quick", clusters=_CLUSTERS),
    )


def _measure_lasso(gene_map: GeneMap, rounds: int, what: str) -> None:
    """Draw around all genes; the last corner ends it."""
    from qtpy.QtCore import QPoint, Qt
    from qtpy.QtTest import QTest

    canvas, session = gene_map.canvas, gene_map.session
    gene_map.tools["lasso"].click()
    to_selection, to_picture, n_selected = [], [], 0
    emitted: list[float] = []

    drawn: list[float] = []

    def note() -> None:
        emitted.append(time.perf_counter())

    def note_draw(event: object) -> None:
        drawn.append(time.perf_counter())

    session.selection_changed.connect(note)
    # After the canvas itself.
    canvas.cloud.canvas.events.draw.connect(note_draw, position="last")
    for _ in range(rounds):
        session.select([], only=False)
        _wait(lambda: False, 0.1)
        places = [QPoint(int(x), int(y)) for x, y in _outline(canvas.width(), canvas.height())]
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places[1:]:
            QTest.mouseMove(canvas, place)
        _wait(lambda: False, 0.1)
        emitted.clear()
        drawn.clear()
        start = time.perf_counter()
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[-1])
        _wait(lambda: len(drawn) > 0)
        to_picture.append(drawn[0] - start)
        to_selection.append(emitted[0] - start)
        n_selected = len(session.selection)
    session.selection_changed.disconnect(note)
    canvas.cloud.canvas.events.draw.disconnect(note_draw)
    _report(what, to_selection, n_selected)
    _report("  the same, until the map is redrawn", to_picture, n_selected)
    session.select([], only=False)


def _measure_pictures(gene_map: GeneMap, rounds: int) -> None:
    canvas = gene_map.canvas
    turned = []
    for i in range(rounds):
        start = time.perf_counter()
        canvas.zoom(1.1 if i % 2 else 1 / 1.1)
        canvas.cloud.canvas.native.grabFramebuffer()
        turned.append(time.perf_counter() - start)
    canvas.show_all()
    _report("a picture while zooming", turned, len(canvas.points))


def _outline(width: int, height: int) -> NDArray[np.float64]:
    """Return a wavy line along the edge of a canvas, (n, 2); it encloses all points."""
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    square = circle / np.abs(circle).max(axis=1, keepdims=True)
    wave = 0.985 + 0.01 * np.sin(20 * angle)
    return (1 + square * wave[:, None]) / 2 * [width - 1, height - 1]


def _report(what: str, seconds: list[float], n_genes: int) -> None:
    middle, most = 1000 * np.quantile(seconds, [0.5, 0.95])
    print(f"{what:40s} {n_genes:6d} genes  median {middle:6.0f} ms  p95 {most:6.0f} ms", flush=True)


def _wait(done: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)


if __name__ == "__main__":
    main()

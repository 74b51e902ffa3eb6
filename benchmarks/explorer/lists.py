"""How long gallery and gene table let the user wait, in a real window on a real tissue.

Run on a screen, with the folder or file of a dataset (``visium_mouse`` has 19,465 genes)::

    scripts/virtual_screen.sh python -m benchmarks.explorer.lists DATA

A letter in the search is timed until the gallery has drawn what it found; scrolling is judged by
the longest time between two beats of the event loop, beside those of an empty viewer.
Clusters are drawn at random: only their number and that of the genes matter here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from darlc.images.sgep_images import SGEPImages
    from darlc.results.result import Result

_SIZE = (1280, 800)
_WORDS = ("mbp", "gm1", "rpl", "slc1a2", "ens", "zzz", "a")
_MODELLED, _CLUSTERS = 3000, 20
#: Milliseconds between beats, and between two steps of scrolling; seconds of each.
_BEAT, _STEP, _SECONDS = 2, 16, 8.0
_HEAD = f"{'':48} {'n':>5} {'p50':>7} {'p95':>7} {'max':>7}  | {'p50':>7} {'p95':>7}  computed, ms"


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    path = parser.parse_args().data
    with tempfile.TemporaryDirectory() as preferences:
        # Of nobody; napari reads this when it is imported.
        os.environ["NAPARI_CONFIG"] = str(Path(preferences) / "settings.yaml")
        measure(path)
    return 0


def measure(path: Path) -> None:
    """Open a window, measure in it, and print a line a measurement."""
    import napari
    from npe2 import PluginManager
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QLabel

    from darlc.data.dataset import Dataset
    from darlc.images.sgep_images import rasterize
    from darlc.io import read
    from napari_darlc.viewer_session import session_of
    from napari_darlc.widgets.gallery.gallery import GeneGallery
    from napari_darlc.widgets.gene_lists.measuring import measuring_of
    from napari_darlc.widgets.table.gene_table import GeneTable
    from napari_darlc.workspace import fit_on_screen

    PluginManager.instance().discover()
    viewer = napari.Viewer()
    fit_on_screen(viewer, *_SIZE)
    QTest.qWait(2000)
    print(_HEAD)
    tell("beats of an empty viewer", beats(lambda: None))
    # Whatever is drawn anew, Qt puts together a window that holds an OpenGL canvas as a whole.
    label = QLabel("0")
    viewer.window.add_dock_widget(label, area="bottom", name="Label")
    number = count()
    tell("beats of one that redraws a word", beats(lambda: label.setText(str(next(number)))))
    words = [partial(label.setText, str(next(number))) for _ in range(50)]
    tell("a word in an empty viewer", *timed(label, words))
    viewer.window.remove_dock_widget(label)

    adata = read(path)
    images = rasterize(adata)
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery, area="bottom", name="Gallery")
    session = session_of(viewer)
    session.open(Dataset(adata, path), images)
    start = perf_counter()
    measuring_of(session).measure()
    while not measuring_of(session).measured:
        QTest.qWait(20)
    tell("names, Moran's I and means, off the GUI thread", [perf_counter() - start])
    QTest.qWait(3000)
    walk(gallery, f"all {images.n_genes:,} genes")

    session.open(Dataset(adata, path), images, stand_in(images))
    QTest.qWait(3000)
    gallery.controls.everything.setChecked(True)
    walk(gallery, f"{images.n_genes:,} genes, {_CLUSTERS} clusters")
    assert session.model is not None
    some, others = session.model.genes, np.arange(0, images.n_genes, images.n_genes // 3000)
    tell(
        f"selection of {len(some):,} genes to gallery",
        *timed(
            gallery.view.viewport(),
            [partial(session.select, genes) for genes in [some, others] * 5],
        ),
    )
    session.select([], only=False)
    viewer.window.remove_dock_widget(gallery)

    table = GeneTable(viewer)
    viewer.window.add_dock_widget(table, area="bottom", name="Table")
    while table.model.columnCount() < 7:
        QTest.qWait(20)
    QTest.qWait(500)
    scrub(table)
    viewer.close()


def walk(gallery: Any, what: str) -> None:
    """Type words into the gallery's search, then scroll through all genes."""
    from qtpy.QtTest import QTest

    search = gallery.controls.search

    keys = [letter for word in _WORDS for letter in (*word, *"\b" * len(word))]
    press = [partial(QTest.keyClick, search, key) for key in keys]
    tell(f"key to gallery, {what}", *timed(gallery.view.viewport(), press))
    tell(f"beats while scrolling, {what}", beats(roller(gallery.view)))


def scrub(table: Any) -> None:
    """Filter, sort and scroll the table."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    fields = table.view.header.fields
    typed = [(fields["Gene"], key) for word in _WORDS for key in (*word, *"\b" * len(word))]
    typed += [(fields["Mean expression"], key) for key in (*"> 0.01", *"\b" * 6)]
    press = [partial(QTest.keyClick, field, key) for field, key in typed]
    tell("key to table", *timed(table.view.viewport(), press))
    order = Qt.SortOrder.DescendingOrder
    sorts = [partial(table.view.sortByColumn, column, order) for column in (1, 3, 4, 5, 0) * 2]
    tell("sorting the table", *timed(table.view.viewport(), sorts))
    tell("beats while scrolling the table", beats(roller(table.view)))


def roller(view: Any) -> Callable[[], None]:
    """Return what scrolls a view, by quarters of a page, and from the top again at its end."""
    bar = view.verticalScrollBar()

    def roll() -> None:
        at_end = bar.value() == bar.maximum()
        bar.setValue(0 if at_end else bar.value() + max(bar.pageStep() // 4, 1))

    return roll


def timed(
    drawn: QWidget, actions: Iterable[Callable[[], object]]
) -> tuple[list[float], list[float]]:
    """Return seconds from each action to the end of the drawing that follows it.

    On the clock, and those that the GUI thread computed: what the machine does for others while
    it is measured counts in the first only.
    """
    from qtpy.QtWidgets import QApplication

    seconds, computed = [], []
    for action in actions:
        start, start_computed = perf_counter(), thread_time()
        action()
        # What waits to be drawn is drawn within the call.
        drawn.repaint()
        seconds.append(perf_counter() - start)
        computed.append(thread_time() - start_computed)
        QApplication.processEvents()
    return seconds, computed


def beats(act: Callable[[], None]) -> list[float]:
    """Return seconds between beats of the event loop while something is done over and over."""
    from qtpy.QtCore import Qt, QTimer
    from qtpy.QtTest import QTest

    times: list[float] = []
    beat, doing = QTimer(), QTimer()
    for timer, interval in ((beat, _BEAT), (doing, _STEP)):
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(interval)
    beat.timeout.connect(lambda: times.append(perf_counter()))
    doing.timeout.connect(act)
    beat.start()
    doing.start()
    QTest.qWait(round(1000 * _SECONDS))
    beat.stop()
    doing.stop()
    return np.diff(times).tolist()


def tell(what: str, seconds: list[float], computed: list[float] | None = None) -> None:
    """Print one measurement."""
    ms: NDArray[np.float64] = 1000 * np.asarray(seconds)
    p50, p95 = np.percentile(ms, [50, 95])
    line = f"{what:48} {len(ms):5d} {p50:7.1f} {p95:7.1f} {ms.max():7.1f}"
    if computed is not None:
        p50, p95 = np.percentile(1000 * np.asarray(computed), [50, 95])
        line += f"  | {p50:7.1f} {p95:7.1f}"
    print(line, flush=True)


def stand_in(images: SGEPImages) -> Result:
    """Return a result of the right size: smoothed views, and clusters drawn at random."""
    from darlc.config import Config
    from darlc.results.result import Result

    rng = np.random.default_rng(0)
    expressed = np.argsort(-np.diff(images.matrix.indptr), kind="stable")
    genes = np.sort(expressed[: min(_MODELLED, images.n_genes)])
    return Result(
        gene_names=images.gene_names[genes],
        embedding=rng.normal(size=(len(genes), 16)).astype(np.float32),
        membership=rng.dirichlet(np.full(_CLUSTERS, 0.2), len(genes)).astype(np.float32),
        denoised=images.grid.smoothed(images.expression(genes), 2.0).astype(np.float16),
        grid=images.grid,
        observation_pixel=images.observation_pixel,
        config=Config.from_preset("quick", clusters=_CLUSTERS),
    )


if __name__ == "__main__":
    sys.exit(main())

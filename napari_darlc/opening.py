"""Opening a dataset in a viewer: all of the work in a thread, then the Session shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import napari
import numpy as np
from napari.qt.threading import thread_worker
from napari.utils.notifications import show_error, show_info, show_warning
from napari.viewer import ViewerModel

from darlc.data.dataset import Dataset
from darlc.data.images import SGEPImages, rasterize
from darlc.data.io import open_dataset
from darlc.data.result import Result
from darlc.errors import DarlcError
from napari_darlc.viewer_session import ViewerSession, of

#: Genes among which the first one to be shown is chosen.
_CANDIDATES = 200


@dataclass(frozen=True, eq=False)
class Opened:
    """A dataset that is ready to be shown.

    Parameters
    ----------
    dataset, images
        The data and their SGEP images.
    result
        What the file held of an earlier fit.
    gene
        A gene worth seeing first.
    complaint
        Why the file's result cannot be shown; empty where there is none or all is well.
    """

    dataset: Dataset
    images: SGEPImages
    result: Result | None
    gene: int
    complaint: str = ""


def open_path(viewer: napari.Viewer | ViewerModel, path: Path) -> None:
    """Open a path in a viewer; returns at once."""
    _open(of(viewer), partial(open_dataset, path), path.name)


def open_simulated(
    viewer: napari.Viewer | ViewerModel, genes: int = 2000, clusters: int = 20
) -> None:
    """Open a simulated tissue in a viewer; returns at once."""
    _open(of(viewer), partial(_simulated, genes, clusters), "simulated tissue")


def _simulated(genes: int, clusters: int) -> Dataset:
    from darlc.simulate import simulate

    note = "This tissue is simulated; var['pattern'] tells which pattern each gene follows."
    adata = simulate(genes=genes, clusters=clusters)
    return Dataset(adata, Path("simulated tissue"), "simulated", (note,))


def _open(viewer_session: ViewerSession, read: Callable[[], Dataset], name: str) -> None:
    viewer_session.openings += 1
    worker = _prepare(read, _progress={"desc": f"Opening {name}", "total": 0})
    worker.returned.connect(partial(_show, viewer_session, viewer_session.openings))
    worker.start()


@thread_worker
def _prepare(read: Callable[[], Dataset]) -> Opened | str:
    try:
        return prepare(read())
    except DarlcError as error:
        return str(error)


def prepare(dataset: Dataset) -> Opened:
    """Make the SGEP images, and all that the window would otherwise wait for when it needs it."""
    result, complaint = _stored_result(dataset)
    # A result's pixels may be of another size than the ones that would be chosen here.
    images = rasterize(dataset.adata, None if result is None else result.config.bin_size)
    if result is not None and not np.array_equal(result.grid.mask, images.grid.mask):
        complaint = f"The result in {dataset.name} lies on other pixels than its data: fit again."
        result = None
    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    candidates = np.argsort(-total)[:_CANDIDATES]
    gene = int(candidates[images.expression(candidates).var(axis=1).argmax()])
    return Opened(dataset, images, result, gene, complaint)


def _stored_result(dataset: Dataset) -> tuple[Result | None, str]:
    """Return the result that a file holds, or why it cannot be read: the data can be shown."""
    from darlc.data.result_file import KEY, from_adata

    if KEY not in dataset.adata.uns:
        return None, ""
    try:
        return from_adata(dataset.adata, dataset.name), ""
    except DarlcError as error:
        return None, str(error)


def _show(viewer_session: ViewerSession, opening: int, outcome: Opened | str) -> None:
    if viewer_session.closed or opening != viewer_session.openings:
        return  # the window was closed, or something else was opened, in the meantime
    if isinstance(outcome, str):
        show_error(outcome)
        return
    viewer_session.trainer.cancel()
    session = viewer_session.session
    session.open(outcome.dataset, outcome.images, outcome.result, outcome.gene)
    if outcome.complaint:
        show_warning(outcome.complaint)
    if notes := (*outcome.dataset.notes, *outcome.images.notes):
        show_info("\n".join(notes))

"""Opening a dataset in a viewer: all of the work in a thread, then the Session shows it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from napari.utils import cancelable_progress
from superqt.utils import GeneratorWorker, thread_worker

from darlc.data.dataset import Dataset, ReadOptions
from darlc.errors import DarlcError, InputError
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io import open_dataset
from darlc.io.recovery_file import recover
from darlc.io.samples import FetchProgress, Sample, fetch, read_sample
from darlc.results.result import Result
from darlc.results.standing import standing
from napari_darlc.notifications import complain, take_back, tell, warn
from napari_darlc.opening.units import UnitsAhead
from napari_darlc.processes.busy import show_busy
from napari_darlc.processes.trainer import Trainer
from napari_darlc.saving.recovery import Kept
from napari_darlc.session.model import Model
from napari_darlc.session.session import Session

if TYPE_CHECKING:
    from darlc.simulation.tissue import Platform

#: Genes among which the first one to be shown is chosen.
_CANDIDATES = 200
_KILOBYTE = 1000
_READING = "reading the file"
#: Yields how far it is, and returns what can be shown, or in words why nothing can.
_Worker: TypeAlias = GeneratorWorker[Any, None, Any]


@dataclass(frozen=True, eq=False)
class Opened:
    """A dataset that is ready to be shown.

    Parameters
    ----------
    dataset, images
        The data and their SGEP images.
    result
        What the file held of an earlier fit.
    model
        What the result knows of its genes.
    gene
        A gene worth seeing first.
    complaint
        Why the file's result cannot be shown, or what it must be read with; empty where there is
        none or all is well.
    kept
        The recovery file that the result was read from; no other file holds it.
    """

    dataset: Dataset
    images: SGEPImages
    result: Result | None
    model: Model | None
    gene: int
    complaint: str = ""
    kept: Kept | None = None


class Place(Protocol):
    """Where a dataset is opened: a viewer's Session and what belongs to it."""

    #: How many datasets were asked for; only the last one is shown.
    openings: int
    #: What the user was told about the dataset that is shown.
    told: tuple[str, ...]
    session: Session
    trainer: Trainer

    @property
    def closed(self) -> bool:
        """Whether the window is gone."""

    def ask(self, deed: str, go: Callable[[], None]) -> None:
        """Do something that ends the session as it is, once the user agrees."""

    def adopt(self, kept: Kept) -> None:
        """Go on with the recovery file that the session was brought back from."""

    def show_docks(self) -> None:
        """Open the docks beside a first dataset."""


def open_path(place: Place, path: Path, options: ReadOptions | None = None) -> None:
    """Open a path, with what is to be taken of it; returns at once."""
    _open(place, partial(open_dataset, path, options), path.name)


def open_simulated(
    place: Place,
    genes: int = 2000,
    clusters: int = 20,
    platform: Platform = "visium",
) -> None:
    """Open a simulated tissue; returns at once."""
    _open(place, partial(_simulated, genes, clusters, platform), "simulated tissue")


def open_sample(place: Place, sample: Sample, folder: Path | None = None) -> None:
    """Fetch a public sample, unless it is here already, and open it; returns at once.

    Parameters
    ----------
    place
        Where it is shown, and how far fetching has come; there it can be stopped, too.
    sample
        What to fetch.
    folder
        Where samples are kept; the user's cache by default.
    """
    units = UnitsAhead()
    worker = _prepare_sample(sample, units, folder)
    bar = cancelable_progress(total=0, desc=f"Downloading {sample.title}")
    worker.yielded.connect(partial(_advance, bar, worker, sample))
    worker.aborted.connect(partial(_tell_stopped, place, sample))
    worker.finished.connect(bar.close)
    _start(place, worker, units, sample.title)


def open_recovered(place: Place, kept: Kept) -> None:
    """Open what a session that ended without saving has left behind; returns at once."""
    units = UnitsAhead()
    worker = _prepare_recovered(kept, units)
    show_busy(worker, f"Recovering {kept.name}")
    _start(place, worker, units, kept.name)


def _simulated(genes: int, clusters: int, platform: Platform) -> Dataset:
    from darlc.simulation.tissue import simulate

    note = "This tissue is simulated; var['pattern'] tells which pattern each gene follows."
    adata = simulate(genes=genes, clusters=clusters, platform=platform)
    return Dataset(adata, Path("simulated tissue"), "simulated", (note,))


def _open(place: Place, read: Callable[[], Dataset], name: str) -> None:
    units = UnitsAhead()
    worker = _prepare(read, units)
    show_busy(worker, f"Opening {name}")
    _start(place, worker, units, name)


def _start(place: Place, worker: _Worker, units: UnitsAhead, name: str) -> None:
    place.openings += 1
    opening = place.openings
    place.session.opening = f"Opening {name} …"
    worker.yielded.connect(partial(_say, place, opening, name))
    worker.returned.connect(partial(_show, place, opening, units))
    worker.finished.connect(partial(_end, place, opening))
    worker.start()


@thread_worker
def _prepare(read: Callable[[], Dataset], units: UnitsAhead) -> Generator[str, None, Opened | str]:
    try:
        yield _READING
        opened = yield from preparing(read())
    except DarlcError as error:
        return str(error)
    units.read()
    return opened


@thread_worker
def _prepare_sample(
    sample: Sample, units: UnitsAhead, folder: Path | None
) -> Generator[FetchProgress | str, None, Opened | str]:
    try:
        path = yield from fetch(sample, folder)
        yield _READING
        opened = yield from preparing(read_sample(sample, path))
    except DarlcError as error:
        return str(error)
    units.read()
    return opened


@thread_worker
def _prepare_recovered(kept: Kept, units: UnitsAhead) -> Generator[str, None, Opened | str]:
    try:
        yield _READING
        dataset, result = recover(kept.path)
        images = rasterize(dataset.adata, result.config.bin_size, separate=dataset.separate)
        opened = _opened(dataset, images, *_fitting(result, images, dataset))
    except DarlcError as error:
        kept.lock.unlock()  # to be offered again, when the data are back
        return str(error)
    if opened.result is None:
        kept.lock.unlock()
    units.read()
    return replace(opened, kept=kept)


def _say(place: Place, opening: int, name: str, progress: FetchProgress | str) -> None:
    """Say in the session what is being done."""
    if place.closed or opening != place.openings:
        return
    if isinstance(progress, str):
        place.session.opening = f"Opening {name}: {progress} …"
    else:
        share = f" ({100 * progress.done // progress.total} %)" if progress.total else ""
        place.session.opening = f"Downloading {name}{share} …"


def _end(place: Place, opening: int) -> None:
    if opening == place.openings:
        place.session.opening = ""


def _advance(
    bar: cancelable_progress, worker: _Worker, sample: Sample, progress: FetchProgress | str
) -> None:
    """Show how far a download has come; in words, it is there and is being opened."""
    if bar.is_canceled:
        worker.quit()
    if isinstance(progress, str):
        bar.set_description(f"Opening {sample.title}")
        bar.total = 0
        return
    which = f", file {progress.file} of {progress.n_files}" if progress.n_files > 1 else ""
    said = f"Downloading {sample.title}{which}"
    if bar.desc.removesuffix(": ") != said:
        bar.set_description(said)
        bar.reset()
    if bar.total != progress.total // _KILOBYTE:
        bar.total = progress.total // _KILOBYTE
    bar.update(progress.done // _KILOBYTE - bar.n)


def _tell_stopped(place: Place, sample: Sample) -> None:
    if not place.closed:
        tell(f"Downloading {sample.title} was stopped; what has arrived is kept.")


def prepare(dataset: Dataset) -> Opened:
    """Make the SGEP images, and all that the window would otherwise wait for when it needs it."""
    steps = preparing(dataset)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            opened: Opened = end.value
            return opened


def preparing(dataset: Dataset) -> Generator[str, None, Opened]:
    """Do what `prepare` does, and say before each step what it is."""
    yield "reading its clusters"
    result, complaint = _stored_result(dataset)
    yield f"making pictures of {dataset.adata.n_vars:,} genes"
    # A result's pixels may be of another size than the ones that would be chosen here.
    images = rasterize(
        dataset.adata,
        None if result is None else result.config.bin_size,
        separate=dataset.separate,
    )
    if result is not None:
        result, complaint = _fitting(result, images, dataset)
        yield "drawing the patterns of its clusters"
    return _opened(dataset, images, result, complaint)


def _fitting(result: Result, images: SGEPImages, dataset: Dataset) -> tuple[Result | None, str]:
    """Return a result if it belongs to the data, else why it cannot be shown.

    What it must be read with is said, too, where the data have changed under it.
    """
    try:
        return result, " ".join(standing(result, images, dataset.called).notes)
    except InputError as error:
        return None, str(error)


def _opened(dataset: Dataset, images: SGEPImages, result: Result | None, complaint: str) -> Opened:
    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    candidates = np.argsort(-total)[:_CANDIDATES]
    gene = int(candidates[images.expression(candidates).var(axis=1).argmax()])
    _ = images.fingerprint  # kept: asked for on the GUI thread, before genes are denoised
    return Opened(dataset, images, result, _modelled(result, images), gene, complaint)


def _modelled(result: Result | None, images: SGEPImages) -> Model | None:
    """Return what a result knows of its genes, with what takes long to ask of it."""
    if result is None:
        return None
    model = Model.of(result, images.index([str(name) for name in result.gene_names]))
    model.warm()
    return model


def _stored_result(dataset: Dataset) -> tuple[Result | None, str]:
    """Return the result that a file holds, or why it cannot be read: the data can be shown."""
    from darlc.data.keys import RESULT
    from darlc.io.result_file import from_adata

    if RESULT not in dataset.adata.uns:
        return None, ""
    try:
        return from_adata(dataset.adata, dataset.name), ""
    except DarlcError as error:
        return None, str(error)


def _show(place: Place, opening: int, units: UnitsAhead, outcome: Opened | str) -> None:
    if place.closed or opening != place.openings:
        return  # the window was closed, or something else was opened, in the meantime
    if isinstance(outcome, str):
        complain(outcome)
        return
    units.adopt()
    place.ask(
        f"Open {outcome.dataset.name} in its place?",
        partial(_replace, place, opening, outcome),
    )


def _replace(place: Place, opening: int, outcome: Opened) -> None:
    if place.closed or opening != place.openings:
        return  # the answer came late
    place.trainer.cancel()
    session = place.session
    kept = outcome.kept if outcome.result is not None else None
    # Of what was recovered no file that the user knows of holds the result.
    session.open(
        outcome.dataset,
        outcome.images,
        outcome.result,
        outcome.gene,
        model=outcome.model,
        saved=kept is None,
    )
    place.show_docks()
    if kept is not None:
        place.adopt(kept)
    for sentence in place.told:
        take_back(sentence)
    notes = "\n".join((*outcome.dataset.notes, *outcome.images.notes))
    if outcome.complaint:
        warn(outcome.complaint)
    if notes:
        tell(notes)
    place.told = (outcome.complaint, notes)

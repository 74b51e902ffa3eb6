"""Open a dataset in a viewer: it is read in a thread, then the Session shows it."""

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
from darlc.results.data_match import data_match
from darlc.results.raw_views import views_over
from darlc.results.result import Result
from napari_darlc.notifications import show_error, show_info, show_warning, withdraw
from napari_darlc.opening.units import UnitsAhead
from napari_darlc.processes.busy import show_busy
from napari_darlc.processes.kept_files import Kept
from napari_darlc.processes.start import start
from napari_darlc.processes.trainer import Trainer
from napari_darlc.session.model import Model
from napari_darlc.session.open_study import OpenStudy
from napari_darlc.session.session import Session

if TYPE_CHECKING:
    from darlc.simulation.tissue import Platform

#: Number of genes from which the first one to show is chosen.
_CANDIDATES = 200
_KILOBYTE = 1000
#: The first step of opening.
READING = "reading the file"
#: Yields progress, and returns an opened dataset, or a sentence on why there is none.
_Worker: TypeAlias = GeneratorWorker[Any, None, Any]


@dataclass(frozen=True, eq=False)
class Opened:
    """A dataset that is ready to be shown.

    Parameters
    ----------
    dataset, images
        The data and their SGEP images.
    result
        Result of an earlier fit in the file.
    model
        Model of the result.
    gene
        The gene to show first.
    complaint
        Why the file's result cannot be shown, or a warning about it; empty otherwise.
    kept
        The recovery file that the result was read from; it is in no other file.
    study
        The study that the dataset is a section of.
    """

    dataset: Dataset
    images: SGEPImages
    result: Result | None
    model: Model | None
    gene: int
    complaint: str = ""
    kept: Kept | None = None
    study: OpenStudy | None = None


class OpeningTarget(Protocol):
    """A viewer's Session and what is needed to open a dataset in it."""

    #: How many datasets were requested; only the last one is shown.
    openings: int
    #: Notifications about the dataset that is shown.
    told: tuple[str, ...]
    session: Session
    trainer: Trainer

    @property
    def closed(self) -> bool:
        """Whether the window is closed."""

    def ask(self, deed: str, go: Callable[[], None]) -> None:
        """Do something that replaces the session's content, after confirmation by the user."""

    def adopt(self, kept: Kept) -> None:
        """Continue the recovery file that the session was recovered from."""

    def show_docks(self) -> None:
        """Open the docks beside a first dataset."""


def open_path(target: OpeningTarget, path: Path, options: ReadOptions | None = None) -> None:
    """Open a path with options; returns at once."""
    _open(target, partial(open_dataset, path, options), path.name)


def open_simulated(
    target: OpeningTarget,
    genes: int = 2000,
    clusters: int = 20,
    platform: Platform = "visium",
) -> None:
    """Open a simulated tissue; returns at once."""
    _open(target, partial(_simulated, genes, clusters, platform), "simulated tissue")


def open_sample(target: OpeningTarget, sample: Sample, folder: Path | None = None) -> None:
    """Download a public sample, unless it is cached, and open it; returns at once.

    Parameters
    ----------
    place
        Where it is shown, with the progress of the download, which can be stopped there.
    sample
        The sample.
    folder
        Folder of all samples; the user's cache by default.
    """
    units = UnitsAhead()
    worker = _prepare_sample(sample, units, folder)
    bar = cancelable_progress(total=0, desc=f"Downloading {sample.title}")
    worker.yielded.connect(partial(_advance, bar, worker, sample))
    worker.aborted.connect(partial(_report_stopped, target, sample))
    worker.finished.connect(bar.close)
    start_opening(target, worker, units, sample.title)


def open_recovered(target: OpeningTarget, kept: Kept) -> None:
    """Open a recovery file of a session that ended without saving; returns at once."""
    units = UnitsAhead()
    worker = _prepare_recovered(kept, units)
    show_busy(worker, f"Recovering {kept.name}")
    start_opening(target, worker, units, kept.name)


def _simulated(genes: int, clusters: int, platform: Platform) -> Dataset:
    from darlc.simulation.tissue import simulate

    note = "This tissue is simulated; var['pattern'] holds the pattern that each gene follows."
    adata = simulate(genes=genes, clusters=clusters, platform=platform)
    return Dataset(adata, Path("simulated tissue"), "simulated", (note,))


def _open(target: OpeningTarget, read: Callable[[], Dataset], name: str) -> None:
    units = UnitsAhead()
    worker = _prepare(read, units)
    show_busy(worker, f"Opening {name}")
    start_opening(target, worker, units, name)


def start_opening(target: OpeningTarget, worker: _Worker, units: UnitsAhead, name: str) -> None:
    """Start what prepares a dataset, which is then shown unless another was asked for since.

    Parameters
    ----------
    target
        Where it is shown.
    worker
        Yields progress, and returns an `Opened`, or a sentence on why there is none.
    units
        Read by the worker.
    name
        What is being opened, in the sentence on progress.
    """
    target.openings += 1
    opening = target.openings
    target.session.opening = f"Opening {name} …"
    worker.yielded.connect(partial(_show_progress, target, opening, name))
    worker.returned.connect(partial(_show, target, opening, units))
    worker.finished.connect(partial(_end, target, opening))
    start(worker)


@thread_worker
def _prepare(read: Callable[[], Dataset], units: UnitsAhead) -> Generator[str, None, Opened | str]:
    try:
        yield READING
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
        yield READING
        opened = yield from preparing(read_sample(sample, path))
    except DarlcError as error:
        return str(error)
    units.read()
    return opened


@thread_worker
def _prepare_recovered(kept: Kept, units: UnitsAhead) -> Generator[str, None, Opened | str]:
    try:
        yield READING
        dataset, result = recover(kept.path)
        images = rasterize(dataset.adata, result.bin_size, separate=dataset.separate)
        opened = _opened(dataset, images, *_fitting(result, images, dataset))
    except DarlcError as error:
        kept.release()  # so that it is offered again once the data can be read
        return str(error)
    if opened.result is None:
        kept.release()
    units.read()
    return replace(opened, kept=kept)


def _show_progress(
    target: OpeningTarget, opening: int, name: str, progress: FetchProgress | str
) -> None:
    """Show progress in the session."""
    if target.closed or opening != target.openings:
        return
    if isinstance(progress, str):
        target.session.opening = f"Opening {name}: {progress} …"
    else:
        share = f" ({100 * progress.done // progress.total} %)" if progress.total else ""
        target.session.opening = f"Downloading {name}{share} …"


def _end(target: OpeningTarget, opening: int) -> None:
    if opening == target.openings:
        target.session.opening = ""


def _advance(
    bar: cancelable_progress, worker: _Worker, sample: Sample, progress: FetchProgress | str
) -> None:
    """Show the progress of a download; a text means that it is complete and being opened."""
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


def _report_stopped(target: OpeningTarget, sample: Sample) -> None:
    if not target.closed:
        show_info(f"Downloading {sample.title} was stopped; the part that was downloaded is kept.")


def prepare(dataset: Dataset) -> Opened:
    """Compute the SGEP images, and everything slow that the window will need."""
    steps = preparing(dataset)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            opened: Opened = end.value
            return opened


def preparing(dataset: Dataset) -> Generator[str, None, Opened]:
    """Do the same as `prepare`, and yield the name of each step before it."""
    yield "reading its clusters"
    result, complaint = _stored_result(dataset)
    yield f"making images of {dataset.adata.n_vars:,} genes"
    # The pixels of a result may have another size than the default.
    images = rasterize(
        dataset.adata,
        None if result is None else result.bin_size,
        separate=dataset.separate,
    )
    if result is not None:
        result, complaint = _fitting(result, images, dataset)
        yield "drawing the patterns of its clusters"
    return _opened(dataset, images, result, complaint)


def _fitting(result: Result, images: SGEPImages, dataset: Dataset) -> tuple[Result | None, str]:
    """Return a result if it fits the data, else why it cannot be shown.

    A warning is returned where the data have changed since the fit.
    """
    try:
        return result, " ".join(data_match(result, images, dataset.display_name).notes)
    except InputError as error:
        return None, str(error)


def _opened(dataset: Dataset, images: SGEPImages, result: Result | None, complaint: str) -> Opened:
    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    candidates = np.argsort(-total)[:_CANDIDATES]
    gene = int(candidates[images.expression(candidates).var(axis=1).argmax()])
    _ = images.fingerprint  # cached here, as it is used on the GUI thread before genes are denoised
    if result is None:
        return Opened(dataset, images, None, None, gene, complaint)
    genes = images.index([str(name) for name in result.gene_names])
    # Of these images, which are there already.
    result = replace(result, denoised=views_over(result.denoised, images, genes))
    model = Model.of(result, genes)
    model.precompute()
    return Opened(dataset, images, result, model, gene, complaint)


def _stored_result(dataset: Dataset) -> tuple[Result | None, str]:
    """Return the result in a file, or why it cannot be read, while the data can be shown."""
    from darlc.data.keys import RESULT
    from darlc.io.result_file import from_adata

    if RESULT not in dataset.adata.uns:
        return None, ""
    try:
        return from_adata(dataset.adata, dataset.name), ""
    except DarlcError as error:
        return None, str(error)


def _show(target: OpeningTarget, opening: int, units: UnitsAhead, outcome: Opened | str) -> None:
    if target.closed or opening != target.openings:
        return  # the window was closed, or another dataset was opened meanwhile
    if isinstance(outcome, str):
        show_error(outcome)
        return
    units.adopt()
    target.ask(
        f"Open {outcome.dataset.name} in its place?",
        partial(_replace, target, opening, outcome),
    )


def _replace(target: OpeningTarget, opening: int, outcome: Opened) -> None:
    if target.closed or opening != target.openings:
        return  # another dataset was opened meanwhile
    target.trainer.cancel()
    session = target.session
    kept = outcome.kept if outcome.result is not None else None
    # A recovered result is unsaved for the user.
    session.open(
        outcome.dataset,
        outcome.images,
        outcome.result,
        outcome.gene,
        model=outcome.model,
        saved=kept is None,
        study=outcome.study,
    )
    target.show_docks()
    if kept is not None:
        target.adopt(kept)
    for sentence in target.told:
        withdraw(sentence)
    notes = "\n".join((*outcome.dataset.notes, *outcome.images.notes))
    if outcome.complaint:
        show_warning(outcome.complaint)
    study = outcome.study
    if notes and (study is None or study.section not in study.noted):
        show_info(notes)
    if study is not None:  # a user goes back and forth between sections
        study.noted.add(study.section)
    target.told = (outcome.complaint, notes)

"""Open the folder of a study: one section of it is shown as any result is."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from superqt.utils import thread_worker

from darlc.data.keys import STUDY_FILE
from darlc.errors import DarlcError
from darlc.io import open_dataset
from darlc.io.study.study_file import load_study
from napari_darlc.opening.loading import READING, Opened, OpeningTarget, preparing, start_opening
from napari_darlc.opening.units import UnitsAhead
from napari_darlc.processes.busy import show_busy
from napari_darlc.session.open_study import OpenStudy


def open_study(target: OpeningTarget, folder: Path) -> None:
    """Open the folder of a study, or the ``study.h5ad`` in it, at its first section.

    It returns at once.
    """
    folder = folder.parent if folder.name == STUDY_FILE else folder
    units = UnitsAhead()
    worker = _prepare(folder, units)
    show_busy(worker, f"Opening {folder.name}")
    start_opening(target, worker, units, folder.name)


def open_section(target: OpeningTarget, section: str, gene: str) -> None:
    """Open another section of the open study at a gene, by its name; returns at once.

    Its file is read again, as it may have been saved since. Nothing happens without a study.
    """
    study = target.session.study
    if study is None:
        return
    units = UnitsAhead()
    worker = _prepare_section(replace(study, section=section), gene, units)
    show_busy(worker, f"Opening {section}")
    start_opening(target, worker, units, section)


@thread_worker
def _prepare(folder: Path, units: UnitsAhead) -> Generator[str, None, Opened | str]:
    try:
        yield READING
        result = load_study(folder)
        study = OpenStudy(result, folder, result.section_names[0])
        opened = yield from _preparing(study)
    except DarlcError as error:
        return str(error)
    units.read()
    return opened


@thread_worker
def _prepare_section(
    study: OpenStudy, gene: str, units: UnitsAhead
) -> Generator[str, None, Opened | str]:
    try:
        yield READING
        opened = yield from _preparing(study)
    except DarlcError as error:
        return str(error)
    units.read()
    return _at_gene(opened, gene)


def _preparing(study: OpenStudy) -> Generator[str, None, Opened]:
    """Do what opening a result file does, and note the study."""
    opened = yield from preparing(open_dataset(study.path(study.section)))
    return replace(opened, study=study)


def _at_gene(opened: Opened, gene: str) -> Opened:
    """Return it at a gene; where that was not measured, at another one, with a warning."""
    place = {str(name): i for i, name in enumerate(opened.images.gene_names)}.get(gene)
    if place is not None:
        return replace(opened, gene=place)
    shown = opened.images.gene_names[opened.gene]
    said = (
        f"{gene} was not measured in {opened.dataset.name}: {shown} is shown in its place; "
        "choose another gene, or go back to the section before."
    )
    return replace(opened, complaint=" ".join(filter(None, (opened.complaint, said))))

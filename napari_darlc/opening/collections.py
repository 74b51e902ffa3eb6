"""Collections of gene sets: read off the GUI thread, and added to a session."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from superqt.utils import create_worker

from darlc.errors import DarlcError
from darlc.images.gene_labels import NamedGenes
from darlc.io.tables.gmt import read_gmt
from darlc.results.gene_sets import GeneSet
from darlc.wording import counted
from napari_darlc.notifications import show_error, show_info
from napari_darlc.processes.start import start
from napari_darlc.session.session import Session


def open_collection(session: Session, path: Path) -> None:
    """Add the sets of a GMT file to a session, with the data's names of genes; returns at once."""
    if session.dataset is None:
        show_error(f"{path.name} holds gene sets: open a dataset first, then drop it again.")
        return
    genes = NamedGenes.of(session.dataset.adata)
    worker = create_worker(_read, path, genes)
    worker.returned.connect(partial(_add, session, session.dataset, path))
    start(worker)


def _read(path: Path, genes: NamedGenes) -> list[GeneSet] | str:
    try:
        return [each.found_in(genes) for each in read_gmt(path)]
    except DarlcError as error:
        return str(error)


def _add(session: Session, dataset: object, path: Path, found: list[GeneSet] | str) -> None:
    if isinstance(found, str):
        show_error(found)
        return
    if session.dataset is not dataset:
        return  # another one was opened meanwhile
    new = [each for each in found if each.genes and each.name not in session.gene_sets]
    if not new:
        show_error(f"{path.name} holds no further set with genes of these data.")
        return
    what = counted(len(new), "gene set")
    session.change_sets(f"add {what} of {path.name}", session.gene_sets.added(*new))
    left = len(found) - len(new)
    rest = f"; {left} others have no gene of the data, or a name that is taken" if left else ""
    show_info(f"{what} of {path.name} added{rest}.")

"""The page for a browser, written off the GUI thread, with the map that a process places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QWidget

from darlc.errors import DarlcError
from darlc.explore.gene_map import FEWEST_FOR_UMAP, pca_plane
from darlc.explore.gene_set_enrichment import cluster_enrichment
from darlc.io.tables.gmt import read_collections
from darlc.results.gene_sets import GeneSet
from darlc.results.result import Result
from napari_darlc.processes.umap_process import UmapFailedError, umap_aside
from napari_darlc.saving.exporting import ask_export
from napari_darlc.saving.writing import write_aside
from napari_darlc.session.session import Session

_KINDS = {"Page for a browser (*.html)": ".html"}


def ask_write_report(parent: QWidget, session: Session, collections: Sequence[Path] = ()) -> None:
    """Ask for a file name, and write the page; a button in the notification opens it."""
    path = ask_export(parent, session, "Write report", "report", _KINDS)
    if path is not None:
        write_report(session, path, collections)


def write_report(session: Session, path: Path, collections: Sequence[Path] = ()) -> None:
    """Write the page of the session's result in a thread, with a notification at its end.

    Parameters
    ----------
    session
        Session with the result.
    path
        File to write.
    collections
        Files and folders of gene sets that clusters are tested for.
    """
    result, dataset = session.result, session.dataset
    if result is None or dataset is None:
        return
    source = "result.h5ad" if dataset.path is None else dataset.path.name
    title = dataset.name
    write_aside(
        "The report", path, partial(_write, result, path, title, source, collections), openable=True
    )


def _write(
    result: Result, path: Path, title: str, source: str, collections: Sequence[Path]
) -> Path:
    from darlc import report

    plane, tested = _placed(result), _tested(result, collections)
    return report.write(result, path, title=title, source=source, plane=plane, collection=tested)


def _tested(result: Result, collections: Sequence[Path]) -> Sequence[GeneSet]:
    """Return the gene sets of collections; none where they can no longer be read or tested."""
    try:
        sets = read_collections(collections)
        if sets:
            cluster_enrichment(result, sets)
    except DarlcError:
        return ()
    return sets


def _placed(result: Result) -> NDArray[np.float32]:
    """Return the genes' places: by UMAP, or by PCA where UMAP is not to be had."""
    start = pca_plane(result.embedding)
    if len(start) < FEWEST_FOR_UMAP:
        return start
    try:
        return umap_aside(result.embedding, start)
    except UmapFailedError:
        return start

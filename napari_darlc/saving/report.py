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
from darlc.explore.gene_set_enrichment import enrichment_of_clusters
from darlc.images.gene_labels import NamedGenes
from darlc.io.tables.gmt import read_collections
from darlc.results.clusters import Clusters
from darlc.results.gene_sets import GeneSet
from darlc.results.result import Result
from darlc.results.study import StudyResult
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
    """Write the page of the session's result or study in a thread; a notification tells the end.

    Parameters
    ----------
    session
        Session with the result.
    path
        File to write.
    collections
        Files and folders of gene sets that clusters are tested for.
    """
    dataset, study, shown = session.dataset, session.study, reported(session)
    if shown is None or dataset is None:
        return
    source = "result.h5ad" if dataset.path is None else dataset.path.name
    title = dataset.name
    if study is not None and isinstance(shown, StudyResult):
        source = title = study.folder.name
    write_aside(
        "The report", path, partial(_write, shown, path, title, source, collections), openable=True
    )


def reported(session: Session) -> Result | StudyResult | None:
    """Return what a page is of: the study with the names and colours that the user sees.

    Clusters that were merged, split or trained anew are those of one section alone, and so is the
    page then.
    """
    result, study, clusters = session.result, session.study, session.clusters
    if result is None or study is None or clusters is None:
        return result
    own = study.result.section(study.section)
    same = np.array_equal(result.gene_names, own.gene_names)
    if not same or not np.array_equal(clusters.membership, own.membership):
        return result
    return study.result.renamed(clusters.names, clusters.colours)


def _write(
    shown: Result | StudyResult, path: Path, title: str, source: str, collections: Sequence[Path]
) -> Path:
    from darlc import report
    from darlc.report.subject import subject_of

    subject = subject_of(shown, source)
    tested = _tested(subject.named, subject.clusters, collections)
    plane = _placed(subject.embedding)
    return report.write(shown, path, title=title, source=source, plane=plane, collection=tested)


def _tested(
    genes: NamedGenes, clusters: Clusters, collections: Sequence[Path]
) -> Sequence[GeneSet]:
    """Return the gene sets of collections; none where they can no longer be read or tested."""
    try:
        sets = read_collections(collections)
        if sets:
            enrichment_of_clusters(genes, clusters, sets)
    except DarlcError:
        return ()
    return sets


def _placed(embedding: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the genes' places: by UMAP, or by PCA where UMAP is not to be had."""
    start = pca_plane(embedding)
    if len(start) < FEWEST_FOR_UMAP:
        return start
    try:
        return umap_aside(embedding, start)
    except UmapFailedError:
        return start

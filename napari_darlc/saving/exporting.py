"""Exports from the window for other programs: tables of genes and of clusters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QWidget

from darlc.images.gene_labels import NamedGenes
from darlc.io.export import (
    write_clusters_csv,
    write_clusters_gmt,
    write_gene_sets,
    write_table,
)
from darlc.results.gene_sets import GeneSet
from napari_darlc.saving.file_names import ask_name
from napari_darlc.saving.writing import write_aside
from napari_darlc.session.session import Session

if TYPE_CHECKING:
    import pandas as pd

_TABLE = {"Table (*.csv)": ".csv"}
_CLUSTERS = {"Gene sets (*.gmt)": ".gmt", **_TABLE}


def export_clusters(session: Session, path: Path) -> None:
    """Write the edited clusters in a thread: as a table, ``.csv``, or as gene sets, ``.gmt``."""
    if session.dataset is None or session.result is None or session.clusters is None:
        return
    genes = NamedGenes.of(session.dataset.adata, session.result.gene_names)
    write: Callable[[], Path]
    if path.suffix.lower() == ".gmt":
        write = partial(write_clusters_gmt, path, genes, session.clusters)
    else:
        second = None if session.model is None else session.model.second_patterns
        write = partial(write_clusters_csv, path, genes, session.clusters, second)
    write_aside("The list of clusters", path, write)


def ask_export_clusters(parent: QWidget, session: Session) -> None:
    """Ask for a file name, and write the clusters."""
    path = ask_export(parent, session, "Export clusters", "clusters", _CLUSTERS)
    if path is not None:
        export_clusters(session, path)


def ask_export_sets(parent: QWidget, session: Session, sets: list[GeneSet]) -> None:
    """Ask for a file name, and write gene sets: GMT with symbols, or CSV with all names."""
    path = ask_export(parent, session, "Export gene sets", "sets", _CLUSTERS)
    if path is None or session.dataset is None:
        return
    adata = session.dataset.adata
    write_aside("The gene sets", path, lambda: write_gene_sets(path, NamedGenes.of(adata), sets))


def ask_export_genes(
    parent: QWidget, session: Session, what: str, make: Callable[[], pd.DataFrame]
) -> None:
    """Ask for a file name, and write a table of genes.

    Parameters
    ----------
    parent
        Parent of the dialog.
    session
        Session of the genes.
    what
        Last part of the suggested name: ``genes``.
    make
        Returns the table; called off the GUI thread.
    """
    path = ask_export(parent, session, "Export genes", what, _TABLE)
    if path is not None:
        write_aside("The table of genes", path, lambda: write_table(path, make()))


def names_table(session: Session, genes: NDArray[np.int64]) -> pd.DataFrame:
    """Return the names of genes, by position, as the first columns of a table of them."""
    import pandas as pd

    assert session.dataset is not None
    names = NamedGenes.of(session.dataset.adata)[genes].columns()
    return pd.DataFrame(names).rename(columns=str.capitalize)


def ask_export(
    parent: QWidget, session: Session, title: str, what: str, kinds: dict[str, str]
) -> Path | None:
    """Ask for the name of a file beside the dataset; None if cancelled.

    Parameters
    ----------
    parent
        Parent of the dialog.
    session
        Session whose dataset gives the first part of the suggested name.
    title
        Title of the dialog.
    what
        Last part of the suggested name; what a file's name cannot hold is replaced.
    kinds
        As for `ask_name`.
    """
    dataset = session.dataset
    folder = Path.cwd() if dataset is None or dataset.path is None else dataset.path.parent
    # The name of a region may hold characters that are invalid in file names.
    what = re.sub(r"[^\w.-]+", "_", what)
    name = what if dataset is None else f"{dataset.name}_{what}"
    return ask_name(parent, title, folder / f"{name}{next(iter(kinds.values()))}", kinds)

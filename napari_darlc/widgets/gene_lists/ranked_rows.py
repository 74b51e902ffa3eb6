"""Rows of a ranked list: genes with numbers and pictures, each with its cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from napari_darlc.session.session import Session
from napari_darlc.widgets.gene_lists.ranked_genes import RankedGene


def ranked_rows(
    session: Session,
    genes: NDArray[np.int64],
    numbers: Iterable[NDArray[np.floating]],
    pictures: Sequence[QImage],
) -> list[RankedGene]:
    """Return the rows of a table.

    Parameters
    ----------
    session
        Whose labels and clusters.
    genes
        (n,) positions among all genes, the best first.
    numbers
        One (n,) for each column of the table.
    pictures
        Of the genes.
    """
    columns = [np.asarray(each, dtype=np.float64) for each in numbers]
    model, rows = session.model, []
    for i, (gene, picture) in enumerate(zip(genes.tolist(), pictures, strict=True)):
        cluster = session.cluster_of(gene)
        rows.append(
            RankedGene(
                gene,
                str(session.gene_labels[gene]),
                tuple(float(each[i]) for each in columns),
                picture,
                model.names[cluster] if model is not None and cluster >= 0 else "",
                model.colours[cluster] if model is not None and cluster >= 0 else "",
            )
        )
    return rows


def cluster_column(session: Session) -> NDArray[np.str_]:
    """Return the name of every gene's cluster, (n_genes,); empty without one."""
    model, names = session.model, np.full(len(session.gene_labels), "", dtype=object)
    if model is not None and model.n_clusters:
        there = model.cluster >= 0
        names[model.genes[there]] = np.array(model.names)[model.cluster[there]]
    return names.astype(np.str_)

"""Rows of ranked lists: labels, numbers and clusters of genes."""

from __future__ import annotations

import numpy as np
from qtpy.QtGui import QImage

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.gene_lists.ranked_rows import cluster_column, ranked_rows


def test_rows_know_their_clusters(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qapp: object
) -> None:
    genes, numbers = np.array([4, 11]), (np.array([0.5, np.nan]), np.array([1.0, 2.0]))
    pictures = [QImage(), QImage()]
    before = ranked_rows(session, genes, numbers, pictures)
    assert [row.cluster for row in before] == ["", ""]
    assert cluster_column(session).tolist() == [""] * 12
    session.open(dataset, images, result)
    first, second = ranked_rows(session, genes, numbers, pictures)
    assert (first.gene, first.label, first.numbers) == (4, "Gene4", (0.5, 1.0))
    assert session.clusters is not None
    assert (first.cluster, first.colour) == ("2", session.clusters.colours[1])
    assert (second.cluster, second.colour) == ("", "")
    assert cluster_column(session).tolist() == ["1", "2", "3"] * 3 + [""] * 3

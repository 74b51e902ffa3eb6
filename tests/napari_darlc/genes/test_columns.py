"""What is known of genes, against the plain formulas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.data.dataset import Dataset
from darlc.events import Finished
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.images.statistics import morans_i
from darlc.results.result import Result
from darlc.results.second_patterns import SecondPatterns
from napari_darlc.genes.columns import (
    ALSO,
    CLUSTER,
    CONFIDENCE,
    SECOND,
    SUM,
    GeneColumn,
    file_columns,
    measured_columns,
    model_columns,
    order_by,
    table_of,
)
from napari_darlc.session.session import Session


@pytest.mark.parametrize("layout", ["hexagonal", "square"], indirect=True)
def test_measures_are_those_of_the_dense_images(dataset: Dataset, images: SGEPImages) -> None:
    moran, mean, share = measured_columns(images, dataset.adata)
    views = images.expression()
    np.testing.assert_allclose(moran.values, morans_i(views, images.grid.neighbours), atol=1e-6)
    np.testing.assert_allclose(mean.values, views.mean(axis=1), rtol=1e-5)
    counts = dataset.adata.X.toarray()
    np.testing.assert_allclose(share.values, (counts > 0).mean(axis=0))
    assert measured_columns(images, dataset.adata)[0] is moran


def test_logs_are_measured_as_they_are(images: SGEPImages) -> None:
    logs = replace(images, values="log")
    moran, mean, _ = measured_columns(logs, None)
    np.testing.assert_allclose(mean.values, logs.expression().mean(axis=1), rtol=1e-5)
    expected = morans_i(logs.expression(), logs.grid.neighbours)
    np.testing.assert_allclose(moran.values, expected, atol=1e-6)


def test_genes_that_do_not_vary_have_no_morans_i(images: SGEPImages) -> None:
    matrix = images.matrix.toarray()
    matrix[:, 0], matrix[:, 1] = 0, 3
    flat = replace(images, matrix=sparse.csc_array(matrix), values="log")
    moran = measured_columns(flat, None)[0]
    assert np.isnan(moran.values[:2]).all() and np.isfinite(moran.values[2:]).all()


def test_the_share_is_of_observations_within_the_tissue() -> None:
    counts = sparse.csr_matrix(np.array([[1, 0], [0, 2], [3, 4], [5, 0]], dtype=np.float32))
    adata = AnnData(counts)
    adata.obsm["spatial"] = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    adata.obs["array_row"], adata.obs["array_col"] = [0, 1, 0, 1], [0, 0, 1, 1]
    adata.obs["in_tissue"] = [1, 1, 1, 0]
    share = measured_columns(rasterize(adata), adata)[2]
    np.testing.assert_allclose(share.values, [2 / 3, 2 / 3])


def test_the_models_columns(session_with_tissue: Session, result: Result) -> None:
    session = session_with_tissue
    n_genes = len(session.gene_labels)
    cluster, second, confidence = model_columns(None, n_genes)
    assert not cluster.known.any() and not second.known.any() and not confidence.known.any()

    result.membership[0] = [0.1, 0.2, 0.7]
    session.receive(Finished(result))
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(2, "myelin"))
    cluster, second, confidence = model_columns(session.model, n_genes)
    assert [c.name for c in (cluster, second, confidence)] == [CLUSTER, SECOND, CONFIDENCE]
    assert cluster.values.tolist()[:4] == ["myelin", "2", "myelin", "1"]
    assert second.text(0) == "2"
    assert confidence.text(0) == "0.7"
    assert cluster.colours["myelin"] == session.model.colours[2]
    # The last three are not modelled.
    assert cluster.values.tolist()[-3:] == [""] * 3
    assert not confidence.known[-3:].any() and confidence.text(n_genes - 1) == ""


def test_columns_of_genes_that_are_sums(session_with_tissue: Session, result: Result) -> None:
    second = SecondPatterns.none(result.n_genes)
    second.cluster[0], second.share[0], second.probability[0] = 1, 0.3, 0.9
    second.cluster[3], second.share[3], second.probability[3] = 2, 0.3, 0.6
    session_with_tissue.receive(Finished(replace(result, second_patterns=second)))
    model = session_with_tissue.model
    also, probability = model_columns(model, len(session_with_tissue.gene_labels))[3:]
    assert (also.name, probability.name) == (ALSO, SUM)
    assert also.values.tolist() == ["2", *[""] * (len(also.values) - 1)]
    assert also.colours["2"] == result.cluster_colours[1]
    np.testing.assert_allclose(probability.values[[0, 1]], [0.9, 0])
    assert np.isnan(probability.values[-3:]).all()


def test_columns_of_the_file() -> None:
    var = pd.DataFrame(
        {
            "n_cells": [3, 4, 5],
            "maybe": pd.array([1, None, 3], dtype="Int64"),
            "kept": [True, False, True],
            "kind": pd.Categorical(["b", None, "A"]),
            "Cluster": ["x", "y", "z"],
        }
    )
    counts, maybe, kept, kind, cluster = file_columns(var)
    assert counts.numeric and counts.text(0) == "3"
    assert maybe.numeric and maybe.text(1) == ""
    assert [kept.text(i) for i in range(3)] == ["True", "False", "True"]
    assert kind.values.tolist() == ["b", "", "A"]
    assert kind.key[2] < kind.key[0] and np.isnan(kind.key[1])
    assert cluster.name == "Cluster (file)" and "Cluster" in cluster.tip


def test_order_puts_the_unknown_last_either_way() -> None:
    column = GeneColumn.of_numbers("n", np.array([2.0, np.nan, 5.0, 2.0]))
    rank = np.array([1, 2, 3, 0])
    genes = np.arange(4)
    assert order_by(column, genes, False, rank).tolist() == [3, 0, 2, 1]
    assert order_by(column, genes, True, rank).tolist() == [2, 3, 0, 1]


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (3.0, "3"), (1234.5, "1.23e+03"), (1e-5, "1e-05")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert GeneColumn.of_numbers("n", np.array([value])).text(0) == text


def test_a_table_holds_full_values() -> None:
    number = GeneColumn.of_numbers("x", np.array([0.123456789, 2.0, 3.0]))
    text = GeneColumn.of_text("x", np.array(["a", "b", "c"], dtype=object))
    table = table_of([number, text], np.array([2, 0]))
    assert table.columns.tolist() == ["x", "x"]
    assert table.to_numpy().tolist() == [[3.0, "c"], [0.123456789, "a"]]

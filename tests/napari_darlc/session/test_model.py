"""What is known of the genes so far."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.results.clusters import Clusters
from darlc.results.result import Result
from darlc.results.second_patterns import SecondPatterns
from napari_darlc.session.model import Model


def test_before_there_are_clusters() -> None:
    model = Model(np.array([3, 5]))
    assert model.n_clusters == 0 and model.membership is None and model.consensus is None
    assert model.cluster.tolist() == model.second.tolist() == [-1, -1]
    assert np.isnan(model.confidence).all()
    assert model.also.tolist() == [-1, -1] and model.also_text(0) == ""
    assert model.names == model.colours == () and not model.hidden
    assert model.row_of == {3: 0, 5: 1}


def test_a_result_without_clusters_is_like_none() -> None:
    model = Model(
        np.array([3, 5]),
        clusters=Clusters(np.empty((2, 0), dtype=np.float32)),
        embedding=np.empty((2, 0), dtype=np.float32),
    )
    assert model.membership is None and model.embedding is None
    assert model.cluster.tolist() == [-1, -1]


def test_edited_clusters_are_those_that_are_shown(result: Result) -> None:
    edited = result.clusters.renamed(0, "myelin").shown(2, False)
    model = Model.of(result, np.arange(result.n_genes))
    assert model.names == ("1", "2", "3") and model.embedding is result.embedding
    object.__setattr__(result, "edited", edited)
    model = Model.of(result, np.arange(result.n_genes))
    assert model.clusters is edited
    assert model.names == ("myelin", "2", "3") and model.hidden == {2}


def test_second_patterns_follow_the_edits(result: Result) -> None:
    second = SecondPatterns.none(result.n_genes)
    second.cluster[0], second.share[0], second.probability[0] = 1, 0.3, 0.9
    second.cluster[1], second.share[1], second.probability[1] = 2, 0.4, 0.95
    object.__setattr__(result, "second_patterns", second)
    model = Model.of(result, np.arange(result.n_genes))
    assert model.also[:3].tolist() == [1, 2, -1]
    assert [model.also_text(row) for row in range(3)] == [
        *("also cluster 2 (30%)", "also cluster 3 (40%)", ""),
    ]
    renamed = model.with_clusters(result.clusters.renamed(1, "myelin"))
    assert renamed.also_text(0) == "also cluster myelin (30%)"
    merged = model.with_clusters(result.clusters.merged([0, 1]))
    assert merged.also[:2].tolist() == [-1, 1] and merged.also_text(0) == ""
    assert merged.with_clusters(result.clusters).also_text(0) == "also cluster 2 (30%)"


def test_patterns_are_kept_while_memberships_are(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model.of(result, np.arange(result.n_genes))
    patterns = model.consensus
    assert patterns is not None and patterns.shape[0] == 3
    renamed = model.with_clusters(result.clusters.renamed(0, "x"))
    merged = model.with_clusters(result.clusters.merged([0, 1]))
    assert renamed.consensus is patterns
    assert merged.consensus is not None and merged.consensus.shape[0] == 2
    assert merged.denoised is model.denoised and merged.embedding is model.embedding

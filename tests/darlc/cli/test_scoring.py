"""All metrics of a result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.cli.scoring import describe, score
from darlc.errors import InputError


def test_a_good_result(result):
    scores = score(result, "pattern")
    assert scores["genes"] == 12 and scores["clusters"] == 3
    assert scores["sizes"] == {"myelin": 4, "2": 4, "größer": 4}
    assert scores["confidence"] == pytest.approx(0.9)
    assert scores["silhouette_embedding"] > 0.9 and scores["davies_bouldin_embedding"] < 0.1
    assert scores["silhouette_pixels"] > 0.3 and scores["spatial_coherence"] > 0.5
    assert scores["consensus_correlation"] > 0.5
    assert scores["truth"] == {
        "column": "pattern",
        "genes": 12,
        "classes": 3,
        "adjusted_rand": 1.0,
        "normalised_mutual_information": pytest.approx(1.0),
    }
    text = "\n".join(describe(scores))
    assert "12 genes in 3 clusters (myelin: 4" in text
    assert "adjusted Rand index" in text and "1.000" in text


def test_a_shuffled_result_is_worse(result):
    order = np.random.default_rng(0).permutation(12)
    good, bad = score(result), score(replace(result, membership=result.membership[order]))
    assert "truth" not in good
    for name in ("silhouette_embedding", "silhouette_pixels", "consensus_correlation"):
        assert bad[name] < good[name]
    for name in ("davies_bouldin_embedding", "davies_bouldin_pixels"):
        assert bad[name] > good[name]


def test_genes_without_truth_do_not_count(result):
    result.adata.var["half"] = result.adata.var["pattern"].astype(str).astype("category")
    result.adata.var.loc["Gene0", "half"] = np.nan
    assert score(result, "half")["truth"]["genes"] == 11


def test_a_cluster_without_genes(result):
    membership = np.column_stack([result.membership, np.zeros(12, dtype=np.float32)])
    more = replace(result, membership=membership, cluster_names=(), cluster_colours=())
    assert score(more)["clusters"] == 3
    assert np.isfinite(score(more)["spatial_coherence"])


def test_what_cannot_be_scored(result):
    with pytest.raises(InputError, match="no column 'nothing': choose one of these: pattern"):
        score(result, "nothing")
    result.adata.var["empty"] = np.nan
    with pytest.raises(InputError, match="missing for the genes of the result"):
        score(result, "empty")
    early = replace(result, membership=result.membership[:, :0], stage="denoise", cluster_names=())
    with pytest.raises(InputError, match="stopped after stage 'denoise'"):
        score(early)

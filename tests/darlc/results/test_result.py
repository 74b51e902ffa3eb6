"""Consensus patterns, and what a Result derives from its arrays."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from darlc.config import Config
from darlc.images.grid import Grid
from darlc.results.denoised_views import consensus_pattern
from darlc.results.result import Result


def test_consensus_is_the_weighted_mean_of_standardised_views() -> None:
    random = np.random.default_rng(0)
    views = random.normal(5, 2, (6, 40))
    membership = random.dirichlet([1, 1, 1], 6)
    z = (views - views.mean(1, keepdims=True)) / views.std(1, keepdims=True)
    expected = (membership.T @ z) / membership.sum(0)[:, None]
    np.testing.assert_allclose(consensus_pattern(views, membership), expected, rtol=1e-4, atol=1e-5)


def test_bright_genes_do_not_outshout_the_others() -> None:
    random = np.random.default_rng(0)
    views = random.normal(0, 1, (4, 40))
    membership = np.ones((4, 1))
    bright = views.copy()
    bright[0] *= 1000
    np.testing.assert_allclose(
        consensus_pattern(bright, membership), consensus_pattern(views, membership), atol=1e-4
    )


def test_a_cluster_without_genes_has_no_pattern() -> None:
    membership = np.array([[1.0, 0.0], [1.0, 0.0]])
    pattern = consensus_pattern(np.random.default_rng(0).normal(size=(2, 9)), membership)
    assert np.isfinite(pattern[0]).all()
    assert np.isnan(pattern[1]).all()


def test_clusters_are_named_coloured_and_the_best_membership() -> None:
    grid = Grid(np.ones((3, 3), dtype=bool), np.eye(3))
    membership = np.array([[0.2, 0.8], [0.6, 0.4]], dtype=np.float32)
    result = Result(
        gene_names=np.array(["a", "b"]),
        embedding=np.zeros((2, 2), dtype=np.float32),
        membership=membership,
        denoised=np.ones((2, 9), dtype=np.float16),
        grid=grid,
        observation_pixel=np.arange(9),
        config=Config(),
    )
    assert list(result.cluster) == [1, 0]
    np.testing.assert_allclose(result.confidence, [0.8, 0.6], rtol=1e-6)
    assert result.cluster_names == ("1", "2")
    assert len(result.cluster_colours) == 2


def test_a_result_brings_neither_files_nor_learning() -> None:
    """Methods that need them import them when they are called."""
    code = "import sys, darlc.results.result; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()
    assert "darlc.results.result" in loaded
    above = ("darlc.api", "darlc.io", "darlc.learn", "torch")
    assert not [name for name in loaded if name.startswith(above)]

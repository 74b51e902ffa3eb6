"""A matrix that is made a few genes at a time is the one that would be made at once."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from anndata import AnnData
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from darlc.io.blocks import Blocks, placed_blocks
from darlc.io.store import write


@given(st.integers(0, 40), st.integers(0, 1300))
def test_all_columns_come_once_and_in_order(n_obs, n_vars):
    whole = np.random.default_rng(0).normal(size=(n_obs, n_vars)).astype(np.float32)
    blocks = Blocks(whole.shape, lambda start, stop: whole[:, start:stop])
    np.testing.assert_array_equal(blocks.array(), whole)
    assert blocks.nbytes == whole.nbytes
    starts = [columns.start for columns, _ in blocks]
    assert all(start % blocks.chunks[1] == 0 for start in starts), "a chunk is written once"


@pytest.mark.parametrize("n_obs", [10, 5_000, 500_000])
def test_a_block_stays_small_however_many_observations_there_are(n_obs):
    seen = []

    def make(start, stop):
        seen.append(n_obs * (stop - start))
        return np.broadcast_to(np.float32(0), (n_obs, stop - start))

    for _ in Blocks((n_obs, 2000), make):
        pass
    assert max(seen) <= 8_000_000


def test_views_are_laid_out_by_observation():
    pixel = np.array([1, -1, 0, 1])
    views = np.array([[1.0, 2.0], [3.0, 4.0]])

    def some(start, stop):
        wanted = np.array([gene for gene in (0, 2) if start <= gene < stop], dtype=int)
        return wanted - start, views[wanted // 2]

    found = placed_blocks(pixel, 3, some).array()
    nan = np.nan
    np.testing.assert_array_equal(found, [[2, nan, 4], [nan, nan, nan], [1, nan, 3], [2, nan, 4]])


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_a_layer_is_never_held_whole(tmp_path, suffix):
    """Observations × genes of a large tissue are more than memory holds."""
    n_obs, n_vars = 4000, 3000
    adata = AnnData(sparse.csr_matrix((n_obs, n_vars), dtype=np.float32))
    blocks = Blocks(
        adata.shape, lambda start, stop: np.full((n_obs, stop - start), start, dtype=np.float32)
    )
    write(adata, tmp_path / f"first{suffix}")  # what is imported then is not counted
    tracemalloc.start()
    try:
        write(adata, tmp_path / f"a{suffix}", {"made": blocks})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < blocks.nbytes / 1.5

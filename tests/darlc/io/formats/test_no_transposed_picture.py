"""Whatever axes are called, and wherever they stand, a picture is never transposed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset

#: x, then y; ``{}`` stands for the axis.
FORMS = ["{}", "{}coord", "{}_coord", "{}_centroid", "center_{}", "spatial_{}", "sdim{}", "{}_um"]
FORMS += ["Center{}_global_px", "Pos {}", "Centroid {} µm", "{}.position", "pixel_{}", "loc-{}"]
COUNTED = ["image{}", "pxl_{}_in_fullres", "{}", "image_{}", "{}_px", "array_{}"]
PLACES = ["obs", "table", "records", "chosen key", "chosen columns", "own columns", "beside"]

names = st.one_of(
    st.tuples(st.sampled_from(FORMS), st.just(("x", "y"))),
    st.tuples(st.sampled_from(COUNTED), st.sampled_from([("col", "row"), ("column", "row")])),
).map(lambda drawn: tuple(drawn[0].format(axis) for axis in drawn[1]))
cases = st.sampled_from([str, str.lower, str.upper, str.capitalize])
extras = st.lists(
    st.sampled_from(["section", "z", "cell", "area", "umap_x", "umap_y", "in_tissue"]), unique=True
)


def _tissue(seed: int) -> tuple[AnnData, np.ndarray]:
    """Twice as wide as it is high; one gene on the left, one at the top."""
    random = np.random.default_rng(seed)
    where = random.uniform(0, [1000, 500], (200, 2)).round(3)
    left, top = where[:, 0] < 300, where[:, 1] < 150
    counts = np.column_stack([5 * left, 5 * top, np.ones((200, 2))]).astype(np.float32)
    adata = AnnData(sparse.csr_matrix(counts))
    adata.obs_names = [f"c{i}" for i in range(200)]
    adata.var_names = ["Left", "Top", "Even", "Flat"]
    return adata, where


def _write(place: str, folder: Path, adata: AnnData, table: pd.DataFrame, x: str, y: str):
    """Write the tissue with its coordinates at a place; return what to open, and how."""
    options = {}
    if place in ("own columns", "beside"):
        counts = pd.DataFrame(
            adata.X.toarray().astype(int), index=adata.obs_names, columns=adata.var_names
        )
        if place == "own columns":
            counts = table.join(counts)
        else:
            table.to_csv(folder / "t_coordinates.csv")
        counts.to_csv(folder / "t.csv", index_label="name")
        return folder / "t.csv", ReadOptions()
    if place == "obs":
        adata.obs = table
    elif place == "table":
        adata.obsm["spatial"] = table
    elif place == "records":
        numbers = table.select_dtypes("number")
        adata.obsm["spatial"] = pd.DataFrame(numbers.to_records(index=False), index=table.index)
    elif place == "chosen key":
        adata.obsm["spatial"] = np.random.default_rng(0).uniform(0, 1, (adata.n_obs, 2))
        adata.obsm["mine"] = table
        options = {"spatial_key": "mine"}
    else:
        adata.obsm["spatial"] = np.random.default_rng(0).uniform(0, 1, (adata.n_obs, 2))
        adata.obs = table
        options = {"spatial_key": ",".join(name for name in table if name in (x, y))}
    adata.write_h5ad(folder / "t.h5ad")
    return folder / "t.h5ad", ReadOptions(**options)


@settings(max_examples=40, deadline=None)
@given(
    pair=names,
    case=cases,
    more=extras,
    place=st.sampled_from(PLACES),
    order=st.randoms(use_true_random=False),
    seed=st.integers(0, 1000),
)
def test_a_picture_is_never_transposed(pair, case, more, place, order, seed):
    adata, where = _tissue(seed)
    x, y = map(case, pair)
    table = {x: where[:, 0], y: where[:, 1]}
    for name in more:
        table[name] = {
            "section": np.ones(200),
            "z": np.random.default_rng(1).uniform(0, 10, 200),
            "cell": np.array([f"cell {i}" for i in range(200)], dtype=object),
            "area": np.random.default_rng(2).uniform(10, 90, 200),
            "in_tissue": np.ones(200, dtype=int),
        }.get(name, np.random.default_rng(3).normal(0, 5, 200))
    columns = list(table)
    order.shuffle(columns)
    frame = pd.DataFrame(table, index=adata.obs_names)[columns]
    with tempfile.TemporaryDirectory() as folder:
        path, options = _write(place, Path(folder), adata, frame, x, y)
        read = open_dataset(path, options).adata
    np.testing.assert_allclose(read.obsm["spatial"], where)
    assert list(read.var_names[:2]) == ["Left", "Top"]
    images = rasterize(read)
    height, width = images.grid.shape
    assert 1.5 < width / height < 2.7
    pixels = images.grid.pixels / [height, width]
    left, top = (images.measured(gene)[0] @ pixels / images.measured(gene).sum() for gene in (0, 1))
    np.testing.assert_allclose(left, [0.5, 0.15], atol=0.2)
    np.testing.assert_allclose(top, [0.15, 0.5], atol=0.2)

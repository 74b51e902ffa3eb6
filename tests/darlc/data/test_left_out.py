"""Features that are not genes: beside the table, never in it, and never lost."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from darlc.config import Config
from darlc.data.keys import READING
from darlc.data.left_out import LEFT_OUT, put_back, take_genes
from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset
from darlc.io.prepare import prepare
from darlc.io.result_file import load, save, to_adata
from darlc.io.store import write

HERE = Path("t.h5ad")
ANTIBODY, CONTROL, GENE = "Antibody Capture", "Negative Control Probe", "Gene Expression"


def mixed(kinds: list[str], seed: int = 0, dense: bool = False) -> AnnData:
    """Return features of some kinds, with a value in every place that an AnnData has."""
    rng = np.random.default_rng(seed)
    n, g = 12, len(kinds)
    counts = rng.poisson(1.0, (n, g)).astype(np.float32)
    counts[:, 0] += 1
    adata = AnnData(counts if dense else sparse.csr_matrix(counts))
    adata.var_names = [f"Feature{i}" for i in range(g)]
    adata.var["feature_types"] = pd.Categorical(kinds)
    adata.var["weight"] = rng.normal(size=g)
    adata.obsm["spatial"] = np.column_stack([np.arange(n) % 4, np.arange(n) // 4]) * 10.0
    adata.layers["doubled"] = adata.X * 2
    adata.varm["PCs"] = rng.normal(size=(g, 2))
    adata.varp["like"] = rng.normal(size=(g, g))
    adata.uns["note"] = "mine"
    return adata


def same(a: AnnData, b: AnnData) -> None:
    def values(each):
        return each.toarray() if sparse.issparse(each) else np.asarray(each)

    assert list(a.var_names) == list(b.var_names)
    pd.testing.assert_frame_equal(
        a.var.astype({"feature_types": str}), b.var.astype({"feature_types": str})
    )
    np.testing.assert_array_equal(values(a.X), values(b.X))
    for one, other in ((a.layers, b.layers), (a.varm, b.varm), (a.varp, b.varp), (a.obsm, b.obsm)):
        assert set(one) == set(other)
        for name in one:
            np.testing.assert_array_equal(values(one[name]), values(other[name]))
    assert set(a.uns) == set(b.uns)


@settings(max_examples=30, deadline=None)
@given(
    kinds=st.lists(st.sampled_from([GENE, CONTROL, ANTIBODY]), min_size=1, max_size=8).filter(
        lambda kinds: GENE in kinds
    ),
    dense=st.booleans(),
)
def test_nothing_is_lost(kinds, dense):
    before = mixed(kinds, dense=dense)
    genes, note = take_genes(mixed(kinds, dense=dense), HERE)
    assert list(genes.var_names) == [
        name for name, kind in zip(before.var_names, kinds, strict=True) if kind == GENE
    ]
    assert (note == "") == (set(kinds) == {GENE})
    for kind in {CONTROL, ANTIBODY} & set(kinds):
        assert f"{kinds.count(kind)} {kind}" in note
    same(put_back(genes), before)
    # What is taken again is as it was.
    again, same_note = take_genes(genes, HERE)
    assert again is genes and same_note == note


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_files_hold_what_is_left_out(tmp_path, suffix):
    kinds = [GENE, CONTROL, GENE, ANTIBODY, GENE]
    mixed(kinds).write_h5ad(tmp_path / "t.h5ad")
    opened = open_dataset(tmp_path / "t.h5ad")
    assert opened.adata.obsm[LEFT_OUT].shape == (12, 2)
    path = write(opened.adata, tmp_path / f"copy{suffix}")
    again = open_dataset(path)
    assert again.notes == opened.notes and list(again.adata.var_names) == [
        f"Feature{i}" for i in (0, 2, 4)
    ]
    same(put_back(again.adata), mixed(kinds))
    # Antibodies can be asked for, of the file and of its copy; and the copy remembers it.
    for each in (tmp_path / "t.h5ad", path):
        dataset = open_dataset(each, ReadOptions(features="antibody capture"))
        assert any("4 features of other kinds were left out" in note for note in dataset.notes)
        proteins = dataset.adata
        assert list(proteins.var_names) == ["Feature3"]
        np.testing.assert_array_equal(
            proteins.X.toarray(), mixed(kinds).X.toarray()[:, [3]], err_msg=str(each)
        )
    remembered = open_dataset(write(proteins, tmp_path / f"proteins{suffix}"))
    assert list(remembered.adata.var_names) == ["Feature3"]
    both = open_dataset(path, ReadOptions(features=f"{GENE}, {ANTIBODY}")).adata
    assert list(both.var_names) == [f"Feature{i}" for i in (0, 2, 3, 4)]


def test_layers_that_came_later_know_nothing_of_them():
    genes, _ = take_genes(mixed([GENE, CONTROL, GENE]), HERE)
    genes.layers["new"] = np.ones((12, 2), dtype=np.float32)
    genes.varm["X"] = np.ones((2, 3))
    whole = put_back(genes)
    assert np.isnan(whole.layers["new"][:, 1]).all() and np.isnan(whole.varm["X"][1]).all()
    assert (whole.layers["new"][:, [0, 2]] == 1).all()


def test_what_is_not_whole_is_not_put_back():
    genes, _ = take_genes(mixed([GENE, CONTROL, CONTROL]), HERE)
    genes.obsm[LEFT_OUT] = genes.obsm[LEFT_OUT][:, :1]
    assert put_back(genes) is genes and take_genes(genes, HERE) == (genes, "")
    for broken in ("text", {}, {"features": 3}):
        genes.uns[LEFT_OUT] = broken
        assert put_back(genes) is genes


def test_panels_without_genes(tmp_path):
    """Proteins alone are what there is to see; controls alone are not."""
    adata, note = take_genes(mixed([ANTIBODY] * 3), HERE)
    assert adata.n_vars == 3 and note == ""
    adata, note = take_genes(mixed(["Custom"] * 3 + [CONTROL]), HERE)
    assert adata.n_vars == 3 and f"1 {CONTROL}" in note
    with pytest.raises(InputError, match="holds no genes, only Negative Control Probe: --features"):
        take_genes(mixed([CONTROL] * 3), HERE)
    with pytest.raises(InputError, match="no 'Peaks' for --features: choose among Gene Expression"):
        take_genes(mixed([GENE, CONTROL]), HERE, "Peaks")
    assert take_genes(mixed([CONTROL] * 3), HERE, CONTROL)[0].n_vars == 3


def test_values_of_what_is_left_out_refuse_nothing(tmp_path):
    """Antibodies are often scaled, to values below zero, in a matrix with counts of genes."""
    adata = mixed([GENE, GENE, ANTIBODY])
    adata.X = adata.X.toarray()
    adata.X[:, 2] = np.linspace(-2, 2, 12)
    adata.write_h5ad(tmp_path / "t.h5ad")
    assert open_dataset(tmp_path / "t.h5ad").adata.n_vars == 2


def test_data_in_memory_and_their_results(tissue, make_result, tmp_path):
    """The library is that of genes; the caller's data stay whole, and so does what is saved."""
    rng = np.random.default_rng(0)
    extra = anndata.AnnData(
        sparse.csr_matrix(rng.poisson(50, (tissue.n_obs, 2)).astype(np.float32)),
        obs=tissue.obs[[]],
        var=pd.DataFrame(index=["Blank-1", "NegControlProbe_00001"]),
    )
    del tissue.raw
    whole = anndata.concat([tissue, extra], axis=1, merge="first")
    whole.obs, whole.obsm["spatial"] = tissue.obs.copy(), tissue.obsm["spatial"]
    _, plain = prepare(tissue)
    assert rasterize(whole).fingerprint == rasterize(tissue).fingerprint
    checked, images = prepare(whole)
    assert images.gene_names.tolist() == tissue.var_names.tolist()
    np.testing.assert_array_equal(images.library, plain.library)
    assert any("2 features that are not genes" in note for note in images.notes)
    assert whole.n_vars == tissue.n_vars + 2 and READING not in whole.uns

    result = make_result(images, Config())
    for bound in (whole, checked):
        path = save(result.with_data(bound), tmp_path / "r.h5ad")
        stored = load(path)
        assert stored.adata.n_vars == bound.n_vars
        _, again = prepare(stored.adata)
        assert again.fingerprint == images.fingerprint
    assert to_adata(result.with_data(whole)).var.loc["Blank-1"].isna().any()

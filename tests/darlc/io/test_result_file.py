"""The contract of the result file, and that a result survives it unchanged."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, read_h5ad, read_zarr
from anndata.tests.helpers import assert_equal

from darlc.config import Config
from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io.result_file import from_adata, load, save, to_adata
from darlc.results.second_patterns import SecondPatterns

SUFFIXES = pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
OURS = {
    *("darlc_cluster", "darlc_cluster_colors", "darlc_confidence"),
    *("X_darlc", "darlc_membership", "darlc_pixel", "darlc"),
    *("X_darlc_programmes", "darlc_coefficients"),
}
#: A small file as the first version wrote it.
VERSION_1 = Path(__file__).parents[2] / "golden" / "by_hand_1.h5ad.gz"


def read(path):
    return read_zarr(path) if path.suffix == ".zarr" else read_h5ad(path)


def without_ours(adata: AnnData) -> AnnData:
    adata = adata.copy()
    for mapping in (adata.var, adata.varm, adata.obsm, adata.uns):
        for key in OURS & set(mapping):
            del mapping[key]
    return adata


@SUFFIXES
def test_round_trip(result, tmp_path, suffix, assert_same_result):
    path = tmp_path / f"r{suffix}"
    assert result.save(path) == path
    again = load(path)
    assert_same_result(result, again)
    assert list(again.adata.var_names) == list(result.adata.var_names)
    # And once more, from what was loaded.
    assert_same_result(result, load(again.save(path)))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@SUFFIXES
def test_round_trip_of_a_run_that_was_stopped_early(result, tmp_path, suffix, assert_same_result):
    bare = replace(
        result,
        embedding=result.embedding[:, :0],
        membership=result.membership[:, :0],
        drawing=np.arange(result.n_genes) < 9,
        pooling=3,
        stage="denoise",
        stopped=True,
        notes=(),
        timings={},
        history={},
        mixture={},
        weights=b"",
        versions={},
        cluster_names=(),
        cluster_colours=(),
    )
    save(bare, tmp_path / f"r{suffix}")
    again = load(tmp_path / f"r{suffix}")
    assert_same_result(bare, again)
    assert again.adata.var["darlc_cluster"].isna().all()
    assert again.adata.var["darlc_confidence"].isna().all()


@SUFFIXES
def test_second_patterns_are_kept(result, tmp_path, suffix, assert_same_result):
    second = SecondPatterns.none(result.n_genes)
    second.cluster[2], second.share[2], second.probability[2] = 1, 0.25, 0.875
    sums = replace(result, second_patterns=second)
    path = save(sums, tmp_path / f"r{suffix}")
    assert_same_result(sums, load(path))
    var = read(path).var.loc[result.gene_names[2]]
    assert var["darlc_second_cluster"] == result.cluster_names[1]
    assert (var["darlc_second_share"], var["darlc_second_probability"]) == (0.25, 0.875)


@SUFFIXES
def test_the_contract(result, tmp_path, suffix):
    adata = read(save(result, tmp_path / f"r{suffix}"))
    modelled = adata.var_names.isin(result.gene_names)
    cluster = adata.var["darlc_cluster"]
    assert cluster.cat.ordered
    assert tuple(cluster.cat.categories) == result.cluster_names
    assert cluster[~modelled].isna().all()
    assert list(cluster[modelled]) == ["myelin"] * 4 + ["2"] * 4 + ["größer"] * 4
    assert adata.var["darlc_confidence"].dtype == np.float32
    np.testing.assert_allclose(adata.var["darlc_confidence"][modelled], 0.9)
    assert adata.var["darlc_confidence"][~modelled].isna().all()
    factors = result.denoised.factors
    of_genes = {
        "X_darlc": result.embedding,
        "darlc_membership": result.membership,
        "darlc_coefficients": factors.coefficients,
    }
    for key, values in of_genes.items():
        rows = pd.DataFrame(adata.varm[key], index=adata.var_names)
        assert adata.varm[key].dtype == np.float32
        np.testing.assert_array_equal(rows.loc[result.gene_names], values)
        assert rows[~modelled].isna().all(axis=None)
    pixel = adata.obsm["darlc_pixel"]
    assert tuple(pixel[5]) == (-1, -1)
    placed = np.arange(adata.n_obs) != 5
    np.testing.assert_array_equal(
        pixel[placed], adata.obs[["array_row", "array_col"]].to_numpy()[placed]
    )

    stored = adata.uns["darlc"]
    assert stored["schema_version"] == 6
    assert stored["seed"] == 3
    assert Config.from_dict(json.loads(stored["config"])) == result.config
    assert stored["versions"]["torch"] == "2.4"
    assert stored["fingerprint"] == result.fingerprint
    assert stored["timings"]["joint"] == 2.25
    np.testing.assert_array_equal(stored["history"]["pretrain"]["masked"], [2.0, 1.0])
    affine = stored["grid"]["affine"]
    np.testing.assert_allclose(
        (np.column_stack([pixel, np.ones(adata.n_obs)]) @ affine.T)[placed, :2],
        adata.obsm["spatial"][placed],
        atol=1e-9,
    )
    assert stored["grid"]["mask"].dtype == bool and stored["grid"]["layout"] == "square"
    assert list(stored["genes"]) == list(result.gene_names)
    assert "denoised" not in stored and "added" not in stored
    assert stored["drawing"].dtype == bool and stored["drawing"].all()
    assert stored["pooling"] == 1 and stored["views"]["link"] == "log1p"
    scores = adata.obsm["X_darlc_programmes"]
    assert scores.dtype == np.float32 and np.isnan(scores[5]).all()
    np.testing.assert_array_equal(
        scores[placed], factors.programmes[result.observation_pixel[placed]]
    )
    np.testing.assert_array_equal(stored["mixture"]["dof"], [4, 5, 6])
    assert stored["weights"].dtype == np.uint8
    assert list(stored["cluster_colours"]) == ["#112233", "#445566", "#778899"]
    assert stored["stage"] == "assign" and not stored["stopped"] and stored["device"] == "cpu"
    assert stored["gene_sets"] == {} and stored["edited"] == {}
    assert list(adata.uns["darlc_cluster_colors"]) == list(result.cluster_colours)
    assert "darlc_cluster_edited" not in adata.var
    assert "darlc_denoised" not in adata.layers


@SUFFIXES
def test_what_the_user_had_is_in_the_copy_and_was_not_touched(result, tmp_path, suffix):
    before = result.adata.copy()
    adata = without_ours(read(save(result, tmp_path / f"r{suffix}")))
    assert_equal(result.adata, before)
    assert not OURS & {*before.var, *before.uns, *before.obsm, *before.varm}
    np.testing.assert_array_equal(adata.raw.X.toarray(), before.raw.X.toarray())
    assert adata.obs["batch"].dtype == object
    # The one exception: text with gaps can be stored as categories only.
    assert adata.obs["remark"].dtype == "category"
    assert list(adata.obs["remark"].isna()) == list(before.obs["remark"].isna())
    del adata.obs["remark"], before.obs["remark"]
    assert_equal(adata, before)


def test_to_adata_is_a_copy_of_its_own(result):
    before = result.adata.copy()
    adata = to_adata(result)
    adata.X.data[:] = 0
    adata.obs["batch"] = "changed"
    adata.uns["spatial"]["slide"]["scalefactors"].clear()
    assert_equal(result.adata, before)


def test_denoised_layer(result, tmp_path):
    adata = read(save(result, tmp_path / "r.h5ad", denoised_layer=True))
    layer = pd.DataFrame(adata.layers["darlc_denoised"], columns=adata.var_names)
    assert isinstance(adata.layers["darlc_denoised"], np.ndarray)
    assert layer.loc[5].isna().all()
    assert layer[["Gene12", "Gene13"]].isna().all(axis=None)
    pixel = np.delete(result.observation_pixel, 5)
    np.testing.assert_array_equal(
        layer.drop(index=5)[result.gene_names], result.denoised[:][:, pixel].T
    )


def test_opens_in_scanpy(result, tmp_path):
    import scanpy

    adata = scanpy.read_h5ad(save(result, tmp_path / "r.h5ad"))
    table = scanpy.get.var_df(adata, keys=["spot0"], varm_keys=[("X_darlc", 0)])
    assert table["X_darlc-0"].notna().sum() == result.n_genes
    scanpy.pp.normalize_total(adata)
    scanpy.pp.log1p(adata)
    kept = adata[:, adata.var["darlc_cluster"] == "myelin"]
    assert kept.n_vars == 4


@pytest.fixture
def edited(result):
    """Return a result whose first and last cluster were merged, and whose second was hidden."""
    clusters = result.clusters.merged([0, 2], "Ränder / edges").recoloured(0, "#ff8800")
    return replace(result, edited=clusters.shown(1, False))


@SUFFIXES
def test_edits_survive_beside_what_the_model_said(edited, tmp_path, suffix, assert_same_result):
    path = edited.save(tmp_path / f"r{suffix}")
    again = load(path)
    assert again.edited.membership.dtype == np.float32
    for each in fields(edited.edited):
        ours, theirs = getattr(edited.edited, each.name), getattr(again.edited, each.name)
        assert np.array_equal(ours, theirs), each.name
    assert_same_result(replace(edited, edited=None), replace(again, edited=None))
    adata = read(path)
    modelled = adata.var_names.isin(edited.gene_names)
    assert list(adata.var["darlc_cluster"][modelled]) == ["myelin"] * 4 + ["2"] * 4 + ["größer"] * 4
    column = adata.var["darlc_cluster_edited"]
    assert column.cat.ordered and list(column.cat.categories) == ["Ränder / edges", "2"]
    assert list(column[modelled]) == [*["Ränder / edges"] * 4, *["2"] * 4, *["Ränder / edges"] * 4]
    assert column[~modelled].isna().all()
    assert list(adata.uns["darlc_cluster_edited_colors"]) == ["#ff8800", "#445566"]


def test_edits_that_were_undone_leave_the_file(edited, tmp_path):
    again = load(edited.save(tmp_path / "r.h5ad"))
    bare = replace(again, edited=None).to_adata()
    assert "darlc_cluster_edited" not in bare.var
    assert "darlc_cluster_edited_colors" not in bare.uns
    assert from_adata(bare).edited is None
    assert "darlc_cluster_edited" in again.adata.var


def test_edits_of_other_genes_are_refused(edited):
    fitted = to_adata(edited)
    fitted.uns["darlc"]["edited"]["membership"] = edited.edited.membership[1:]
    with pytest.raises(InputError, match=r"changed since .* 12 genes"):
        from_adata(fitted)


def test_scanpy_draws_the_same_clusters(edited):
    import scanpy
    from matplotlib.colors import to_hex

    genes = to_adata(edited)[:, edited.gene_names].copy().T
    axes = scanpy.pl.embedding(genes, "X_darlc", color="darlc_cluster_edited", show=False)
    drawn = [to_hex(colour) for colour in axes.collections[0].get_facecolors()]
    assert drawn == [edited.edited.colours[column] for column in edited.edited.cluster]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == list(edited.edited.names)


def test_files_of_the_first_version_still_open(tmp_path):
    path = tmp_path / "r.h5ad"
    path.write_bytes(gzip.decompress(VERSION_1.read_bytes()))
    old = load(path)
    assert old.adata.uns["darlc"]["schema_version"] == 1 and old.edited is None
    assert old.cluster_names == ("myelin", "2", "no pattern")
    assert list(old.cluster) == [0, 1, 2, 0, 1, 2] and old.config.seed == 7
    np.testing.assert_array_equal(old.embedding, np.arange(12.0).reshape(6, 2))
    np.testing.assert_array_equal(old.denoised, np.arange(120.0).reshape(6, 20))
    named = replace(old, edited=old.clusters.renamed(1, "grey matter"))
    new = load(named.save(tmp_path / "new.h5ad"))
    assert new.adata.uns["darlc"]["schema_version"] == 6
    np.testing.assert_array_equal(new.denoised, old.denoised)
    assert new.edited.names == ("myelin", "grey matter", "no pattern")
    assert new.cluster_names == old.cluster_names


def test_a_column_that_a_script_made_belongs_to_the_clusters_that_it_edits(result):
    fitted = to_adata(result)
    fitted.var["darlc_cluster_edited"] = "mine"
    fitted.uns["darlc"]["gene_sets"] = {"picked": np.array(["Gene1", "Gene2"])}
    same = from_adata(fitted)
    assert "darlc_cluster_edited" in to_adata(same).var
    other = replace(same, membership=same.membership[::-1])
    again = to_adata(other)
    assert "darlc_cluster_edited" not in again.var
    assert list(again.uns["darlc"]["gene_sets"]["picked"]) == ["Gene1", "Gene2"]
    assert "darlc_cluster_edited" in fitted.var


def test_data_that_do_not_fit_are_refused(result, tmp_path):
    path = tmp_path / "r.h5ad"
    tissue = result.adata
    with pytest.raises(InputError, match="not bound to the data"):
        replace(result, adata=None).save(path)
    with pytest.raises(InputError, match=r"1 of 12 genes .* \(such as Gene0\)"):
        result.with_data(tissue[:, 1:]).save(path)
    with pytest.raises(InputError, match="describes 72 observations and the data hold 71"):
        result.with_data(tissue[1:]).save(path)
    repeated = tissue.copy()
    repeated.var_names = ["same", *repeated.var_names[1:-1], "same"]
    with pytest.raises(InputError, match="repeated"):
        result.with_data(repeated).save(path)
    assert not list(tmp_path.iterdir())


@SUFFIXES
def test_files_without_a_result(tissue, result, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    with pytest.raises(InputError, match="does not exist"):
        load(path)
    tissue.obs = tissue.obs.drop(columns="remark")
    (tissue.write_zarr if suffix == ".zarr" else tissue.write_h5ad)(path)
    with pytest.raises(InputError, match="holds no darlc result") as caught:
        load(path)
    assert str(caught.value).startswith(str(path))


def test_newer_and_damaged_results(result):
    fitted = to_adata(result)
    fitted.uns["darlc"]["schema_version"] = 7
    with pytest.raises(InputError, match="newer darlc"):
        from_adata(fitted)
    for part in ("schema_version", "config", "grid", "views", "weights"):
        fitted = to_adata(result)
        del fitted.uns["darlc"][part]
        with pytest.raises(InputError, match="changed since"):
            from_adata(fitted)
    for part, wrong in (("cluster_names", ["a", "b"]), ("cluster_colours", ["red"] * 3)):
        fitted = to_adata(result)
        fitted.uns["darlc"][part] = np.array(wrong)
        with pytest.raises(InputError, match="changed since"):
            from_adata(fitted)
    for mapping, key in (("obsm", "X_darlc_programmes"), ("varm", "darlc_coefficients")):
        fitted = to_adata(result)
        kept = getattr(fitted, mapping)
        kept[key] = kept[key][:, 1:]
        with pytest.raises(InputError, match="changed since"):
            from_adata(fitted)
        del kept[key]
        with pytest.raises(InputError, match="changed since"):
            from_adata(fitted)
    fitted = to_adata(result)
    fitted.obsm["darlc_pixel"][0] = 99
    with pytest.raises(InputError, match="changed since"):
        from_adata(fitted)
    with pytest.raises(InputError, match="1 of its genes are gone"):
        from_adata(to_adata(result)[:, 1:])


def test_a_damaged_file(result, tmp_path):
    path = save(result, tmp_path / "r.h5ad")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="could not be read"):
        load(path)


def test_denoised_values_of_an_earlier_fit_do_not_stay_beside_another(
    result, make_result, tmp_path
):
    first = load(result.save(tmp_path / "a.h5ad", denoised_layer=True))
    assert "darlc_denoised" in to_adata(first).layers, "the same fit keeps its own"
    images = rasterize(first.adata)
    other = replace(make_result(images, Config(seed=9)), adata=first.adata)
    other = replace(other, membership=other.membership[::-1].copy())
    assert "darlc_denoised" not in read_h5ad(other.save(tmp_path / "b.h5ad")).layers
    assert "darlc_denoised" in other.adata.layers, "what was opened stays as it was"


def test_a_layer_of_that_name_that_no_fit_left_stays(result):
    result.adata.layers["darlc_denoised"] = np.ones(result.adata.shape)
    assert np.all(to_adata(result).layers["darlc_denoised"] == 1)


def test_a_store_with_a_codec_that_may_run_code_is_not_opened(result, tmp_path, monkeypatch):
    path = result.save(tmp_path / "a.zarr")
    meta = next(
        path / "X" / "data" / name
        for name in (".zarray", "zarr.json")
        if (path / "X" / "data" / name).is_file()
    )
    evil = {"filters": [{"id": "vlen-utf8"}, {"id": "pickle"}], "codecs": [{"name": "pickle"}]}
    meta.write_text(json.dumps(json.loads(meta.read_text()) | evil))
    monkeypatch.setattr("anndata.io.read_zarr", lambda path: pytest.fail("it was read"))
    with pytest.raises(InputError, match="'pickle', which is not trusted"):
        load(path)


def test_parts_of_another_kind_are_refused_in_a_sentence(result):
    adata = to_adata(result)
    adata.uns["darlc"]["timings"] = np.arange(3)
    with pytest.raises(InputError, match="was changed since it was written"):
        from_adata(adata)


def test_settings_that_are_refused_today_do_not_keep_a_file_closed(result, tmp_path):
    adata = result.to_adata()
    stored = json.loads(adata.uns["darlc"]["config"])
    stored["train"]["learning_rate"], stored["genes"] = float("nan"), 2.5
    adata.uns["darlc"]["config"] = json.dumps(stored)
    again = from_adata(adata)
    assert again.config == result.config
    assert again.notes[: len(result.notes)] == result.notes
    assert [note.split(": ")[1].split()[0] for note in again.notes[len(result.notes) :]] == [
        "train.learning_rate",
        "genes",
    ]

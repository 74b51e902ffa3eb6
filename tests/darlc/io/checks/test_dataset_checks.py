"""Bad input: one sentence that starts with the path, whatever is wrong; and what is mended."""

from __future__ import annotations

import pickle
import re

import h5py
import numpy as np
import pytest
from scipy import sparse

from darlc.data.dataset import Dataset
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import open_dataset
from darlc.io.checks.dataset_checks import check
from darlc.io.prepare import prepare


def sentence(path):
    """Open what must fail, and check the shape of the message."""
    with pytest.raises(InputError) as caught:
        open_dataset(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text and "Traceback" not in text and text.endswith(".")
    return text


def spoil(**changes):
    """Return a function that sets attributes of an AnnData."""

    def change(adata):
        for name, value in changes.items():
            setattr(adata, name, value(adata))

    return change


def set_x(value):
    def change(adata):
        dense = adata.X.toarray()
        dense[1, 2] = value
        adata.X = sparse.csr_matrix(dense)

    return change


def set_spatial(value):
    def change(adata):
        adata.obsm["spatial"] = value(adata.obsm["spatial"])

    return change


BAD = {
    "no coordinates": (lambda a: a.obsm.pop("spatial"), "holds no coordinates"),
    "one coordinate": (set_spatial(lambda s: s[:, :1]), r"shape \(4, 1\)"),
    "text coordinates": (set_spatial(lambda s: np.full(s.shape, "here")), "are not numbers"),
    "nan coordinates": (set_spatial(lambda s: s * np.nan), "no finite coordinates"),
    "one point": (set_spatial(lambda s: s * 0 + 7), "one point"),
    "nan": (set_x(np.nan), r"1 value of 1 gene \(such as c\) in X not finite"),
    "infinite": (set_x(np.inf), "not finite"),
    "negative": (set_x(-1), r"1 value of 1 gene \(such as c\) in X below zero"),
    "zeros": (spoil(X=lambda a: a.X * 0), "nothing but zeros"),
    "no matrix": (spoil(X=lambda a: None), "holds no matrix X"),
}


@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
@pytest.mark.parametrize("case", BAD)
def test_bad_data(tmp_path, adata, case, layout):
    change, says = BAD[case]
    change(adata)
    if adata.X is not None:
        adata.X = adata.X.toarray() if layout == "dense" else adata.X.asformat(layout)
    adata.write_h5ad(tmp_path / "a.h5ad")
    text = sentence(tmp_path / "a.h5ad")
    assert re.search(says, text), text


def test_nothing_inside(tmp_path, adata):
    adata[:0].write_h5ad(tmp_path / "a.h5ad")
    assert "no observations" in sentence(tmp_path / "a.h5ad")
    adata[:, :0].write_h5ad(tmp_path / "b.h5ad")
    assert "no genes" in sentence(tmp_path / "b.h5ad")


def test_indices_that_point_outside(tmp_path, adata):
    path = tmp_path / "a.h5ad"
    adata.write_h5ad(path)
    with h5py.File(path, "a") as file:
        file["X/indices"][0] = 1_000_000
    assert "could not be read" in sentence(path)


def test_text_for_numbers(tmp_path, adata):
    path = tmp_path / "a.h5ad"
    adata.X = adata.X.toarray()
    adata.write_h5ad(path)
    with h5py.File(path, "a") as file:
        attributes = dict(file["X"].attrs)
        del file["X"]
        file["X"] = np.full((4, 4), b"one")
        file["X"].attrs.update(attributes)
    assert "not numbers" in sentence(path)


class Bomb:
    """Runs code when unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


@pytest.mark.parametrize("name", ["a.h5ad", "a.tsv", "a.csv.gz", "a.pkl"])
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 50, b"text", pickle.dumps(Bomb()), b"\x1f\x8b\x08\x00cut"]
)
def test_files_that_are_something_else(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    sentence(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("part", ["filtered_feature_bc_matrix.h5", "spatial/tissue_positions.csv"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 50, pickle.dumps(Bomb())])
def test_damaged_parts_of_a_folder_are_named(make_folder, part, content):
    folder = make_folder()
    (folder / part).write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_dataset(folder)
    assert str(caught.value).startswith(str(folder / part))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_truncated_files(tmp_path, adata, make_folder, kept):
    adata.write_h5ad(tmp_path / "a.h5ad")
    folder = make_folder(matrix="mtx")
    matrix = folder / "filtered_feature_bc_matrix" / "matrix.mtx.gz"
    for path in (tmp_path / "a.h5ad", matrix):
        content = path.read_bytes()
        path.write_bytes(content[: int(kept * len(content))])
    sentence(tmp_path / "a.h5ad")
    with pytest.raises(InputError, match=r"matrix\.mtx\.gz could not be read"):
        open_dataset(folder)


def test_missing_and_unknown_paths(tmp_path):
    assert "does not exist" in sentence(tmp_path / "none.h5ad")
    (tmp_path / "empty").mkdir()
    text = sentence(tmp_path / "empty")
    assert ".h5ad" in text and "Space Ranger" in text and "table" in text


def test_observations_without_coordinates_stay_and_are_not_drawn(tmp_path, adata, counts):
    adata.obsm["spatial"][1, 0] = np.nan
    adata.obsm["spatial"][2, 1] = np.inf
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    np.testing.assert_array_equal(dataset.adata.X.toarray(), counts)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], adata.obsm["spatial"])
    assert "2 observations" in dataset.notes[0] and "kept in the data" in dataset.notes[0]
    pixel = rasterize(dataset.adata).observation_pixel
    assert (pixel[[1, 2]] == -1).all() and (pixel[[0, 3]] >= 0).all()


def test_repeated_gene_names_are_made_unique(tmp_path, adata, fingerprint):
    adata.var_names = ["a", "b", "a", "a"]
    path = tmp_path / "a.h5ad"
    adata.write_h5ad(path)
    before = fingerprint(path)
    dataset = open_dataset(path)
    assert list(dataset.adata.var_names) == ["a", "b", "a-1", "a-2"]
    assert "1 gene name" in dataset.notes[0]
    assert fingerprint(path) == before


def test_scaled_values_with_counts_beside_them(tmp_path, adata):
    adata.layers["counts"] = adata.X.copy()
    adata.X = adata.X.toarray() - 1.5
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    assert "layers['counts']" in dataset.notes[0]
    assert dataset.adata.X.min() < 0


def test_a_bad_counts_layer_helps_nobody(tmp_path, adata):
    adata.layers["counts"] = adata.X * 0
    adata.X = adata.X.toarray() - 1.5
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert "in X below zero" in sentence(tmp_path / "a.h5ad")


@pytest.mark.parametrize("value", [-1, np.nan, np.inf, 0])
def test_counts_take_the_place_of_an_x_that_is_no_expression(tmp_path, adata, value):
    adata.layers["counts"] = adata.X.copy()
    if value:
        set_x(value)(adata)
    else:
        adata.X = adata.X * 0
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    assert "X holds no usable expression, so layers['counts'] is used." in dataset.notes
    images = rasterize(dataset.adata)
    assert images.values == "counts" and images.library.sum() == adata.layers["counts"].sum()


def test_counts_under_another_name_are_pointed_at(tmp_path, adata):
    adata.layers["umis"] = adata.X.copy()
    adata.X = adata.X * 0.3
    adata.layers["scaled"] = adata.X * 0.5
    adata.write_h5ad(tmp_path / "a.h5ad")
    note = "layers['umis'] holds whole numbers: --layer umis reads them as counts."
    assert note in open_dataset(tmp_path / "a.h5ad").notes
    adata.layers["counts"] = adata.layers["umis"]
    adata.write_h5ad(tmp_path / "b.h5ad")
    assert note not in open_dataset(tmp_path / "b.h5ad").notes


@pytest.mark.parametrize("words", [("True", "False"), ("yes", "no")])
def test_words_for_what_lies_in_the_tissue(tmp_path, adata, words):
    adata.obs["in_tissue"] = np.array([words[0], words[0], words[0], words[1]], dtype=object)
    checked = check(Dataset(adata), tmp_path).adata
    assert rasterize(checked).observation_pixel.tolist()[-1] == -1
    assert (rasterize(checked).observation_pixel[:3] >= 0).all()
    assert list(checked.obs["in_tissue_original"]) == [words[0]] * 3 + [words[1]]


def test_rows_that_have_names_and_no_numbers(tmp_path, adata):
    adata.obs["array_row"], adata.obs["array_col"] = "r1", "c1"
    assert rasterize(check(Dataset(adata), tmp_path).adata).grid.layout == "binned"


def test_half_precision(tmp_path, adata):
    adata.X = adata.X.toarray().astype(np.float16)
    before = adata.X.copy()
    images = prepare(adata)[1]
    np.testing.assert_array_equal(adata.X, before)
    assert adata.X.dtype == np.float16
    assert images.library.sum() == before.astype(np.float64).sum()


@pytest.mark.parametrize("x", ["scaled", "missing", "not finite"])
def test_counts_are_found_in_a_layer_of_any_name(tmp_path, adata, x):
    counts = adata.X.copy()
    adata.layers["detected"] = (counts.toarray() > 0).astype(bool)
    adata.layers["csc_umis"] = sparse.csc_matrix(counts)
    adata.layers["other"] = counts.toarray().astype(">i4") * 2
    adata.layers["lognorm"] = np.log1p(counts.toarray())
    adata.X = {
        "scaled": counts.toarray() - 0.5,
        "missing": None,
        "not finite": counts.toarray() * np.nan,
    }[x]
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    said = "X holds no usable expression, so layers['csc_umis'] is used. --layer reads another "
    assert f"{said}(other)." in dataset.notes
    images = rasterize(dataset.adata)
    assert images.values == "counts" and images.library.sum() == counts.sum()


def test_a_layer_that_could_be_used_is_named(tmp_path, adata):
    adata.layers["lognorm"] = np.log1p(adata.X.toarray()) + 0.01
    adata.X = adata.X.toarray() - 1.5
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert "with --layer (lognorm)" in sentence(tmp_path / "a.h5ad")


@pytest.mark.parametrize("factor", [1e-9, 1e30])
def test_values_that_cannot_be_computed_with(tmp_path, adata, factor):
    adata.X = adata.X * factor
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert "which cannot be computed with" in sentence(tmp_path / "a.h5ad")


@pytest.mark.parametrize("odd", ["text", 3, {"layer": 3}, {"unknown": "x"}])
def test_what_others_leave_where_readers_leave_notes(tmp_path, adata, odd):
    adata.uns[READING] = odd
    adata.raw = adata.copy()
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert READING not in open_dataset(tmp_path / "a.h5ad").adata.uns

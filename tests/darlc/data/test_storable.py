"""Whatever AnnData holds can be written and read again, and what had to change is said."""

from __future__ import annotations

import datetime
import enum
import warnings
from collections import OrderedDict, namedtuple
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, read_h5ad, read_zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from darlc.data.storable import skeleton, storable
from darlc.io.store import try_out, write

SUFFIXES = pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
AS_TEXT = "Saved as text, for files hold no such values: "
RENAMED = "Saved under another name, for files hold no such name: "

COLUMNS = {
    "truths": ([True, None, False], "boolean", [True, pd.NA, False]),
    "all truths": ([True, True, False], "bool", [True, True, False]),
    "whole": ([1, 2, 3], "int64", [1, 2, 3]),
    "numbers": ([1, None, 3.5], "float64", [1.0, np.nan, 3.5]),
    "mixed": ([1, "x", "y"], "object", ["1", "x", "y"]),
    "gaps": ([1, "x", None], "category", ["1", "x", np.nan]),
}


def read(path: Path) -> AnnData:
    return read_zarr(path) if path.suffix == ".zarr" else read_h5ad(path)


def again(adata: AnnData, folder: Path, suffix: str = ".h5ad") -> tuple[AnnData, list[str]]:
    """Return what is read after it was written, and what was said of it."""
    notes: list[str] = []
    trial = try_out(adata, folder / f"a{suffix}")
    written = write(adata, folder / f"a{suffix}", on_note=notes.append)
    assert list(trial) == notes
    return read(written), notes


@pytest.fixture
def adata() -> AnnData:
    return AnnData(np.ones((3, 2), dtype=np.float32))


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_objects(name, adata, tmp_path):
    values, kind, expected = COLUMNS[name]
    adata.obs[name] = np.array(values, dtype=object)
    before = adata.obs.copy()
    found, notes = again(adata, tmp_path)
    pd.testing.assert_frame_equal(adata.obs, before)
    assert str(found.obs[name].dtype) == kind
    pd.testing.assert_series_equal(
        found.obs[name].astype(object),
        pd.Series(expected, found.obs_names, object, name=name),
        check_dtype=False,
    )
    assert bool(notes) == (name in ("mixed", "gaps"))


def test_times_become_text(adata, tmp_path):
    adata.obs["taken"] = pd.to_datetime(["2026-01-02", "2026-01-03", None])
    found, notes = again(adata, tmp_path)
    assert [str(text)[:10] for text in found.obs["taken"]] == ["2026-01-02", "2026-01-03", "nan"]
    assert notes == [f"{AS_TEXT}obs['taken']."]


@SUFFIXES
def test_what_files_can_hold_stays(adata, tmp_path, suffix):
    obs = pd.DataFrame(
        {
            "number": [1.5, 2.0, np.nan],
            "kind": pd.Categorical(["a", "b", None], ordered=True),
            "grade": pd.Categorical([1, 2, 1]),
            "maybe": pd.array([1, None, 3], dtype="Int64"),
            "name": np.array(["a", "b", ""], dtype=object),
        },
        index=pd.Index(["x", "y", "z"], name="spot"),
    )
    adata.obs = obs
    adata.raw = adata.copy()
    adata.uns["deep"] = {"text": "ß", "none": None, "list": np.array([1, 2]), "yes": True}
    adata.obsm["table"] = pd.DataFrame({"a": [1, 2, 3]}, index=adata.obs_names)
    adata.obsp["near"] = sparse.csc_matrix(np.eye(3))
    found, notes = again(adata, tmp_path, suffix)
    assert notes == []
    pd.testing.assert_frame_equal(found.obs, obs, check_dtype=suffix == ".h5ad")
    assert found.uns["deep"]["text"] == "ß" and found.uns["deep"]["none"] is None
    assert found.obsm["table"]["a"].tolist() == [1, 2, 3] and found.raw.shape == (3, 2)


@SUFFIXES
def test_raw_with_a_column_that_is_reserved_is_kept(tmp_path, suffix):
    """SeuratDisk leaves the names of genes once more in a column called _index."""
    source = tmp_path / "seurat.h5ad"
    adata = AnnData(
        sparse.csr_matrix(np.eye(3, dtype=np.float32)), var=pd.DataFrame(index=["A", "B", "C"])
    )
    adata.raw = adata.copy()
    adata.write_h5ad(source)
    with h5py.File(source, "a") as file:
        table = file["raw/var"]
        table.attrs["column-order"] = np.array(["_index"], dtype=object)
    opened = read_h5ad(source)
    assert list(opened.raw.var.columns) == ["_index"]
    found, notes = again(opened, tmp_path, suffix)
    assert found.raw.var["index"].tolist() == ["A", "B", "C"]
    np.testing.assert_array_equal(found.raw.X.toarray(), np.eye(3))
    assert notes == [f"{RENAMED}raw.var['_index'] as 'index'."]


@SUFFIXES
def test_names_that_no_file_holds(adata, tmp_path, suffix):
    adata.obs = pd.DataFrame(
        [[1, 2, 3, 4, 5, 6]] * 3,
        columns=["a", "a", "a/b", 7, "", "a_1"],
        index=adata.obs_names,
    )
    adata.obsm["X/umap"] = np.zeros((3, 2))
    adata.uns.update({1: "one", "1": "text", "..": 2, "n\x00": 3, "x" * 300: 4, ("t", 1): 5})
    found, notes = again(adata, tmp_path, suffix)
    assert list(found.obs.columns) == ["a", "a_2", "a_b", "7", "unnamed", "a_1"]
    assert found.obs.iloc[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert list(found.obsm) == ["X_umap"]
    assert found.uns["1"] == "text" and found.uns["1_1"] == "one" and found.uns["n"] == 3
    assert sorted(map(str, found.uns.values())) == ["2", "3", "4", "5", "one", "text"]
    assert len(notes) == 1 and "obs['a/b'] as 'a_b'" in notes[0]


class Colour(enum.Enum):
    RED = 1


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no")


Point = namedtuple("Point", "x y")
LOOP: dict[str, object] = {}
LOOP["again"] = LOOP
DEEP: dict[str, object] = {}
for _ in range(60):
    DEEP = {"down": DEEP}

#: What stands in ``uns`` somewhere, and what is read of it; None where it only has to be there.
VALUES = {
    "tuple": ((1, 2), [1, 2]),
    "named tuple": (Point(1, 2.5), [1, 2.5]),
    "range": (range(3), [0, 1, 2]),
    "set": ({"b", "a"}, ["a", "b"]),
    "mixed list": ([1, "a"], ["1", "a"]),
    "ragged list": ([[1, 2], [3]], {"0": [1, 2], "1": [3]}),
    "square list": ([[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    "list of mappings": ([{"a": 1}, {"b": "x"}], {"0": {"a": 1}, "1": {"b": "x"}}),
    "list of none": ([None], [""]),
    "list of truths and numbers": ([True, 2], ["True", "2"]),
    "bytes": (b"abc", "abc"),
    "complex": (1 + 2j, "(1+2j)"),
    "large number": (2**80, str(2**80)),
    "date": (datetime.date(2026, 1, 2), "2026-01-02"),
    "path": (Path("a") / "b", str(Path("a") / "b")),
    "enumeration": (Colour.RED, "Colour.RED"),
    "decimal": (Decimal("1.5"), "1.5"),
    "fraction": ([Fraction(1, 3)], ["1/3"]),
    "numpy time": (np.datetime64("2026-01-02"), "2026-01-02"),
    "times": (np.array(["2026-01-02", "NaT"], dtype="M8[D]"), ["2026-01-02", ""]),
    "wide float": (np.longdouble(1.5), 1.5),
    "wide floats": (np.array([1.5], dtype=np.longdouble), [1.5]),
    "zero sign": ("a\x00b", "ab"),
    "half a sign": ("a\ud800", "a?"),
    "zero signs": (np.array(["a\x00b", "c"]), ["ab", "c"]),
    "objects": (np.array([1, "a", None], dtype=object), ["1", "a", ""]),
    "object numbers": (np.array([[1, 2.5]], dtype=object), [[1.0, 2.5]]),
    "matrix": (np.matrix([[1, 2]]), [[1, 2]]),
    "masked": (np.ma.array([1, 2], mask=[False, True]), [1.0, np.nan]),
    "record": (np.array([(1, "a")], dtype=[("x", int), ("y", "U3")]), None),
    "series": (pd.Series([1, 2], index=["a", "b"], name="s"), None),
    "index": (pd.Index(["a", "b"]), ["a", "b"]),
    "multi-index": (pd.MultiIndex.from_tuples([("a", 1)]), None),
    "period": (pd.Period("2026-01"), "2026-01"),
    "function": (len, None),
    "module": (warnings, None),
    "hostile": (Hostile(), "a Hostile"),
    "ordered": (OrderedDict(b=1), {"b": 1}),
    "loop": (LOOP, None),
    "deep": (DEEP, None),
    "coordinates": (sparse.coo_matrix(np.eye(2)), None),
    "row": (sparse.coo_array(np.array([0, 2.0])), [0, 2]),
    "data": (AnnData(np.ones((2, 1)), obs=pd.DataFrame({"a/b": [1, 2]}, index=["x", "y"])), None),
    "tables": ([pd.DataFrame({"a": [1]})], None),
    "table by time": (pd.DataFrame({"a": [1]}, index=pd.to_datetime(["2026-01-02"])), None),
    "table by two": (
        pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("x", 1)], names=["k", "a"])),
        None,
    ),
    "table with two heads": (
        pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([(0, 1)])),
        None,
    ),
    "nullable text": (pd.array(["a", None], dtype="string"), None),
    "nullable floats": (pd.array([1.5, None], dtype="Float64"), [1.5, np.nan]),
    "intervals": (pd.cut([1, 2, 3], 2), None),
}


def plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value


@SUFFIXES
def test_values_of_uns(adata, tmp_path, suffix):
    adata.uns["here"] = {name: value for name, (value, _) in VALUES.items()}
    found = again(adata, tmp_path, suffix)[0].uns["here"]
    assert found.keys() == VALUES.keys()
    for name, (_, expected) in VALUES.items():
        if expected is not None:
            np.testing.assert_equal(plain(found[name]), expected, err_msg=name)


#: Columns of three rows that AnnData holds in memory.
ROWS = {
    "times with zones": pd.date_range("2026", periods=3, tz="Europe/Berlin"),
    "periods": pd.period_range("2026", periods=3, freq="M"),
    "spans": pd.to_timedelta([1, 2, None], unit="s"),
    "intervals": pd.cut([1, 2, 3], 2),
    "categories of intervals": pd.Series(pd.cut([1, 2, 3], 2)),
    "categories of times": pd.Categorical(pd.to_datetime(["2026", "2025", None])),
    "mixed categories": pd.Categorical([1, "1", 2.5], categories=[1, "1", 2.5], ordered=True),
    "categories with a zero sign": pd.Categorical(["a\x00", "b", "a\x00"]),
    "categories of nullable text": pd.Categorical(pd.array(["a", None, "b"], dtype="string")),
    "nullable floats": pd.array([1.5, None, 2], dtype="Float32"),
    "nullable truths": pd.array([True, None, False], dtype="boolean"),
    "nullable text": pd.array(["a", None, "b"], dtype="string"),
    "arrow text": pd.array(["a", None, "b"], dtype="string[pyarrow]"),
    "arrow numbers": pd.array([1, None, 3], dtype="int64[pyarrow]"),
    "arrow lists": pd.Series([[1], [2], None]),
    "sparse": pd.arrays.SparseArray([0, 0, 1.5]),
    "complex": np.array([1j, 2, 3]),
    "half precision": np.array([1, 2, 3], dtype=np.float16),
    "wide": np.array([1, 2, 3], dtype=np.longdouble),
    "big-endian": np.array([1, 2, 3], dtype=">i4"),
    "bytes": np.array([b"a", b"b", b"c"], dtype=object),
    "large": np.array([2**70, 1, 2], dtype=object),
    "nothing": np.array([None] * 3, dtype=object),
    "tuples": pd.Series([(1, 2), (3,), ()]),
    "mappings": pd.Series([{"a": 1}, {}, None]),
    "decimals": pd.Series([Decimal("1.5"), None, Decimal(2)]),
    "half a sign": np.array(["a\ud800", "b", "c"], dtype=object),
}


@SUFFIXES
def test_columns(adata, tmp_path, suffix):
    rows = {name: pd.Series(values).array for name, values in ROWS.items()}
    adata.obs = pd.DataFrame(rows, index=adata.obs_names)
    adata.raw = AnnData(np.ones((3, 3)), obs=adata.obs[[]], var=pd.DataFrame(rows, index=[*"abc"]))
    adata.obsm["table"] = adata.obs
    adata.uns["table"] = pd.DataFrame(rows)
    found, _ = again(adata, tmp_path, suffix)
    for table in (found.obs, found.raw.var, found.obsm["table"], found.uns["table"]):
        for name, values in rows.items():
            assert table[name].isna().tolist() == pd.isna(values).tolist(), name
    assert found.obs["mixed categories"].cat.ordered
    assert found.obs["mixed categories"].tolist() == ["1", "1", "2.5"]
    for name in ("nullable floats", "arrow numbers", "sparse", "wide"):
        assert found.obs[name].dtype.kind in "iuf" and found.obs[name].nunique() > 1, name


@SUFFIXES
def test_matrices_of_all_kinds(tmp_path, suffix):
    eye = np.eye(3)
    adata = AnnData(sparse.csr_matrix(eye))
    for form in ("csc", "csr"):
        for kind in (sparse.csr_matrix, sparse.csr_array):
            adata.obsp[f"{form} {kind.__name__}"] = kind(eye).asformat(form)
    # AnnData holds the others only where nothing has to fit.
    adata.uns = {
        form: sparse.csr_array(eye).asformat(form) for form in ("coo", "lil", "dok", "bsr")
    }
    found, _ = again(adata, tmp_path, suffix)
    for matrix in (*found.obsp.values(), *found.uns.values()):
        np.testing.assert_array_equal(matrix.toarray(), eye)
    adata = AnnData(eye, layers={"wide": eye.astype(np.longdouble), "thing": eye.astype(object)})
    adata.obsm["when"] = np.array([["2026-01-02"]] * 3, dtype="M8[s]")
    adata.varm["words"] = np.array([["a", None]] * 3, dtype=object)
    adata.layers["truth"] = eye > 0
    found, notes = again(adata, tmp_path, suffix)
    np.testing.assert_array_equal(found.layers["wide"], eye)
    np.testing.assert_array_equal(found.layers["thing"], eye)
    assert found.obsm["when"].shape == (3, 1) and found.varm["words"].tolist() == [["a", ""]] * 3
    assert any("layers['wide']" in note for note in notes)


@pytest.mark.parametrize("name", ["gone", "barcode"])
def test_the_name_of_rows_that_a_column_has(name, adata, tmp_path):
    adata.obs["barcode"] = ["x", "y", "z"]
    adata.obs.index.name = name
    found, notes = again(adata, tmp_path)
    assert found.obs["barcode"].tolist() == ["x", "y", "z"]
    assert found.obs.index.name == ("gone" if name == "gone" else None)
    assert len(notes) == (name == "barcode")


def test_a_sentence_names_some_of_many(adata, tmp_path):
    adata.uns.update({f"a/{i}": i for i in range(50)})
    _, (note,) = again(adata, tmp_path)
    assert note.count(" as 'a_") < 20 and " more." in note


def test_a_trial_leaves_nothing_and_writes_nothing_that_takes_long(adata, tmp_path):
    adata.obsm["spatial"] = np.zeros((3, 2))
    adata.obsm["table"] = pd.DataFrame({"a": [1, 2, 3]}, index=adata.obs_names)
    adata.layers["counts"] = adata.X.copy()
    adata.uns["images"] = {"pixels": np.zeros((9, 9)), "name": "slide"}
    adata.raw = adata.copy()
    try_out(adata, tmp_path / "a.h5ad")
    assert not list(tmp_path.iterdir())
    tried = skeleton(storable(adata, ".h5ad")[0])
    assert tried.X is None and not tried.layers and tried.uns == {"images": {"name": "slide"}}
    assert list(tried.obsm) == ["table"] and tried.shape == adata.shape
    assert tried.raw.X.nnz == 0 and tried.raw.shape == (3, 2)


NAMES = st.text(max_size=6) | st.sampled_from(
    ["_index", "a/b", "", ".", "..", ".zattrs", "zarr.json", "x", "X", "__categories", "/", "\x00"]
)
KEYS = NAMES | st.integers() | st.none() | st.tuples(st.integers(0, 2))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.characters(categories=["Cs", "Cc"]),
    st.binary(max_size=3),
    st.complex_numbers(),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.sampled_from([value for value, _ in VALUES.values()]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=6,
)
SERIES = st.sampled_from([pd.Series(values) for values in ROWS.values()]) | st.lists(
    SCALARS.filter(lambda each: not hasattr(each, "shape")), min_size=3, max_size=3
).map(lambda items: pd.Series(np.fromiter(items, dtype=object, count=3)))


@st.composite
def tables(draw, index: list[str]) -> pd.DataFrame:
    names = draw(st.lists(KEYS, max_size=3))
    columns = [draw(SERIES).set_axis(index) for _ in names]
    table = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=index)
    table.columns = pd.Index(names, tupleize_cols=False)
    words = [name for name in names if isinstance(name, str)]
    return table.rename_axis(draw(st.none() | st.text(max_size=3) | st.sampled_from([*words, "a"])))


@st.composite
def contents(draw) -> AnnData:
    spots, genes = ["s0", "s1", "s2"], ["A", "B", "C"]
    adata = AnnData(
        np.eye(3, dtype=np.float32), obs=pd.DataFrame(index=spots), var=pd.DataFrame(index=genes)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.raw = AnnData(np.eye(3), obs=adata.obs, var=draw(tables(genes)))
        adata.obs, adata.var = draw(tables(spots)), draw(tables(genes))
        adata.obsm["table"] = draw(tables(spots))
        adata.varm["table"] = draw(tables(genes))
        for name in draw(st.lists(NAMES, max_size=2)):
            adata.obsm[name] = np.ones((3, 2))
            adata.layers[name] = sparse.csr_matrix(np.eye(3))
        adata.uns.update(draw(st.dictionaries(KEYS, TREES, max_size=4)))
        adata.uns["table"] = draw(tables(spots))
    return adata


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(adata=contents())
def test_whatever_is_held_is_written_read_and_tried_out(tmp_path_factory, adata):
    is_written_read_and_tried_out(tmp_path_factory.mktemp("any"), ".h5ad", adata)


# Zarr makes a folder of every array, which takes seconds.
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(adata=contents())
def test_whatever_is_held_is_written_to_folders_too(tmp_path_factory, adata):
    is_written_read_and_tried_out(tmp_path_factory.mktemp("any"), ".zarr", adata)


def is_written_read_and_tried_out(folder, suffix, adata):
    found, _ = again(adata, folder, suffix)
    assert found.shape == adata.shape and found.raw.shape == adata.raw.shape
    assert len(found.obs.columns) == len(adata.obs.columns)
    assert len(found.raw.var.columns) == len(adata.raw.var.columns)
    assert len(found.uns) == len(adata.uns) and len(found.obsm) == len(adata.obsm)
    for before, after in (
        (adata.obs, found.obs),
        (adata.raw.var, found.raw.var),
        (adata.obsm["table"], found.obsm["table"]),
    ):
        np.testing.assert_array_equal(before.isna().to_numpy(), after.isna().to_numpy())
    # What was written needs no change any more.
    _, notes = storable(found, suffix)
    assert notes == ()


def test_rows_named_like_a_column_of_half_precision(tmp_path: Path) -> None:
    var = pd.DataFrame({"weight": np.array([1, 2], dtype=np.float16)}, index=["a", "b"])
    var.index.name = "weight"
    found, _ = again(AnnData(np.ones((2, 2), np.float32), var=var), tmp_path, ".h5ad")
    assert list(found.var_names) == ["a", "b"]
    assert list(found.var["weight"]) == [1, 2]


@pytest.mark.parametrize("raw", [False, True])
def test_rows_named_like_a_column_of_a_table_beside_them(raw: bool, tmp_path: Path) -> None:
    """AnnData gives the name of its rows to the tables that are aligned with them."""
    adata = AnnData(np.ones((2, 2), np.float32), var=pd.DataFrame(index=["a", "b"]))
    adata.var.index.name = "gene"
    adata.varm["table"] = pd.DataFrame({"gene": ["A", "B"]}, index=["a", "b"])
    adata.varm["same"] = pd.DataFrame({"gene": ["a", "b"]}, index=["a", "b"])
    if raw:
        adata.raw = adata
        del adata.varm["table"]
    found, notes = again(adata, tmp_path)
    named = found.raw if raw else found
    assert list(named.varm["table"]["gene"]) == ["A", "B"] and named.var.index.name is None
    assert list(found.varm["same"]["gene"]) == ["a", "b"]
    assert any("without the name of its rows" in note and "var" in note for note in notes)
    assert not raw or found.var.index.name == "gene"

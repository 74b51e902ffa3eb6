"""The registry: what claims what, what a look-up costs, and how notes and errors arrive."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import anndata
import pytest

import darlc.io
from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.io import DataWarning, Format, find_format, formats, open_dataset, read, readers


def test_formats_are_registered_in_order():
    assert [fmt.name for fmt in formats()] == [
        *("h5ad", "spatialdata", "zarr", "visium_hd", "xenium", "merscope", "cosmx"),
        *("spaceranger", "10x_h5", "stereoseq", "image_stack", "table"),
    ]


def test_every_reader_is_in_the_list():
    names = {fmt.name for fmt in formats()}
    modules = {path.stem for path in Path(readers.__file__).parent.glob("*.py")} - {
        "__init__",
        "gem",
    }
    assert len(names) == len(modules), "list FORMAT of every reader in darlc/io/__init__.py"


@pytest.fixture
def invented(tmp_path, adata, forget_formats):
    """Return the path of a file in a format that was invented here, and who reads it."""
    path = tmp_path / "tissue.Invented"
    adata.write_h5ad(path)

    def read_invented(path, options):
        return anndata.read_h5ad(path)

    return path, Format(
        name="invented", description="a .invented file", suffixes=(".invented",), read=read_invented
    )


def test_a_format_of_a_script_is_read_like_any_other(invented):
    path, fmt = invented
    assert find_format(path) is None
    with pytest.raises(InputError, match="is no dataset that darlc understands"):
        darlc.read(path)
    assert darlc.register_format(fmt) is fmt
    assert find_format(path) is fmt and fmt in formats()
    dataset = open_dataset(path)
    assert (dataset.path, dataset.format, dataset.adata.shape) == (path, "invented", (4, 4))
    assert dataset.name == "tissue", "its own ending says the format, too"
    assert darlc.read(path, darlc.ReadOptions(layer="X")).shape == (4, 4)
    with pytest.raises(InputError, match="opened as invented, which has no choice of --bin-size"):
        darlc.read(path, darlc.ReadOptions(bin_size=8))
    with pytest.raises(InputError, match=r"open a \.invented file, an \.h5ad file"):
        darlc.read(path.parent)


def test_who_registers_a_format_is_asked_before_darlcs_own_and_the_last_one_first(invented, adata):
    _, fmt = invented
    path = invented[0].with_name("a.h5ad")
    adata.write_h5ad(path)
    assert find_format(path).name == "h5ad"
    mine = darlc.register_format(replace(fmt, name="mine", suffixes=(".h5ad",)))
    assert find_format(path) is mine
    other = darlc.register_format(replace(fmt, name="other", suffixes=(".h5ad",)))
    assert find_format(path) is other
    # Whoever runs a cell again has the new one, and not two.
    again = darlc.register_format(replace(mine, description="again"))
    assert find_format(path) is again
    assert [each.name for each in formats()].count("mine") == 1
    with pytest.raises(ValueError, match="darlc has a format named 'h5ad' already"):
        darlc.register_format(replace(fmt, name="h5ad"))


def test_what_a_format_does_wrong_is_said_and_stops_no_other(invented, adata):
    path, fmt = invented

    def broken(path):
        raise KeyError("no such thing")

    darlc.register_format(fmt)
    darlc.register_format(replace(fmt, name="broken", suffixes=(), matches=broken))
    with pytest.warns(DataWarning, match="The format 'broken' could not tell whether .*KeyError"):
        assert find_format(path).name == "invented"

    def wrong(path, options):
        return adata.to_df()

    def raises(path, options):
        return {}["x"]

    darlc.register_format(replace(fmt, name="broken", matches=None, read=wrong))
    with pytest.raises(InputError, match="the reader of format 'broken' returned a DataFrame"):
        darlc.read(path)
    darlc.register_format(replace(fmt, name="broken", read=raises))
    with pytest.raises(InputError, match=r"could not be read \(KeyError: 'x'\)"):
        darlc.read(path)


def test_a_format_may_return_a_dataset_with_notes(invented, adata):
    path, fmt = invented
    noted = Dataset(adata, notes=("One lane was empty.",))
    darlc.register_format(replace(fmt, read=lambda path, options: noted))
    dataset = open_dataset(path, darlc.ReadOptions(section="all"))
    assert dataset.path == path and dataset.format == "invented"
    assert dataset.options.section == "all" and "One lane was empty." in dataset.notes


def test_the_name_of_before_registers_too_and_says_what_it_is_called_now(invented):
    with pytest.warns(DeprecationWarning, match="is now darlc.register_format"):
        darlc.io.register(invented[1])
    assert find_format(invented[0]) is invented[1]


def test_a_look_up_imports_nothing_heavy():
    code = (
        "import sys; from darlc.io import find_format; find_format('x.h5ad');"
        "find_format('.'); print([m for m in ('anndata', 'pandas', 'scipy', 'h5py', 'PIL', 'torch')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_find_format_claims_datasets_only(tmp_path, make_folder, adata):
    adata.write_h5ad(tmp_path / "a.h5ad")
    (tmp_path / "t.tsv").write_text("a\tb\n1x2\t0\t1\n")
    (tmp_path / "points.csv").write_text("index,axis-0,axis-1\n0,1.5,2.5\n1,2.5,2.5\n")
    (tmp_path / "labels.tsv").write_text("name\tx\tlabel\n1x2\t0.5\ttumour\n")
    (tmp_path / "empty.csv").write_text("")
    assert find_format(str(tmp_path / "a.h5ad")).name == "h5ad"
    assert find_format(make_folder()).name == "spaceranger"
    assert find_format(tmp_path / "t.tsv").name == "table"
    for other in ("points.csv", "labels.tsv", "empty.csv", "missing.h5ad", "."):
        assert find_format(tmp_path / other) is None


def test_read_returns_the_anndata_and_warns_of_notes(tmp_path, adata):
    adata.obsm["X_spatial"] = adata.obsm.pop("spatial")
    adata.write_h5ad(tmp_path / "a.h5ad")
    with pytest.warns(DataWarning, match="X_spatial") as caught:
        found = read(tmp_path / "a.h5ad")
    assert caught[0].filename == __file__
    assert found.shape == (4, 4)


def test_a_dataset_says_where_it_came_from(tmp_path, adata):
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    assert (dataset.path, dataset.format, dataset.notes) == (tmp_path / "a.h5ad", "h5ad", ())
    assert dataset.name == "a"


def test_the_cause_of_an_error_is_kept(tmp_path):
    (tmp_path / "a.h5ad").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path / "a.h5ad")
    assert caught.value.__cause__ is not None

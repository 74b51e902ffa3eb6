"""The registry: what claims what, what a look-up costs, and how notes and errors arrive."""

from __future__ import annotations

import subprocess
import sys

import pytest

from darlc.errors import InputError
from darlc.io import DataWarning, Format, find_format, formats, open_dataset, read, register


def test_formats_are_registered_in_order():
    assert [fmt.name for fmt in formats()] == [
        *("h5ad", "spatialdata", "zarr", "visium_hd", "xenium", "merscope", "cosmx"),
        *("spaceranger", "10x_h5", "stereoseq", "image_stack", "table"),
    ]


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="h5ad"):
        register(Format("h5ad", "", lambda path: False, lambda path, options: None))


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

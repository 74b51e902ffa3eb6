"""The guard of Zarr stores: harmless ones pass, the others are refused before they are read."""

from __future__ import annotations

import json

import anndata
import numpy as np
import pytest
import zarr

from darlc.io.guards.zarr_store import check_zarr, is_zarr


@pytest.fixture(params=[2, 3])
def store(request, tmp_path, adata):
    with anndata.settings.override(zarr_write_format=request.param):
        adata.write_zarr(tmp_path / "a.zarr")
    return tmp_path / "a.zarr"


def test_intact_stores_pass(store):
    check_zarr(store)


def test_intact_real_stores_pass(real_data):
    for path in real_data.glob("*.zarr"):
        assert is_zarr(path)
        check_zarr(path)


def change_array(store, part, **change):
    """Change the metadata of an array, of either version."""
    path = next(store / part / name for name in (".zarray", "zarr.json")
                if (store / part / name).is_file())  # fmt: skip
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


@pytest.mark.parametrize("codec", ["pickle", "numcodecs.pickle", "json2", "unheard-of"])
def test_codecs_that_are_not_trusted(store, codec):
    change_array(
        store, "X/data", filters=[{"id": codec}], codecs=[{"name": codec, "configuration": {}}]
    )
    with pytest.raises(ValueError, match="not trusted"):
        check_zarr(store)


def test_a_codec_inside_of_another(store):
    inner = {"codecs": [{"name": "bytes"}], "index_codecs": [{"name": "numcodecs.pickle"}]}
    outer = [{"name": "sharding_indexed", "configuration": inner}]
    change_array(store, "X/data", codecs=outer, filters=[{"id": "pickle"}])
    with pytest.raises(ValueError, match="not trusted"):
        check_zarr(store)


def test_a_codec_in_the_copy_of_all_metadata(store):
    meta = json.loads((store / ".zgroup").read_text()) if (store / ".zgroup").is_file() else {}
    evil = {"filters": [{"id": "pickle"}], "codecs": [{"name": "pickle"}]}
    if meta:
        copy = {"metadata": {"X/data/.zarray": evil}, "zarr_consolidated_format": 1}
        (store / ".zmetadata").write_text(json.dumps(copy))
    else:
        root = json.loads((store / "zarr.json").read_text())
        root["consolidated_metadata"] = {"metadata": {"X/data": evil}}
        (store / "zarr.json").write_text(json.dumps(root))
    with pytest.raises(ValueError, match="not trusted"):
        check_zarr(store)


def test_links_and_sizes(store, tmp_path):
    (store / "uns" / "away").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="leads out of the store"):
        check_zarr(store)
    (store / "uns" / "away").unlink()
    change_array(store, "X/data", shape=[2**36])
    with pytest.raises(ValueError, match="next to nothing is stored"):
        check_zarr(store)


def test_large_arrays_that_are_really_there_pass(tmp_path):
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2)
    array = group.create_array("a", shape=(2**27,), dtype="u4", chunks=(2**20,))
    array[: 2**18] = np.random.default_rng(0).integers(2**31, size=2**18)
    check_zarr(path)

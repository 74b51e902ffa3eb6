"""Stereo-seq as text: what it is known by, bins of any size, cells, parts of large files."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darlc.errors import InputError
from darlc.io import ReadOptions, find_format, open_dataset
from darlc.io.readers import gem

HEAD = "#FileFormat=GEMv0.1\n#BinSize=1\n#Stereo-seqChip=SS200000135TL_D1\n#OffsetX=7176\n"


def lines(n: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return molecules of five genes on a chip of 300 by 200 spots; places may repeat."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "geneID": rng.choice(["Actb", "Gfap", "NA", "Mbp", "Blank-1"], n),
            "x": rng.integers(1000, 1300, n),
            "y": rng.integers(2000, 2200, n),
            "MIDCount": rng.integers(1, 4, n),
        }
    )


def write(path, table, head="", separator="\t"):
    text = head + table.to_csv(sep=separator, index=False)
    path.write_bytes(gzip.compress(text.encode()) if path.name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["a.gem", "a.gem.gz", "a_bin1.tsv.gz", "a.gem.txt", "a.txt.gz"])
@pytest.mark.parametrize("count", ["MIDCount", "MIDCounts", "UMICount"])
@pytest.mark.parametrize("head", ["", HEAD])
def test_names_columns_and_first_lines(tmp_path, name, count, head):
    table = lines().rename(columns={"MIDCount": count})
    table = table.assign(ExonCount=0)[["y", count, "x", "ExonCount", "geneID"]]
    path = write(tmp_path / name, table, head)
    assert find_format(path).name == "stereoseq"
    dataset = open_dataset(path)
    adata = dataset.adata
    assert sorted(adata.var_names) == ["Actb", "Gfap", "Mbp", "NA"]
    genes = table["geneID"] != "Blank-1"
    assert adata.X.sum() == table[count][genes].sum()
    assert "Bins of 50 spots are read (25 µm, where spots are 0.5 µm apart)" in dataset.notes[0]
    where = adata.obsm["spatial"]
    assert set(where[:, 0]) == {1024.5 + 50 * i for i in range(6)}
    assert set(where[:, 1]) == {2024.5 + 50 * i for i in range(4)}
    # x goes with the columns of the lattice, y with its rows.
    np.testing.assert_array_equal(adata.obs["array_col"], where[:, 0] // 50)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), n=st.integers(1, 60), size=st.sampled_from([1, 7, 20, 100]))
def test_sums_are_those_of_the_lines(tmp_path_factory, seed, n, size):
    table = lines(n, seed).replace("Blank-1", "Blnk")
    table["x"] -= 1150  # places before the chip's origin
    path = write(tmp_path_factory.mktemp("gem") / "a.gem", table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gem, "LINES", 13)
        read = gem.read_gem(path, ReadOptions(bin_size=size)).adata
    keys = [table["y"] // size, table["x"] // size, table["geneID"]]
    expected = table["MIDCount"].groupby(keys).sum()
    found = read.to_df().set_axis(
        pd.MultiIndex.from_frame(read.obs[["array_row", "array_col"]]), axis=0
    )
    found = found.stack()
    found = found[found > 0]
    assert found.to_dict() == expected.to_dict()


def test_bins_are_smaller_where_the_tissue_is(tmp_path):
    table = lines().assign(x=lambda t: t["x"] % 40, y=lambda t: t["y"] % 30)
    dataset = open_dataset(write(tmp_path / "a.gem", table))
    assert "Bins of 5 spots are read (2.5 µm, where spots are 0.5 µm apart)" in dataset.notes[0]
    assert dataset.adata.n_obs == 48


def test_names_beside_identifiers_and_the_chip(tmp_path):
    table = lines().query("geneID != 'Blank-1'").rename(columns={"geneID": "geneName"})
    table.insert(0, "geneID", table["geneName"].map(lambda name: f"ENS-{name}"))
    path = write(tmp_path / "a.gem", table, "#Stereo-seqChip=DP8400013846TR\n")
    adata = open_dataset(path).adata
    assert dict(zip(adata.var["gene_ids"], adata.var_names, strict=True))["ENS-Mbp"] == "Mbp"
    assert adata.uns["darlc_reading"]["microns"] == 0.715


def test_bins_that_are_stored(tmp_path):
    table = lines().assign(x=lambda t: t["x"] // 20, y=lambda t: t["y"] // 20)
    head = "#BinSize=20\n"
    numbered = write(tmp_path / "numbers.gem", table, head)
    cornered = write(tmp_path / "corners.gem", table.assign(x=table.x * 20, y=table.y * 20), head)
    options = ReadOptions(bin_size=40)
    one, other = (open_dataset(each, options).adata for each in (numbered, cornered))
    np.testing.assert_array_equal(one.obsm["spatial"], other.obsm["spatial"])
    assert (one[:, other.var_names].X != other.X).nnz == 0
    with pytest.raises(InputError, match="no '30' for --bin-size: choose one of 20, 40"):
        open_dataset(numbered, ReadOptions(bin_size=30))


def test_cells_where_lines_name_them(tmp_path):
    table = lines().query("geneID != 'Blank-1'")
    table["CellID"] = (table["x"] - 1000) // 100 + 3 * ((table["y"] - 2000) // 100)
    path = write(tmp_path / "a.cellbin.gem.gz", table)
    dataset = open_dataset(path)
    inside = table[table["CellID"] > 0]
    assert sorted(dataset.adata.obs_names) == ["1", "2", "3", "4", "5"]
    assert dataset.adata.X.sum() == inside["MIDCount"].sum()
    where = inside[inside["CellID"] == 4][["x", "y"]].mean()
    found = dataset.adata.obsm["spatial"][list(dataset.adata.obs_names).index("4")]
    np.testing.assert_allclose(found, where)
    outside = table["MIDCount"].sum() - inside["MIDCount"].sum()
    assert f"{outside} molecules outside of cells were left out." in dataset.notes
    assert open_dataset(path, ReadOptions(bin_size=50)).adata.n_obs == 24
    write(path, table.assign(CellID=0))
    with pytest.raises(InputError, match="no line that lies in a cell: read bins of it with"):
        open_dataset(path)


def test_other_tables_are_not_claimed(tmp_path):
    """Transcripts of imaging platforms have genes and places as well."""
    for number, columns in enumerate(["gene,x,y,count", "geneID,x,y", "geneID,x,MIDCount"]):
        (tmp_path / f"{number}.csv").write_text(columns + "\nActb,1,2,3\n")
        found = find_format(tmp_path / f"{number}.csv")
        assert found is None or found.name != "stereoseq"
    (tmp_path / "a.gem.gz").write_bytes(b"\x1f\x8bno gzip")
    assert find_format(tmp_path / "a.gem.gz") is None


def test_lines_without_a_place(tmp_path):
    (tmp_path / "a.gem").write_text("geneID\tx\ty\tMIDCount\nActb\t1\tnan\t3\n")
    with pytest.raises(InputError, match="has lines without position or count"):
        open_dataset(tmp_path / "a.gem")

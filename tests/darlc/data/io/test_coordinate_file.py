"""Coordinates in a second file: how it is found, and how it is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darlc.data.io import ReadOptions, find_format, open_dataset
from darlc.data.io.coordinate_file import find_beside, read_coordinates, stem
from darlc.errors import InputError


@pytest.mark.parametrize(
    ("counts", "coordinates"),
    [
        ("a.csv", "a_coordinates.csv"),
        ("a.csv.gz", "a_spatial.tsv"),
        ("a_counts.csv", "a_locations.csv"),
        ("counts.csv", "metadata_coords.csv"),
        ("counts.tsv", "coordinates.csv"),
        ("counts.tsv", "Positions.CSV"),
        ("a.csv", "a-meta.csv"),
    ],
)
def test_which_file_belongs_to_a_table(tmp_path, counts, coordinates):
    for name in (counts, coordinates, "b_coordinates.csv", "notes.txt"):
        (tmp_path / name).touch()
    found = find_beside(tmp_path / counts)
    if coordinates == "metadata_coords.csv":
        assert found is None  # another table's
    else:
        assert found == tmp_path / coordinates
    assert find_beside(tmp_path / coordinates) is None


def test_stems():
    names = ["a.csv", "a.csv.gz", "a.TSV", "a.b.txt.gz", "a"]
    assert [stem(Path(name)) for name in names] == ["a", "a", "a", "a.b", "a"]


@pytest.mark.parametrize(
    "text",
    [
        "id,y,x,kind\ns1,2,1,a\n",
        "id\tX\tY\ns1\t1\t2\n",
        "id;imagerow;imagecol\ns1;2;1\n",
        "name,first,second\ns1,1,2\n",
        "barcode,xcoord,ycoord\ns1,1,2\n",
    ],
)
def test_columns(tmp_path, text):
    (tmp_path / "c.csv").write_text(text)
    table = read_coordinates(tmp_path / "c.csv")
    assert table.loc["s1", ["x", "y"]].tolist() == [1, 2]


def test_columns_that_do_not_say(tmp_path):
    (tmp_path / "c.csv").write_text("id,a,b,c\ns1,1,2,3\n")
    with pytest.raises(InputError, match=r"which of its columns \(a, b, c\) are x and y"):
        read_coordinates(tmp_path / "c.csv")


def test_a_file_that_is_named(tissue_files, tmp_path):
    table = tissue_files.write_two_tables(tmp_path)
    usual = open_dataset(table)
    assert usual.notes[0] == "Coordinates were taken from t_locations.csv."
    other = tmp_path / "elsewhere.csv"
    (tmp_path / "t_locations.csv").rename(other)
    assert find_format(table) is None
    with pytest.raises(InputError, match="holds no coordinates"):
        open_dataset(table)
    named = open_dataset(table, ReadOptions(spatial_key=str(other)))
    np.testing.assert_array_equal(named.adata.obsm["spatial"], usual.adata.obsm["spatial"])
    with pytest.raises(InputError, match=r"no 'gone\.csv' for --spatial-key"):
        open_dataset(table, ReadOptions(spatial_key="gone.csv"))


def test_what_the_file_says_more_and_what_it_lacks(tmp_path):
    (tmp_path / "t.csv").write_text(",g1,g2\ns1,1,2\ns2,3,4\ns3,5,6\n")
    (tmp_path / "t_spatial.csv").write_text("id,x,y,region\ns3,30,3,cortex\ns1,10,1,white\n")
    dataset = open_dataset(tmp_path / "t.csv")
    assert list(dataset.adata.obs_names) == ["s1", "s3"]
    assert dataset.adata.obs["region"].tolist() == ["white", "cortex"]
    assert dataset.adata.obsm["spatial"].tolist() == [[10, 1], [30, 3]]
    assert "1 observations without coordinates were left out." in dataset.notes


@pytest.mark.parametrize(
    "text", [",x,y\n0001,1,2\nNA,3,4\n", "id,x,y\n0001,1,2\nNA,3,4\n", "x,y\n0001,1,2\nNA,3,4\n"]
)
def test_names_are_text_whatever_they_look_like(tmp_path, text):
    (tmp_path / "c.csv").write_text(text)
    table = read_coordinates(tmp_path / "c.csv")
    assert list(table.index) == ["0001", "NA"]
    assert table[["x", "y"]].to_numpy().tolist() == [[1, 2], [3, 4]]

"""Coordinates in a second file: how it is found, and how it is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io import ReadOptions, find_format, open_dataset
from darlc.io.tables.coordinate_file import find_beside, read_coordinates, stem


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
        ("MappedDGEForR.csv", "BeadLocationsForR.csv"),
        ("Puck_1.digital_expression.txt.gz", "Puck_1_bead_locations.csv"),
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


def where(path: Path, *names: str) -> list[list[float]]:
    found = read_coordinates(path, pd.Index(names))
    return [found.where[found.names.get_loc(name)].tolist() for name in names]


@pytest.mark.parametrize(
    "text",
    [
        "id,y,x,kind\ns1,2,1,a\n",
        "id\tX\tY\ns1\t1\t2\n",
        "id;imagerow;imagecol\ns1;2;1\n",
        "id;y;x\ns1;2,0;1,0\n",
        "name,first,second\ns1,1,2\n",
        "barcode,xcoord,ycoord\ns1,1,2\n",
        ",barcode,xcoord,ycoord\n0,s1,1,2\n",
        "xcoord,ycoord,barcode\n1,2,s1\n",
        '"","barcode","y","x"\n"1","s1",2,1\n',
        "x y\ns1 1 2\n",
        "barcode   x    y\ns1   1    2\n",
        "# a note\n# another one\nbarcode,x,y\ns1,1,2\n",
        "#barcode,x,y\ns1,1,2\n",
        "s1,1,2\ns2,8,9\n",
        "0,s1,1,2\n1,s2,8,9\n",
        "1,2,s1\n8,9,s2\n",
        "s1 1 2\ns2 8 9\n",
        "s1,1,5,7,2,1\ns2,0,6,9,8,9\n",
        "0,s1,1,5,7,2,1\n1,s2,0,6,9,8,9\n",
        "barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres\ns1,1,5,7,2,1\n",
        "barcode,z,y,x\ns1,9,2,1\n",
        "cell,section,x,y\ns1,4,1,2\n",
        "cell,x_local_px,y_local_px,y_global_px,x_global_px\ns1,8,9,2,1\n",
    ],
)
def test_columns(tmp_path, text):
    (tmp_path / "c.csv").write_text(text)
    assert where(tmp_path / "c.csv", "s1") == [[1, 2]]


def test_columns_that_do_not_say(tmp_path):
    (tmp_path / "c.csv").write_text("id,a,b,c\ns1,1,2,3\n")
    with pytest.raises(InputError, match=r"which of its columns \(a, b, c\) are x and y"):
        where(tmp_path / "c.csv", "s1")


def test_names_as_r_makes_them(tmp_path):
    (tmp_path / "c.csv").write_text("cell,x,y\nX1_1,1,2\nAAAC.1,3,4\n")
    assert where(tmp_path / "c.csv", "1_1", "AAAC-1") == [[1, 2], [3, 4]]


def test_micrometres_that_the_columns_tell(tmp_path):
    (tmp_path / "c.csv").write_text("cell,x_mm,y_mm,region\ns1,1,2,a\n")
    found = read_coordinates(tmp_path / "c.csv", pd.Index(["s1"]))
    assert found.microns == 1000 and list(found.obs) == ["region"]


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
    assert "1 observation without coordinates was left out." in dataset.notes


@pytest.mark.parametrize(
    "text", [",x,y\n0001,1,2\nNA,3,4\n", "id,x,y\n0001,1,2\nNA,3,4\n", "x,y\n0001,1,2\nNA,3,4\n"]
)
def test_names_are_text_whatever_they_look_like(tmp_path, text):
    (tmp_path / "c.csv").write_text(text)
    assert where(tmp_path / "c.csv", "0001", "NA") == [[1, 2], [3, 4]]

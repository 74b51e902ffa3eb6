"""Count tables: orientation, headers, separators, compression."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, find_format, open_dataset

#: Three observations with (x, y) that tell the two apart, two genes.
ROWS = ["X1.5x10", "2.5x10", "1.5x20"]
SPATIAL = [[1.5, 10.0], [2.5, 10.0], [1.5, 20.0]]
COUNTS = [[1, 0], [0, 2], [3, 4]]


def lines(header, separator="\t"):
    return [separator.join(header)] + [
        separator.join(map(str, (name, *row))) for name, row in zip(ROWS, COUNTS, strict=True)
    ]


@pytest.fixture
def check(tmp_path, fingerprint):
    def check(content, name="t.tsv", note=None):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        before = fingerprint(path)
        assert find_format(path).name == "table"
        dataset = open_dataset(path)
        np.testing.assert_array_equal(dataset.adata.X.toarray(), COUNTS)
        assert dataset.adata.X.format == "csr" and dataset.adata.X.dtype == np.float32
        np.testing.assert_array_equal(dataset.adata.obsm["spatial"], SPATIAL)
        assert list(dataset.adata.obs_names) == ROWS
        assert list(dataset.adata.var_names) == ["Actb", "NA"]
        assert len(dataset.notes) == (0 if note is None else 1)
        assert note is None or note in dataset.notes[0]
        assert fingerprint(path) == before

    return check


def test_header_of_r(check):
    check("\n".join(lines(["Actb", "NA"])) + "\n")


def test_header_with_a_corner(check):
    check("\n".join(lines(["", "Actb", "NA"])))
    check("\n".join(lines(["spot", "Actb", "NA"])))


@pytest.mark.parametrize(("separator", "name"), [(",", "t.csv"), (";", "t.csv"), ("\t", "t.txt")])
def test_separators(check, separator, name):
    check("\n".join(lines(["", "Actb", "NA"], separator)), name)


def test_gzip_quotes_bom_and_line_ends(check):
    text = "\r\n".join(lines(['"Actb"', '"NA"'])) + "\r\n\r\n"
    check(gzip.compress(text.encode()), "t.tsv.gz")
    check(b"\xef\xbb\xbf" + text.encode(), "t.tsv")


def test_a_table_with_genes_in_rows_is_turned(check):
    turned = np.array(COUNTS).T
    text = ",".join(["", *ROWS]) + "\n"
    for gene, row in zip(["Actb", "NA"], turned, strict=True):
        text += ",".join(map(str, (gene, *row))) + "\n"
    check(text, "t.csv", note="transposed")
    check(text[1:], "t.csv", note="transposed")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a\tb\n1x2\t1\t2\ntotal\t1\t2\n", "1 of 2 observations .*'total'"),
        ("a\tb\tc\td\n1x2\t1\t2\n", "4 names in its header and 3 cells"),
        ("1x1\t5\t6\n1x2\t1\t2\n", "no header"),
        ("a\tb\n1x2\t1\t2\n1x3\t1\n", "2 cells in line 3 and 3 before"),
        ("a\tb\n1x2\t1\t2\n1x3\t1\tmany\n", "'many' in row 1x3, column b"),
        ("a\tb\n1x2\t1\t2\n1x3\t1\tNA\n", r"1 value of 1 gene \(such as b\) in X not finite"),
        ("a\tb\n1x2\t1\t\n1x3\t1\t2\n", "not finite"),
        ("a\tb\n1x2\t1\t2\n1x2\t1\t2\n", "one point"),
        ("cell1\t0\t3\t0\ncell2\t1\t0\t2\n", "no header"),
        ("Actb\t0\t3\t0\nMbp\t1\t0\t2\n", "no header"),
        ("Actb\t7\t3\nMbp\t1\t0\n", "no header"),
        ("0.5\t1.5\t3\n1.5\t1.0\t0\n", "no header"),
        ("cell\tx\ty\nc1\t1\t2\n", "holds coordinates and no column of counts"),
        ("cell\tx\tg1\nc1\t1\t2\n", "holds no coordinates: give it columns called x and y"),
        ("geneID\tx\ty\tn\nA\t1\t2\t1\nA\t3\t2\t1\nA\t5\t2\t1\n", "single molecules"),
    ],
)
def test_bad_tables(tmp_path, text, says):
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        open_dataset(path)
    assert str(caught.value).startswith(str(path))


WITH_XY = {
    "names first": "cell,x,y,Actb,NA\n{}",
    "y before x": "cell,Actb,NA,y,x\n{}",
    "row numbers": ",cell,Actb,NA,x,y\n{}",
    "other columns": "cell,section,Actb,NA,kind,z,imagerow,imagecol,area\n{}",
    "no names": "x,y,Actb,NA\n{}",
    "row and column": "barcode,in_tissue,row,col,imagerow,imagecol,Actb,NA\n{}",
}


@pytest.mark.parametrize("which", WITH_XY)
@pytest.mark.parametrize("separator", [",", "\t", ";", " "])
def test_coordinates_among_the_columns_are_no_genes(tmp_path, which, separator):
    header = WITH_XY[which].splitlines()[0].split(",")
    own = {"section": 7, "kind": "tumour", "z": 3.5, "area": 40, "in_tissue": 1, "row": 1, "col": 2}
    rows = []
    for number, (name, (x, y), counts) in enumerate(zip("abc", SPATIAL, COUNTS, strict=True)):
        known = {"cell": name, "barcode": name, "": number, "x": x, "y": y, **own}
        known |= {"imagecol": x, "imagerow": y, "Actb": counts[0], "NA": counts[1]}
        rows.append([str(known[column]) for column in header])
    if separator == " ":
        header = [f'"{name}"' for name in header]
    path = tmp_path / "t.txt"
    path.write_text("\n".join(separator.join(row) for row in [header, *rows]))
    dataset = open_dataset(path)
    adata = dataset.adata
    assert list(adata.var_names) == ["Actb", "NA"]
    np.testing.assert_array_equal(adata.X.toarray(), COUNTS)
    np.testing.assert_array_equal(adata.obsm["spatial"], SPATIAL)
    if which != "no names":
        assert list(adata.obs_names) == ["a", "b", "c"]
    if which == "other columns":
        assert adata.obs["kind"].tolist() == ["tumour"] * 3 and set(adata.obs["z"]) == {3.5}
    assert any("were taken from the columns" in note for note in dataset.notes)


@pytest.mark.parametrize("order", ["x,y", "y,x"])
def test_columns_that_are_chosen(tmp_path, order):
    path = tmp_path / "t.csv"
    rows = [f"c{i},9{i},9,{x},{y},1,{i}" for i, (x, y) in enumerate(SPATIAL)]
    path.write_text("\n".join(["cell,x,y,x_um,y_um,Actb,Mbp", *rows]))
    chosen = ",".join(f"{each}_um" for each in order.split(","))
    adata = open_dataset(path, ReadOptions(spatial_key=chosen)).adata
    np.testing.assert_array_equal(adata.obsm["spatial"], SPATIAL)
    assert adata.uns[READING]["microns"] == 1.0 and list(adata.var_names) == ["Actb", "Mbp"]


def test_rows_that_are_called_x_and_y(tmp_path):
    path = tmp_path / "t.csv"
    lines = [",a,b,c", "y,10.25,10,20", "x,1234567.125,2.5,1.5", "Actb,1,0,3", "Mbp,0,2,4"]
    path.write_text("\n".join(lines))
    adata = open_dataset(path).adata
    where = [[1234567.125, 10.25], [2.5, 10], [1.5, 20]]
    np.testing.assert_array_equal(adata.obsm["spatial"], where)
    np.testing.assert_array_equal(adata.X.toarray(), COUNTS)
    assert list(adata.var_names) == ["Actb", "Mbp"]


def test_a_file_of_coordinates_wins_over_numbers_in_names(tmp_path):
    (tmp_path / "t.csv").write_text(",Actb,NA\n1_1,1,0\n2_1,0,2\n1_2,3,4\n")
    dataset = open_dataset(tmp_path / "t.csv")
    assert dataset.adata.obsm["spatial"].tolist() == [[1, 1], [2, 1], [1, 2]]
    assert "taken from names such as 1_1" in dataset.notes[0]
    rows = [f"{name},{y},{x}" for name, (x, y) in zip(["1_1", "2_1", "1_2"], SPATIAL, strict=True)]
    (tmp_path / "t_metadata.csv").write_text("\n".join(["cell,y,x", *rows]))
    np.testing.assert_array_equal(open_dataset(tmp_path / "t.csv").adata.obsm["spatial"], SPATIAL)
    # One that is of no use is told of, and names stand in.
    (tmp_path / "t_metadata.csv").write_text("cell,kind\n1_1,tumour\n")
    dataset = open_dataset(tmp_path / "t.csv")
    assert dataset.adata.obsm["spatial"].tolist() == [[1, 1], [2, 1], [1, 2]]
    assert "t_metadata.csv" in dataset.notes[-1]


@pytest.mark.parametrize("selection", [True, False])
def test_micrometres_of_st_are_claimed_on_evidence(tmp_path, selection):
    rows = [f"{x}x{y}\t1\t{x}" for x in range(5, 15) for y in range(3, 12)]
    (tmp_path / "t.tsv").write_text("\n".join(["a\tb", *rows]))
    if selection:
        (tmp_path / "t_selection.tsv").write_text("x\ty\tnew_x\tnew_y\n5\t3\t5.02\t2.99\n")
    grid = rasterize(open_dataset(tmp_path / "t.tsv").adata).grid
    assert grid.layout == "square" and grid.shape == (9, 10)
    assert grid.microns == 200 if selection else np.isnan(grid.microns)


def test_a_look_does_not_claim_what_is_no_table_of_genes(tmp_path):
    for name, text in {
        "points.csv": "index,axis-0,axis-1\n0,1,2\n",
        "places.csv": "cell,x,y,area\na,1,2,3\n",
        "cells.csv": "cell,x,y,g1,g2,g3\na,1,2,3,4,5\n",
    }.items():
        (tmp_path / name).write_text(text)
        assert find_format(tmp_path / name) is None


def test_real_bulb(real_data, fingerprint):
    path = real_data / "mob_counts.tsv.gz"
    before = fingerprint(path)
    dataset = open_dataset(path)
    assert dataset.adata.shape == (262, 16218)
    assert dataset.adata.obsm["spatial"][0].tolist() == [16.92, 9.015]
    assert fingerprint(path) == before
    # The same tissue as an .h5ad: the same positions (x, y), whatever their order.
    file = open_dataset(real_data / "mob.h5ad").adata
    np.testing.assert_allclose(
        np.sort(dataset.adata.obsm["spatial"], axis=0), np.sort(file.obsm["spatial"], axis=0)
    )


@pytest.mark.parametrize(("section", "spots"), [("A1", 346), ("B1", 295)])
def test_real_tumour(real_data, section, spots):
    adata = open_dataset(real_data / "st_her2" / f"{section}.tsv.gz").adata
    assert adata.n_obs == spots
    table = np.genfromtxt(real_data / "st_her2" / f"{section}_selection.tsv", skip_header=1)
    chosen = {tuple(row) for row in table[:, :2].astype(int).tolist()}
    assert {tuple(row) for row in adata.obsm["spatial"].astype(int).tolist()} <= chosen

"""Count tables: orientation, headers, separators, compression."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from darlc.data.io import find_format, open_dataset
from darlc.errors import InputError

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
    check(text, "t.csv", note="turned")
    check(text[1:], "t.csv", note="turned")


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
    ],
)
def test_bad_tables(tmp_path, text, says):
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        open_dataset(path)
    assert str(caught.value).startswith(str(path))


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

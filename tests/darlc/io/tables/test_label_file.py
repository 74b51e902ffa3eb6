"""Labels beside a table: joined by place; one that is of no use is told of."""

from __future__ import annotations

import pytest

from darlc.io import open_dataset


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a.tsv").write_text("g1\tg2\n1x2\t1\t2\n3x4\t3\t4\n5x6\t5\t6\n")
    return tmp_path / "a.tsv"


def test_labels_lie_where_their_observations_are(table):
    beside = table.with_name("a_labeled_coordinates.tsv")
    beside.write_text(
        "Row.names\tx\ty\tlabel\nr1\t3.02\t3.99\ttumour\nr2\t0.98\t2.01\tstroma\nr3\t9\t9\tfat\n"
    )
    dataset = open_dataset(table)
    assert dataset.adata.obs["label"].tolist()[:2] == ["stroma", "tumour"]
    assert dataset.adata.obs["label"].isna().tolist() == [False, False, True]
    assert dataset.notes == (f"label of the observations was taken from {beside.name}.",)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "n,x,y,label\nr,90,90,far\n", "\x00\xff"])
def test_labels_of_no_use(table, text):
    table.with_name("a_labels.csv").write_text(text)
    dataset = open_dataset(table)
    assert dataset.adata.n_obs == 3 and len(dataset.adata.obs.columns) == 0
    assert dataset.notes == ("The labels in a_labels.csv could not be used and were left out.",)


@pytest.mark.slow
def test_real_regions(real_data):
    adata = open_dataset(real_data / "st_her2" / "A1.tsv.gz").adata
    assert adata.obs["label"].notna().all()
    assert adata.obs["label"].value_counts()["invasive cancer"] >= 280

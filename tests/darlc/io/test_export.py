"""What other programs read is read back by their own parts."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from darlc.errors import InputError
from darlc.images.gene_labels import NamedGenes
from darlc.images.grid import Grid
from darlc.io import export
from darlc.io.export import (
    write_clusters_csv,
    write_clusters_gmt,
    write_table,
    write_views_tiff,
)
from darlc.results.clusters import Clusters
from darlc.results.second_patterns import SecondPatterns

GENES = NamedGenes(
    np.array(["ENS1", "Snap25", "ENS3"]),
    np.array(["Mbp", "Snap25", "Gfap"]),
    np.array(["ENS1", "", "ENS3"]),
)


@pytest.fixture
def clusters() -> Clusters:
    """Return three clusters, the last without a gene."""
    membership = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.9, 0.05, 0.05]], dtype=np.float32)
    return Clusters(membership, names=("white matter", "grey, deep", "empty"))


def test_csv_has_a_line_a_gene(tmp_path: Path, clusters: Clusters) -> None:
    path = write_clusters_csv(tmp_path / "clusters.csv", GENES, clusters)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["gene"] for row in rows] == ["ENS1", "Snap25", "ENS3"]
    assert [row["symbol"] for row in rows] == ["Mbp", "Snap25", "Gfap"]
    assert [row["identifier"] for row in rows] == ["ENS1", "", "ENS3"]
    assert [row["cluster"] for row in rows] == ["white matter", "grey, deep", "white matter"]
    assert [row["second_cluster"] for row in rows[:2]] == ["grey, deep", "empty"]
    assert [float(row["confidence"]) for row in rows] == pytest.approx([0.7, 0.6, 0.9])
    assert float(rows[1]["second_confidence"]) == pytest.approx(0.3)


def test_csv_tells_genes_of_two_patterns(tmp_path: Path, clusters: Clusters) -> None:
    second = SecondPatterns(
        np.array([1, 2, -1]),
        np.array([0.3, 0.4, 0.0], dtype=np.float32),
        np.array([0.9, 0.6, 0.0], dtype=np.float32),
    )
    path = write_clusters_csv(tmp_path / "clusters.csv", GENES, clusters, second)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["also_follows"] for row in rows] == ["grey, deep", "", ""]
    assert [row["also_share"] for row in rows] == ["0.30", "", ""]
    assert [row["sum_probability"] for row in rows] == ["0.9000", "0.6000", "0.0000"]


def test_one_cluster_has_no_second(tmp_path: Path) -> None:
    path = write_clusters_csv(tmp_path / "one.csv", GENES, Clusters(np.ones((3, 1), np.float32)))
    assert path.read_text().splitlines()[1] == "ENS1,Mbp,ENS1,1,1.0000,,"


def test_gmt_has_a_set_a_cluster(tmp_path: Path, clusters: Clusters) -> None:
    path = write_clusters_gmt(tmp_path / "clusters.gmt", GENES, clusters)
    sets = {
        name: genes
        for name, _, *genes in (line.split("\t") for line in path.read_text().splitlines())
    }
    assert sets == {"white matter": ["Mbp", "Gfap"], "grey, deep": ["Snap25"]}


def test_gmt_tells_a_symbol_of_two_genes_once(tmp_path: Path) -> None:
    twice = NamedGenes(np.array(["ENS1", "ENS2"]), np.array(["Mbp", "Mbp"]), np.array(["", ""]))
    one = Clusters(np.ones((2, 1), np.float32))
    (line,) = write_clusters_gmt(tmp_path / "one.gmt", twice, one).read_text().splitlines()
    assert line.split("\t")[2:] == ["Mbp"]


def test_a_table_comes_back(tmp_path: Path) -> None:
    table = pd.DataFrame({"Gene": ["a", "b,c"], "x": [0.1, None]})
    path = write_table(tmp_path / "genes.csv", table)
    pd.testing.assert_frame_equal(pd.read_csv(path), table)
    assert [each.name for each in tmp_path.iterdir()] == ["genes.csv"]


def test_tiff_holds_values_names_and_size(tmp_path: Path) -> None:
    mask = np.array([[True, True, False], [False, True, True]])
    affine = np.array([[0.0, 10.0, 0.0], [20.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    grid = Grid(mask, affine, microns=0.5)
    views = np.arange(8, dtype=np.float16).reshape(2, 4)
    path = write_views_tiff(tmp_path / "views.ome.tif", ("Mbp", "µ <&> gene"), views, grid)
    with tifffile.TiffFile(path) as file:
        assert file.is_ome and file.series[0].axes == "CYX"
        pictures = file.asarray()
        about = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    np.testing.assert_array_equal(pictures[:, mask], views)
    assert np.isnan(pictures[:, ~mask]).all() and pictures.dtype == np.float32
    assert [channel["Name"] for channel in about["Channel"]] == ["Mbp", "µ <&> gene"]
    # A row is 20 units of half a micrometre apart from the next, a column 10.
    assert (about["PhysicalSizeX"], about["PhysicalSizeY"]) == (5.0, 10.0)


def test_one_view_is_a_picture_too(tmp_path: Path) -> None:
    grid = Grid(np.ones((2, 3), dtype=bool), np.eye(3))
    path = write_views_tiff(tmp_path / "one.tif", ("Mbp",), np.ones((1, 6), np.float32), grid)
    with tifffile.TiffFile(path) as file:
        assert np.squeeze(file.asarray()).shape == (2, 3)
        assert "PhysicalSize" not in file.ome_metadata
    with pytest.raises(InputError, match="at least one gene"):
        write_views_tiff(tmp_path / "none.tif", (), np.ones((0, 6), np.float32), grid)


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clusters.gmt"
    path.write_text("old")

    def full(self: Path, *_: object, **__: object) -> None:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_clusters_gmt(path, GENES, clusters)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_said(tmp_path: Path, clusters: Clusters) -> None:
    with pytest.raises(InputError, match="choose another folder"):
        write_clusters_csv(tmp_path / "none" / "clusters.csv", GENES, clusters)


@pytest.mark.parametrize(("limit", "big"), [(2 * 6 * 4, False), (2 * 6 * 4 - 1, True)])
def test_a_stack_that_is_too_large_for_a_classic_tiff_is_a_bigtiff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, big: bool
) -> None:
    monkeypatch.setattr(export, "CLASSIC", limit)
    grid = Grid(np.ones((2, 3), dtype=bool), np.eye(3))
    views = np.arange(12, dtype=np.float16).reshape(2, 6)
    path = write_views_tiff(tmp_path / "views.ome.tif", ("Mbp", "Gfap"), views, grid)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff == big and file.is_ome
        np.testing.assert_array_equal(file.asarray(), views.reshape(2, 2, 3))


def test_pictures_are_made_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread, shapes = Grid.spread, []

    def watched(self: Grid, values: np.ndarray) -> np.ndarray:
        shapes.append(values.shape)
        return spread(self, values)

    monkeypatch.setattr(Grid, "spread", watched)
    grid = Grid(np.ones((2, 3), dtype=bool), np.eye(3))
    write_views_tiff(tmp_path / "v.tif", [*"abcd"], np.ones((4, 6), dtype=np.float16), grid)
    assert shapes == [(6,)] * 4

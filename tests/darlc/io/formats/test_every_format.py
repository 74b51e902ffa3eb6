"""Every format, every real file: shape, orientation, coordinates, counts, units; by all ways in."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from npe2 import PluginManager, PluginManifest

import napari_darlc
from darlc.cli.commands import run
from darlc.data.features import GENE, feature_kinds
from darlc.images.sgep_images import rasterize
from darlc.io import find_format, formats, open_dataset
from napari_darlc._reader import napari_get_reader


@pytest.fixture(scope="module")
def written(tissue_files, tmp_path_factory):
    """Write each format once; return its case and the path to open."""
    done = {}

    def write(name):
        case = tissue_files.CASES[name]
        for package in case.needs:
            pytest.importorskip(package, reason=f"{package} is not installed")
        if name not in done:
            done[name] = case.write(tmp_path_factory.mktemp(name))
        return case, done[name]

    return write


def pytest_generate_tests(metafunc):
    if "kind" in metafunc.fixturenames:
        from tests_tissue_files import CASES  # the module that conftest has loaded

        metafunc.parametrize("kind", CASES)


def test_every_format_is_written(tissue_files):
    assert {case.name for case in tissue_files.CASES.values()} == {fmt.name for fmt in formats()}


def test_the_tissue_comes_out(tissue_files, written, fingerprint, kind):
    case, path = written(kind)
    before = fingerprint(path)
    dataset = open_dataset(path)
    adata = dataset.adata
    assert dataset.format == case.name and fingerprint(path) == before

    # Shape, names and counts: observations in any order, found by where they lie.
    assert adata.n_obs == len(tissue_files.ROW)
    assert set(adata.var_names) == set(tissue_files.GENES)
    adata = adata[:, tissue_files.GENES]
    offset, pitch = case.places
    place = (adata.obsm["spatial"] - offset) / pitch
    np.testing.assert_allclose(place, np.rint(place), atol=1e-9)
    column, row = np.rint(place).astype(int).T
    order = np.lexsort([column, row])
    np.testing.assert_array_equal(row[order], tissue_files.ROW)
    np.testing.assert_array_equal(column[order], tissue_files.COLUMN)
    scale = 20 if case.values == "log" else 1
    np.testing.assert_allclose(adata.X.toarray()[order] * scale, tissue_files.counts(), rtol=1e-6)

    # Orientation: each corner's marker is brightest in that corner of its image.
    images = rasterize(adata)
    assert images.values == case.values
    names = list(tissue_files.CORNERS)
    for name, (down, right) in tissue_files.CORNERS.items():
        view = np.nan_to_num(images.raw_view(tissue_files.GENES.index(name))[0])
        height, width = view.shape
        at = np.unravel_index(view.argmax(), view.shape)
        assert at == ((height - 1) * bool(down), (width - 1) * bool(right)), (name, names)

    # Units: so many micrometres in one unit of the coordinates.
    np.testing.assert_allclose(images.grid.microns, case.microns)


def test_by_the_command(tissue_files, written, kind, capsys):
    case, path = written(kind)
    assert run(["info", str(path), "--genes", "2", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["format"], facts["values"]) == (case.name, case.values)
    assert (facts["observations"], facts["genes"]) == (len(tissue_files.ROW), 5)
    assert facts["placed"] == len(tissue_files.ROW)


def test_by_a_drop(written, kind):
    _, path = written(kind)
    assert napari_get_reader(str(path)) is not None
    # In a window in which nothing of ours is in use, napari asks for whom the manifest names.
    manager = PluginManager()
    manager.register(PluginManifest.from_file(Path(napari_darlc.__file__).with_name("napari.yaml")))
    asked = list(manager.iter_compatible_readers([str(path)]))
    # Images are left to napari, which would ask about each of them.
    assert bool(asked) == (path.suffix != ".tif"), f"add the ending of {path.name} to the manifest"


#: What stands in the real data: format, shape, values, layout, pixels.
REAL = {
    "bdgp_ish.npz": ("image_stack", (405, 852), "log", "square", (16, 32)),
    "blobs.sdata.zarr": ("spatialdata", (26, 3), "normalised", "binned", None),
    "dlpfc_151510.h5ad": ("h5ad", (4634, 500), "counts", "hexagonal", (78, 64)),
    "merfish_hypothalamus.h5ad": ("h5ad", (5665, 156), "normalised", "binned", None),
    "merfish_ileum.sdata.zarr": ("spatialdata", (13, 241), "counts", "binned", None),
    "mob.h5ad": ("h5ad", (262, 15928), "counts", "square", (16, 21)),
    "mob_counts.tsv.gz": ("table", (262, 16218), "counts", "square", (16, 21)),
    "slideseq_cerebellum.h5ad": ("h5ad", (10000, 19130), "counts", "binned", None),
    "st_her2/A1.tsv.gz": ("table", (346, 15045), "counts", "square", None),
    "st_her2/B1.tsv.gz": ("table", (295, 15109), "counts", "square", None),
    "starmap_mpfc.h5ad": ("h5ad", (1049, 166), "counts", "binned", None),
    "visium_dlpfc_151510": ("spaceranger", (4634, 500), "counts", "hexagonal", (78, 64)),
    "visium_mouse": ("spaceranger", (2898, 19465), "counts", "hexagonal", (78, 60)),
}


SLOW = ("st_her2/B1.tsv.gz",)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in REAL]
)
def test_real_files(real_data, name):
    if name == "merfish_ileum.sdata.zarr":
        pytest.importorskip("pyarrow")
    kind, shape, values, layout, pixels = REAL[name]
    dataset = open_dataset(real_data / name)
    assert (dataset.format, dataset.adata.shape) == (kind, shape)
    images = rasterize(dataset.adata)
    assert (images.values, images.grid.layout) == (values, layout)
    assert pixels is None or images.grid.shape == pixels
    # A pixel's place is where its observations are: x goes with the column, y with the row.
    placed = images.observation_pixel >= 0
    centre = np.column_stack([images.grid.pixels, np.ones(images.n_pixels)]) @ images.grid.affine.T
    off = centre[images.observation_pixel[placed], :2] - dataset.adata.obsm["spatial"][placed]
    assert np.median(np.abs(off)) <= 0.75 * images.grid.pixel_size


@pytest.mark.parametrize("name", ["README.md", "gmt", "gmt/hallmark.gmt", "st_her2"])
def test_what_is_no_dataset_is_not_claimed(real_data, name):
    assert find_format(real_data / name) is None


@pytest.mark.parametrize("name", ["README.md", "sets", "sets/some.gmt", "sets/plain.csv"])
def test_what_is_made_up_and_no_dataset_is_not_claimed(tmp_path, name):
    (tmp_path / "README.md").write_text("| file | what it is |\n| --- | --- |\n")
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "some.gmt").write_text("MYELIN\tabout\tMBP\tPLP1\n")
    (tmp_path / "sets" / "plain.csv").write_text("name,colour\na,red\n")
    assert find_format(tmp_path / name) is None


def test_a_look_up_in_real_data_never_reads_the_data(real_data):
    look_up_all(list(real_data.iterdir()))


def test_a_look_up_never_reads_the_data(tmp_path):
    """Long lines, large folders, deep names: the answer comes before a window could stall."""
    (tmp_path / "long.csv").write_bytes(b"1," * 20_000_000)
    (tmp_path / "odd.npz").write_bytes(b"PK" + bytes(1000))
    (tmp_path / "many").mkdir()
    for number in range(3000):
        (tmp_path / "many" / f"{number}.txt").touch()
    look_up_all([*tmp_path.iterdir(), tmp_path / ("x" * 5000), tmp_path / "a\0b"])


def look_up_all(paths):
    started = time.perf_counter()
    for path in paths:
        find_format(path)
    # Of all of them together, on a machine that may be busy.
    assert time.perf_counter() - started < 10


def test_all_genes_of_real_tissue_are_genes(real_data):
    names = set()
    for path in real_data.glob("*.h5ad"):
        with h5py.File(path) as file:
            var = file["var"]
            names |= set(var[var.attrs.get("_index", "_index")].asstr()[()])
    for path in real_data.glob("*/filtered_feature_bc_matrix/features.tsv.gz"):
        with gzip.open(path, "rt") as lines:
            names |= {line.split("\t")[1] for line in lines}
    for path in real_data.glob("gmt/*.gmt"):
        names |= {name for line in path.open() for name in line.strip().split("\t")[2:]}
    names = sorted(names)
    assert len(names) > 30_000
    kinds = feature_kinds(pd.DataFrame(index=names))
    others = [name for name, kind in zip(names, kinds, strict=True) if kind != GENE]
    assert others == [f"Blank-{number}" for number in range(1, 6)]

"""Files as other programs write them: read right, by what is planted in them, or refused truly."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from darlc.data.dataset import Dataset, ReadOptions
from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io import open_dataset

_NAN = float("nan")


@dataclass(frozen=True)
class Expected:
    """What must come out of a file.

    Parameters
    ----------
    n_obs, n_pixels
        Observations with expression that are placed, and tissue pixels; None is not looked at.
    genes
        How many.
    microns
        Micrometres in one unit of the coordinates, NaN where nothing tells; None is not looked at.
    notes
        Words that the notes have.
    options
        What is chosen.
    families
        Where genes lie in the tissue's box, (x, y).
    """

    n_obs: int | None = None
    n_pixels: int | None = None
    genes: int = 40
    microns: float | None = None
    notes: tuple[str, ...] = ()
    options: ReadOptions = field(default=ReadOptions())
    families: tuple[tuple[str, float, float], ...] = (("LEFT", 0.2, 0.5), ("TOP", 0.5, 0.2))


#: The second of two samples is the first turned by half a turn.
_SECOND = (("LEFT", 0.8, 0.5), ("TOP", 0.5, 0.8))


def centre(images: SGEPImages, family: str) -> np.ndarray:
    """Return the centre of mass (x, y) of genes' molecules, in shares of the tissue's box."""
    where = np.column_stack([images.grid.pixels, np.ones(images.n_pixels)]) @ images.grid.affine.T
    share = (where[:, :2] - where[:, :2].min(axis=0)) / np.ptp(where[:, :2], axis=0)
    genes = [i for i, name in enumerate(images.gene_names) if name.startswith(family)]
    mass = np.asarray(images.matrix[:, genes].sum(axis=1)).ravel()
    return np.asarray(mass @ share / mass.sum())


def judge(dataset: Dataset, expected: Expected) -> SGEPImages:
    images = rasterize(dataset.adata)
    assert images.n_genes == expected.genes
    assert images.values == "counts"
    if expected.n_obs is not None:
        assert (images.observation_pixel >= 0).sum() == expected.n_obs
    if expected.n_pixels is not None:
        assert images.n_pixels == expected.n_pixels
    if expected.microns is not None:
        np.testing.assert_allclose(images.grid.microns, expected.microns, rtol=1e-3)
    for family, x, y in expected.families:
        found = centre(images, family)
        np.testing.assert_allclose(found, [x, y], atol=0.07, err_msg=family)
    said = "\n".join((*dataset.notes, *images.notes))
    for words in expected.notes:
        assert words in said, said
    return images


def write_by(maker: Callable[[Path], Path], folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return maker(folder)


def cases(m) -> dict[str, tuple[Callable[[Path], Path], Expected]]:
    """Return every file by a name: what writes it, and what must come out."""
    e, spots = Expected, 24 * 24
    first, second = ReadOptions(section="s=ctrl"), ReadOptions(section="s=treated")
    size = {"bin_size": 8}
    return {
        "seuratdisk": (m.seuratdisk, e(spots, spots, notes=(".raw",))),
        "seurat scaled": (m.seurat_scaled, e(spots, spots, 20, notes=(".raw",))),
        "scaled, counts in a layer": (m.scaled_layer, e(spots, spots, notes=("csc_counts",))),
        "no X": (m.no_x, e(spots, spots, notes=("raw_counts",))),
        **{
            f"type {kind}": (m.of_type(kind), e(spots, spots))
            for kind in (">f4", ">i4", "i8", "u1", "f8")
        },
        "merged, seurat": (m.merged("orig.ident", True), e(400, notes=("orig.ident",))),
        "merged, lattice": (m.merged("orig.ident", True, True), e(400, 400)),
        **{
            f"merged, {column}": (m.merged(column), e(700, notes=(column,)))
            for column in ("orig.ident", "donor_id", "sample", "library_id", "mouse")
        },
        "merged, first": (m.merged("s"), e(700, options=first)),
        "merged, second": (m.merged("s"), e(700, options=second, families=_SECOND)),
        "merged, no label": (m.merged_without_label, e(400, 400)),
        "x, y": (m.named_axes(x="x", y="y"), e(900)),
        "y, x": (m.named_axes(y="y", x="x"), e(900)),
        "imagerow, imagecol": (m.named_axes(imagerow="y", imagecol="x"), e(900)),
        "pxl": (m.named_axes(pxl_row_in_fullres="y", pxl_col_in_fullres="x"), e(900)),
        "Y, X": (m.named_axes(Y="y", X="x"), e(900)),
        "ycoord, xcoord": (m.named_axes(ycoord="y", xcoord="x"), e(900)),
        "y_um, x_um": (m.named_axes(Y_um="y", X_um="x"), e(900)),
        "section, x, y": (m.named_axes(section="1", x="x", y="y"), e(900)),
        "z, y, x": (m.named_axes(z="3", y="y", x="x"), e(900)),
        "five of seurat": (
            m.named_axes(tissue="1", row="2", col="7", imagerow="y", imagecol="x"),
            e(900),
        ),
        "obs row, col": (m.obs_axes("col", "row"), e(900)),
        "obs y_centroid": (m.obs_axes("x_centroid", "y_centroid"), e(900)),
        "no lattice columns": (m.no_lattice, e(spots, spots)),
        "one place missing": (m.one_place_missing, e(None, spots)),
        "bins of 50": (m.square_bins(50.0, 25.0), e(1296, 1296, microns=_NAN)),
        "bins from 0": (m.square_bins(1.0, 0.0), e(1296, 1296, microns=_NAN)),
        "beads": (m.beads(index=False), e(900)),
        "beads, no header": (m.beads(index=False, header=False), e(900)),
        "beads, numbered": (m.beads(), e(900)),
        "beads, name last": (
            m.beads(columns=["xcoord", "ycoord", "barcodes"], index=False),
            e(900),
        ),
        "beads, as positions": (
            m.beads(
                columns=["barcodes", "in_tissue", "row", "column", "ycoord", "xcoord"],
                index=False,
                header=False,
            ),
            e(900),
        ),
        "beads, spaces": (m.beads("txt", index=False), e(900)),
        "table with x and y": (m.table_with_axes, e(900)),
        "numbered by field": (m.numbered_by_field, e(800)),
        "cosmx": (m.cosmx(), e(800, microns=0.12028)),
        "cosmx, text column": (m.cosmx(column=True), e(800)),
        "cosmx, cells again": (m.cosmx(again=True), e(800)),
        "cosmx, cells again in both": (m.cosmx(again_in_both=True), e(800)),
        "cosmx, millimetres": (m.cosmx(mm=True), e(800)),
        "merscope": (m.merscope(), e(800, microns=1.0, notes=("Blank-",))),
        "merscope, segmented again": (
            m.merscope("cellpose_cell_by_gene.csv", "cellpose_cell_metadata.csv"),
            e(800, microns=1.0, notes=("Blank-",)),
        ),
        "merscope, release": (
            m.merscope("brain_S1R1_cell_by_gene_S1R1.csv", "brain_S1R1_cell_metadata_S1R1.csv"),
            e(800, microns=1.0, notes=("Blank-",)),
        ),
        "xenium": (m.xenium, e(900, microns=1.0, notes=("Unassigned Codeword",))),
        "controls by type": (m.controls_h5ad(True), e(900, notes=("Unassigned Codeword",))),
        "controls by name": (m.controls_h5ad(False), e(900, notes=("NegPrb",))),
        "antibodies": (m.antibodies, e(900, notes=("Antibody Capture",))),
        "gem, packed": (m.gem("E16.5_E1S1.tissue.gem.gz"), e(1200, notes=("--bin-size",))),
        "gem, tsv": (m.gem("Mouse_brain_GEM_bin1.tsv.gz", "UMICount", exons=False), e(1200)),
        "gem, head": (m.gem("D1.gem.txt", head="#FileFormat=GEMv0.1\n#BinSize=1\n"), e(1200)),
        "gem, plain": (m.gem("embryo.tsv", "MIDCounts", exons=False), e(1200)),
        "hd": (m.hd_full, e(18 * 18, 18 * 18, microns=0.2737, notes=("8, 16",))),
        "hd, a size": (m.hd_full, e(36 * 36, 36 * 36, options=ReadOptions(**size))),
        "hd, in part": (m.hd((8, 36), (16, 18), matrices=(8,)), e(36 * 36, notes=("8",))),
        "hd, by pandas": (m.hd((16, 18), text={}), e(18 * 18)),
        "hd, by R": (m.hd((16, 18), text=m.BY_R), e(18 * 18)),
        "hd, cells": (m.hd_only_segmented, e(400, microns=0.2637)),
    }


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        import tests_files_of_others  # the module that conftest has loaded

        found = cases(tests_files_of_others)
        metafunc.parametrize("case", found.values(), ids=found)


def test_files_are_read_by_what_is_planted_in_them(case, tmp_path, fingerprint) -> None:
    maker, expected = case
    path = write_by(maker, tmp_path)
    before = fingerprint(path)
    judge(open_dataset(path, expected.options), expected)
    assert fingerprint(path) == before


def test_empty_observations_and_genes_are_counted(files_of_others, tmp_path) -> None:
    dataset = open_dataset(write_by(files_of_others.empty_ones, tmp_path))
    images = judge(dataset, Expected(24 * 24 - 83))
    assert any("83 observations without any expression" in note for note in images.notes)


def test_millimetres_of_the_slide_are_micrometres(files_of_others, tmp_path) -> None:
    dataset = open_dataset(write_by(files_of_others.cosmx(mm=True), tmp_path))
    images = rasterize(dataset.adata)
    extent = np.ptp(dataset.adata.obsm["spatial"], axis=0) * images.grid.microns
    # 1,000 × 600 of the maker's units, each .12 µm.
    np.testing.assert_allclose(extent, [120, 72], rtol=0.02)


def test_a_section_that_is_not_there_is_answered_with_those_that_are(
    files_of_others, tmp_path
) -> None:
    path = write_by(files_of_others.merged("donor"), tmp_path)
    with pytest.raises(InputError, match=r"ctrl.*treated"):
        open_dataset(path, ReadOptions(section="donor=third"))

"""Several sections in one file: one is drawn, and it is said which."""

from __future__ import annotations

import anndata
import numpy as np
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.data.dataset import Dataset, Sections
from darlc.errors import InputError
from darlc.images.sections.stacked_sections import stacked
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset
from darlc.io.prepare import prepare

SIDE = 6


def section(name: str, rows: int = SIDE, shift: float = 0.0) -> AnnData:
    """Return a section on a square lattice whose counts are all its number of rows."""
    row, column = np.mgrid[:rows, :SIDE].reshape(2, -1)
    adata = AnnData(sparse.csr_matrix(np.full((len(row), 3), rows, dtype=np.float32)))
    adata.obs_names = [f"{name}{i}" for i in range(adata.n_obs)]
    adata.obs["array_row"], adata.obs["array_col"] = row, column
    adata.obsm["spatial"] = np.column_stack([column, row]) * 100.0 + shift
    adata.uns["spatial"] = {name: {"scalefactors": {"tissue_hires_scalef": float(rows)}}}
    return adata


def joined(*sections: AnnData, label: str = "library_id") -> AnnData:
    names = [next(iter(each.uns["spatial"])) for each in sections]
    return anndata.concat(sections, label=label, keys=names, uns_merge="unique")


@pytest.fixture
def path(tmp_path):
    joined(section("small", 5), section("large", 6)).write_h5ad(tmp_path / "two.h5ad")
    return tmp_path / "two.h5ad"


def test_the_largest_is_used_and_it_is_said(path):
    dataset = open_dataset(path)
    images = rasterize(dataset.adata)
    assert images.grid.shape == (6, SIDE) and images.grid.layout == "square"
    assert set(images.measured()[0]) == {6.0}
    assert list(dataset.adata.uns["spatial"]) == ["large"]
    (note,) = [note for note in dataset.notes if "section" in note]
    assert "(library_id large); --section library_id=… takes another (small)." in note


def test_another_can_be_chosen(path):
    dataset = open_dataset(path, ReadOptions(section="library_id=small"))
    assert dataset.adata.n_obs == 5 * SIDE and list(dataset.adata.uns["spatial"]) == ["small"]
    assert not [note for note in dataset.notes if "section" in note]
    assert dataset.sections == Sections("library_id", ("large", "small"), (36, 30), "small")


def test_all_can_be_asked_for(path, tmp_path):
    dataset = open_dataset(path, ReadOptions(section="all"))
    assert dataset.adata.n_obs == 66 and rasterize(dataset.adata).observation_pixel.min() >= 0
    assert dataset.sections is not None and dataset.sections.chosen == "all"
    assert "All 2 sections are drawn on top of each other, as was chosen" in dataset.notes[-1]
    dataset.adata.write_h5ad(tmp_path / "copy.h5ad")
    assert open_dataset(tmp_path / "copy.h5ad").adata.n_obs == 66


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("library_id=none", "has no 'none' for --section library_id=: choose one of small, large."),
        ("library=small", r"give COLUMN=VALUE with a column of obs \(library_id"),
        ("small", "give COLUMN=VALUE"),
    ],
)
def test_a_wrong_choice_lists_what_there_is(path, choice, says):
    with pytest.raises(InputError, match=says):
        open_dataset(path, ReadOptions(section=choice))


def test_spots_alone_show_it(tmp_path):
    adata = joined(section("a"), section("b", 5), label="replicate")
    del adata.uns["spatial"]
    column = stacked(adata).column
    assert column is not None and column.name == "replicate"
    for draw in (prepare, rasterize):
        with pytest.raises(InputError, match=r"2 sections .* \(replicate\).*") as refusal:
            draw(adata)
        assert "adata[adata.obs['replicate'] == 'a'].copy()" in str(refusal.value)
    adata.uns["darlc_reading"] = {"section": "all"}
    assert prepare(adata)[1].observation_pixel.min() >= 0


def test_sections_side_by_side_are_drawn_together():
    adata = joined(section("a"), section("b", shift=1000.0))
    assert not stacked(adata).found
    assert prepare(adata)[1].observation_pixel.min() >= 0


def test_a_column_with_a_telling_name_is_mentioned(tmp_path):
    adata = section("a")
    adata.obs["Sample"] = np.array(["x", "y"])[np.arange(adata.n_obs) % 2]
    adata.obs["kind"] = adata.obs["Sample"]
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    assert dataset.adata.n_obs == adata.n_obs
    (note,) = [note for note in dataset.notes if "sections" in note]
    assert (
        "column Sample cover the same area without overlap" in note
        and "--section Sample=… (x, y)" in note
    )


@pytest.mark.parametrize("choice", ["", "library_id=small", "all"])
def test_what_was_read_is_not_asked_again(path, choice, monkeypatch):
    dataset = open_dataset(path, ReadOptions(section=choice))
    assert dataset.separate
    expected = rasterize(dataset.adata).matrix.toarray()

    def ask(adata: AnnData) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr("darlc.images.sgep_images.stacked", ask)
    images = rasterize(dataset.adata, separate=dataset.separate)
    np.testing.assert_array_equal(images.matrix.toarray(), expected)


def test_what_was_not_read_is_asked(path):
    whole = anndata.read_h5ad(path)
    assert not Dataset(whole).separate
    with pytest.raises(InputError, match="2 sections on top of each other"):
        rasterize(whole, separate=Dataset(whole).separate)


def test_data_in_memory_are_asked_once(monkeypatch):
    times = []

    def ask(adata: AnnData) -> object:
        times.append(adata)
        return stacked(adata)

    for module in ("darlc.io.prepare", "darlc.images.sgep_images"):
        monkeypatch.setattr(f"{module}.stacked", ask)
    prepare(section("one"))
    assert len(times) == 1

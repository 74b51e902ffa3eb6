"""Sections are read from several paths, a folder, or one file, and each has a name of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from anndata import AnnData, concat
from scipy import sparse

import darlc
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.study.sections import holds_samples, read_study


def section(seed: int, genes: int = 5) -> AnnData:
    """Return a small section on a lattice of positions."""
    random = np.random.default_rng(seed)
    adata = AnnData(sparse.csr_matrix(random.poisson(2.0, (30, genes)).astype(np.float32)))
    adata.var_names = [f"Gene{i}" for i in range(genes)]
    adata.obs_names = [f"spot{i}" for i in range(30)]
    adata.obsm["spatial"] = np.argwhere(np.ones((6, 5))) * 100.0 + seed
    return adata


def put(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    section(seed).write_h5ad(path)
    return path


@pytest.fixture
def joined(tmp_path) -> Path:
    """Return a file of three sections that lie on top of each other."""
    adata = concat(
        {"b": section(0), "a": section(1), "c d": section(2)}, label="slide", index_unique="-"
    )
    adata.write_h5ad(tmp_path / "joined.h5ad")
    return tmp_path / "joined.h5ad"


def test_files_are_sections_by_their_names(tmp_path) -> None:
    study = darlc.read_study([put(tmp_path / "B.h5ad", 0), put(tmp_path / "A.h5ad", 1)])
    assert list(study) == ["B", "A"]
    for seed, dataset in enumerate(study.values()):
        assert (dataset.adata.X != section(seed).X).nnz == 0
        assert dataset.separate and dataset.path.name in ("A.h5ad", "B.h5ad")


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["P1/a.h5ad", "P2/a.h5ad", "b.h5ad"], ["P1", "P2", "b"]),
        (["P1/outs/a.h5ad", "P2/outs/a.h5ad"], ["P1", "P2"]),
        (["P1/x/y/z/a.h5ad", "P2/x/y/z/a.h5ad"], ["x", "x_2"]),
        (["a.h5ad", "P1/A.h5ad"], None),
    ],
)
def test_names_that_are_the_same_are_told_apart(files, names, tmp_path) -> None:
    found = list(read_study([put(tmp_path / file, i) for i, file in enumerate(files)]))
    assert len({name.casefold() for name in found}) == len(files)
    if names is not None:
        assert found == names


def test_a_folder_of_samples_is_its_sections(tmp_path) -> None:
    for i, name in enumerate(("one", "two")):
        put(tmp_path / f"{name}.h5ad", i)
    (tmp_path / "readme.md").write_text("about")
    (tmp_path / "ages.csv").write_text("sample,age\none,3\n")
    put(tmp_path / ".hidden.h5ad", 5)
    assert holds_samples(tmp_path) and not holds_samples(tmp_path / "one.h5ad")
    assert list(read_study(tmp_path)) == ["one", "two"]
    assert list(read_study([tmp_path])) == ["one", "two"]


def test_the_folder_of_a_study_is_read_without_what_its_sections_share(tmp_path) -> None:
    for i, name in enumerate(("one", "two", "study")):
        put(tmp_path / f"{name}.h5ad", i)
    assert list(read_study(tmp_path)) == ["one", "two"]


def test_a_column_separates_the_sections_of_a_file(joined) -> None:
    study = read_study(joined, section_column="slide")
    assert list(study) == ["b", "a", "c d"]
    for seed, (name, dataset) in enumerate(study.items()):
        np.testing.assert_array_equal(dataset.adata.X.toarray(), section(seed).X.toarray())
        assert dataset.separate and dataset.sections.chosen == name
        # What is saved opens again as what it is: one section.
        assert READING not in dataset.adata.uns
        again = darlc.io.open_dataset(joined, dataset.options)
        assert list(again.adata.obs_names) == list(dataset.adata.obs_names)


def test_a_column_separates_the_sections_of_several_files(joined, tmp_path) -> None:
    other = tmp_path / "other.h5ad"
    other.write_bytes(joined.read_bytes())
    names = list(read_study([joined, other], section_column="slide"))
    assert names == ["joined b", "joined a", "joined c d", "other b", "other a", "other c d"]


def test_observations_without_a_value_are_in_no_section(joined, tmp_path) -> None:
    adata = darlc.io.open_dataset(joined, darlc.ReadOptions(section="all")).adata
    adata.uns.clear()
    adata.obs["slide"] = adata.obs["slide"].where(np.arange(90) >= 4)
    adata.write_h5ad(tmp_path / "gaps.h5ad")
    study = read_study(tmp_path / "gaps.h5ad", section_column="slide")
    assert [each.adata.n_obs for each in study.values()] == [26, 30, 30]
    assert "4 observations without a value of slide left out." in study["a"].notes


@pytest.mark.parametrize(
    ("column", "options", "sentence"),
    [
        ("sldie", {}, r"joined.h5ad has no column 'sldie' for --section-column: .* slide"),
        ("spot", {}, r"joined.h5ad has 90 values in its column spot for 90 observations"),
        ("one", {}, r"has 1 value in its column one"),
        ("slide", {"section": "slide=a"}, r"--section for one section of .*joined.h5ad"),
    ],
)
def test_a_column_that_separates_no_sections_is_refused(column, options, sentence, joined) -> None:
    adata = darlc.io.open_dataset(joined, darlc.ReadOptions(section="all")).adata
    adata.uns.clear()
    adata.obs["spot"], adata.obs["one"] = np.arange(90).astype(str), "same"
    adata.write_h5ad(joined)
    with pytest.raises(InputError, match=sentence):
        read_study(joined, darlc.ReadOptions(**options), section_column=column)


def test_what_cannot_be_read_is_named(tmp_path) -> None:
    good, bad = put(tmp_path / "good.h5ad", 0), tmp_path / "bad.h5ad"
    bad.write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"bad\.h5ad"):
        read_study([good, bad])
    with pytest.raises(InputError, match=r"missing\.h5ad does not exist"):
        read_study([good, tmp_path / "missing.h5ad"])
    with pytest.raises(InputError, match="was given twice"):
        read_study([good, tmp_path / "." / "good.h5ad"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty is no dataset that darlc understands"):
        read_study(tmp_path / "empty")

"""Sections on one ground are never drawn together; labels within a section never part it."""

from __future__ import annotations

import string

import anndata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from darlc.errors import InputError
from darlc.images.sections.stacked_sections import stacked
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset
from darlc.io.prepare import prepare
from darlc.simulation.tissue import simulate

#: Which of the sections an observation truly belongs to stands in its counts alone.
TRUTH = 3
USUAL = (
    *("orig.ident", "donor_id", "fov", "sample", "Patient", "mouse_id", "library_id", "Slice"),
    *("sampleID", "batch", "brain_section_label", "condition", "puck", "replicate", "TMA core"),
)


def hexagons(side: int) -> np.ndarray:
    row, column = np.mgrid[:side, :side].reshape(2, -1)
    return np.column_stack([column + row % 2 / 2, row * np.sqrt(0.75)]) * 100.0


def cells(seed: int) -> np.ndarray:
    """Cells of a small piece of simulated tissue, which keep their distance."""
    where = simulate(genes=4, clusters=2, platform="merfish", seed=seed).obsm["spatial"]
    middle = np.median(where, axis=0)
    return where[np.argsort(np.abs(where - middle).max(axis=1))[:600]] - middle


CELLS = [cells(seed) for seed in range(3)]


def made(where: np.ndarray, section: int, obs: dict | None = None) -> AnnData:
    counts = np.ones((len(where), TRUTH), dtype=np.float32)
    counts[:, section] = 9
    adata = AnnData(sparse.csr_matrix(counts), obs=pd.DataFrame(obs or {}, index=range(len(where))))
    adata.obs_names = [f"{section}{i:05d}" for i in range(len(where))]
    adata.obsm["spatial"] = where
    return adata


def drawn(adata: AnnData) -> set[int]:
    """Return the sections of which observations are drawn."""
    images = rasterize(adata)
    there = adata.X[images.observation_pixel >= 0].toarray()
    return set(there.argmax(axis=1).tolist())


@st.composite
def stacks(draw):
    """Make two or three sections on one ground and what tells them apart."""
    n = draw(st.integers(2, TRUTH))
    kind = draw(st.sampled_from(["cells", "spots", "lattice", "scattered"]))
    parts = []
    for section in range(n):
        random = np.random.default_rng(draw(st.integers(0, 99)))
        if kind == "cells":
            where = CELLS[section]
        elif kind == "scattered":
            where = random.uniform(size=(300, 2)) * 1000
        else:
            shift = random.uniform(0, 40, 2) if kind == "spots" else 0.0
            where = hexagons(16) + shift
        kept = random.random(len(where)) < draw(st.sampled_from([0.6, 0.9, 1.0]))
        part = made(where, section)
        if kind == "lattice":
            row, column = np.mgrid[:16, :16].reshape(2, -1)
            part.obs["array_row"], part.obs["array_col"] = row, 2 * column + row % 2
        parts.append(part[kept].copy())
    by = draw(st.sampled_from(["usual", "any", "suffix", "prefix", "z"]))
    values = draw(
        st.one_of(
            st.lists(
                st.text(string.ascii_letters, min_size=1), min_size=n, max_size=n, unique=True
            ),
            st.lists(st.integers(-5, 99), min_size=n, max_size=n, unique=True),
        )
    )
    name = draw(st.sampled_from(USUAL))
    if by == "any":
        name = "q" + draw(st.text(string.ascii_lowercase + "_. ", max_size=8))
    for section, part in enumerate(parts):
        if by in ("usual", "any"):
            part.obs[name] = values[section]
        elif by == "z":
            z = np.full((part.n_obs, 1), 10.0 * section)
            part.obsm["spatial"] = np.column_stack([part.obsm["spatial"], z])
        bases = np.random.default_rng(section).choice(list("ACGT"), (part.n_obs, 16))
        barcodes = ["".join(row) for row in bases]
        if by == "suffix":
            part.obs_names = [f"{each}-{section + 1}" for each in barcodes]
        elif by == "prefix":
            part.obs_names = [f"s{section}_{each}-1" for each in barcodes]
    adata = anndata.concat(parts)
    if by in ("usual", "any") and draw(st.booleans()):
        adata.obs[name] = pd.Categorical(adata.obs[name])
    adata.obs["leiden"] = np.random.default_rng(0).choice(list("abc"), adata.n_obs)
    # Where positions tell nothing either, only the order of rows speaks for an unusual name.
    if not (by == "any" and kind == "scattered") and draw(st.booleans()):
        adata = adata[np.random.default_rng(1).permutation(adata.n_obs)].copy()
    return adata


@settings(max_examples=60, deadline=None)
@given(adata=stacks())
def test_sections_are_never_drawn_together(adata, tmp_path_factory):
    path = tmp_path_factory.mktemp("stack") / "stack.h5ad"
    adata.write_h5ad(path)
    try:
        dataset = open_dataset(path)
    except InputError as refusal:
        assert "on top of each other" in str(refusal)
    else:
        assert len(drawn(dataset.adata)) == 1
        assert dataset.sections is not None and any("--section" in each for each in dataset.notes)
        for name in dataset.sections.names[1:]:
            other = ReadOptions(section=dataset.sections.option(name))
            assert len(drawn(open_dataset(path, other).adata)) == 1
    for draw in (prepare, rasterize):
        with pytest.raises(InputError, match="on top of each other"):
            draw(adata.copy())


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["cells", "spots"]),
    n=st.integers(2, 12),
    seed=st.integers(0, 999),
    how=st.sampled_from(["at random", "in places", "sorted"]),
    name=st.sampled_from(["celltype", "leiden", "seurat_clusters", "foo", "group", "phase", "sub"]),
)
def test_labels_never_part_a_section(kind, n, seed, how, name):
    where = CELLS[0] if kind == "cells" else hexagons(20)
    random = np.random.default_rng(seed)
    label = random.integers(0, n, len(where))
    if how == "in places":
        centres = random.choice(where, n)
        label = np.hypot(*(where[:, None] - centres).T).T.argmin(axis=1)
    adata = made(where, 0, {name: label.astype(str)})
    if how == "sorted":
        adata = adata[np.argsort(label, kind="stable")].copy()
    assert not stacked(adata).found
    assert rasterize(adata).observation_pixel.min() >= 0


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(USUAL),
    n=st.integers(2, 9),
    angle=st.floats(0, np.pi),
    spots=st.booleans(),
)
def test_pieces_side_by_side_are_one_picture(name, n, angle, spots):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    parts = []
    for i in range(n):
        piece = hexagons(12) if spots else np.random.default_rng(i).uniform(size=(120, 2)) * 1000
        shift = np.array([1300.0 * (i % 3), 1300.0 * (i // 3)])
        parts.append(made((piece + shift) @ turn, i % TRUTH, {name: f"piece {i}"}))
    adata = anndata.concat(parts, index_unique="-")
    assert not stacked(adata).found and drawn(adata) == set(range(min(n, TRUTH)))


def pair(**columns) -> AnnData:
    parts = [made(np.random.default_rng(i).uniform(size=(300, 2)) * 1000, i // 2) for i in range(4)]
    adata = anndata.concat(parts, index_unique="-")
    for name, values in columns.items():
        adata.obs[name] = np.repeat(values, 300)
    return adata


def test_of_nested_columns_the_finest_tells(tmp_path):
    pair(condition=list("aabb"), mouse=["m0", "m1", "m2", "m3"]).write_h5ad(tmp_path / "a.h5ad")
    sections = open_dataset(tmp_path / "a.h5ad").sections
    assert sections is not None and sections.column == "mouse" and len(sections.names) == 4


def test_crossed_columns_tell_together(tmp_path):
    adata = pair(condition=list("aabb"), rep=[0, 1, 0, 1])
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    assert dataset.adata.n_obs == 300 and dataset.sections is not None
    assert dataset.sections.column == "condition,rep"
    other = open_dataset(tmp_path / "a.h5ad", ReadOptions(section="condition,rep=b,1")).adata
    assert set(zip(other.obs["condition"], other.obs["rep"], strict=True)) == {("b", 1)}
    with pytest.raises(InputError) as refusal:
        rasterize(adata)
    # What the sentence proposes works as it stands there.
    proposed = str(refusal.value).split("such as ")[1].split(";")[0]
    assert eval(proposed).n_obs == 300


def test_after_a_choice_what_is_left_is_not_drawn_together_either(tmp_path):
    pair(condition=list("aabb"), rep=[0, 1, 0, 1]).write_h5ad(tmp_path / "a.h5ad")
    chosen = open_dataset(tmp_path / "a.h5ad", ReadOptions(section="condition=b"))
    assert chosen.adata.n_obs == 300 and "(rep 0)" in chosen.notes[-1]


def test_places_taken_twice_are_refused_where_nothing_tells():
    where = np.argwhere(np.ones((20, 15))).astype(float)
    adata = made(np.concatenate([where, where[40:]]), 0)
    adata.obs["cluster"] = np.random.default_rng(0).choice(list("abc"), adata.n_obs)
    adata = adata[np.random.default_rng(0).permutation(adata.n_obs)].copy()
    with pytest.raises(InputError, match=r"260 positions .* no column of obs \(cluster\) tells"):
        prepare(adata)


def test_cells_brought_to_spots_are_no_sections():
    places = np.argwhere(np.ones((20, 15))).astype(float)
    random = np.random.default_rng(0)
    adata = made(places[random.integers(0, 300, 1500)], 0)
    adata.obs["CellType"] = random.choice(list("abcd"), adata.n_obs)
    assert not stacked(adata).found


def test_names_that_are_there_twice(tmp_path):
    parts = [made(np.random.default_rng(i).uniform(size=(300, 2)), i) for i in range(2)]
    parts[1].obs_names = parts[0].obs_names
    adata = anndata.concat(parts)
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    assert drawn(dataset.adata) == {0}
    assert drawn(open_dataset(tmp_path / "a.h5ad", ReadOptions(section="name_repeat=2")).adata) == {
        1
    }
    adata[np.random.default_rng(0).permutation(600)].write_h5ad(tmp_path / "b.h5ad")
    with pytest.raises(InputError, match="300 names that more than one observation has"):
        open_dataset(tmp_path / "b.h5ad")


def test_many_heights_are_a_volume():
    where = np.random.default_rng(0).uniform(size=(900, 3))
    adata = made(where, 0)
    assert prepare(adata)[1].observation_pixel.min() >= 0


def test_the_picture_of_another_section_is_not_kept(tmp_path):
    adata = pair(
        sample=list("aabb"), slide=["s1", "s1", "s2", "s2"], mouse=["m0", "m1", "m2", "m3"]
    )
    adata.uns["spatial"] = {name: {"scalefactors": {"x": 1.0}} for name in ("s1", "s2")}
    adata.write_h5ad(tmp_path / "a.h5ad")
    for mouse, slide in (("m0", "s1"), ("m3", "s2")):
        found = open_dataset(tmp_path / "a.h5ad", ReadOptions(section=f"mouse={mouse}")).adata
        assert list(found.uns["spatial"]) == [slide]
    adata.obs = adata.obs.drop(columns=["slide", "sample"])
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert "spatial" not in open_dataset(tmp_path / "a.h5ad").adata.uns


@pytest.mark.parametrize(
    "name", ["dlpfc_151510", "merfish_hypothalamus", "mob", "slideseq_cerebellum", "starmap_mpfc"]
)
def test_real_tissue(real_data, name):
    """Labels, totals and rows of real tissue never part it; its mirror image on it does."""
    adata = anndata.read_h5ad(real_data / f"{name}.h5ad")
    where = np.asarray(adata.obsm["spatial"], dtype=float)[:, :2]
    counts = adata.X
    tissue = AnnData(counts[:, :50], obs=adata.obs.copy(), obsm={"spatial": where})
    total = np.asarray(counts.sum(axis=1)).ravel()
    tissue.obs["depth"] = np.searchsorted(np.quantile(total, [0.25, 0.5, 0.75]), total)
    tissue.obs["half"] = np.repeat(
        ["a", "b"], [tissue.n_obs // 2, tissue.n_obs - tissue.n_obs // 2]
    )
    assert not stacked(tissue).found
    # A half and the mirror image of the other one would be sections, too.
    del tissue.obs["half"]
    mirrored = tissue.copy()
    mirrored.obsm["spatial"] = where.max(axis=0) + where.min(axis=0) - where
    both = anndata.concat([tissue, mirrored], label="foo", index_unique="")
    both = both[np.random.default_rng(0).permutation(both.n_obs)].copy()
    column = stacked(both).column
    assert column is not None and column.name == "foo"

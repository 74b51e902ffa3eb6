"""Simulated studies keep their promises: one anatomy, and a known truth in every section."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from anndata import AnnData
from scipy.spatial import cKDTree

import darlc
from darlc.errors import InputError
from darlc.simulation.study import simulate_study
from darlc.simulation.tissue import simulate


def small(seed: int = 0, sections: int = 4, **given: Any) -> list[AnnData]:
    """Return the sections of a small study on the square lattice."""
    asked = {"genes": 60, "clusters": 6, "platforms": "st", **given}
    return list(simulate_study(seed, sections, **asked).values())


def followed(adata: AnnData, column: str = "pattern") -> np.ndarray:
    return adata.var[column].astype(str).to_numpy()


@pytest.mark.parametrize("nuisance", [(), ("library", "holes")])
@pytest.mark.parametrize("platform", ["st", "visium"])
def test_one_section_is_the_tissue_of_simulate(platform: str, nuisance: tuple[str, ...]) -> None:
    asked: dict[str, Any] = {
        "genes": 40, "clusters": 5, "depth": 60.0, "nuisance": nuisance, "unpatterned": 0.2
    }  # fmt: skip
    expected = simulate(7, platform=platform, **asked)
    (found,) = simulate_study(7, 1, platforms=platform, **asked).values()
    assert (found.X != expected.X).nnz == 0
    assert (found.obs == expected.obs).all(axis=None)
    assert (found.var[expected.var.columns] == expected.var).all(axis=None)
    assert (found.obsm["patterns"] == expected.obsm["patterns"]).all()
    assert not found.var["changed"].any()


def test_the_same_seed_gives_the_same_study() -> None:
    a, again, other = (small(seed, 2) for seed in (1, 1, 2))
    for one, same in zip(a, again, strict=True):
        assert (one.X != same.X).nnz == 0
    assert a[1].shape != other[1].shape or (a[1].X != other[1].X).nnz > 0


def test_sections_differ_in_outline_depth_and_library() -> None:
    study = small(2, 3)
    positions = {adata.obsm["spatial"].tobytes() for adata in study}
    depths = [adata.uns["simulation"]["depth"] for adata in study]
    assert len(positions) == 3 and len(set(depths)) == 3
    for adata, depth in zip(study, depths, strict=True):
        assert adata.X.sum(axis=1).mean() == pytest.approx(depth, rel=0.1)
        np.testing.assert_allclose(adata.obs["library"].mean(), 1.0)


def test_depths_may_be_given() -> None:
    study = small(0, 3, depth=(900.0, 500.0, 3000.0))
    for adata, depth in zip(study, (900.0, 500.0, 3000.0), strict=True):
        assert adata.X.sum(axis=1).mean() == pytest.approx(depth, rel=0.1)


def test_platforms_are_taken_in_turn() -> None:
    study = small(0, 3, platforms=("st", "merfish"), depth=50.0)
    assert [adata.uns["simulation"]["platform"] for adata in study] == ["st", "merfish", "st"]
    assert [adata.obs_names[0] for adata in study] == ["spot0000", "cell0000", "spot0000"]


def test_a_pattern_is_the_same_anatomy_in_all_sections() -> None:
    """Values at nearby places agree, and better than between patterns."""
    first, second = (
        small(3, 2, warp=0.03)[i] for i in (0, 1)
    )  # the lattice is the same but for the outline
    distance, near = cKDTree(first.obsm["spatial"]).query(second.obsm["spatial"])
    here = distance < 1e-6
    a = np.log(first.obsm["patterns"][near[here]])
    b = np.log(second.obsm["patterns"][here])
    correlation = np.corrcoef(a.T, b.T)[:6, 6:]
    assert np.diag(correlation).min() > 0.6
    assert (correlation.argmax(axis=1) == np.arange(6)).all()
    assert np.diag(correlation).max() < 1


def test_without_warp_the_anatomy_stays_in_place() -> None:
    first, second = small(3, 2, warp=0.0)
    distance, near = cKDTree(first.obsm["spatial"]).query(second.obsm["spatial"])
    here = distance < 1e-6
    ratio = first.obsm["patterns"][near[here]] / second.obsm["patterns"][here]
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape))


def test_a_share_of_the_genes_changes_in_the_second_group() -> None:
    study = small(1, 5, changed=0.2, unpatterned=0.1)
    groups = [adata.uns["simulation"]["group"] for adata in study]
    assert groups == [1, 1, 1, 2, 2]
    for adata, group in zip(study, groups, strict=True):
        moved = followed(adata) != followed(adata, "study_pattern")
        assert moved.sum() == (12 if group == 2 else 0)
        assert (adata.var["changed"].to_numpy() == moved).all()
        assert (followed(adata, "study_pattern") == followed(study[0])).all()
        assert "none" not in followed(adata)[moved]
    assert (followed(study[3]) == followed(study[4])).all()


def test_strengths_are_shared_and_means_vary() -> None:
    study = small(1, 3, unpatterned=0.1)
    strength, mean = (
        np.stack([adata.var[name].to_numpy() for adata in study]) for name in ("strength", "mean")
    )
    assert (strength == strength[0]).all()
    relative = np.log(mean / mean.sum(axis=1, keepdims=True))
    assert (relative[1:] - relative[0]).std() == pytest.approx(0.3, abs=0.08)


def test_private_patterns_are_missing_somewhere_and_their_genes_flat_there() -> None:
    study = small(2, 4, private=2, depth=2e4, changed=0.1)
    lacking = np.array([(adata.obsm["patterns"] == 1).all(axis=0) for adata in study])
    assert not lacking[:, :4].any()
    assert (lacking[:, 4:].sum(axis=0) >= 1).all() and (lacking[:, 4:].sum(axis=0) <= 3).all()
    for adata, absent in zip(study, lacking, strict=True):
        own = np.isin(
            followed(adata, "study_pattern"), np.array(["pattern5", "pattern6"])[absent[4:]]
        )
        assert (followed(adata)[own] == "none").all()
        assert (adata.var["strength"].to_numpy()[own] == 0).all()
        assert adata.var["changed"].to_numpy()[own].all()


def test_counts_are_drawn_from_the_rate_that_the_truth_tells() -> None:
    for adata in small(4, 2, depth=3e5, changed=0.2, unpatterned=0.1):
        number = [int(name.removeprefix("pattern") or 1) - 1 for name in
                  np.where(followed(adata) == "none", "pattern1", followed(adata))]  # fmt: skip
        rate = adata.obsm["patterns"][:, number] ** adata.var["strength"].to_numpy()
        rate = rate * adata.obs["library"].to_numpy()[:, None]
        rate *= adata.var["mean"].to_numpy() / rate.mean(axis=0)
        ratio = adata.X.toarray() / rate
        np.testing.assert_allclose(ratio.mean(axis=0), 1.0, atol=5 * np.sqrt(0.2 / adata.n_obs))
        assert ratio.var() == pytest.approx(0.2, rel=0.1)


def test_every_section_may_lack_genes_of_its_own() -> None:
    study = small(0, 3, missing=0.25)
    assert [adata.n_vars for adata in study] == [45, 45, 45]
    assert len({tuple(adata.var_names) for adata in study}) == 3
    assert all(list(adata.var_names) == sorted(adata.var_names) for adata in study)


def test_names_are_those_of_files() -> None:
    assert list(simulate_study(0, 2, 12, 2, platforms="st")) == ["section1", "section2"]
    assert darlc.simulate_study is simulate_study


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sections": 0}, "sections must be at least 1, not 0"),
        ({"seed": -1}, "seed must not be negative"),
        ({"changed": 1.0}, r"changed must lie in \[0, 1\), not 1"),
        ({"missing": -0.5}, "missing must lie in"),
        ({"warp": 2.0}, "warp must lie in"),
        ({"private": 7}, "7 of 6 patterns cannot"),
        ({"private": 1, "sections": 1}, "two sections at least"),
        ({"private": 5}, "cannot change between 1 patterns"),
        ({"platforms": ()}, "at least one platform"),
        ({"platforms": "xenium"}, "platform 'xenium' is not known"),
        ({"depth": (5.0, 6.0)}, "2 depths were given for 4 sections"),
        ({"depth": 0.0}, "depth must be positive"),
        ({"clusters": 40}, "cannot follow 40 patterns"),
    ],
)
def test_what_cannot_be_simulated_is_a_sentence(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        small(**asked)

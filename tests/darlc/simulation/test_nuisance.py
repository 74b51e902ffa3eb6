"""What goes wrong changes the efficiency of observations, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.simulation.nuisance import EFFICIENCIES, holes
from darlc.simulation.tissue import simulate


def small(*nuisance: str):
    return simulate(seed=5, genes=20, clusters=4, platform="st", nuisance=nuisance)


@pytest.fixture(scope="module")
def clean():
    """The tissue without any nuisance."""
    return small()


@pytest.mark.parametrize("name", EFFICIENCIES)
def test_a_nuisance_changes_the_library_alone(name, clean) -> None:
    adata = small(name)
    np.testing.assert_array_equal(adata.obsm["spatial"], clean.obsm["spatial"])
    np.testing.assert_array_equal(adata.obsm["patterns"], clean.obsm["patterns"])
    for column in ("pattern", "strength", "mean"):
        assert adata.var[column].equals(clean.var[column])
    assert adata.obs["library"].mean() == pytest.approx(1.0)
    factor = (adata.obs["library"] / clean.obs["library"]).to_numpy()
    assert factor.max() / factor.min() > 1.8
    # It is in the counts, too.
    ratio = adata.X.sum(axis=1) / clean.X.sum(axis=1)
    assert np.corrcoef(np.asarray(ratio).ravel(), factor)[0, 1] > 0.5


def test_the_gradient_spans_a_ratio_of_four(clean) -> None:
    factor = small("library").obs["library"] / clean.obs["library"]
    assert factor.max() / factor.min() == pytest.approx(4.0)
    design = np.column_stack([clean.obsm["spatial"], np.ones(clean.n_obs)])
    fitted = design @ np.linalg.lstsq(design, np.log(factor.to_numpy()))[0]
    np.testing.assert_allclose(fitted, np.log(factor), atol=1e-9)


def test_folds_double_a_band(clean) -> None:
    factor = (small("folds").obs["library"] / clean.obs["library"]).to_numpy()
    folded = factor > 1.5 * factor.min()
    np.testing.assert_allclose(factor[folded] / factor.min(), 2.0)
    np.testing.assert_allclose(factor[~folded], factor.min())
    assert 0.01 < folded.mean() < 0.25


def test_stripes_are_few(clean) -> None:
    factor = small("stripes").obs["library"] / clean.obs["library"]
    assert 5 <= len(np.unique(factor.round(6))) <= 10


def test_holes_take_observations_away(clean) -> None:
    adata = small("holes")
    assert 0.75 * clean.n_obs < adata.n_obs < clean.n_obs
    assert set(adata.obs_names) < set(clean.obs_names)
    assert adata.var["pattern"].equals(clean.var["pattern"])
    np.testing.assert_allclose(adata.obsm["patterns"].mean(axis=0), 1.0)
    assert adata.obs["library"].mean() == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(5))
def test_holes_are_round_and_leave_most_of_the_tissue(seed: int) -> None:
    y, x = np.mgrid[:40, :40].reshape(2, -1) / 39
    there = holes(x, y, np.random.default_rng(seed))
    assert 0.8 < there.mean() < 1


def test_nuisances_do_not_depend_on_each_other(clean) -> None:
    both = small("folds", "library").obs["library"] / clean.obs["library"]
    each = [small(name).obs["library"] / clean.obs["library"] for name in ("library", "folds")]
    ratio = (both / (each[0] * each[1])).to_numpy()
    np.testing.assert_allclose(ratio, ratio[0])
    other_order = small("library", "folds")
    assert (other_order.X != small("folds", "library").X).nnz == 0

"""Simulated tissue without counts keeps its promises: values of its kind, truth, seeds, noise."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.simulation.without_counts import KINDS, simulate_values

VALUES = {"log": "log", "proteins": "normalised", "metabolites": "normalised", "images": "log"}
SMALL = {"genes": 30, "clusters": 3, "side": 20}


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


def agreement(adata) -> np.ndarray:
    """Return the rank correlation of every gene with its true picture, without the library."""
    library = adata.obs["library"].to_numpy()[:, None]
    logs = adata.uns["simulation"]["kind"] in ("log", "images")
    seen = adata.X if logs else adata.X / library
    ranks = [np.argsort(np.argsort(part, axis=0), axis=0) for part in (seen, true(adata))]
    pairs = zip(*(each.T for each in ranks), strict=True)
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in pairs])


def true(adata) -> np.ndarray:
    return adata.layers["noiseless"]


def test_values_are_read_as_what_they_are(kind) -> None:
    adata = simulate_values(kind, seed=1, **SMALL)
    images = rasterize(adata)
    assert images.values == VALUES[kind]
    assert adata.X.dtype == np.float32 and np.isfinite(adata.X).all() and (adata.X >= 0).all()
    assert adata.shape[1] == 30 and adata.var["pattern"].nunique() == 3


def test_genes_follow_the_pattern_that_they_are_said_to_follow(kind) -> None:
    adata = simulate_values(kind, seed=1, **SMALL, unpatterned=0.2, noise=0.3)
    without = (adata.var["pattern"] == "none").to_numpy()
    assert without.sum() == 6
    number = adata.var["pattern"].astype(str).str.removeprefix("pattern").replace("none", "1")
    shape = adata.obsm["patterns"][:, number.astype(int).to_numpy() - 1]
    expected = shape ** adata.var["strength"].to_numpy()
    expected *= adata.var["mean"].to_numpy() / expected.mean(axis=0)
    np.testing.assert_allclose(true(adata), expected, rtol=1e-4)
    assert np.ptp(true(adata)[:, without], axis=0).max() < 1e-3 * true(adata).max()
    both = np.column_stack([adata.X, np.log(adata.obsm["patterns"])])
    likeness = np.corrcoef(both.T)[:30, 30:]
    assert np.mean((likeness.argmax(axis=1) == number.astype(int) - 1)[~without]) > 0.85


def test_more_noise_hides_the_patterns(kind) -> None:
    little, much = (simulate_values(kind, seed=2, **SMALL, noise=n) for n in (0.3, 2.0))
    np.testing.assert_array_equal(true(little)[0] > 0, true(much)[0] > 0)
    assert np.median(agreement(little)) > np.median(agreement(much)) + 0.1


def test_same_seed_same_tissue_and_another_differs(kind) -> None:
    a, again, other = (simulate_values(kind, seed=s, **SMALL) for s in (1, 1, 2))
    np.testing.assert_array_equal(a.X, again.X)
    assert a.shape != other.shape or (a.X != other.X).any()


def test_each_kind_has_what_its_measurement_is_known_for() -> None:
    ions = simulate_values("metabolites", seed=3, **SMALL)
    assert 0.4 < np.mean(ions.X == 0) < 0.5
    # In one image the stain is dark where in another it is light, whatever the gene's pattern.
    images = simulate_values("images", seed=3, **SMALL)
    darkest = np.quantile(images.X, 0.02, axis=0)
    assert np.ptp(darkest) > 0.1 and images.X.max() <= 1.0
    # Proteins of one cell spill into its neighbours, in which there is none of them.
    cells = simulate_values("proteins", seed=3, **SMALL, noise=1e-3)
    assert np.allclose(cells.X.min(axis=0) > 0, True)
    logs = simulate_values("log", seed=3, **SMALL)
    totals = np.expm1(logs.X).sum(axis=1)
    np.testing.assert_allclose(totals, totals[0], rtol=1e-4)


def test_nuisances_change_the_observations() -> None:
    plain = simulate_values("metabolites", seed=4, **SMALL)
    striped = simulate_values("metabolites", seed=4, **SMALL, nuisance=("stripes", "holes"))
    assert striped.n_obs < plain.n_obs
    assert striped.obs["library"].std() > plain.obs["library"].std()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"kind": "lipids"}, "kind 'lipids' is not known"),
        ({"kind": "log", "side": 9}, "side must be at least 10"),
        ({"kind": "log", "noise": 0.0}, "noise must be positive"),
        ({"kind": "log", "seed": -1}, "seed must not be negative"),
        ({"kind": "proteins", "genes": 5}, "cannot follow 6 patterns"),
        ({"kind": "images", "patterns": "dots"}, "patterns 'dots' is not known"),
        ({"kind": "images", "nuisance": ("dust",)}, "nuisance 'dust' is not known"),
    ],
)
def test_what_cannot_be_is_a_sentence(asked, says) -> None:
    with pytest.raises(InputError, match=says):
        simulate_values(**asked)

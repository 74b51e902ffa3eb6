"""Simulated tissue keeps its promises: seeds, depth, truth."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from anndata import AnnData, read_h5ad

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.simulation.counts import draw_counts, draw_genes
from darlc.simulation.tissue import simulate


def rate(adata: AnnData) -> np.ndarray:
    """Return the true rates (n_obs, genes) up to a factor a gene, as the documentation has them."""
    number = adata.var["pattern"].astype(str).str.removeprefix("pattern").replace("none", "1")
    pattern = adata.obsm["patterns"][:, number.astype(int).to_numpy() - 1]
    library = adata.obs["library"].to_numpy()[:, None]
    return library * pattern ** adata.var["strength"].to_numpy()


def test_the_first_tissues_stay_what_they_were() -> None:
    """Published figures name seeds: counts of the default call must never change."""
    adata = simulate(seed=3, genes=40, clusters=9, depth=50.0)
    digest = hashlib.sha256()
    for part, kind in ((adata.X.data, "<f4"), (adata.X.indices, "<i4"), (adata.X.indptr, "<i4")):
        digest.update(np.ascontiguousarray(part, dtype=kind).tobytes())
    assert (adata.shape, int(adata.X.sum())) == ((2653, 40), 133344)
    assert digest.hexdigest().startswith("118816e77dd3d9be")
    assert list(adata.obs) == ["in_tissue", "array_row", "array_col", "library"]
    assert adata.obs_names[0] == "spot0000" and adata.var_names[0] == "gene00"


def test_depth_left_out_is_that_of_visium() -> None:
    left_out, given = (simulate(genes=10, clusters=2, depth=d) for d in (None, 600.0))
    assert (left_out.X != given.X).nnz == 0


def test_same_seed_same_tissue_and_another_differs() -> None:
    a, again, other = (simulate(seed=s, genes=40, clusters=4) for s in (1, 1, 2))
    assert (a.X != again.X).nnz == 0
    assert a.shape != other.shape or (a.X != other.X).nnz > 0


def test_depth_is_the_mean_total() -> None:
    adata = simulate(seed=0, genes=400, clusters=5, depth=250.0)
    assert adata.X.sum(axis=1).mean() == pytest.approx(250.0, rel=0.05)


def test_genes_follow_the_pattern_that_they_are_said_to_follow() -> None:
    adata = simulate(seed=0, genes=60, clusters=6, depth=5000.0)
    assert adata.var["pattern"].value_counts().min() >= 2
    np.testing.assert_allclose(adata.obsm["patterns"].mean(axis=0), 1.0)
    counts = adata.X.toarray() / adata.obs["library"].to_numpy()[:, None]
    own = adata.var["pattern"].str.removeprefix("pattern").astype(int).to_numpy() - 1
    strong = np.flatnonzero((adata.var["strength"] > 0.8) & (adata.var["mean"] > 20))
    log_patterns = np.log(adata.obsm["patterns"])
    for gene in strong:
        correlation = np.corrcoef(np.column_stack([counts[:, gene], log_patterns]).T)[0, 1:]
        assert correlation[own[gene]] > correlation.max() - 0.1


@pytest.mark.parametrize("platform", ["st", "slideseq"])
def test_counts_are_drawn_from_the_rate_that_the_truth_tells(platform) -> None:
    adata = simulate(
        seed=2, genes=30, clusters=3, depth=3e5, platform=platform, dropout=0.0,
        nuisance=("library", "stripes", "folds", "holes"), unpatterned=0.2,
    )  # fmt: skip
    expected = rate(adata)
    expected *= adata.var["mean"].to_numpy() / expected.mean(axis=0)
    ratio = adata.X.toarray() / expected
    # Poisson noise is nothing at this depth; the gamma noise has variance 1 / 5.
    np.testing.assert_allclose(ratio.mean(axis=0), 1.0, atol=5 * np.sqrt(0.2 / adata.n_obs))
    np.testing.assert_allclose(ratio.mean(axis=1), 1.0, atol=6 * np.sqrt(0.2 / adata.n_vars))
    assert ratio.var() == pytest.approx(0.2, rel=0.1)
    np.testing.assert_allclose(adata.obs["library"].mean(), 1.0)
    np.testing.assert_allclose(adata.obsm["patterns"].mean(axis=0), 1.0)
    assert (adata.obsm["patterns"] > 0).all()
    assert adata.var["mean"].sum() == pytest.approx(3e5)


def test_unpatterned_genes_are_flat_but_for_the_library() -> None:
    adata = simulate(seed=1, genes=50, clusters=5, unpatterned=0.3, platform="st", depth=1e5)
    none = (adata.var["pattern"] == "none").to_numpy()
    assert none.sum() == 15
    assert (adata.var["strength"][none] == 0).all() and (adata.var["strength"][~none] > 0).all()
    assert adata.var["pattern"][~none].value_counts().drop("none").min() >= 2
    profile = adata.X.toarray() / adata.obs["library"].to_numpy()[:, None]
    images = rasterize(adata)
    smooth = images.grid.smoother(2.0) @ profile
    spread = smooth.std(axis=0) / smooth.mean(axis=0)
    assert spread[none].max() < spread[~none].min()


def test_sums_of_two_patterns_are_drawn_from_both() -> None:
    asked = {"seed": 3, "genes": 60, "clusters": 5, "depth": 3e5, "platform": "st"}
    adata, plain = simulate(**asked, sums=0.25, unpatterned=0.1), simulate(**asked, unpatterned=0.1)
    var = adata.var
    sums = (var["second"] != "none").to_numpy()
    assert sums.sum() == 15
    assert (var["second"] != var["pattern"].astype(str))[sums].all()
    assert not (var["pattern"][sums] == "none").any()
    assert var["second_share"][sums].between(0.15, 0.5).all()
    assert (var["second_share"][~sums] == 0).all() and (var["second_strength"][~sums] == 0).all()
    # All else of a seed is as without sums.
    for column in ("pattern", "strength", "mean"):
        np.testing.assert_array_equal(var[column], plain.var[column])
    np.testing.assert_array_equal(adata.obsm["patterns"], plain.obsm["patterns"])
    assert adata.uns["simulation"] == {**plain.uns["simulation"], "sums": 0.25}
    # Least squares on both patterns finds the shares.
    library = adata.obs["library"].to_numpy()
    for gene in np.flatnonzero(sums):
        parts = []
        for pattern, strength in (("pattern", "strength"), ("second", "second_strength")):
            k = int(var[pattern].iloc[gene].removeprefix("pattern")) - 1
            part = adata.obsm["patterns"][:, k] ** var[strength].iloc[gene] * library
            parts.append(part / part.mean())
        found = np.linalg.lstsq(np.column_stack(parts), adata.X[:, [gene]].toarray()[:, 0])[0]
        share = var["second_share"].iloc[gene]
        assert found[1] / found.sum() == pytest.approx(share, abs=0.12)


def test_dropout_loses_a_share_of_the_entries() -> None:
    full, lossy = (
        simulate(seed=1, genes=30, clusters=3, depth=6e4, platform="st", dropout=share)
        for share in (0.0, 0.3)
    )
    assert np.mean(full.X.toarray() == 0) < 0.001
    lost = lossy.X.toarray() == 0
    assert lost.mean() == pytest.approx(0.3, abs=0.02)
    assert (lossy.X.toarray()[~lost] == full.X.toarray()[~lost]).all()


def test_two_genes_at_least_follow_each_pattern() -> None:
    truth = draw_genes(20, 6, 8, 100.0, np.random.default_rng(0))
    assert (np.bincount(truth.pattern[truth.pattern >= 0]) == 2).all()
    assert (truth.pattern == -1).sum() == 8
    assert truth.mean.sum() == pytest.approx(100.0)


def test_the_mean_of_a_gene_is_that_of_its_counts() -> None:
    random = np.random.default_rng(0)
    truth = draw_genes(40, 4, 10, 4000.0, random)
    patterns = random.uniform(0.1, 3.0, (3000, 4))
    counts = draw_counts(patterns, random.lognormal(0, 0.5, 3000), truth, 0.0, random)
    np.testing.assert_allclose(counts.mean(axis=0), truth.mean, rtol=0.1)


def test_the_arguments_are_kept_in_the_file(tmp_path) -> None:
    asked = {"platform": "st", "patterns": "ring", "nuisance": ("stripes", "holes")}
    adata = simulate(4, 12, 3, **asked)
    adata.write_h5ad(tmp_path / "a.h5ad")
    assert read_h5ad(tmp_path / "a.h5ad").uns["simulation"] == {
        "seed": 4, "genes": 12, "clusters": 3, "depth": 8000.0, "platform": "st",
        "patterns": "ring", "nuisance": "stripes,holes", "dropout": 0.0, "unpatterned": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"genes": 5, "clusters": 4}, "at least two genes each"),
        ({"genes": 10, "clusters": 4, "unpatterned": 0.5}, "^5 genes cannot follow 4 patterns"),
        ({"clusters": 0}, "cannot follow 0 patterns"),
        ({"depth": 0.0}, "depth must be positive"),
        ({"depth": float("nan")}, "depth must be positive"),
        ({"depth": float("inf")}, "depth must be positive"),
        ({"seed": -1}, "seed must not be negative"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\)"),
        ({"unpatterned": -0.1}, r"unpatterned must lie in \[0, 1\)"),
        ({"sums": 1.0}, r"sums must lie in \[0, 1\)"),
        ({"genes": 9, "clusters": 1, "sums": 0.5}, "at least two clusters"),
        ({"genes": 10, "clusters": 2, "unpatterned": 0.5, "sums": 0.6}, "only 5 follow one"),
        ({"platform": "xenium"}, "platform 'xenium' is not known: use visium, .* or merfish"),
        ({"patterns": "dots"}, "patterns 'dots' is not known"),
        ({"nuisance": ("dust",)}, "nuisance 'dust' is not known: use library, .* or holes"),
        ({"regions": "layer"}, "say which tissue"),
        ({"genes": 2000, "clusters": 900, "patterns": "layered"}, "ask for fewer clusters"),
    ],
)
def test_what_cannot_be_simulated_is_a_sentence(options, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        simulate(**{"platform": "st", **options})

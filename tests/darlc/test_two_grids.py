"""A fit whose model learns on larger pixels than the pictures have, from data to file and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from anndata import AnnData

import darlc
from darlc.cli.scoring import score
from darlc.config import Config, DenoiseConfig, NetworkConfig, TrainConfig
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.metrics import adjusted_rand
from darlc.results.denoised_views import DenoisedViews
from darlc.results.result import Result

CONFIG = Config.from_preset(
    "quick",
    clusters=4,
    genes=50,
    model_pixels=200,
    device="cpu",
    denoise=DenoiseConfig(width=32, epochs=40),
    network=NetworkConfig(width=16, heads=2, depth=1),
    train=TrainConfig(pretrain_epochs=1, joint_epochs=1),
)


@pytest.fixture(scope="module")
def adata() -> AnnData:
    """Return a square lattice of about 700 spots and 80 genes of four patterns."""
    return darlc.simulate(seed=3, genes=80, clusters=4, platform="st", depth=1500.0)


@pytest.fixture(scope="module")
def images(adata: AnnData) -> SGEPImages:
    return rasterize(adata)


@pytest.fixture(scope="module")
def result(adata: AnnData) -> Result:
    return darlc.fit(adata, CONFIG)


def test_everything_shown_has_the_pixels_of_the_pictures(
    result: Result, images: SGEPImages
) -> None:
    assert result.pooling == 2 and images.n_pixels > 200
    assert any("pixels of 2 × 2 picture pixels" in note for note in result.notes)
    np.testing.assert_array_equal(result.grid.mask, images.grid.mask)
    assert result.denoised.shape == (result.n_genes, images.n_pixels)
    assert result.consensus().shape == (result.n_clusters, images.n_pixels)
    np.testing.assert_array_equal(result.observation_pixel, images.observation_pixel)


def test_views_are_nearer_to_the_truth_than_what_was_measured(
    result: Result, adata: AnnData, images: SGEPImages
) -> None:
    order = images.observation_pixel
    truth = np.empty((result.n_genes, images.n_pixels))
    names = list(result.gene_names)
    column = adata.var["pattern"].str.removeprefix("pattern").astype(int).loc[names].to_numpy() - 1
    strength = adata.var["strength"].loc[names].to_numpy()
    truth[:, order] = (adata.obsm["patterns"][:, column] ** strength).T

    def likeness(views: np.ndarray) -> float:
        pairs = zip(views, truth, strict=True)
        return float(np.mean([np.corrcoef(view, rate)[0, 1] for view, rate in pairs]))

    raw = likeness(images.expression(images.index(names)))
    assert likeness(result.denoised[:]) > raw + 0.2


def test_every_gene_has_the_cluster_of_its_pattern(result: Result, adata: AnnData) -> None:
    assert result.drawing.sum() == 50 and result.n_genes == adata.n_vars
    pattern = adata.var["pattern"].loc[list(result.gene_names)].to_numpy()
    for genes in (result.drawing, ~result.drawing):
        assert adjusted_rand(pattern[genes], result.cluster[genes]) > 0.8


def test_a_file_gives_the_same_result(
    result: Result, images: SGEPImages, adata: AnnData, tmp_path: Path
) -> None:
    read = darlc.load(result.save(tmp_path / "result.h5ad", denoised_layer=True))
    assert read.pooling == 2 and isinstance(read.denoised, DenoisedViews)
    np.testing.assert_allclose(read.denoised[:], result.denoised[:], rtol=1e-6)
    np.testing.assert_allclose(read.consensus(), result.consensus(), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(read.drawing, result.drawing)
    assert read.adata is not None
    layer = read.adata.layers["darlc_denoised"]
    where = images.observation_pixel
    row = int(read.adata.var_names.get_loc(result.gene_names[7]))
    np.testing.assert_allclose(layer[:, row], result.denoised[7][where], rtol=1e-5)
    # A script does the same by the documented formula, where a gene has no share of its own.
    facts = read.adata.uns["darlc"]["views"]
    if not facts["share"][7]:
        rate = (
            1 + read.adata.obsm["X_darlc_programmes"] @ read.adata.varm["darlc_coefficients"][row]
        )
        by_hand = np.log1p(facts["mean"][7] * np.maximum(rate, 0.02))
        np.testing.assert_allclose(by_hand, layer[:, row], rtol=1e-4)
    assert score(read)["genes"] == result.n_genes


def test_other_values_of_a_known_gene_are_embedded_on_the_model_grid(
    result: Result, images: SGEPImages
) -> None:
    known = images.select(images.index([str(result.gene_names[0])]))
    np.testing.assert_array_equal(result.embed(known)[0], result.embedding[0])
    other = SGEPImages(
        known.matrix, known.grid, np.array(["unknown"]), known.observation_pixel, known.values
    )
    other.__dict__["library"] = images.library
    cosine = float(result.embed(other)[0] @ result.embedding[0])
    assert cosine / np.linalg.norm(result.embedding[0]) > 0.9

"""The number of clusters: found where the truth is known, with a curve that says so."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from darlc.config import MixtureConfig
from darlc.images.sgep_images import rasterize
from darlc.images.statistics import standardised
from darlc.learn.cluster.choose_k import PRICE, Sweep
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.split_merge import CountClusters
from darlc.simulation.tissue import simulate


def _sweep(adata, moves: int = 6) -> Sweep:
    images = rasterize(adata)
    smooth = (images.grid.smoother(2.0) @ np.sqrt(images.measured()).T).T
    z = PCA(10, random_state=0).fit_transform(standardised(np.ascontiguousarray(smooth)))
    z = (z / np.linalg.norm(z, axis=1, keepdims=True)).astype(np.float32)
    library = np.empty(images.n_pixels, dtype=np.float32)
    library[images.observation_pixel] = adata.obs["library"]
    model = CountModel(images.measured(), library, images.grid, dispersion=5.0)
    return Sweep(CountClusters(model), z, MixtureConfig(moves=moves), seed=0)


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    swept = _sweep(simulate(seed=11, genes=300, clusters=6, depth=2000, platform="st"))
    list(swept.run())
    return swept


def test_the_true_number_is_found(sweep: Sweep) -> None:
    best = max(sweep.curve, key=sweep.curve.__getitem__)
    assert abs(best - 6) <= 1
    label = sweep.best.membership.argmax(dim=1)
    assert len(torch.unique(label[label < best])) <= best


def test_the_curve_falls_on_both_sides(sweep: Sweep) -> None:
    top = max(sweep.curve.values())
    assert sweep.curve[2] < top - 10 * PRICE
    assert sweep.curve[26] < top


def test_few_genes_are_not_put_into_many_clusters() -> None:
    swept = _sweep(simulate(seed=12, genes=40, clusters=3, depth=400, platform="st"), moves=0)
    list(swept.run())
    assert max(swept.curve) <= 8

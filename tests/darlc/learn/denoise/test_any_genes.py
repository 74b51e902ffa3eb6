"""Denoising alone: any gene, on the picture grid."""

from __future__ import annotations

import numpy as np

from darlc.config import Config, DenoiseConfig
from darlc.learn.denoise.any_genes import denoise_genes

SMALL = DenoiseConfig(components=8, width=32, heads=2, epochs=12)


def test_genes_that_taught_nothing_are_denoised(images) -> None:
    asked = []
    denoise = denoise_genes(
        images, Config(genes=100, denoise=SMALL, device="cpu"), lambda *at: asked.append(at)
    )
    views = denoise(np.array([0, 159]))
    assert views.shape == (2, images.n_pixels)
    assert (views >= 0).all()
    assert asked[0] == (1, 12)

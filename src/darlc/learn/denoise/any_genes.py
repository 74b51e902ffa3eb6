"""Denoising alone, without embedding and clusters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.pooling import Grids, compare_poolings
from darlc.learn.devices import choose_device
from darlc.results.denoised_views import DenoisedViews


def denoise_genes(
    images: SGEPImages, config: Config, on_step: Callable[[int, int], None] | None = None
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """Train a denoiser on the most variable genes; return a function that denoises any genes.

    Parameters
    ----------
    images
        All genes.
    config
        Number of genes to learn from, and the denoiser's settings.
    on_step
        Called with (epochs done, most epochs).

    Returns
    -------
    callable
        Function from positions (g,) to denoised views (g, P) in log-normalised units.
    """
    device = choose_device(config.device)
    grids = Grids.of(images, config, device)
    *_, pooling = compare_poolings(grids.drawing, grids.tried, config.denoise, config.seed, device)
    chosen = grids.everything(pooling).select(grids.selection.genes)
    denoiser = Denoiser(chosen, config.denoise, config.seed, device)
    for epoch, _ in denoiser.fit():
        if on_step is not None:
            on_step(epoch + 1, config.denoise.epochs)
    denoiser.finish()
    factors = denoiser.at_pictures(grids.drawing, pooling.factor)

    def views(genes: NDArray[np.int64]) -> NDArray[np.float32]:
        some = images.select(genes)
        return DenoisedViews(factors(some), some.expression)[:]

    return views

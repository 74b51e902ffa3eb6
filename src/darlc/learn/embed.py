"""Embeddings of any genes by a trained network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.data.images import SGEPImages
from darlc.data.result import Result
from darlc.errors import InputError
from darlc.learn.denoise import regress
from darlc.learn.network import MaskedAutoencoder
from darlc.learn.transform import stabilise
from darlc.learn.views import Views
from darlc.learn.weights import unpack

_BATCH = 512


@torch.no_grad()
def embed_views(
    network: MaskedAutoencoder, views: Views, device: torch.device
) -> NDArray[np.float32]:
    """Return the embeddings (G, D) of genes by both of their views."""
    network.eval()
    parts = []
    for start in range(0, len(views.raw), _BATCH):
        raw = torch.from_numpy(views.raw[start : start + _BATCH]).to(device)
        denoised = torch.from_numpy(views.denoised[start : start + _BATCH]).to(device)
        parts.append(network(raw, denoised).float().cpu().numpy())
    return np.concatenate(parts)


def embed(result: Result, images: SGEPImages) -> NDArray[np.float32]:
    """Embed genes that were left out of the model.

    Parameters
    ----------
    result
        A result with weights.
    images
        The genes to embed, over the same tissue pixels as the result's.

    Returns
    -------
    ndarray
        (g, D) float32, comparable with ``result.embedding``.

    Raises
    ------
    InputError
        The tissue differs, or the result holds no weights.
    """
    if not np.array_equal(images.grid.mask, result.grid.mask):
        raise InputError(
            "the images lie on another tissue grid than the result: rasterize the same data."
        )
    network, basis, scale, clean = unpack(result.weights, result.grid, result.config.network)
    stabilised = stabilise(images, clean)
    views = Views.of(stabilised, regress(stabilised, basis, scale))
    return embed_views(network, views, torch.device("cpu"))

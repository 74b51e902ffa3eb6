"""Embeddings of any genes by a trained network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.config import NetworkConfig
from darlc.data.added import check_grid
from darlc.data.images import SGEPImages
from darlc.data.result import Result
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
    check_grid(result, images)
    return embed_outside(result.weights, result.config.network, images)


def embed_outside(weights: bytes, config: NetworkConfig, images: SGEPImages) -> NDArray[np.float32]:
    """Embed genes by a result's weights alone, (g, D); see ``embed``.

    Parameters
    ----------
    weights, config
        Of the result.
    images
        The genes, over the result's tissue pixels.

    Raises
    ------
    InputError
        There are no weights, or they are not those of this grid and configuration.
    """
    network, basis, scale, clean = unpack(weights, images.grid, config)
    stabilised = stabilise(images, clean)
    views = Views.of(stabilised, regress(stabilised, basis, scale))
    return embed_views(network, views, torch.device("cpu"))

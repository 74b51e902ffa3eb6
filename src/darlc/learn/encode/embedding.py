"""Embeddings of any genes by a trained network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.config import NetworkConfig
from darlc.errors import InputError
from darlc.images.pooling import pooled
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.views import Views, views_by_arrays
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.weights import unpack
from darlc.results.gene_rows import rows_of
from darlc.results.result import Result

_BATCH = 512


@torch.no_grad()
def embed_views(
    network: MaskedAutoencoder, views: Views, device: torch.device
) -> NDArray[np.float32]:
    """Return the embeddings (G, D) of genes, from both of their views."""
    network.eval()
    parts = []
    for start in range(0, len(views.raw), _BATCH):
        raw = torch.from_numpy(views.raw[start : start + _BATCH]).to(device)
        denoised = torch.from_numpy(views.denoised[start : start + _BATCH]).to(device)
        parts.append(network(raw, denoised).float().cpu().numpy())
    return np.concatenate(parts)


def embed(result: Result, images: SGEPImages) -> NDArray[np.float32]:
    """Embed any genes over the same tissue.

    Parameters
    ----------
    result
        A result with weights.
    images
        The genes to embed, over the same tissue pixels as the result's.

    Returns
    -------
    ndarray
        (g, D) float32: for genes of the result its own, whatever their values; for others
        comparable ones, and 0 where a gene has no expression.

    Raises
    ------
    InputError
        The tissue differs, the result holds no weights, or it was fitted to counts and these values
        are not counts.
    """
    rows = rows_of(result, images)
    embedding = np.empty((images.n_genes, result.embedding.shape[1]), dtype=np.float32)
    embedding[rows >= 0] = result.embedding[rows[rows >= 0]]
    if (rest := np.flatnonzero(rows < 0)).size:
        others = pooled(images.select(rest), result.pooling)
        embedding[rest] = embed_others(result.weights, result.config.network, others)
    return embedding


def embed_others(weights: bytes, config: NetworkConfig, images: SGEPImages) -> NDArray[np.float32]:
    """Embed genes by a result's weights alone, (g, D); see ``embed``.

    Parameters
    ----------
    weights, config
        Of the result.
    images
        The genes, over the model grid of the result.

    Raises
    ------
    InputError
        There are no weights, they do not fit this grid and configuration, or they are of counts and
        these values are not counts.
    """
    network, learnt, kind = unpack(weights, images.grid, config)
    try:
        views = views_by_arrays(kind, learnt, images)
    except InputError:
        raise
    except (KeyError, ValueError) as error:
        raise InputError(f"the result's weights cannot be read: {error}") from error
    return embed_views(network, views, torch.device("cpu"))

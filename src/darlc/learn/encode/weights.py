"""Learnt weights as safetensors bytes, sufficient to denoise and embed genes outside the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from darlc.config import NetworkConfig
from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.learn.denoise.shrinkage import named
from darlc.learn.denoise.views import Kind
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.tokens import make_tokens
from darlc.learn.random_state import WeightStream

_NETWORK, _DENOISER, _VIEWS = "network.", "denoiser.", "views."


def pack(
    network: MaskedAutoencoder,
    denoiser: Mapping[str, NDArray[np.floating]],
    kind: Kind,
) -> bytes:
    """Return network, arrays of the denoiser, and kind of views, as bytes.

    Parameters
    ----------
    network
        The online network.
    denoiser
        Arrays by name, as ``Denoiser.to_arrays`` returns them.
    kind
        How views are computed.
    """
    tensors = {f"{_NETWORK}{k}": v.cpu().contiguous() for k, v in network.state_dict().items()}
    tensors |= {
        f"{_DENOISER}{name}": torch.from_numpy(np.ascontiguousarray(array))
        for name, array in denoiser.items()
    }
    tensors[f"{_VIEWS}{kind}"] = torch.tensor([network.beside])
    return save(tensors)


def unpack(
    weights: bytes, grid: Grid, config: NetworkConfig
) -> tuple[MaskedAutoencoder, dict[str, NDArray[np.floating]], Kind]:
    """Rebuild the network, the arrays of the denoiser, and the kind of views.

    Raises
    ------
    InputError
        The bytes hold no networks, or they do not fit this grid and configuration.
    """
    tensors = _load(weights, "embedded")
    try:
        state = named(tensors, _NETWORK)
        # Old results hold a kind only where pixels were clean; otherwise pixels were noisy.
        kind: Kind = next((one for one in get_args(Kind) if f"{_VIEWS}{one}" in tensors), "noisy")
        beside = float(tensors.get(f"{_VIEWS}{kind}", torch.ones(1)).item())
        tokens = make_tokens(grid, config.patch)
        with WeightStream(0).active():  # replaced by the stored ones below
            network = MaskedAutoencoder(tokens, state["basis"], config, beside)
        network.load_state_dict(state)
        return network.eval(), _arrays(tensors), kind
    except (KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"the result's weights cannot be read: {error}") from error


def unpack_denoiser(weights: bytes) -> dict[str, NDArray[np.floating]]:
    """Return the arrays of the denoiser that were given to ``pack``.

    Raises
    ------
    InputError
        The bytes hold none.
    """
    return _arrays(_load(weights, "denoised"))


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray[np.floating]]:
    return {name: tensor.numpy() for name, tensor in named(tensors, _DENOISER).items()}


def _load(weights: bytes, purpose: str) -> dict[str, Tensor]:
    if not weights:
        raise InputError(f"the result holds no weights, so no further genes can be {purpose}.")
    try:
        return load(weights)
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"the result's weights cannot be read: {error}") from error

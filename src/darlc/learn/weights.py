"""What was learned as safetensors bytes: enough to denoise and embed genes outside the model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from darlc.config import NetworkConfig
from darlc.data.grid import Grid
from darlc.errors import InputError
from darlc.learn.network import MaskedAutoencoder
from darlc.learn.shrink import named
from darlc.learn.tokens import make_tokens

_NETWORK, _DENOISER, _CLEAN = "network.", "denoiser.", "views.clean"


def pack(
    network: MaskedAutoencoder,
    denoiser: Mapping[str, NDArray[np.floating]],
    clean: bool = False,
) -> bytes:
    """Return network, what the denoiser learned and whether pixels are clean, as bytes.

    Parameters
    ----------
    network
        The online network.
    denoiser
        Arrays by name, as ``Denoiser.to_arrays`` returns them.
    clean
        Whether single pixels are hardly noisy.
    """
    tensors = {f"{_NETWORK}{k}": v.cpu().contiguous() for k, v in network.state_dict().items()}
    tensors |= {
        f"{_DENOISER}{name}": torch.from_numpy(np.ascontiguousarray(array))
        for name, array in denoiser.items()
    }
    if clean:
        tensors[_CLEAN] = torch.ones(1)
    return save(tensors)


def unpack(
    weights: bytes, grid: Grid, config: NetworkConfig
) -> tuple[MaskedAutoencoder, NDArray[np.float32], NDArray[np.float32], bool]:
    """Rebuild the network, the denoiser's basis and scale, and whether pixels are clean.

    Raises
    ------
    InputError
        The bytes hold no networks, or not those of this grid and configuration.
    """
    tensors = _load(weights, "embedded")
    try:
        state = named(tensors, _NETWORK)
        network = MaskedAutoencoder(make_tokens(grid, config.patch), state["basis"], config)
        network.load_state_dict(state)
        denoiser = named(tensors, _DENOISER)
        basis, scale = denoiser["basis"].numpy(), denoiser["scale"].numpy()
        return network.eval(), basis, scale, _CLEAN in tensors
    except (KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"the result's weights cannot be read: {error}") from error


def unpack_denoiser(weights: bytes) -> dict[str, NDArray[np.floating]]:
    """Return what the denoiser learned, as ``pack`` was given it.

    Raises
    ------
    InputError
        The bytes hold none of it.
    """
    return {
        name: tensor.numpy()
        for name, tensor in named(_load(weights, "denoised"), _DENOISER).items()
    }


def _load(weights: bytes, purpose: str) -> dict[str, Tensor]:
    if not weights:
        raise InputError(f"the result holds no weights, so no further genes can be {purpose}.")
    try:
        return load(weights)
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"the result's weights cannot be read: {error}") from error

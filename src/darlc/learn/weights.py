"""The networks as safetensors bytes: what is needed to embed genes that were left out."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load, save

from darlc.config import NetworkConfig
from darlc.data.grid import Grid
from darlc.errors import InputError
from darlc.learn.network import MaskedAutoencoder
from darlc.learn.tokens import make_tokens

_BASIS, _SCALE, _CLEAN = "denoiser.basis", "denoiser.scale", "views.clean"


def pack(
    network: MaskedAutoencoder,
    basis: NDArray[np.float32],
    scale: NDArray[np.float32],
    clean: bool = False,
) -> bytes:
    """Return network, the denoiser's representation and whether pixels are clean, as bytes."""
    tensors = {f"network.{k}": v.cpu().contiguous() for k, v in network.state_dict().items()}
    tensors[_BASIS], tensors[_SCALE] = torch.from_numpy(basis), torch.from_numpy(scale)
    if clean:
        tensors[_CLEAN] = torch.ones(1)
    return save(tensors)


def unpack(
    weights: bytes, grid: Grid, config: NetworkConfig
) -> tuple[MaskedAutoencoder, NDArray[np.float32], NDArray[np.float32], bool]:
    """Rebuild what ``pack`` wrote.

    Raises
    ------
    InputError
        The bytes hold no networks, or not those of this grid and configuration.
    """
    if not weights:
        raise InputError("the result holds no weights, so no further genes can be embedded.")
    try:
        tensors = load(weights)
        state = {
            k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")
        }
        network = MaskedAutoencoder(make_tokens(grid, config.patch), state["basis"], config)
        network.load_state_dict(state)
        basis, scale = tensors[_BASIS].numpy(), tensors[_SCALE].numpy()
        return network.eval(), basis, scale, _CLEAN in tensors
    except (KeyError, RuntimeError, ValueError) as error:
        raise InputError(f"the result's weights cannot be read: {error}") from error

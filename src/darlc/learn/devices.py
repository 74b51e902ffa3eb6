"""Devices and precision of computations."""

from __future__ import annotations

import torch

from darlc.config import MODEL_PIXELS
from darlc.errors import InputError


def available_devices() -> tuple[str, ...]:
    """Return the devices that torch can use, best first."""
    names = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return (*names, "cpu")


def choose_device(name: str) -> torch.device:
    """Return the device of a name; ``"auto"`` is the best one.

    Raises
    ------
    InputError
        The device is not available.
    """
    available = available_devices()
    if name == "auto":
        return torch.device(available[0])
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in available:
        raise InputError(
            f"device '{name}' is not available here: use one of auto, {', '.join(available)}."
        )
    return torch.device(wanted)


def choose_precision(name: str, device: torch.device) -> torch.dtype | None:
    """Return the type that autocast should use, or None for 32 bits.

    bf16 is emulated on most CPUs and ten times slower there, so ``"auto"`` uses it on CUDA only.
    """
    if name == "bf16":
        return torch.bfloat16
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if name == "auto" and native else None


def most_pixels(device: torch.device) -> int:
    """Return the most pixels of the model grid by default, for time and memory."""
    return 4 * MODEL_PIXELS if device.type == "cuda" else MODEL_PIXELS

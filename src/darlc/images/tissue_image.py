"""The tissue image of a dataset: which one is shown, its position, and its colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.data.libraries import images, libraries, mapping, scale_factor

if TYPE_CHECKING:
    from anndata import AnnData

#: Images of Space Ranger, the sharper one first; others come after them.
_KNOWN = ("hires", "lowres")
#: Bits for each channel in cameras and file formats.
_DEPTHS = (8, 10, 12, 14, 16, 24, 32, 64)
#: Share of an image without a scale factor that the observations' box must cover for its pixels to
#: be taken as units of the coordinates.
_FEWEST_SHARE = 0.25


@dataclass(frozen=True, eq=False)
class TissueImage:
    """A tissue image and the position of its pixels.

    Parameters
    ----------
    pixels
        (H, W), or (H, W, 3 or 4) for colours; uint8.
    affine
        (3, 3); maps (row, column, 1) of a pixel's centre to (y, x, 1), in units of
        ``obsm["spatial"]``.
    """

    pixels: NDArray[np.uint8]
    affine: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Candidate:
    """An image that could be shown; its position is not known where ``affine`` is None."""

    library: str
    key: str
    values: NDArray[Any]
    affine: NDArray[np.float64] | None


def tissue_image(adata: AnnData) -> TissueImage | None:
    """Return the tissue image of the first library that has one; None where there is none."""
    chosen = next((each for each in _candidates(adata) if each.affine is not None), None)
    if chosen is None or chosen.affine is None:
        return None
    return TissueImage(as_bytes(chosen.values), chosen.affine)


def tissue_image_note(adata: AnnData) -> str:
    """Return which image `tissue_image` uses, or why none, as text; empty without images."""
    found = list(_candidates(adata))
    for each in found:
        if each.affine is not None:
            height, width = _channels_last(each.values).shape[:2]
            return (
                f"The tissue image is {each.key!r} of {each.library!r}, {width} × {height} pixels."
            )
    if found:
        return (
            f"The tissue image {found[0].key!r} of {found[0].library!r} has no scale factor that "
            "says where it lies, so it is not shown."
        )
    return ""


def as_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an image of any type as 8-bit values, its colours unchanged.

    Parameters
    ----------
    values
        (H, W), (H, W, C) or (C, H, W). Of other numbers of channels than 1, 3 and 4 the first is
        used. Whole numbers are scaled by the smallest usual bit depth that holds the brightest;
        fractions by one where none is larger. With values below zero, the image is stretched from
        its darkest to its brightest.

    Returns
    -------
    array
        (H, W), (H, W, 3) or (H, W, 4) uint8.
    """
    values = _channels_last(values)
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.ndim == 3 and values.shape[2] == 4:
        # The alpha channel does not count towards the range of colours.
        return np.dstack([_scaled(values[..., :3]), _scaled(values[..., 3])])
    return _scaled(values)


def _scaled(values: NDArray[Any]) -> NDArray[np.uint8]:
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    if low < 0:
        # Scaled by the largest, so that differences stay finite.
        largest = max(-low, high)
        numbers = numbers / largest - low / largest
        high = high / largest - low / largest
    else:
        high = _full_scale(high, whole=values.dtype.kind in "ui")
    scaled = np.rint(numbers * (255.0 / high)) if high > 0 else numbers
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _full_scale(brightest: float, whole: bool) -> float:
    """Return the value of white in an image with this brightest value."""
    if not whole and brightest <= 1.0:
        return 1.0
    return next((2.0**bits - 1 for bits in _DEPTHS if brightest <= 2.0**bits - 1), brightest)


def _channels_last(values: NDArray[Any]) -> NDArray[Any]:
    """Return (H, W) or (H, W, 3 or 4) of (H, W), (H, W, C) or (C, H, W)."""
    if values.ndim == 2:
        return values
    if values.shape[2] not in (3, 4) and values.shape[0] < min(values.shape[1:]):
        values = np.moveaxis(values, 0, -1)
    return values if values.shape[2] in (3, 4) else values[..., 0]


def _candidates(adata: AnnData) -> Iterator[_Candidate]:
    """Yield the images of all libraries, in order of preference."""
    for name, library in libraries(adata).items():
        pictures = images(library)
        for key in sorted(pictures, key=_rank):
            try:
                values = np.asarray(pictures[key])
            except (TypeError, ValueError):
                continue
            if values.dtype.kind in "buif" and values.ndim in (2, 3) and values.size:
                yield _Candidate(name, key, values, _affine(adata, library, key, values))


def _rank(key: str) -> int:
    size = key.removesuffix("_image")
    return _KNOWN.index(size) if size in _KNOWN else len(_KNOWN)


def _affine(
    adata: AnnData, library: Mapping[str, Any], key: str, values: NDArray[Any]
) -> NDArray[np.float64] | None:
    """Return the position of an image: as the reader stored it, else by its scale factor."""
    found = mapping(library.get("metadata")).get("affine")
    if isinstance(found, np.ndarray) and found.shape == (3, 3) and found.dtype.kind in "iuf":
        # The stored affine maps to (x, y).
        return found.astype(np.float64)[[1, 0, 2]]
    size = key.removesuffix("_image")
    stated = (scale_factor(library, f"tissue_{each}_scalef") for each in (key, size))
    factor = next((each for each in stated if 0 < each < np.inf), 0.0)
    if not factor:
        if not _shows_the_observations(adata, values):
            return None
        factor = 1.0
    scale = 1.0 / factor
    # Downsampling averages blocks of pixels, so centres are shifted by half a block.
    shift = (scale - 1.0) / 2.0
    return np.array([[scale, 0.0, shift], [0.0, scale, shift], [0.0, 0.0, 1.0]])


def _shows_the_observations(adata: AnnData, values: NDArray[Any]) -> bool:
    """Return whether coordinates can be pixels of an image: all within it, over much of it."""
    where = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
    where = where[np.isfinite(where).all(axis=1)]
    size = np.array(_channels_last(values).shape[1::-1], dtype=np.float64)
    if not len(where) or where.min() < 0 or np.any(where.max(axis=0) > size):
        return False
    return bool(np.all(np.ptp(where, axis=0) >= _FEWEST_SHARE * size))

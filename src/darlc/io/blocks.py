"""A matrix of observations × genes that is computed, and written, a few genes at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Most values that are computed at once, and that a chunk of a file holds.
_VALUES, _CHUNK = 8_000_000, 250_000
#: Genes of a chunk, and most genes that are computed at once.
ACROSS, GENES = 16, 512


@dataclass(frozen=True)
class Blocks:
    """A matrix that is too large for memory.

    Parameters
    ----------
    shape
        Observations and genes.
    make
        Function of the first gene and the one after the last; returns their columns, (n_obs, genes)
        float32.
    """

    shape: tuple[int, int]
    make: Callable[[int, int], NDArray[np.float32]]

    @property
    def nbytes(self) -> int:
        """Bytes of the whole matrix."""
        return 4 * self.shape[0] * self.shape[1]

    def __iter__(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Yield blocks of columns with their positions; each block is a whole number of chunks."""
        n_obs, n_vars = self.shape
        _, across = self.chunks
        step = min(_VALUES // max(n_obs, 1), GENES)
        step = max(across, step // across * across)
        for start in range(0, n_vars, step):
            stop = min(start + step, n_vars)
            yield slice(start, stop), self.make(start, stop)

    @property
    def chunks(self) -> tuple[int, int]:
        """Shape of a file's chunks: many observations and a few genes, the order of writing."""
        n_obs, n_vars = self.shape
        across = max(1, min(n_vars, ACROSS))
        return max(1, min(n_obs, _CHUNK // across)), across

    def array(self) -> NDArray[np.float32]:
        """Return the whole matrix."""
        whole = np.empty(self.shape, dtype=np.float32)
        for columns, block in self:
            whole[:, columns] = block
        return whole


def placed_blocks(
    observation_pixel: NDArray[np.int64],
    n_vars: int,
    views: Callable[[int, int], tuple[NDArray[np.int64], NDArray[np.floating]]],
) -> Blocks:
    """Return views of genes by observation; NaN where there is no view or no pixel.

    Parameters
    ----------
    observation_pixel
        (n_obs,) index of each observation's tissue pixel; -1 where it has none.
    n_vars
        Number of genes.
    views
        Function of the first gene and the one after the last; returns which of them, counted from
        the first, have a view, (g,), and the views, (g, P).
    """
    placed = np.flatnonzero(observation_pixel >= 0)
    pixel = observation_pixel[placed]

    def make(start: int, stop: int) -> NDArray[np.float32]:
        block = np.full((len(observation_pixel), stop - start), np.nan, dtype=np.float32)
        which, pictures = views(start, stop)
        # One gene after the other, which saves a second copy of all views.
        for column, picture in zip(which, pictures, strict=True):
            block[placed, column] = picture[pixel]
        return block

    return Blocks((len(observation_pixel), n_vars), make)


def fill_h5ad(path: Path, layers: Mapping[str, Blocks]) -> None:
    """Add layers to an ``.h5ad`` file."""
    import h5py

    with h5py.File(path, "r+") as file:
        for name, blocks in layers.items():
            dataset = file.require_group("layers").create_dataset(
                name,
                shape=blocks.shape,
                dtype=np.float32,
                chunks=blocks.chunks if min(blocks.shape) else None,
                compression="gzip" if min(blocks.shape) else None,
                compression_opts=1 if min(blocks.shape) else None,
            )
            _fill(dataset, blocks)


def fill_zarr(path: Path, layers: Mapping[str, Blocks]) -> None:
    """Add layers to a ``.zarr`` store."""
    import zarr

    root: Any = zarr.open_group(path, mode="r+")
    create = root["layers"].create_array
    for name, blocks in layers.items():
        _fill(create(name, shape=blocks.shape, chunks=blocks.chunks, dtype="float32"), blocks)
    zarr.consolidate_metadata(root.store)


def _fill(dataset: Any, blocks: Blocks) -> None:
    # Attributes by which AnnData recognises arrays.
    dataset.attrs["encoding-type"], dataset.attrs["encoding-version"] = "array", "0.2.0"
    for columns, block in blocks:
        dataset[:, columns] = block

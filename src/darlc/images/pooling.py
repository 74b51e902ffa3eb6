"""The model grid: a whole-number pooling of the picture grid, and the way back.

Pictures are as fine as the data. The model learns on pooled pixels, of which there are few enough
for memory and time, and which hold enough molecules each; its scores are then interpolated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages, collecting


def pooled_grid(grid: Grid, factor: int) -> tuple[Grid, NDArray[np.int64]]:
    """Return the grid of pixels of ``factor`` × ``factor`` pixels, and the owner of every pixel.

    Parameters
    ----------
    grid
        Square or binned; a hexagonal one cannot be pooled.
    factor
        1 returns the grid itself.

    Returns
    -------
    Grid
        A pooled pixel is tissue where one of its pixels is.
    owner
        (P,) index of the pooled pixel that holds each tissue pixel.

    Raises
    ------
    ValueError
        The factor is less than 1, or the grid is hexagonal.
    """
    if factor == 1:
        return grid, np.arange(grid.n_pixels)
    if factor < 1 or grid.layout == "hexagonal":
        raise ValueError(f"a {grid.layout} grid cannot be pooled by {factor}")
    cells = grid.pixels // factor
    mask = np.zeros(-(-np.array(grid.shape) // factor), dtype=bool)
    mask[tuple(cells.T)] = True
    half = (factor - 1) / 2
    to_fine = np.array([[factor, 0.0, half], [0.0, factor, half], [0.0, 0.0, 1.0]])
    coarse = replace(grid, mask=mask, affine=grid.affine @ to_fine)
    return coarse, coarse.index[tuple(cells.T)]


def finest_factor(grid: Grid, most: int) -> int:
    """Return the smallest factor that pools a grid to at most so many tissue pixels.

    Hexagonal grids are not pooled: the factor is 1.
    """
    if grid.layout == "hexagonal":
        return 1
    factor = max(1, int(np.sqrt(grid.n_pixels / most)))
    while pooled_grid(grid, factor)[0].n_pixels > most and factor < max(grid.shape):
        factor += 1
    return factor


def pooled(images: SGEPImages, factor: int) -> SGEPImages:
    """Return images over the pooled grid: counts are summed, other values averaged.

    The library stays that of the same genes; see `SGEPImages.select`.

    Raises
    ------
    ValueError
        See `pooled_grid`.
    """
    if factor == 1:
        return images
    grid, owner = pooled_grid(images.grid, factor)
    pool = collecting(owner, grid.n_pixels, images.values)
    placed = images.observation_pixel >= 0
    pixel = np.full(len(images.observation_pixel), -1, dtype=np.int64)
    pixel[placed] = owner[images.observation_pixel[placed]]
    coarse = SGEPImages(
        matrix=(pool @ images.matrix).tocsc().astype(np.float32, copy=False),
        grid=grid,
        gene_names=images.gene_names,
        observation_pixel=pixel,
        values=images.values,
        notes=images.notes,
    )
    coarse.__dict__["library"] = np.asarray(pool @ images.library, dtype=np.float32)
    return coarse


def interpolation(grid: Grid, factor: int) -> sparse.csr_array:
    """Return the bilinear interpolation (P, M) from M pooled pixels to P pixels; rows sum to 1.

    Pooled pixels outside the tissue have no weight.
    """
    coarse, _ = pooled_grid(grid, factor)
    if factor == 1:
        return sparse.csr_array(sparse.eye_array(grid.n_pixels, dtype=np.float32))
    # Centres of pixels, in pooled pixels.
    where = (grid.pixels + 0.5) / factor - 0.5
    low = np.floor(where).astype(np.int64)
    share = where - low
    rows, columns, weights = [], [], []
    padded = np.pad(coarse.index, 1, constant_values=-1)
    for down in (0, 1):
        for right in (0, 1):
            corner = padded[low[:, 0] + down + 1, low[:, 1] + right + 1]
            weight = np.abs(1 - down - share[:, 0]) * np.abs(1 - right - share[:, 1])
            kept = (corner >= 0) & (weight > 0)
            rows.append(np.flatnonzero(kept))
            columns.append(corner[kept])
            weights.append(weight[kept])
    # The pixel's own pooled pixel is tissue, and has the largest weight, so no sum is 0.
    found = sparse.coo_array(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))),
        (grid.n_pixels, coarse.n_pixels),
    ).tocsr()
    total = np.asarray(found.sum(axis=1)).ravel()
    return (sparse.dia_array((1.0 / total[None], 0), shape=(len(total),) * 2) @ found).tocsr()

"""Denoised views at picture resolution, by what the model was fitted on; known truth.

``python -m benchmarks.scale.pictures`` simulates tissue whose details are two to three bins wide,
at three depths, and prints the mean correlation of genes' views with their true rates.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import torch
from anndata import AnnData
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import gaussian_filter

from darlc.config import DenoiseConfig
from darlc.images.pooling import interpolation, pooled, pooled_grid
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.pooling import compare_poolings, poolings
from darlc.simulation.counts import draw_counts, draw_genes
from darlc.simulation.shapes import field

SHAPE = (120, 112)
GENES, PATTERNS = 600, 14
#: Mean molecules of a gene over the tissue.
DEPTHS = (480, 2900, 14_000)
_SIGMAS = (0.7, 1.0, 1.5, 2.0, 3.0, 4.5)


@dataclass(frozen=True, eq=False)
class Tissue:
    """Counts of a simulated tissue, and the true relative rates of its genes, (G, P)."""

    images: SGEPImages
    truth: NDArray[np.float32]


def thin_patterns(
    shape: tuple[int, int], patterns: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return patterns (P, K) of bent streaks, two to three bins wide, over broad fields."""
    rows, columns = np.indices(shape).reshape(2, -1).astype(np.float64)
    x, y = columns / max(shape), rows / max(shape)
    drawn = []
    for _ in range(patterns):
        angle, bin_side = random.uniform(0, np.pi), 1.0 / max(shape)
        across = (x - 0.5) * np.sin(angle) - (y - 0.5) * np.cos(angle)
        along = x * np.cos(angle) + y * np.sin(angle)
        bend = 0.08 * np.sin(random.uniform(6, 14) * along + random.uniform(0, 6))
        shift, width = random.uniform(-0.4, 0.4), random.uniform(2.0, 3.0) * bin_side / 2.355
        gap = random.uniform(0.12, 0.25)
        offset = (across - bend - shift + gap / 2) % gap - gap / 2
        streak = np.exp(-0.5 * np.square(offset / width))
        drawn.append(np.exp(2.0 * streak + 1.0 * field(x, y, 0.3, random)))
    found = np.column_stack(drawn)
    return found / found.mean(axis=0)


def simulated(depth: float, seed: int, shape: tuple[int, int] = SHAPE) -> Tissue:
    """Simulate bins whose genes have ``depth`` molecules in the mean."""
    random = np.random.default_rng(seed)
    patterns = thin_patterns(shape, PATTERNS, random)
    n = len(patterns)
    genes = draw_genes(GENES, PATTERNS, 0, depth * GENES / n, random)
    rows, columns = np.indices(shape).reshape(2, -1)
    library = random.lognormal(0.0, 0.3, n)
    library /= library.mean()
    counts = draw_counts(patterns, library, genes, 0.0, random)
    adata = AnnData(sparse.csr_matrix(counts, dtype=np.float32))
    adata.obsm["spatial"] = np.column_stack([columns, rows]).astype(np.float64)
    images = rasterize(adata)
    rate = patterns[:, genes.pattern] ** genes.strength
    kept = images.observation_pixel
    truth = np.empty((GENES, images.n_pixels), dtype=np.float32)
    truth[:, kept[kept >= 0]] = rate[kept >= 0].T
    return Tissue(images, truth)


def likeness(views: NDArray[np.floating], truth: NDArray[np.floating]) -> float:
    """Return the mean over genes of the correlation of views and true rates, (G, P) each."""
    a = views - views.mean(axis=1, keepdims=True)
    b = truth - truth.mean(axis=1, keepdims=True)
    length = np.sqrt(np.square(a).sum(axis=1) * np.square(b).sum(axis=1))
    return float(np.nan_to_num((a * b).sum(axis=1) / np.maximum(length, 1e-12)).mean())


def smoothed(tissue: Tissue) -> tuple[float, float]:
    """Return raw views' likeness, and that of the best Gaussian smoothing of each tissue."""
    images = tissue.images
    rates = images.measured() / images.library
    grid = images.grid.spread(rates, fill=0.0)
    best = max(
        likeness(
            np.stack([gaussian_filter(one, sigma)[images.grid.mask] for one in grid]), tissue.truth
        )
        for sigma in _SIGMAS
    )
    return likeness(rates, tissue.truth), best


def fitted(tissue: Tissue, factor: int, seed: int = 0) -> dict[str, float]:
    """Return likenesses of views of a model that was fitted on pooled bins."""
    start = time.process_time()
    images = tissue.images
    coarse = pooled(images, factor)
    denoiser = Denoiser(coarse, DenoiseConfig(), seed, torch.device("cpu"))
    for _ in denoiser.fit():
        pass
    denoiser.finish()
    shrinkage = denoiser.shrinkage()
    everyone = np.arange(images.n_genes)
    drawn = shrinkage.factors(coarse)
    rates = drawn.rates(everyone, coarse.expression())
    _, owner = pooled_grid(images.grid, factor)
    found = {"enlarged": likeness(rates[:, owner], tissue.truth)}
    if factor > 1:
        between = (interpolation(images.grid, factor) @ shrinkage.programmes.pixels).astype("f4")
        relative = np.maximum(1.0 + drawn.coefficients @ between.T, 0.02)
        found["interpolated"] = likeness(relative, tissue.truth)
        fine = shrinkage.at_pictures(images, factor).factors(images)
        found["with own counts"] = likeness(fine.rates(everyone, images.expression()), tissue.truth)
    found["seconds"] = time.process_time() - start
    return found


def main() -> None:
    """Print one row a depth and model grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--depths", type=int, nargs="*", default=DEPTHS)
    options = parser.parse_args()
    for depth in options.depths:
        tissue = simulated(depth, options.seed)
        raw, gaussian = smoothed(tissue)
        print(f"{depth} molecules a gene: raw {raw:.3f}, best Gaussian {gaussian:.3f}", flush=True)
        for factor in (1, 2, 4, 8):
            found = fitted(tissue, factor)
            said = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
            print(f"  pooled {factor} × {factor}: {said}", flush=True)
        tried = poolings(tissue.images, 16_000)
        start = time.process_time()
        *_, choice = compare_poolings(tissue.images, tried, DenoiseConfig(), 0, torch.device("cpu"))
        seconds = time.process_time() - start
        print(f"  chosen of {tried}: {choice} in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()

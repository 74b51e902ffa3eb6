"""Denoisers of counts: what each predicts of every gene in every pixel.

A denoiser gives profiles, expression a molecule of library up to a factor by gene; `rates` turns
them into counts that another half of the molecules can be compared with.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors

from darlc.config import DenoiseConfig
from darlc.errors import TrainingError
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.transform import stabilise

FLAT = "flat"
#: Little smoothing is best where pixels are large and hold many molecules.
SIGMAS = (0.5, 1.0, 1.5, 2.0, 3.0)
NEIGHBOURS = (10, 20, 40)
_COMPONENTS = 20
#: No gene is predicted to be rarer anywhere than this share of its mean: a rate of zero would
#: make a single molecule infinitely unlikely.
_FLOOR = 0.02


def rates(images: SGEPImages, profiles: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return expected counts (G, P) with every gene's total as in ``images``.

    Parameters
    ----------
    images
        The half that was seen; its library scales the pixels.
    profiles
        (G, P) expression a molecule of library, in any unit a gene; what is negative or missing
        counts as zero.
    """
    share = images.library / images.library.sum(dtype=np.float64)
    total = np.asarray(images.matrix.sum(axis=0), dtype=np.float64)[:, None]
    profiles = np.maximum(np.nan_to_num(profiles.astype(np.float64)), 0.0)
    mean = (profiles @ share)[:, None]
    relative = np.divide(profiles, mean, out=np.ones_like(profiles), where=mean > 0)
    rate = np.maximum(relative, _FLOOR) * share
    # A gene that the half does not hold at all still has a positive rate.
    return np.maximum(total, 0.5) * rate / rate.sum(axis=1, keepdims=True)


def simple(images: SGEPImages, seed: int) -> Iterator[tuple[str, str, NDArray[np.floating]]]:
    """Yield simple denoisers: family, setting, and profiles (G, P).

    Families are flat (no pattern at all), raw, Gaussian smoothing, the mean of a pixel's nearest
    neighbours by expression, and principal components of smoothed images.
    """
    counts = images.measured()
    library = images.library
    yield FLAT, "", np.ones_like(counts)
    yield "raw", "", counts / library
    for sigma in SIGMAS:
        smooth = _pooled(counts, library, images.grid.smoother(sigma))
        yield "Gaussian", f"σ {sigma:g}", smooth
        yield "PCA + Gaussian", f"σ {sigma:g}", _leading(smooth, library, counts, seed)
    described = _described(images, seed)
    nearest = NearestNeighbors(n_neighbors=min(max(NEIGHBOURS), images.n_pixels)).fit(described)
    order = nearest.kneighbors(described, return_distance=False)
    for n in NEIGHBOURS:
        yield "k-NN", f"k {n}", _pooled(counts, library, _adjacency(order[:, :n]))


def plain_gat(
    images: SGEPImages, seed: int, config: DenoiseConfig | None = None
) -> NDArray[np.floating]:
    """Return profiles (G, P) by the GAT as a plain autoencoder: every pixel sees itself.

    As many epochs as ours has at most, without early stopping, and the same regression of genes
    on the tissue's representation.
    """
    denoiser = _PlainDenoiser(images, config or DenoiseConfig(), seed, torch.device("cpu"))
    for _ in denoiser.fit():
        pass
    denoiser.finish()
    return from_logs(denoiser.denoise(images.expression()))


def from_logs(denoised: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return profiles (G, P) from log-normalised expression (G, P), as our fits give it."""
    return np.expm1(np.maximum(denoised, 0.0))


class _PlainDenoiser(Denoiser):
    """The denoiser without masks: it reconstructs pixels that it sees."""

    def fit(self) -> Iterator[tuple[int, float]]:
        optimiser = torch.optim.Adam(self.network.parameters(), lr=self.config.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, self.config.learning_rate, total_steps=self.config.epochs
        )
        for epoch in range(self.config.epochs):
            self.network.train()
            output = self.network(self.described, self.edges, self._nothing())
            loss = (output - self.described).square().mean()
            if not torch.isfinite(loss):
                raise TrainingError("denoise", "the loss is not finite; check the input's values.")
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            yield epoch, float(loss.detach())

    @torch.no_grad()
    def _represent(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.network.eval()
        output = self.network(self.described, self.edges, self._nothing()).cpu().numpy()
        centred = output.astype(np.float64) - output.mean(axis=0, dtype=np.float64)
        basis, scale, _ = np.linalg.svd(centred, full_matrices=False)
        kept = scale > 1e-4 * scale[0]
        return basis[:, kept].astype(np.float32), scale[kept].astype(np.float32)

    def _nothing(self) -> torch.Tensor:
        return torch.zeros(len(self.described), dtype=torch.bool, device=self.device)


def _pooled(
    counts: NDArray[np.float32], library: NDArray[np.float32], weights: sparse.csr_array
) -> NDArray[np.float32]:
    """Return counts over library (G, P), both pooled over pixels by weights (P, P)."""
    return np.ascontiguousarray((weights @ counts.T).T) / (weights @ library)


def _leading(
    smooth: NDArray[np.float32],
    library: NDArray[np.float32],
    counts: NDArray[np.float32],
    seed: int,
) -> NDArray[np.float32]:
    """Return smoothed profiles (G, P) rebuilt from their leading principal components."""
    mean = np.maximum(counts.sum(axis=1) / library.sum(), 1e-12)[:, None]
    # Relative to the mean and weighted by its root, genes have about the same Poisson noise.
    weight = np.sqrt(mean)
    values = (smooth / mean - 1.0) * weight
    components = max(1, min(_COMPONENTS, min(values.shape) - 1))
    svd = TruncatedSVD(components, random_state=seed)
    rebuilt = svd.inverse_transform(svd.fit_transform(values))
    return (rebuilt / weight + 1.0) * mean


def _described(images: SGEPImages, seed: int) -> NDArray[np.float32]:
    """Return principal components of the pixels, (P, C)."""
    values = standardised(stabilise(images)).T
    components = max(1, min(_COMPONENTS, min(values.shape) - 1))
    return TruncatedSVD(components, random_state=seed).fit_transform(values)


def _adjacency(order: NDArray[np.int64]) -> sparse.csr_array:
    """Return (P, P) with a one for each neighbour in ``order`` (P, k)."""
    n, k = order.shape
    rows = np.repeat(np.arange(n), k)
    ones = np.ones(n * k, dtype=np.float32)
    return sparse.coo_array((ones, (rows, order.ravel())), shape=(n, n)).tocsr()

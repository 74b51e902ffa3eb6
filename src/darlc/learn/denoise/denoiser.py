"""The GAT denoiser: a graph attention autoencoder over the tissue's pixels.

It learns to predict a pixel from its neighbours, and thereby a low-dimensional representation of
the tissue without the noise of single pixels. Values are denoised by regression on that
representation, with shrinkage by the gene's own noise. The noise of counts is known, so a pixel's
own molecules can be used too: ``view`` combines both. Other genes can be denoised
either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh
from torch import Tensor, nn
from torch_geometric.nn import GATv2Conv

from darlc.config import DenoiseConfig
from darlc.errors import InputError, TrainingError
from darlc.images.pooling import interpolation, pooled
from darlc.images.selection import shows_pattern
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.learn.denoise.graph import edge_index
from darlc.learn.denoise.shrinkage import Shrinkage
from darlc.learn.denoise.transform import stabilise
from darlc.learn.random_state import WeightStream
from darlc.results.denoised_views import DenoisedViews, Factors, at_once

#: Early stopping on held-out pixels: epochs between checks, and checks without a gain.
_HELD_OUT = 0.1
_CHECK = 4
_PATIENCE = 4
_PASSES = 8
#: Smoothing, in pixels, before principal components are computed.
_SIGMA = 1.5


class GATAutoencoder(nn.Module):
    """Two graph attention layers with residual connections between two linear maps.

    The paper draws its positive views with a graph attention network (abstract; Fig. 2); depth,
    width and objective are our choice.

    Parameters
    ----------
    components
        Number of features of a pixel.
    config
        Width and heads.
    """

    def __init__(self, components: int, config: DenoiseConfig) -> None:
        super().__init__()
        per_head = config.width // config.heads
        self.hidden = nn.Parameter(torch.zeros(components))
        self.enter = nn.Linear(components, config.width)
        self.attend = nn.ModuleList(
            GATv2Conv(config.width, per_head, heads=config.heads) for _ in range(2)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(2))
        self.leave = nn.Linear(config.width, components)

    def forward(self, x: Tensor, edges: Tensor, masked: Tensor) -> Tensor:
        """Reconstruct pixels.

        Parameters
        ----------
        x
            (P, C) features.
        edges
            (2, E).
        masked
            (P,) bool: pixels whose features are hidden.

        Returns
        -------
        Tensor
            (P, C).
        """
        h = self.enter(torch.where(masked[:, None], self.hidden, x))
        for attend, norm in zip(self.attend, self.norms, strict=True):
            h = h + torch.nn.functional.elu(attend(norm(h), edges))
        return self.leave(h)


class Denoiser:
    """Learns the tissue's representation from the drawing genes, then denoises any gene.

    Parameters
    ----------
    images
        The drawing genes.
    config
        The network and its training.
    seed
        Seed of weights and masks.
    device
        Where to compute.
    """

    def __init__(
        self, images: SGEPImages, config: DenoiseConfig, seed: int, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        self.basis: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)
        self.scale: NDArray[np.float32] = np.empty(0, dtype=np.float32)
        self._best: dict[str, Tensor] | None = None
        self._images, self._seed = images, seed
        self._shrinkage: Shrinkage | None = None
        self._random = torch.Generator().manual_seed(seed)
        described = _describe(images, config.components, seed)
        self.described = torch.from_numpy(described).to(device)
        self.edges = edge_index(images.grid).to(device)
        #: Random numbers of initial weights; a later network continues the stream.
        self.weights = WeightStream(seed)
        with self.weights.active():
            self.network = GATAutoencoder(described.shape[1], config).to(device)

    def fit(self) -> Iterator[tuple[int, float]]:
        """Train; yields (epoch, loss) after every epoch. Call ``finish`` afterwards.

        Masked pixels are reconstructed from their neighbours; training stops when the error on
        pixels that were never shown no longer falls.

        Raises
        ------
        TrainingError
            The loss is not finite.
        """
        config = self.config
        optimiser = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, config.learning_rate, total_steps=config.epochs
        )
        held_out = self._draw(_HELD_OUT)
        best, waited = float("inf"), 0
        for epoch in range(config.epochs):
            self.network.train()
            masked = self._draw(config.mask) | held_out
            learnt = masked & ~held_out
            output = self.network(self.described, self.edges, masked)
            loss = (output - self.described)[learnt].square().mean()
            if not torch.isfinite(loss):
                raise TrainingError("denoise", "the loss is not finite; check the input's values.")
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            yield epoch, float(loss.detach())
            if (epoch + 1) % _CHECK and epoch + 1 < config.epochs:
                continue
            error = self._held_out_error(held_out)
            if error < best:
                best, waited = error, 0
                self._best = {k: v.clone() for k, v in self.network.state_dict().items()}
            else:
                waited += 1
                if waited >= _PATIENCE:
                    break

    def finish(self) -> None:
        """Compute the tissue's representation with the best weights, before ``denoise``."""
        if self._best is not None:
            self.network.load_state_dict(self._best)
        self.basis, self.scale = self._represent()

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take an earlier training's ``basis`` and ``scale``, in the place of its own ``fit``."""
        basis, scale = state["basis"].numpy(), state["scale"].numpy()
        if len(basis) != self._images.n_pixels or scale.shape != basis.shape[1:]:
            raise ValueError(f"a representation of {len(basis)} pixels is not of these")
        self.basis, self.scale = basis, scale

    def denoise(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return denoised values (g, P); see ``regress``."""
        if not self.basis.size:
            raise RuntimeError("call finish before denoise")
        return regress(values, self.basis, self.scale)

    def view(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return denoised views (g, P) of any genes over the same pixels, log-normalised units.

        Raises
        ------
        RuntimeError
            ``finish`` was not called.
        """
        return DenoisedViews(self.factors(images), images.expression)[:]

    def factors(self, images: SGEPImages) -> Factors:
        """Return what denoised views of any genes over the same pixels are computed from.

        Counts: the posterior mean of the rate given the pixels' programmes and, where genes differ
        between pixels individually, as between cells, given their own counts. Other values:
        ``regress``.

        Raises
        ------
        RuntimeError
            ``finish`` was not called.
        """
        if images.values == "counts":
            return self.shrinkage().factors(images)
        if not self.basis.size:
            raise RuntimeError("call finish before factors")
        return regressed(images, self.basis, self.scale)

    def at_pictures(self, images: SGEPImages, factor: int) -> Callable[[SGEPImages], Factors]:
        """Return a function from any genes over finer pixels to what their views are computed from.

        Parameters
        ----------
        images
            The drawing genes over the finer pixels.
        factor
            By which these were pooled to the pixels of the fit; 1 returns ``factors``.

        Raises
        ------
        RuntimeError
            ``finish`` was not called.
        """
        if factor == 1:
            return self.factors
        if images.values == "counts":
            return self.shrinkage().at_pictures(images, factor).factors
        finer = np.asarray(interpolation(images.grid, factor) @ self.basis, dtype=np.float32)
        return lambda genes: replace(self.factors(pooled(genes, factor)), programmes=finer)

    def to_arrays(self) -> dict[str, NDArray[np.floating]]:
        """Return, by name, what ``darlc.learn.encode.other_views`` needs for further genes.

        Raises
        ------
        RuntimeError
            ``finish`` was not called.
        """
        if not self.basis.size:
            raise RuntimeError("call finish before to_arrays")
        arrays: dict[str, NDArray[np.floating]] = {"basis": self.basis, "scale": self.scale}
        if self._images.values == "counts":
            arrays |= self.shrinkage().to_arrays()
        return arrays

    def shrinkage(self) -> Shrinkage:
        """Return the denoiser of counts, learnt from the drawing genes at first use.

        Raises
        ------
        RuntimeError
            ``finish`` was not called.
        """
        if not self.basis.size:
            raise RuntimeError("call finish before shrinkage")
        if self._shrinkage is None:
            self._shrinkage = Shrinkage(self._images, self.basis, self._seed)
        return self._shrinkage

    def _draw(self, share: float) -> Tensor:
        drawn = torch.rand(len(self.described), generator=self._random) < share
        return drawn.to(self.device)

    @torch.no_grad()
    def _held_out_error(self, held_out: Tensor) -> float:
        self.network.eval()
        output = self.network(self.described, self.edges, held_out)
        return float((output - self.described)[held_out].square().mean())

    @torch.no_grad()
    def _represent(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return an orthonormal basis (P, C) of the reconstructed pixels, and its scales (C,).

        Every pixel is reconstructed only while masked, so that its own noise has no influence.
        """
        self.network.eval()
        total = torch.zeros_like(self.described)
        for _ in range(_PASSES):
            # A mask and its complement, so that every pixel is masked once in each pair.
            half = self._draw(0.5)
            for masked in (half, ~half):
                output = self.network(self.described, self.edges, masked)
                total += torch.where(masked[:, None], output, 0.0)
        represented = (total / _PASSES).cpu().numpy().astype(np.float64)
        represented -= represented.mean(axis=0)
        basis, scale, _ = np.linalg.svd(represented, full_matrices=False)
        kept = scale > 1e-4 * scale[0]
        if not kept.any():
            raise TrainingError(
                "denoise",
                "the network gives the same output for all pixels: raise denoise.width, or lower "
                "denoise.learning_rate.",
            )
        return (
            np.ascontiguousarray(basis[:, kept]).astype(np.float32),
            scale[kept].astype(np.float32),
        )


def _describe(images: SGEPImages, components: int, seed: int) -> NDArray[np.float32]:
    """Return features (P, C) of pixels: scores on the genes' leading components, not smoothed.

    The components are those of smoothed genes, as neighbouring pixels share signal, not noise.
    """
    values = standardised(stabilise(images))
    n = max(2, min(components, images.n_pixels // 4, images.n_genes - 1))
    smooth = images.grid.smoother(_SIGMA) @ values.T
    if not smooth.any():
        raise InputError(
            "no gene that is modelled varies over the tissue: check which matrix of the file is "
            "read."
        )
    start = np.random.default_rng(seed).normal(size=images.n_genes)
    _, loadings = eigsh(smooth.T @ smooth, k=n, v0=start)
    described = values.T @ loadings[:, ::-1]
    # One scale for all, so that leading components have more weight in the loss.
    return (described / described.std()).astype(np.float32)


def regressed(
    images: SGEPImages, basis: NDArray[np.float32], scale: NDArray[np.float32]
) -> Factors:
    """Return what denoised views of values that are not counts are computed from.

    Views of genes that are expressed in too few pixels to show a pattern are flat.

    Parameters
    ----------
    images
        The genes.
    basis, scale
        Orthonormal (P, C) and (C,): the representation, as ``Denoiser`` learns it.
    """
    coefficients = np.empty((images.n_genes, basis.shape[1]), dtype=np.float32)
    mean = np.empty(images.n_genes, dtype=np.float32)
    for part in at_once(images.n_genes, images.n_pixels):
        values = images.expression(part)
        mean[part] = values.mean(axis=1)
        coefficients[part] = regression(values, basis, scale)
    coefficients[~shows_pattern(images)] = 0.0
    return Factors(basis, coefficients, mean, np.zeros_like(mean), "identity")


def regress(
    values: NDArray[np.float32], basis: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return genes' values (g, P), regressed on the tissue's representation; see ``regression``."""
    mean = values.mean(axis=1, keepdims=True)
    return (mean + regression(values, basis, scale) @ basis.T).astype(np.float32)


def regression(
    values: NDArray[np.float32], basis: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return coefficients (g, C) of genes on the tissue's representation.

    Ridge regression with a penalty from the gene's own moments (empirical Bayes): the residual of
    the representation gives the noise, and the excess of squared coefficients over it gives their
    variance. A gene without a pattern becomes flat.

    Parameters
    ----------
    values
        (g, P), any units.
    basis, scale
        Orthonormal (P, C) and (C,): the representation, as ``Denoiser`` learns it.
    """
    centred = values - values.mean(axis=1, keepdims=True)
    along = centred @ basis
    n, rank = basis.shape
    power = np.square(along)
    left = np.square(centred).sum(axis=1) - power.sum(axis=1)
    noise = np.maximum(left / max(n - 1 - rank, 1), 1e-12)[:, None]
    signal = np.square(scale)
    # Strong components carry more information on the coefficients' variance than weak ones.
    spread = np.maximum((power - noise) @ signal / np.square(signal).sum(), 0.0)[:, None]
    kept = spread * signal / (spread * signal + noise)
    return (kept * along).astype(np.float32)

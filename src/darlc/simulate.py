"""Simulated tissue with known truth: counts of genes that follow a few spatial patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData

#: Rows and spots a row of the hexagonal lattice that the tissue is cut from.
_LATTICE = (64, 56)
#: Counts vary more than Poisson counts: size of the gamma noise on every rate.
_DISPERSION = 5.0


def simulate(seed: int = 0, genes: int = 2000, clusters: int = 20, depth: float = 600.0) -> AnnData:
    """Simulate a Visium-like section of a cortex-like tissue.

    A gene's rate in an observation is ``mean × library × pattern ** strength``, drawn as a
    negative binomial. Patterns are layers along an arched cortex, gradients, rings, streaks,
    single spots of expression and random patches.

    Parameters
    ----------
    seed
        Seed of patterns, genes and counts.
    genes
        Number of genes.
    clusters
        Number of patterns, each followed by at least two genes.
    depth
        Mean total count of an observation.

    Returns
    -------
    AnnData
        Counts (about 2,700 × ``genes``). The truth: ``var["pattern"]``, ``var["strength"]``,
        ``var["mean"]``, ``obsm["patterns"]`` (n_obs, clusters; mean 1) and ``obs["library"]``.

    Raises
    ------
    InputError
        Too few genes for the clusters, or a depth that is not positive.
    """
    import pandas as pd
    from anndata import AnnData
    from scipy import sparse

    if clusters < 1 or genes < 2 * clusters:
        raise InputError(
            f"{genes} genes cannot follow {clusters} patterns: ask for at least two genes each."
        )
    if not depth > 0:
        raise InputError(f"depth must be positive, not {depth:g}.")
    random = np.random.default_rng(seed)
    index = _cut_tissue(random)
    x = (index[:, 1] + 0.5 * (index[:, 0] % 2)) / _LATTICE[1]
    y = index[:, 0] / _LATTICE[0]
    patterns = _patterns(x, y, clusters, random)

    share = random.dirichlet(np.full(clusters, 4.0))
    pattern = np.concatenate(
        [np.repeat(np.arange(clusters), 2), random.choice(clusters, genes - 2 * clusters, p=share)]
    )
    random.shuffle(pattern)
    strength = np.clip(random.lognormal(-0.1, 0.35, genes), 0.3, 2.0)
    mean = random.lognormal(0.0, 1.1, genes)
    mean *= depth / mean.sum()
    library = random.lognormal(0.0, 0.3, len(index)) * (0.7 + 0.6 * _field(x, y, 0.35, random))
    library /= library.mean()

    rate = patterns[:, pattern] ** strength
    rate *= mean / (library @ rate / len(index))
    rate *= library[:, None]
    counts = random.poisson(rate * random.gamma(_DISPERSION, 1 / _DISPERSION, rate.shape))

    names = [f"gene{i:0{len(str(genes - 1))}d}" for i in range(genes)]
    label = pd.Categorical([f"pattern{k + 1}" for k in pattern])
    # Visium counts columns in half pitches, and places spots 100 µm apart.
    column = 2 * index[:, 1] + index[:, 0] % 2
    return AnnData(
        X=sparse.csr_matrix(counts, dtype=np.float32),
        obs=pd.DataFrame(
            {
                "in_tissue": 1,
                "array_row": index[:, 0],
                "array_col": column,
                "library": library,
            },
            index=[f"spot{i:04d}" for i in range(len(index))],
        ),
        var=pd.DataFrame({"pattern": label, "strength": strength, "mean": mean}, index=names),
        obsm={
            "spatial": np.column_stack([column * 50.0, index[:, 0] * 100.0 * np.sqrt(0.75)]),
            "patterns": patterns,
        },
    )


def _cut_tissue(random: np.random.Generator) -> NDArray[np.int64]:
    """Cut a rounded, slightly ragged piece with a notch from the lattice: (n_obs, 2) indices."""
    rows, columns = np.indices(_LATTICE).reshape(2, -1)
    u = (columns + 0.5 * (rows % 2)) / _LATTICE[1] - 0.5
    v = rows / _LATTICE[0] - 0.5
    angle = np.arctan2(v, u)
    phase = random.uniform(0, 2 * np.pi, 3)
    edge = 0.47 + sum(0.012 * np.sin((n + 2) * angle + phase[n]) for n in range(3))
    inside = (np.abs(u) ** 2.6 + np.abs(v) ** 2.6) ** (1 / 2.6) < edge
    notch = np.hypot(u - 0.5 * np.cos(phase[0]), v - 0.5 * np.sin(phase[0])) < 0.09
    inside &= ~notch
    return np.column_stack([rows[inside], columns[inside]]).astype(np.int64)


def _field(
    x: NDArray[np.float64], y: NDArray[np.float64], length: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return a smooth random field scaled to [0, 1], by random Fourier features."""
    waves = random.normal(0.0, 1.0 / length, (2, 64))
    phase = random.uniform(0, 2 * np.pi, 64)
    values = np.cos(x[:, None] * waves[0] + y[:, None] * waves[1] + phase).sum(axis=1)
    return (values - values.min()) / np.ptp(values)


def _patterns(
    x: NDArray[np.float64], y: NDArray[np.float64], clusters: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return ``clusters`` patterns of mean 1 over the observations, (n_obs, clusters)."""
    centre = random.uniform(0.35, 0.65), random.uniform(1.15, 1.35)
    depth = np.hypot(x - centre[0], y - centre[1]) + 0.03 * _field(x, y, 0.15, random)
    depth = (depth - depth.min()) / np.ptp(depth)

    def layer() -> NDArray[np.float64]:
        width = random.uniform(0.04, 0.10)
        return np.exp(-0.5 * ((depth - random.uniform(0.05, 0.95)) / width) ** 2)

    def gradient() -> NDArray[np.float64]:
        angle = random.uniform(0, 2 * np.pi)
        along = x * np.cos(angle) + y * np.sin(angle)
        return (along - along.min()) / np.ptp(along)

    def radius() -> NDArray[np.float64]:
        return np.hypot(x - random.uniform(0.25, 0.75), y - random.uniform(0.25, 0.75))

    def ring() -> NDArray[np.float64]:
        return np.exp(-0.5 * ((radius() - random.uniform(0.15, 0.3)) / 0.05) ** 2)

    def spot() -> NDArray[np.float64]:
        return np.exp(-0.5 * (radius() / random.uniform(0.08, 0.16)) ** 2)

    def streak() -> NDArray[np.float64]:
        angle = random.uniform(0, np.pi)
        across = (x - 0.5) * np.sin(angle) - (y - 0.5) * np.cos(angle)
        bend = 0.08 * np.sin(6 * (x * np.cos(angle) + y * np.sin(angle)) + random.uniform(0, 6))
        return np.exp(-0.5 * ((across - bend - random.uniform(-0.3, 0.3)) / 0.05) ** 2)

    def patches() -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-14 * (_field(x, y, 0.08, random) - random.uniform(0.5, 0.65))))

    makers = (layer, layer, layer, spot, gradient, ring, streak, patches)
    shapes = np.column_stack([makers[k % len(makers)]() for k in range(clusters)])
    contrast = random.uniform(1.2, 2.2, clusters)
    patterns = np.exp(contrast * shapes)
    return patterns / patterns.mean(axis=0)

"""Simulated tissue without counts: log values, proteins, metabolites and images of stained tissue.

Genes follow known patterns as in `darlc.simulation.tissue`; what differs is how they are measured.
"Genes" are what the tissue is measured for: proteins and metabolites too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.simulation.counts import Genes, draw_counts, draw_genes
from darlc.simulation.measuring import (
    check_seed,
    check_words,
    count_unpatterned,
    draw_library,
    remaining,
    truth_of_genes,
    with_nuisance,
)
from darlc.simulation.nuisance import NUISANCES
from darlc.simulation.platforms import Section, lay_cells, lay_lattice
from darlc.simulation.shapes import FAMILIES, draw_patterns

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.simulation.tissue import Nuisance, Patterns

Kind = Literal["log", "proteins", "metabolites", "images"]

#: Distance of neighbouring pixels, and width of a tissue of cells, in µm.
_PITCH, _WIDTH = 50.0, 1000.0
#: Log values: molecules of a gene in an observation, on average.
_MOLECULES = 0.3
#: Proteins: share of a cell's signal that is its neighbours', share of a marker's that is the
#: marker's before it, and background in units of the marker's mean.
_SPILLED, _BLED, _BACKGROUND = 0.25, 0.05, (0.3, 1.5)
_NEIGHBOURS = 6
#: Proteins: shape of the gamma noise between cells, and deviation of the logarithm of the rest.
_BETWEEN_CELLS, _MARKER_NOISE = 1.0, 0.3
#: Metabolites: deviation of the logarithm of a value, and share of all values below detection.
_ION_NOISE, _UNDETECTED = 0.9, 0.45
#: Images: blur in pixels, speckle (deviation of the logarithm, and its blur), darkest value, height
#: of the lighting's slope, and power by which a stain is darker than expression.
_BLUR, _SPECKLE, _SPECKLE_BLUR = (0.5, 1.5), 0.8, 0.7
_DARK, _LIGHTING, _GAMMA = (0.05, 0.35), (0.0, 0.5), (0.6, 1.6)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A tissue before it is measured.

    Parameters
    ----------
    section
        Positions.
    library
        (n_obs,) efficiency of the observations, mean 1.
    shapes
        (n_obs, clusters) patterns, mean 1.
    truth
        The genes.
    noise
        Factor of the kind's noise.
    random
        Source of randomness.
    """

    section: Section
    library: NDArray[np.float64]
    shapes: NDArray[np.float64]
    truth: Genes
    noise: float
    random: np.random.Generator

    @cached_property
    def rate(self) -> NDArray[np.float64]:
        """True expression (n_obs, genes), with the gene's mean."""
        rate = self.shapes[:, self.truth.pattern] ** self.truth.strength
        return np.asarray(rate * (self.truth.mean / rate.mean(axis=0)))

    def lognormal(self, deviation: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw factors whose logarithm has a deviation times the noise; their mean is 1."""
        sigma = self.noise * deviation
        return self.random.lognormal(-0.5 * sigma**2, sigma, shape)


def _log(drawn: _Drawn) -> NDArray[np.float64]:
    """Count molecules, scale totals to their median, and take logarithms."""
    counts = draw_counts(drawn.shapes, drawn.library, drawn.truth, 0.0, drawn.random)
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.log1p(counts * (np.median(total) / total))


def _proteins(drawn: _Drawn) -> NDArray[np.float64]:
    """Measure intensities of cells, into which neighbours and other markers spill."""
    random, (cells, markers) = drawn.random, drawn.rate.shape
    spread = _BETWEEN_CELLS / max(drawn.noise, 1e-6) ** 2
    signal = drawn.rate * random.gamma(spread, 1 / spread, (cells, markers))
    xy = np.column_stack([drawn.section.x, drawn.section.y])
    near = cKDTree(xy).query(xy, min(_NEIGHBOURS + 1, cells))[1][:, 1:]
    signal = (1 - _SPILLED) * signal + _SPILLED * signal[near].mean(axis=1)
    bled = np.roll(signal / drawn.truth.mean, 1, axis=1)
    signal = signal + _BLED * bled * drawn.truth.mean
    # What a cell shines by itself is in all channels.
    background = random.uniform(*_BACKGROUND, markers) * drawn.truth.mean
    own_light = drawn.lognormal(_MARKER_NOISE, (cells, 1)) * background
    measured = (signal + own_light) * drawn.lognormal(_MARKER_NOISE, (cells, markers))
    return 100.0 * measured * drawn.library[:, None]


def _metabolites(drawn: _Drawn) -> NDArray[np.float64]:
    """Measure intensities of ions, of which those below detection are 0."""
    measured = drawn.rate * drawn.lognormal(_ION_NOISE, drawn.rate.shape)
    measured *= drawn.library[:, None]
    detected = measured > np.quantile(measured, _UNDETECTED)
    return np.where(detected, 1000.0 * measured, 0.0)


def _images(drawn: _Drawn) -> NDArray[np.float64]:
    """Photograph a stain of every gene on a tissue of its own, all registered."""
    section, random = drawn.section, drawn.random
    rows, columns = section.obs["array_row"], section.obs["array_col"]
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    inside = np.zeros(shape)
    inside[rows, columns] = 1.0

    def blurred(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
        canvas = np.zeros(shape)
        canvas[rows, columns] = values
        smooth = gaussian_filter(canvas, sigma) / np.maximum(gaussian_filter(inside, sigma), 1e-9)
        return np.asarray(smooth[rows, columns])

    images = np.empty_like(drawn.rate)
    for gene, rate in enumerate((drawn.rate / drawn.rate.max(axis=0)).T):
        stain = blurred(rate ** random.uniform(*_GAMMA), random.uniform(*_BLUR))
        speckle = blurred(drawn.lognormal(_SPECKLE, stain.shape), _SPECKLE_BLUR)
        angle = random.uniform(0, 2 * np.pi)
        slope = section.x * np.cos(angle) + section.y * np.sin(angle)
        light = 1.0 + random.uniform(*_LIGHTING) * (slope - slope.mean())
        images[:, gene] = (random.uniform(*_DARK) + stain * speckle) * light
    # A camera has noise of its own, and 8 bits.
    images = images * drawn.library[:, None] / images.max(axis=0)
    images += random.normal(0.0, 0.02 * drawn.noise, images.shape)
    return np.round(255 * np.clip(images, 0.0, 1.0)) / 255


@dataclass(frozen=True)
class _Measured:
    """A kind of measurement.

    Parameters
    ----------
    measure
        Returns values (n_obs, genes).
    genes, clusters, side
        Defaults.
    spread
        Whether observations differ in efficiency.
    """

    measure: Callable[[_Drawn], NDArray[np.float64]]
    genes: int
    clusters: int
    side: int
    spread: bool = True


KINDS = {
    "log": _Measured(_log, 500, 10, 48),
    "proteins": _Measured(_proteins, 40, 6, 60),
    "metabolites": _Measured(_metabolites, 300, 10, 48),
    "images": _Measured(_images, 300, 10, 48, spread=False),
}


def simulate_values(
    kind: Kind,
    seed: int = 0,
    genes: int | None = None,
    clusters: int | None = None,
    *,
    side: int | None = None,
    noise: float = 1.0,
    patterns: Patterns = "mixed",
    nuisance: Sequence[Nuisance] = (),
    unpatterned: float = 0.0,
) -> AnnData:
    """Simulate a tissue that is measured without counts, and whose genes follow known patterns.

    Parameters
    ----------
    kind
        ``"log"``: counts of few molecules, scaled to equal totals, as logarithms. ``"proteins"``:
        intensities of markers in cells, which differ from cell to cell, with light of the cells'
        own and with what spills over from neighbours and from other markers. ``"metabolites"``:
        intensities of ions on a grid, with multiplicative noise, 0 below detection.
        ``"images"``: registered photographs of one stained tissue each, blurred, with speckle,
        background, lighting and a stain of their own.
    seed
        Seed of patterns, genes and noise.
    genes
        Number of genes, markers, ions or images; None for 500, 40, 300 and 300.
    clusters
        Number of patterns, each followed by at least two genes; None for 10, of proteins 6.
    side
        Side of the square that the tissue is cut out of, in pixels; of proteins, the root of the
        number of cells. None for 48, of proteins 60.
    noise
        Factor of the kind's noise; of log values the number of molecules is divided by its square.
    patterns
        Family of the patterns, as in `darlc.simulate`.
    nuisance
        What else differs between observations, as in `darlc.simulate`.
    unpatterned
        Share of the genes that follow no pattern.

    Returns
    -------
    AnnData
        Values, (n_obs, genes) float32. The truth: ``layers["noiseless"]``, the true expression;
        ``var["pattern"]`` (``"none"`` where unpatterned), ``var["strength"]``, ``var["mean"]``,
        ``obsm["patterns"]`` (n_obs, clusters; mean 1). The arguments are in ``uns["simulation"]``.

    Raises
    ------
    InputError
        A value is out of range or not known, there are too few genes for the clusters, or more
        clusters than different patterns.

    Examples
    --------
    >>> adata = darlc.simulate_values("proteins", seed=1, side=20)
    >>> adata.n_obs, adata.n_vars, adata.var["pattern"].nunique()
    (400, 40, 6)
    """
    import pandas as pd
    from anndata import AnnData

    check_words("kind", (kind,), KINDS)
    check_words("patterns", (patterns,), FAMILIES)
    check_words("nuisance", nuisance, NUISANCES)
    known = KINDS[kind]
    genes = known.genes if genes is None else genes
    clusters = known.clusters if clusters is None else clusters
    side = known.side if side is None else side
    check_seed(seed)
    _check(side, noise)
    none = count_unpatterned(genes, clusters, unpatterned)

    random = np.random.default_rng(seed)
    section = _lay(kind, side, random)
    section = section.select(remaining(section, nuisance, seed))
    shapes = draw_patterns(section.x, section.y, clusters, patterns, random, distinct=True)
    depth = genes * (_MOLECULES / noise**2 if kind == "log" else 1.0)
    truth = draw_genes(genes, clusters, none, depth, random)
    efficiency = draw_library(section, "st", random) if known.spread else np.ones(len(section.x))
    library = with_nuisance(efficiency, section, nuisance, seed)
    drawn = _Drawn(section, library, shapes / shapes.mean(axis=0), truth, noise, random)
    values = known.measure(drawn)
    reading = {READING: {"values": "log"}} if kind in ("log", "images") else {}
    return AnnData(
        X=values.astype(np.float32),
        obs=pd.DataFrame({**section.obs, "library": library}, index=section.names),
        var=truth_of_genes(truth),
        obsm={"spatial": section.spatial, "patterns": drawn.shapes},
        layers={"noiseless": drawn.rate.astype(np.float32)},
        uns={
            "simulation": {
                **{"kind": kind, "seed": seed, "genes": genes, "clusters": clusters},
                **{"side": side, "noise": float(noise), "patterns": patterns},
                **{"nuisance": ",".join(nuisance), "unpatterned": float(unpatterned)},
            },
            **reading,
        },
    )


def _lay(kind: Kind, side: int, random: np.random.Generator) -> Section:
    if kind == "proteins":
        return lay_cells(side * side, _WIDTH, random)
    return lay_lattice((side, side), _PITCH, "spot" if kind == "log" else "pixel", random)


def _check(side: int, noise: float) -> None:
    if side < 10:
        raise InputError(f"side must be at least 10, not {side}.")
    if not (noise > 0 and np.isfinite(noise)):
        raise InputError(f"noise must be positive, not {noise:g}.")

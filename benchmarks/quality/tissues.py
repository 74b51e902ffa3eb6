"""The simulated tissues: those that are reported, and others that settings are tuned on.

Depths are such that the best simple baseline reaches an adjusted Rand index of about .4 to .8.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.quality.datasets import load
from benchmarks.quality.settings import Settings
from darlc.simulation.tissue import simulate

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class Tissue:
    """A simulated tissue, by the arguments of `darlc.simulation.tissue.simulate`.

    Parameters
    ----------
    name
        As tables show it.
    seed
        Of patterns, genes and counts; at least 200 where reported, below 100 for tuning.
    genes, clusters, depth
        Number of genes and of patterns, and the mean total count of an observation.
    options
        All other arguments.
    like
        Name of the real tissue that the patterns are taken from; empty for none.
    """

    name: str
    seed: int
    genes: int
    clusters: int
    depth: float
    options: tuple[tuple[str, Any], ...] = ()
    like: str = ""

    def make(self, data: Path) -> AnnData:
        """Simulate it; the truth is in ``var["pattern"]``.

        Raises
        ------
        Unavailable
            The real tissue that it is taken from is not in the folder ``data``.
        """
        options = dict(self.options)
        if self.like:
            options["like"] = load(self.like, data)
        return simulate(self.seed, self.genes, self.clusters, self.depth, **options)


def tissues(settings: Settings) -> tuple[Tissue, ...]:
    """Return the tissues of a run."""
    if settings.tuning:
        return TUNING[:3] if settings.subset else TUNING
    return SUBSET if settings.subset else REPORTING


def _tissue(
    name: str,
    seed: int,
    genes: int,
    clusters: int,
    depth: float,
    like: str = "",
    **options: Any,
) -> Tissue:
    return Tissue(name, seed, genes, clusters, depth, tuple(options.items()), like)


REPORTING = (
    _tissue("visium mixed", 201, 1200, 20, 110),
    _tissue("visium layered, library", 202, 800, 8, 70, patterns="layered", nuisance=("library",)),
    _tissue("visium patchy, stripes", 203, 1000, 16, 60, patterns="patchy", nuisance=("stripes",)),
    _tissue(
        "visium mixed, folds, holes, 20 % patternless",
        213,
        1000,
        12,
        70,
        nuisance=("folds", "holes"),
        unpatterned=0.2,
    ),
    _tissue("st mixed", 205, 1000, 12, 400, platform="st"),
    _tissue(
        "st radial, library, 10 % patternless",
        206,
        800,
        10,
        1500,
        platform="st",
        patterns="radial",
        nuisance=("library",),
        unpatterned=0.1,
    ),
    _tissue("slideseq mixed", 207, 800, 14, 30, platform="slideseq"),
    _tissue(
        "slideseq ring, holes, 20 % patternless",
        208,
        800,
        10,
        22,
        platform="slideseq",
        patterns="ring",
        nuisance=("holes",),
        unpatterned=0.2,
    ),
    _tissue("merfish patchy", 209, 600, 12, 25, platform="merfish", patterns="patchy"),
    _tissue(
        "merfish streak, stripes, 10 % patternless",
        210,
        600,
        10,
        18,
        platform="merfish",
        patterns="streak",
        nuisance=("stripes",),
        unpatterned=0.1,
    ),
    _tissue("like the bulb", 211, 1000, 10, 16000, like="mob"),
    _tissue(
        "like the cortex's layers, 10 % patternless",
        212,
        800,
        12,
        60,
        like="dlpfc_151510",
        regions="layer",
        unpatterned=0.1,
    ),
)
#: Two platforms, in short runs.
SUBSET = tuple(REPORTING[i] for i in (5, 8))

TUNING = (
    _tissue("visium mixed, 10 % patternless", 21, 1000, 16, 90, unpatterned=0.1),
    _tissue(
        "st patchy, folds", 22, 800, 12, 150, platform="st", patterns="patchy", nuisance=("folds",)
    ),
    _tissue("merfish mixed, library", 23, 600, 12, 40, platform="merfish", nuisance=("library",)),
    _tissue("slideseq radial", 24, 800, 10, 70, platform="slideseq", patterns="radial"),
    _tissue("visium streak, holes", 25, 800, 10, 30, patterns="streak", nuisance=("holes",)),
    _tissue(
        "like the cortex, 20 % patternless", 26, 800, 12, 150, like="dlpfc_151510", unpatterned=0.2
    ),
)

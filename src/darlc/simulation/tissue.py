"""Simulated tissue with known truth: counts of genes that follow a few spatial patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.simulation.counts import draw_counts, draw_genes
from darlc.simulation.like import RealTissue
from darlc.simulation.nuisance import EFFICIENCIES, NUISANCES, holes
from darlc.simulation.platforms import PLATFORMS, Section
from darlc.simulation.shapes import FAMILIES, draw_patterns, field

if TYPE_CHECKING:
    from anndata import AnnData

Platform = Literal["visium", "st", "slideseq", "merfish"]
Patterns = Literal["mixed", "layered", "radial", "patchy", "gradient", "streak", "ring"]
Nuisance = Literal["library", "stripes", "folds", "holes"]

__all__ = ["Nuisance", "Patterns", "Platform", "simulate"]


def simulate(
    seed: int = 0,
    genes: int = 2000,
    clusters: int = 20,
    depth: float | None = None,
    *,
    platform: Platform = "visium",
    patterns: Patterns = "mixed",
    nuisance: Sequence[Nuisance] = (),
    dropout: float | None = None,
    unpatterned: float = 0.0,
    like: AnnData | None = None,
    regions: str | None = None,
) -> AnnData:
    """Simulate a tissue section whose genes follow known patterns.

    A gene's rate is ``library × pattern ** strength``, scaled so that its mean over the
    observations is the gene's ``mean``; the counts are negative binomial.

    Parameters
    ----------
    seed
        Seed of patterns, genes and counts. A nuisance does not change the other random choices of a
        seed.
    genes
        Number of genes.
    clusters
        Number of patterns, each followed by at least two genes.
    depth
        Mean total count of an observation, before dropout; None for the platform's, or with
        ``like`` the real one times the share of its genes that are simulated.
    platform
        Positions of observations: ``"visium"`` (hexagonal lattice, about 2,700 spots), ``"st"``
        (square lattice, about 680 spots), ``"slideseq"`` (6,000 beads) or ``"merfish"`` (4,000
        cells, crowded in places), the last two at free positions.
    patterns
        ``"mixed"`` has layers of an arched cortex, gradients, rings, streaks, single spots and
        patches; the other values mean one family. No two patterns correlate by .9 or more, except
        with ``"mixed"`` on ``"visium"``, where this is not checked.
    nuisance
        Any of ``"library"`` (efficiency falls across the tissue), ``"stripes"`` (it differs
        between bands), ``"folds"`` (a folded band is counted twice) and ``"holes"`` (areas
        without observations).
    dropout
        Share of the entries, observations × genes, that are set to zero; None takes the
        platform's: .1 for ``"slideseq"``, .05 for ``"merfish"``, else 0.
    unpatterned
        Share of the genes that follow no pattern.
    like
        Counts of a real tissue: its positions and library are used, and the patterns are maps
        of its genes, smoothed; a random half of its most variable genes is used.
    regions
        Column of ``like.obs`` with annotated regions: patterns are the regions, smoothed slightly,
        and unions of several where there are more clusters than regions.

    Returns
    -------
    AnnData
        Counts, (n_obs, genes). The truth: ``var["pattern"]`` (``"none"`` where unpatterned),
        ``var["strength"]`` (0 where unpatterned), ``var["mean"]``, ``obsm["patterns"]``
        (n_obs, clusters; mean 1) and ``obs["library"]`` (mean 1, the nuisance in it). The
        arguments are in ``uns["simulation"]``.

    Raises
    ------
    InputError
        A value is out of range or not known, there are too few genes for the clusters, more
        clusters than different patterns, or the real tissue cannot be used.

    Examples
    --------
    >>> adata = darlc.simulate(seed=1, genes=300, clusters=5, platform="st")
    >>> adata.var["pattern"].nunique()
    5
    """
    import pandas as pd
    from anndata import AnnData
    from scipy import sparse

    _check(seed, platform, patterns, nuisance, like, regions)
    real = None if like is None else RealTissue.of(like)
    if real is not None and depth is None:
        depth = real.depth * genes / real.n_genes
    depth = PLATFORMS[platform].depth if depth is None else depth
    if dropout is None:
        dropout = 0.0 if real is not None else PLATFORMS[platform].dropout
    none = _check_numbers(genes, clusters, depth, dropout, unpatterned)

    random = np.random.default_rng(seed)
    section = PLATFORMS[platform].lay(random) if real is None else real.section
    kept = np.arange(len(section.x))
    if "holes" in nuisance:
        kept = np.flatnonzero(holes(section.x, section.y, _stream(seed, "holes")))
        section = section.select(kept)
    x, y = section.x, section.y
    if real is None:
        # Mixed patterns on Visium are not checked, so that earlier simulated tissues are
        # reproduced.
        distinct = (platform, patterns) != ("visium", "mixed")
        shapes = draw_patterns(x, y, clusters, patterns, random, distinct)
    else:
        shapes = real.patterns(clusters, regions, kept, random)
    shapes = shapes / shapes.mean(axis=0)

    truth = draw_genes(genes, clusters, none, depth, random)
    if real is None:
        spread = random.lognormal(0.0, PLATFORMS[platform].spread, len(x))
        library = spread * (0.7 + 0.6 * field(x, y, 0.35, random))
    else:
        library = real.library[kept]
    library = _with_nuisance(library / library.mean(), section, seed, nuisance)
    counts = draw_counts(shapes, library, truth, dropout, random)

    names = [f"gene{i:0{len(str(genes - 1))}d}" for i in range(genes)]
    label = ["none" if k < 0 else f"pattern{k + 1}" for k in truth.pattern]
    arguments = {
        "seed": seed,
        "genes": genes,
        "clusters": clusters,
        "depth": float(depth),
        "platform": platform if real is None else "real",
        "patterns": patterns if real is None else ("regions" if regions else "genes"),
        "nuisance": ",".join(nuisance),
        "dropout": float(dropout),
        "unpatterned": float(unpatterned),
        **({"regions": regions} if regions else {}),
    }
    return AnnData(
        X=sparse.csr_matrix(counts, dtype=np.float32),
        obs=pd.DataFrame({**section.obs, "library": library}, index=section.names),
        var=pd.DataFrame(
            {"pattern": pd.Categorical(label), "strength": truth.strength, "mean": truth.mean},
            index=names,
        ),
        obsm={"spatial": section.spatial, "patterns": shapes},
        uns={"simulation": arguments},
    )


def _check(
    seed: int,
    platform: str,
    patterns: str,
    nuisance: Sequence[str],
    like: AnnData | None,
    regions: str | None,
) -> None:
    """Refuse unknown words, and options that exclude each other."""
    if seed < 0:
        raise InputError("seed must not be negative.")
    _check_words("platform", (platform,), PLATFORMS)
    _check_words("patterns", (patterns,), FAMILIES)
    _check_words("nuisance", nuisance, NUISANCES)
    if like is None and regions is not None:
        raise InputError("regions is a column of a real tissue: say which tissue with 'like'.")
    if like is not None and (platform, patterns) != ("visium", "mixed"):
        raise InputError("a real tissue gives positions and patterns: leave out these options.")


def _check_words(name: str, words: Sequence[str], known: Any) -> None:
    for word in words:
        if word not in known:
            *others, last = known
            raise InputError(f"{name} '{word}' is not known: use {', '.join(others)} or {last}.")


def _check_numbers(
    genes: int, clusters: int, depth: float, dropout: float, unpatterned: float
) -> int:
    """Refuse numbers out of range; return how many genes follow no pattern."""
    if not 0 <= unpatterned < 1:
        raise InputError(f"unpatterned must lie in [0, 1), not {unpatterned:g}.")
    if not 0 <= dropout < 1:
        raise InputError(f"dropout must lie in [0, 1), not {dropout:g}.")
    none = round(unpatterned * genes)
    if clusters < 1 or genes - none < 2 * clusters:
        raise InputError(
            f"{genes - none} genes cannot follow {clusters} patterns: "
            "ask for at least two genes each."
        )
    if not (depth > 0 and np.isfinite(depth)):
        raise InputError(f"depth must be positive, not {depth:g}.")
    return none


def _stream(seed: int, nuisance: str) -> np.random.Generator:
    """Return a random generator for a nuisance, so that it does not change other random choices."""
    return np.random.default_rng([seed, 1 + NUISANCES.index(nuisance)])


def _with_nuisance(
    library: NDArray[np.float64], section: Section, seed: int, nuisance: Sequence[str]
) -> NDArray[np.float64]:
    """Multiply the library (n_obs,) by the nuisances' efficiencies; its mean stays 1."""
    present = [name for name in EFFICIENCIES if name in nuisance]
    for name in present:
        library = library * EFFICIENCIES[name](section.x, section.y, _stream(seed, name))
    return library / library.mean() if present else library

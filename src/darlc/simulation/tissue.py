"""Simulated tissue with known truth: counts of genes that follow a few spatial patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from darlc.errors import InputError
from darlc.simulation.counts import draw_genes, draw_second
from darlc.simulation.like import RealTissue
from darlc.simulation.measuring import (
    check_depth,
    check_seed,
    check_share,
    check_words,
    count_sums,
    count_unpatterned,
    draw_library,
    measure,
    remaining,
    with_nuisance,
)
from darlc.simulation.nuisance import NUISANCES
from darlc.simulation.platforms import PLATFORMS
from darlc.simulation.shapes import FAMILIES, draw_patterns

if TYPE_CHECKING:
    from anndata import AnnData

Platform = Literal["visium", "st", "slideseq", "merfish"]
Patterns = Literal["mixed", "layered", "radial", "patchy", "gradient", "streak", "ring"]
Nuisance = Literal["library", "stripes", "folds", "holes"]

#: Of the stream of random numbers that make genes sums of two patterns.
_SUMS = 101

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
    sums: float = 0.0,
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
    sums
        Share of the genes that are sums of two patterns, .15 to .5 of their molecules from the
        second. It does not change the patterns, strengths and means of a seed.
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
        (n_obs, clusters; mean 1) and ``obs["library"]`` (mean 1, the nuisance in it). With
        ``sums`` also ``var["second"]`` (``"none"`` where there is none), ``var["second_strength"]``
        and ``var["second_share"]``, of the gene's molecules. The arguments are in
        ``uns["simulation"]``.

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
    _check(seed, platform, patterns, nuisance, like, regions)
    real = None if like is None else RealTissue.of(like)
    if real is not None and depth is None:
        depth = real.depth * genes / real.n_genes
    depth = PLATFORMS[platform].depth if depth is None else depth
    if dropout is None:
        dropout = 0.0 if real is not None else PLATFORMS[platform].dropout
    none = count_unpatterned(genes, clusters, unpatterned)
    twofold = count_sums(genes, clusters, none, sums)
    check_share("dropout", dropout)
    check_depth(depth)

    random = np.random.default_rng(seed)
    section = PLATFORMS[platform].lay(random) if real is None else real.section
    kept = remaining(section, nuisance, seed)
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
    if twofold:
        truth = draw_second(truth, clusters, twofold, np.random.default_rng([seed, _SUMS]))
    library = draw_library(section, platform, random) if real is None else real.library[kept]
    library = with_nuisance(library, section, nuisance, seed)
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
        **({"sums": float(sums)} if sums else {}),
        **({"regions": regions} if regions else {}),
    }
    return measure(section, shapes, library, truth, dropout, random, arguments)


def _check(
    seed: int,
    platform: str,
    patterns: str,
    nuisance: Sequence[str],
    like: AnnData | None,
    regions: str | None,
) -> None:
    """Refuse unknown words, and options that exclude each other."""
    check_seed(seed)
    check_words("platform", (platform,), PLATFORMS)
    check_words("patterns", (patterns,), FAMILIES)
    check_words("nuisance", nuisance, NUISANCES)
    if like is None and regions is not None:
        raise InputError("regions is a column of a real tissue: say which tissue with 'like'.")
    if like is not None and (platform, patterns) != ("visium", "mixed"):
        raise InputError("a real tissue gives positions and patterns: leave out these options.")

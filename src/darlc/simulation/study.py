"""Simulated studies with known truth: several sections of one anatomy, with genes that change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.simulation.counts import Genes, draw_genes
from darlc.simulation.measuring import (
    check_depth,
    check_seed,
    check_share,
    check_words,
    count_unpatterned,
    draw_library,
    measure,
    pattern_names,
    remaining,
    with_nuisance,
)
from darlc.simulation.nuisance import NUISANCES
from darlc.simulation.platforms import PLATFORMS, Section
from darlc.simulation.shapes import FAMILIES, draw_patterns, field
from darlc.simulation.tissue import Nuisance, Patterns, Platform

if TYPE_CHECKING:
    from anndata import AnnData

#: How much the means of genes, and depths, vary between sections (s.d. of logs).
_MEAN_SPREAD, _DEPTH_SPREAD = 0.3, 0.3
#: Length over which the displacement of an anatomy varies, in sides of the square.
_BEND = 0.35
#: Marks the random streams of sections beside those of nuisances.
_SECTION = 1000


def simulate_study(
    seed: int = 0,
    sections: int = 4,
    genes: int = 2000,
    clusters: int = 20,
    depth: float | Sequence[float] | None = None,
    *,
    platforms: Platform | Sequence[Platform] = "visium",
    patterns: Patterns = "mixed",
    nuisance: Sequence[Nuisance] = (),
    dropout: float | None = None,
    unpatterned: float = 0.0,
    changed: float = 0.1,
    private: int = 0,
    missing: float = 0.0,
    warp: float = 0.03,
) -> dict[str, AnnData]:
    """Simulate sections of one anatomy, in which most genes keep their pattern and some change.

    Sections have outlines, libraries and depths of their own. A gene's strength is the same in all
    of them; its mean varies (lognormal, standard deviation .3 of the logarithm). The first half of
    the sections, rounded up, is group 1 and the others are group 2. A study of one section is the
    tissue of `simulate` with the same arguments.

    Parameters
    ----------
    seed
        Seed of every random choice.
    sections
        Number of sections.
    genes
        Number of genes of the study.
    clusters
        Number of patterns, each followed by at least two genes.
    depth
        Mean total count of an observation: one value a section; or of the first section, from which
        the others vary by chance; None for the platforms'.
    platforms
        As ``platform`` of `simulate`: one for all sections, or several, which sections take in
        turn.
    patterns, nuisance, dropout, unpatterned
        As for `simulate`. No two patterns correlate by .9 or more.
    changed
        Share of the genes that follow another pattern in group 2 than in group 1.
    private
        Number of patterns, the last ones, that only some of the sections have. Elsewhere their
        genes follow none.
    missing
        Share of the genes that each section has not measured, drawn for each.
    warp
        How far positions of the anatomy move from the first section to another, at most, in sides
        of the square that holds the tissue.

    Returns
    -------
    dict
        Counts of every section by its name, (n_obs, genes), with the truth of `simulate` in the
        section, such as ``var["pattern"]``. Beside it are ``var["study_pattern"]``, the pattern in
        group 1, or where the section has the anatomy, and ``var["changed"]``, whether the two
        differ. ``uns["simulation"]`` holds the arguments, the section's number and its group.

    Raises
    ------
    InputError
        A value is out of range or not known, or there are too few genes or patterns.

    Examples
    --------
    >>> study = darlc.simulate_study(1, sections=2, genes=100, clusters=5, platforms="st")
    >>> [int(section.var["changed"].sum()) for section in study.values()]
    [0, 10]
    """
    import pandas as pd

    platforms = (platforms,) if isinstance(platforms, str) else tuple(platforms)
    _check(seed, sections, platforms, patterns, nuisance)
    for name, share in {"changed": changed, "missing": missing, "dropout": dropout or 0.0}.items():
        check_share(name, share)
    if not 0 <= warp < 1:
        raise InputError(f"warp must lie in [0, 1), not {warp:g}.")
    none = count_unpatterned(genes, clusters, unpatterned)
    platforms = tuple(platforms[i % len(platforms)] for i in range(sections))
    depths = _depths(seed, depth, platforms)

    # One section is drawn as `simulate` does: its random choices come first, in the same order.
    random = [np.random.default_rng(seed), *(_stream(seed, i) for i in range(1, sections))]
    laid = [
        PLATFORMS[each].lay(generator) for each, generator in zip(platforms, random, strict=True)
    ]
    laid = [each.select(remaining(each, nuisance, seed, i)) for i, each in enumerate(laid)]
    distinct = sections > 1 or (platforms[0], patterns) != ("visium", "mixed")
    shapes = _anatomy(laid, clusters, patterns, warp, random, distinct)
    shared = draw_genes(genes, clusters, none, depths[0], random[0])
    plan = _plan(shared, sections, clusters, changed, private, _stream(seed, sections))

    made = []
    for i, section in enumerate(laid):
        library = draw_library(section, platforms[i], random[i])
        library = with_nuisance(library, section, nuisance, seed, i)
        truth = _in_section(shared, plan, i, depths[i], random[i])
        shapes[i][:, ~plan.present[i]] = 1.0
        lost = PLATFORMS[platforms[i]].dropout if dropout is None else dropout
        adata = measure(
            section,
            shapes[i],
            library,
            truth,
            lost,
            random[i],
            {
                "seed": seed,
                "genes": genes,
                "clusters": clusters,
                "depth": depths[i],
                "platform": platforms[i],
                "patterns": patterns,
                "nuisance": ",".join(nuisance),
                "dropout": float(lost),
                "unpatterned": float(unpatterned),
                "sections": sections,
                "section": i + 1,
                "group": int(plan.group[i]),
                "changed": float(changed),
                "private": private,
                "missing": float(missing),
                "warp": float(warp),
            },
        )
        adata.var["study_pattern"] = pd.Categorical(pattern_names(shared.pattern))
        adata.var["changed"] = truth.pattern != shared.pattern
        if missing:
            here = random[i].permutation(genes)[: genes - round(missing * genes)]
            adata = adata[:, np.sort(here)].copy()
        made.append(adata)
    return dict(zip(section_names(sections), made, strict=True))


def section_names(sections: int) -> list[str]:
    """Return the names of so many sections."""
    return [f"section{i + 1:0{len(str(sections))}d}" for i in range(sections)]


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which genes change, and which patterns are where.

    Parameters
    ----------
    group
        (S,) 1 or 2.
    other
        (G,) the pattern that a gene follows in group 2.
    present
        (S, clusters) whether a section has a pattern.
    """

    group: NDArray[np.int64]
    other: NDArray[np.int64]
    present: NDArray[np.bool_]


def _check(
    seed: int, sections: int, platforms: Sequence[str], patterns: str, nuisance: Sequence[str]
) -> None:
    """Refuse unknown words and numbers that say nothing."""
    check_seed(seed)
    if sections < 1:
        raise InputError(f"sections must be at least 1, not {sections}.")
    if not platforms:
        raise InputError("platforms must name at least one platform.")
    check_words("platform", platforms, PLATFORMS)
    check_words("patterns", (patterns,), FAMILIES)
    check_words("nuisance", nuisance, NUISANCES)


def _stream(seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, _SECTION, number])


def _depths(
    seed: int, depth: float | Sequence[float] | None, platforms: Sequence[str]
) -> list[float]:
    """Return the depth of every section."""
    if depth is not None and not isinstance(depth, int | float):
        if len(depth) != len(platforms):
            raise InputError(
                f"{len(depth)} depths were given for {len(platforms)} sections: give one for each."
            )
        depths = [float(each) for each in depth]
    else:
        depths = [float(PLATFORMS[each].depth if depth is None else depth) for each in platforms]
        factor = _stream(seed, 0).lognormal(0.0, _DEPTH_SPREAD, len(platforms))
        depths[1:] = [each * float(more) for each, more in zip(depths, factor, strict=True)][1:]
    for each in depths:
        check_depth(each)
    return depths


def _anatomy(
    laid: Sequence[Section],
    clusters: int,
    family: str,
    warp: float,
    random: Sequence[np.random.Generator],
    distinct: bool,
) -> list[NDArray[np.float64]]:
    """Draw the patterns once, over the positions of all sections; return them by section."""
    places = []
    for i, section in enumerate(laid):
        x, y = section.x, section.y
        if i:
            moved = [warp * (2 * field(x, y, _BEND, random[i]) - 1) for _ in range(2)]
            x, y = x + moved[0], y + moved[1]
        places.append((x, y))
    x, y = (np.concatenate(each) for each in zip(*places, strict=True))
    shapes = draw_patterns(x, y, clusters, family, random[0], distinct)
    ends = np.cumsum([len(section.x) for section in laid])[:-1]
    return [each / each.mean(axis=0) for each in np.split(shapes, ends)]


def _plan(
    shared: Genes,
    sections: int,
    clusters: int,
    changed: float,
    private: int,
    random: np.random.Generator,
) -> _Plan:
    """Choose the genes that change, and where private patterns are."""
    if not 0 <= private <= clusters or (private and sections == 1):
        raise InputError(
            f"{private} of {clusters} patterns cannot be in some of {sections} sections only: "
            "ask for fewer, and for two sections at least."
        )
    group = np.where(np.arange(sections) < (sections + 1) // 2, 1, 2)
    common = clusters - private
    present = np.ones((sections, clusters), dtype=bool)
    for k in range(common, clusters):
        absent = random.permutation(sections)[: random.integers(1, sections)]
        present[absent, k] = False
    other = shared.pattern.copy()
    wanted = round(changed * len(other)) if sections > 1 else 0
    able = np.flatnonzero((other >= 0) & (other < common))
    if wanted and (common < 2 or wanted > len(able)):
        raise InputError(
            f"{wanted} genes cannot change between {common} patterns that all sections have, "
            f"which {len(able)} genes follow: ask for fewer."
        )
    moving = random.permutation(able)[:wanted]
    step = random.integers(1, max(common, 2), wanted)
    other[moving] = (other[moving] + step) % max(common, 1)
    return _Plan(group, other, present)


def _in_section(
    shared: Genes, plan: _Plan, number: int, depth: float, random: np.random.Generator
) -> Genes:
    """Return patterns, strengths and means of the genes in a section."""
    own = shared.pattern if plan.group[number] == 1 else plan.other
    own = np.where((own >= 0) & plan.present[number][own], own, -1)
    mean = shared.mean
    if number:
        mean = mean * random.lognormal(0.0, _MEAN_SPREAD, len(mean))
        mean = mean * (depth / mean.sum())
    strength = np.where(own < 0, 0.0, shared.strength)
    return replace(shared, pattern=own, strength=strength, mean=mean)

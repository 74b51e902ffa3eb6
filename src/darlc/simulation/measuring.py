"""What a simulated section and a study of several are made with: what is asked for, and counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.simulation.counts import Genes, draw_counts
from darlc.simulation.nuisance import EFFICIENCIES, NUISANCES, holes
from darlc.simulation.platforms import PLATFORMS, Section
from darlc.simulation.shapes import field

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


def check_words(name: str, words: Iterable[str], known: Any) -> None:
    """Raise InputError where a word is not among the known ones."""
    for word in words:
        if word not in known:
            *others, last = known
            raise InputError(f"{name} '{word}' is not known: use {', '.join(others)} or {last}.")


def check_seed(seed: int) -> None:
    """Raise InputError where a seed is negative."""
    if seed < 0:
        raise InputError("seed must not be negative.")


def check_share(name: str, share: float) -> None:
    """Raise InputError where a number is not from 0 to less than 1."""
    if not 0 <= share < 1:
        raise InputError(f"{name} must lie in [0, 1), not {share:g}.")


def check_depth(depth: float) -> None:
    """Raise InputError where a depth is not a positive number."""
    if not (depth > 0 and np.isfinite(depth)):
        raise InputError(f"depth must be positive, not {depth:g}.")


def count_unpatterned(genes: int, clusters: int, unpatterned: float) -> int:
    """Return how many genes follow no pattern.

    Raises
    ------
    InputError
        The share is none, or too few genes are left for the patterns.
    """
    check_share("unpatterned", unpatterned)
    none = round(unpatterned * genes)
    if clusters < 1 or genes - none < 2 * clusters:
        raise InputError(
            f"{genes - none} genes cannot follow {clusters} patterns: "
            "ask for at least two genes each."
        )
    return none


def count_sums(genes: int, clusters: int, none: int, sums: float) -> int:
    """Return how many genes are sums of two patterns.

    Raises
    ------
    InputError
        The share is none, there is one pattern only, or too few genes follow one.
    """
    check_share("sums", sums)
    n = round(sums * genes)
    if n and clusters < 2:
        raise InputError("sums of two patterns need at least two clusters.")
    if n > genes - none:
        raise InputError(
            f"{n} genes cannot be sums of two patterns, as only {genes - none} follow one."
        )
    return n


def remaining(
    section: Section, nuisance: Sequence[str], seed: int, number: int = 0
) -> NDArray[np.int64]:
    """Return the indices of the observations outside holes, (n_kept,).

    Parameters
    ----------
    section
        Positions.
    nuisance
        Holes are made where ``"holes"`` is among these.
    seed, number
        Of the study, and of the section in it.
    """
    if "holes" not in nuisance:
        return np.arange(len(section.x))
    return np.flatnonzero(holes(section.x, section.y, _stream(seed, "holes", number)))


def draw_library(
    section: Section, platform: str, random: np.random.Generator
) -> NDArray[np.float64]:
    """Draw the efficiency of a platform's observations, (n_obs,), of any scale."""
    spread = random.lognormal(0.0, PLATFORMS[platform].spread, len(section.x))
    return spread * (0.7 + 0.6 * field(section.x, section.y, 0.35, random))


def with_nuisance(
    library: NDArray[np.float64],
    section: Section,
    nuisance: Sequence[str],
    seed: int,
    number: int = 0,
) -> NDArray[np.float64]:
    """Return the library (n_obs,) times the nuisances' efficiencies, with mean 1."""
    library = library / library.mean()
    present = [name for name in EFFICIENCIES if name in nuisance]
    for name in present:
        library = library * EFFICIENCIES[name](section.x, section.y, _stream(seed, name, number))
    return library / library.mean() if present else library


def _stream(seed: int, nuisance: str, number: int) -> np.random.Generator:
    """Return a random generator for a nuisance, so that it does not change other random choices."""
    entropy = [seed, 1 + NUISANCES.index(nuisance)]
    return np.random.default_rng([*entropy, number] if number else entropy)


def measure(
    section: Section,
    shapes: NDArray[np.float64],
    library: NDArray[np.float64],
    truth: Genes,
    dropout: float,
    random: np.random.Generator,
    arguments: Mapping[str, Any],
) -> AnnData:
    """Draw the counts of a section; return them with the truth.

    Parameters
    ----------
    section
        Positions.
    shapes
        (n_obs, clusters) patterns, mean 1.
    library
        (n_obs,) efficiency of the observations, mean 1.
    truth
        The genes.
    dropout
        Share of the entries that are set to zero.
    random
        Source of randomness.
    arguments
        Kept in ``uns["simulation"]``.
    """
    import pandas as pd
    from anndata import AnnData
    from scipy import sparse

    counts = draw_counts(shapes, library, truth, dropout, random)
    return AnnData(
        X=sparse.csr_matrix(counts, dtype=np.float32),
        obs=pd.DataFrame({**section.obs, "library": library}, index=section.names),
        var=truth_of_genes(truth),
        obsm={"spatial": section.spatial, "patterns": shapes},
        uns={"simulation": dict(arguments)},
    )


def truth_of_genes(truth: Genes) -> pd.DataFrame:
    """Return what is true of genes as a table, a row each, by their names."""
    import pandas as pd

    genes = len(truth.pattern)
    return pd.DataFrame(
        {
            "pattern": pd.Categorical(pattern_names(truth.pattern)),
            "strength": truth.strength,
            "mean": truth.mean,
            **_second_columns(truth),
        },
        index=[f"gene{i:0{len(str(genes - 1))}d}" for i in range(genes)],
    )


def _second_columns(truth: Genes) -> dict[str, Any]:
    """Return columns of ``var`` that say which genes are sums of two patterns, where some are."""
    import pandas as pd

    if truth.second is None:
        return {}
    return {
        "second": pd.Categorical(pattern_names(truth.second.pattern)),
        "second_strength": truth.second.strength,
        "second_share": truth.second.share,
    }


def pattern_names(pattern: NDArray[np.int64]) -> list[str]:
    """Return names of patterns by their numbers, ``"none"`` for -1."""
    return ["none" if k < 0 else f"pattern{k + 1}" for k in pattern]

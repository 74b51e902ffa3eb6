"""Genes of several sections, matched by name: one list of genes for all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages
from darlc.wording import counted, listed

#: Fewest genes that two sections share, or this part of the genes of the one that has fewer.
_FEWEST, _PART = 10, 0.5
_ENSEMBL = re.compile(r"ENS[A-Z]*\d{5,}(\.\d+)?")


def align(images: Mapping[str, SGEPImages]) -> dict[str, SGEPImages]:
    """Give sections one list of genes, matched by name.

    Parameters
    ----------
    images
        Images of every section, by its name.

    Returns
    -------
    dict
        The same sections, each with all genes that any of them has, in the order of their first
        appearance. A gene that was not measured in a section has no expression there, and a note
        of the section says so. The library stays that of the section's own genes; a section that
        has the whole list in its order is the given object.

    Raises
    ------
    InputError
        Sections share too few genes, or hold different kinds of values, or two names are the same
        but for upper and lower case.
    """
    _refuse_names(list(images))
    _refuse_values(images)
    names = [each.gene_names for each in images.values()]
    genes, measured = measured_genes(names)
    _refuse_strangers(list(images), names, measured)
    return {name: with_genes(each, genes) for name, each in images.items()}


def measured_genes(
    names: Sequence[NDArray[np.str_]],
) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Return all genes (G,) of S sections, and which were measured in which, (G, S).

    Parameters
    ----------
    names
        The unique names of the genes of each section.

    Returns
    -------
    genes
        (G,) in the order of their first appearance, as of `align`.
    measured
        (G, S) whether a section has the gene.
    """
    place: dict[str, int] = {}
    for each in names:
        for name in each.tolist():
            place.setdefault(name, len(place))
    measured = np.zeros((len(place), len(names)), dtype=bool)
    for section, each in enumerate(names):
        measured[[place[name] for name in each.tolist()], section] = True
    return np.array(list(place), dtype=np.str_), measured


def with_genes(images: SGEPImages, genes: NDArray[np.str_]) -> SGEPImages:
    """Return images with columns for all of these genes, empty ones where it has none."""
    if np.array_equal(images.gene_names, genes):
        return images
    own = {name: i for i, name in enumerate(images.gene_names.tolist())}
    column = np.array([own.get(name, -1) for name in genes.tolist()], dtype=np.int64)
    here = column >= 0
    ordered = images.matrix[:, column[here]]
    filled = np.zeros(len(genes), dtype=ordered.indptr.dtype)
    filled[here] = np.diff(ordered.indptr)
    starts = np.concatenate([[0], np.cumsum(filled)]).astype(ordered.indptr.dtype)
    missing = genes[~here]
    note = (
        f"{counted(len(missing), 'gene')} of the {len(genes)} of all sections "
        f"{'was' if len(missing) == 1 else 'were'} not measured here: {listed(missing)}."
    )
    aligned = replace(
        images,
        matrix=sparse.csc_array(
            (ordered.data, ordered.indices, starts), (images.n_pixels, len(genes))
        ),
        gene_names=genes,
        notes=(*images.notes, note) if len(missing) else images.notes,
    )
    # The sum over the same genes in another order may differ in its last digit.
    aligned.__dict__["library"] = images.library
    return aligned


def _refuse_names(names: Sequence[str]) -> None:
    """Raise if two names would be one file where names of files ignore upper and lower case."""
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.casefold(), name)) != name:
            raise InputError(
                f"the sections '{other}' and '{name}' differ in upper and lower case only: "
                "rename one of them."
            )


def _refuse_values(images: Mapping[str, SGEPImages]) -> None:
    """Raise if sections hold different kinds of values."""
    kinds = {"counts": "counts", "normalised": "normalised values", "log": "log values"}
    holding = {
        words: [name for name, each in images.items() if each.values == kind]
        for kind, words in kinds.items()
    }
    found = [f"{listed(names)} {_hold(names)} {words}" for words, names in holding.items() if names]
    if len(found) > 1:
        raise InputError(
            f"sections must hold the same kind of values, but {', '.join(found)}: "
            "take the counts of all."
        )


def _hold(names: Sequence[str]) -> str:
    return "holds" if len(names) == 1 else "hold"


def _refuse_strangers(
    sections: Sequence[str], names: Sequence[NDArray[np.str_]], measured: NDArray[np.bool_]
) -> None:
    """Raise if sections fall into groups that share too few genes with one another."""
    if len(sections) < 2:
        return
    shared = measured.T.astype(np.int64) @ measured.astype(np.int64)
    sizes = np.diag(shared)
    fewest = np.minimum(_FEWEST, np.ceil(_PART * np.minimum(sizes[:, None], sizes)))
    groups, group = connected_components(shared >= fewest, directed=False)
    if groups == 1:
        return
    first, other = (np.flatnonzero(group == each) for each in (0, 1))
    a, b = np.unravel_index(
        int(shared[np.ix_(first, other)].argmax()), (len(first), len(other))
    )  # the two that share most
    i, j = int(first[a]), int(other[b])
    raise InputError(
        f"the sections {sections[i]} and {sections[j]} share "
        f"{counted(int(shared[i, j]), 'gene')} of {sizes[i]} and {sizes[j]}, too few to compare "
        f"them: {_advice(sections[i], names[i], sections[j], names[j])}"
    )


def _advice(first: str, a: NDArray[np.str_], second: str, b: NDArray[np.str_]) -> str:
    """Return why two sections may share few names, and what to do."""
    by_identifier = [_share_of_identifiers(each) > 0.5 for each in (a, b)]
    if by_identifier[0] != by_identifier[1]:
        names = (first, second) if by_identifier[0] else (second, first)
        return (
            f"{names[0]} names genes by Ensembl identifiers and {names[1]} by symbols; "
            "give both the same kind of names."
        )
    folded = [{name.casefold().partition(".")[0] for name in each.tolist()} for each in (a, b)]
    if len(folded[0] & folded[1]) >= _FEWEST:
        return (
            "their names agree but for upper and lower case or versions; "
            "give both the same kind of names."
        )
    return f"{first} has {a[0]} and {second} has {b[0]}; check that they are of one species."


def _share_of_identifiers(names: NDArray[np.str_]) -> float:
    return sum(_ENSEMBL.fullmatch(name) is not None for name in names.tolist()) / max(len(names), 1)

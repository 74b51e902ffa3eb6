"""Which sets of collections a group of genes is enriched in, asked off the GUI thread."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from darlc.errors import DarlcError
from darlc.explore.gene_set_enrichment import (
    GeneSetEnrichment,
    cluster_enrichment,
    set_enrichment,
)
from darlc.results.result import Result
from napari_darlc.opening.chosen_collections import collection_files, read_collections

if TYPE_CHECKING:
    import pandas as pd

#: Most tests that are listed.
_MOST = 2000


@dataclass(frozen=True)
class Asked:
    """What is tested.

    Parameters
    ----------
    kind
        A gene set of the result, one cluster, or all clusters.
    name
        Of the set or the cluster; empty for all clusters.
    """

    kind: Literal["set", "cluster", "clusters"]
    name: str = ""


@dataclass(frozen=True, eq=False)
class Hits:
    """An answer.

    Parameters
    ----------
    asked
        What was tested.
    found
        All tests.
    collections
        (S,) the collection of each set that was tested.
    tests
        (n, 2) group and set of the tests with a gene in common, the most significant first.
    """

    asked: Asked
    found: GeneSetEnrichment
    collections: tuple[str, ...]
    tests: NDArray[np.int64]

    @cached_property
    def short_names(self) -> tuple[str, ...]:
        """(S,) names of the sets, without what all names of their collection begin with.

        Cut to the width of a column, names such as ``HALLMARK_…`` would otherwise look alike.
        """
        names = [each.name for each in self.found.sets]
        together: dict[str, list[str]] = {}
        for collection, name in zip(self.collections, names, strict=True):
            together.setdefault(collection, []).append(name)
        cut = {collection: _shared_start(these) for collection, these in together.items()}
        return tuple(
            name[cut[collection] :]
            for collection, name in zip(self.collections, names, strict=True)
        )

    def genes(self, test: int) -> list[str]:
        """Return the symbols of the genes behind a test."""
        symbols: list[str] = self.found.genes.symbol[self.rows(test)].tolist()
        return symbols

    def rows(self, test: int) -> NDArray[np.int64]:
        """Return the genes behind a test, by their rows in the result."""
        group, which = self.tests[test]
        return self.found.shared(int(group), int(which))

    @property
    def significance(self) -> NDArray[np.float64]:
        """(n,) −log₁₀ of the tests' FDR."""
        fdr = self.found.fdr[tuple(self.tests.T)]
        return np.asarray(-np.log10(np.maximum(fdr, 1e-300)))

    def table(self) -> pd.DataFrame:
        """Return the listed tests as `GeneSetEnrichment.table` does, with their collections."""
        table = self.found.table()
        table.insert(1, "collection", [self.collections[s] for s in self.found.order[:, 1]])
        return table[table["overlap"] > 0].head(len(self.tests)).reset_index(drop=True)


def _shared_start(names: Sequence[str]) -> int:
    """Return how many letters all of two names or more begin with, as whole words."""
    first, last = min(names), max(names)  # what these two begin with, all do
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    start = "".join(letter for letter, _ in alike) if len(names) > 1 else ""
    return max(start.rfind("_"), start.rfind(" ")) + 1


def find_hits(result: Result, asked: Asked, paths: Sequence[Path]) -> Hits | str:
    """Return the answer, or what is wrong with the question.

    Parameters
    ----------
    result
        Bound to its data.
    asked
        What is tested.
    paths
        Files of collections, and folders of them.
    """
    files = collection_files(paths)
    if not files:
        return f"There is no GMT file in {', '.join(map(str, paths))}: choose another folder."
    try:
        of = read_collections(files)
        if asked.kind == "set":
            found = set_enrichment(result, result.gene_sets[asked.name], of)
        else:
            found = cluster_enrichment(result, of, asked.name or None)
    except (DarlcError, OSError) as error:
        return str(error)
    order = found.order[found.overlap[tuple(found.order.T)] > 0]
    return Hits(asked, found, tuple(of[each] for each in found.sets), order[:_MOST])

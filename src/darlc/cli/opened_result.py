"""A result file for the query commands, with the SGEP images of the data that it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darlc.cli.answers import print_answer
from darlc.cli.working import working

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from darlc.images.sgep_images import SGEPImages
    from darlc.results.clusters import Clusters
    from darlc.results.data_match import DataMatch
    from darlc.results.result import Result


@dataclass(frozen=True, eq=False)
class Query:
    """One gene, or a gene set, that was named.

    Parameters
    ----------
    label
        What it is called.
    genes
        Positions among all genes of the data.
    is_set
        Whether it is a set, perhaps of a single gene.
    """

    label: str
    genes: NDArray[np.int64]
    is_set: bool


class OpenedResult:
    """A result with the images of its data.

    Parameters
    ----------
    path
        A file that ``darlc fit`` wrote.

    Raises
    ------
    InputError
        It holds no result that can be read, or a result of other data.
    """

    def __init__(self, path: Path) -> None:
        from darlc.images.gene_labels import gene_labels
        from darlc.io.prepare import prepare
        from darlc.io.result_file import load
        from darlc.results.data_match import data_match

        result = load(path)
        assert result.adata is not None
        self.result: Result = result
        self.adata, images = prepare(result.adata, result.bin_size, str(path))
        #: Whether the result was fitted to the data beside it.
        self.data_match: DataMatch = data_match(result, images, str(path))
        self.images: SGEPImages = images
        self.labels: NDArray[np.str_] = gene_labels(self.adata)
        self.modelled = images.index([str(name) for name in result.gene_names])
        self.clusters: Clusters = result.shown_clusters

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings to show with every answer."""
        return self.data_match.notes

    def query(self, typed: str) -> Query:
        """Return the gene of a name or symbol or, where there is none, the set of that name.

        Raises
        ------
        InputError
            There is neither.
        """
        import numpy as np

        from darlc.errors import InputError
        from darlc.explore.similar import find_gene

        try:
            gene = find_gene(typed, self.images.gene_names, self.labels)
        except InputError:
            if typed not in self.result.gene_sets:
                raise
            return Query(typed, self.genes_of(typed), is_set=True)
        return Query(str(self.labels[gene]), np.array([gene]), is_set=False)

    def genes_of(self, name: str) -> NDArray[np.int64]:
        """Return the positions of a set's genes; those that are gone from the data are left out.

        Raises
        ------
        InputError
            There is no such set.
        """
        import numpy as np

        genes = self.result.gene_sets[name].genes
        return np.flatnonzero(np.isin(self.images.gene_names, list(genes)))

    def inside(self, path: Path) -> NDArray[np.bool_]:
        """Return which observations (n_obs,) lie in the polygons of a GeoJSON file.

        Raises
        ------
        InputError
            The file holds no polygons.
        """
        from darlc.explore.polygons import read_geojson, within

        return within(self.places, read_geojson(path))

    @property
    def places(self) -> NDArray[np.float64]:
        """(n_obs, 2) x and y of the observations."""
        import numpy as np

        return np.asarray(self.adata.obsm["spatial"], dtype=np.float64)[:, :2]

    def cluster(self, gene: int) -> str:
        """Return the name of a gene's cluster; empty where it has none."""
        row = self._row.get(gene, -1)
        if row < 0 or not self.clusters.n_clusters:
            return ""
        return self.clusters.names[self.clusters.cluster[row]]

    @cached_property
    def _row(self) -> dict[int, int]:
        return {int(gene): row for row, gene in enumerate(self.modelled)}


def change_result(
    path: Path,
    out: Path | None,
    change: Callable[[OpenedResult], tuple[Result, dict[str, Any], str]],
    as_json: bool,
) -> None:
    """Open a result, change it, write it, and print what was done.

    Parameters
    ----------
    path
        File of the result, which the changed one replaces.
    out
        File of a copy that is written instead; None for none.
    change
        Returns the changed result, and what was done as facts and as a sentence.
    as_json
        Whether to print the facts, as one JSON object.

    Raises
    ------
    InputError
        The result cannot be used, changed as asked, or written.
    """
    from darlc.io.store import check_target

    target = path if out is None else out
    with working(path):
        check_target(target)
        opened = OpenedResult(path)
        result, facts, said = change(opened)
        result.save(target)
    facts = {"out": str(target), **facts, "notes": list(opened.notes)}
    print_answer(facts, [*opened.notes, said, f"Written to {target}"], as_json)


def ask(
    path: Path,
    question: Callable[[OpenedResult], tuple[dict[str, Any], list[str]]],
    as_json: bool,
) -> None:
    """Open a result, ask it a question, and print the answer.

    Parameters
    ----------
    path
        File of the result.
    question
        Returns the answer as facts and as lines of text; the notes on the result are added.
    as_json
        Whether to print the facts, as one JSON object.

    Raises
    ------
    InputError
        The result, or what is asked, cannot be used.
    """
    with working(path):
        opened = OpenedResult(path)
        facts, lines = question(opened)
    print_answer(facts | {"notes": list(opened.notes)}, [*opened.notes, *lines], as_json)

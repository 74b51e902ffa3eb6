"""Search of genes by names, parts of names, wildcards, lists and aliases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages

if TYPE_CHECKING:
    import pandas as pd

#: Smallest share of unique values of a column of names.
_DISTINCT = 0.5
_BETWEEN_TERMS = re.compile(r"[\s,;]+")
_BETWEEN_ALIASES = re.compile(r"\s*[|;,]\s*")
_WILDCARDS = {"*": r"[^\n]*", "?": r"[^\n]"}


class CaseFoldedTexts:
    """Many short texts, for fast case-insensitive search.

    Parameters
    ----------
    texts
        The texts; line breaks within them count as spaces.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        lines = [text.replace("\n", " ") for text in texts]
        # Case folding may change lengths, but neither adds nor removes line breaks.
        self._text = "\n".join(lines).casefold()
        self.n_lines = len(lines)
        ends = [len(line) + 1 for line in self._text.split("\n")] if lines else []
        self._starts = np.concatenate([[0], np.cumsum(ends, dtype=np.int64)])[: len(lines)]
        # Letters with their lines, for searches of a single letter, which thousands of texts hold.
        self._letters = _letters(self._text)
        owners = np.arange(len(lines), dtype=np.int32)
        self._line = np.repeat(owners, ends)[: len(self._letters)]

    @property
    def lines(self) -> list[str]:
        """The case-folded texts."""
        return self._text.split("\n") if self.n_lines else []

    def holding(self, part: str) -> NDArray[np.bool_]:
        """Return which texts contain a part, (n,); all contain the empty part."""
        if not part:
            return np.ones(self.n_lines, dtype=bool)
        wanted = _letters(part.casefold())
        places = max(len(self._letters) - len(wanted) + 1, 0)
        found = np.ones(places, dtype=bool)
        for i, letter in enumerate(wanted):
            found &= self._letters[i : i + places] == letter
        hit = np.zeros(self.n_lines, dtype=bool)
        hit[self._line[:places][found]] = True
        return hit

    def matching(self, wildcards: str) -> NDArray[np.bool_]:
        """Return which texts match as a whole, (n,); ``*`` and ``?`` stand for any letters."""
        pattern = "".join(_WILDCARDS.get(c, re.escape(c)) for c in wildcards.casefold())
        hit = np.zeros(self.n_lines, dtype=bool)
        if not self.n_lines:
            return hit
        found = re.finditer(f"^{pattern}$", self._text, re.MULTILINE)
        at = np.fromiter((match.start() for match in found), dtype=np.int64)
        hit[np.searchsorted(self._starts, at, side="right") - 1] = True
        return hit


def _letters(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


@dataclass(frozen=True, eq=False)
class Found:
    """Result of a search.

    Parameters
    ----------
    genes
        (n_genes,) whether a gene matches.
    exact
        Position of the gene if the search is its whole name; otherwise -1.
    missing
        Terms that no gene matches, as typed.
    """

    genes: NDArray[np.bool_]
    exact: int = -1
    missing: tuple[str, ...] = ()


class GeneNames:
    """All names of all genes.

    Parameters
    ----------
    *columns
        (n_genes,) names, the displayed ones first. They are empty for genes without a name in the
        column; several names of a gene are separated by ``|``, ``;`` or ``,``.
    """

    def __init__(self, *columns: Sequence[str] | NDArray[np.str_]) -> None:
        self.n_genes = len(columns[0])
        lines: list[str] = []
        owners: list[NDArray[np.int64]] = []
        for number, column in enumerate(columns):
            texts = [str(name) for name in column]
            owner = np.arange(self.n_genes)
            if number and any(mark in text for text in texts for mark in "|;,"):
                split = [_BETWEEN_ALIASES.split(text) for text in texts]
                owner = np.repeat(owner, [len(names) for names in split])
                texts = [name for names in split for name in names]
            lines += texts
            owners.append(owner)
        self._owner = np.concatenate(owners)
        self._lines = CaseFoldedTexts(lines)
        self._whole: dict[str, list[int]] = {}
        for line, gene in zip(self._lines.lines, self._owner.tolist(), strict=True):
            if line:
                self._whole.setdefault(line, []).append(gene)

    def find(self, typed: str) -> Found:
        """Find genes.

        Parameters
        ----------
        typed
            One or more terms, separated by commas, semicolons, tabs, spaces or line breaks; a gene
            that matches one is found. A term with ``*`` or ``?`` matches whole names. Any other
            matches parts of names; among several terms, it matches only the gene of exactly that
            name if there is one. In pasted text, with several lines or tabs, terms are whole names.
            Case is ignored.
        """
        typed = typed.strip()
        terms = list(dict.fromkeys(term for term in _BETWEEN_TERMS.split(typed) if term))
        if not terms:
            return Found(np.ones(self.n_genes, dtype=bool))
        pasted = "\n" in typed or "\t" in typed
        genes, missing, exact = np.zeros(self.n_genes, dtype=bool), [], -1
        for term in terms:
            whole = self._whole.get(term.casefold(), [])
            if whole and len(terms) == 1:
                exact = whole[0]
            hit = np.array(whole, dtype=np.int64)
            if set(term) & set("*?"):
                hit = self._owner[self._lines.matching(term)]
            elif not pasted and (len(terms) == 1 or not whole):
                hit = self._owner[self._lines.holding(term)]
            genes[hit] = True
            if not len(hit):
                missing.append(term)
        return Found(genes, exact, tuple(missing))


_known: WeakKeyDictionary[SGEPImages, GeneNames] = WeakKeyDictionary()


def names_of(
    images: SGEPImages, labels: NDArray[np.str_], dataset: Dataset | None = None
) -> GeneNames:
    """Return all names of a dataset's genes, computed once.

    For 20,000 genes it takes a fraction of a second: make the first call off the GUI thread.

    Parameters
    ----------
    images
        Images with the names of the genes.
    labels
        (n_genes,) displayed labels of the genes.
    dataset
        Dataset with other names in ``var``.
    """
    if images not in _known:
        columns: list[Sequence[str] | NDArray[np.str_]] = [labels]
        if images.gene_names is not labels:
            columns.append(images.gene_names)
        if dataset is not None and dataset.adata.n_vars == images.n_genes:
            columns += alias_columns(dataset.adata.var)
        _known[images] = GeneNames(*columns)
    return _known[images]


def alias_columns(var: pd.DataFrame) -> list[list[str]]:
    """Return the columns of ``var`` that hold names of genes: text that is mostly unique."""
    import pandas as pd

    found = []
    for name in var.columns:
        column = var[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            continue
        texts = ["" if pd.isna(value) else str(value) for value in column.astype(object)]
        if len(set(texts) - {""}) > _DISTINCT * len(texts):
            found.append(texts)
    return found

"""Filters of genes by a column: parts of text, wildcards, or comparisons of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from napari_darlc.genes.columns import GeneColumn
from napari_darlc.genes.search import CaseFoldedTexts

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_COMPARISON = re.compile(rf"(<=|>=|!=|<|>|=)?\s*({_NUMBER})", re.IGNORECASE)
_RANGE = re.compile(rf"({_NUMBER})\s*(?:\.\.|to)\s*({_NUMBER})", re.IGNORECASE)
_JOINED = re.compile(r"[\s,;]*(?:and\b)?[\s,;]*", re.IGNORECASE)
_COMPARE: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.isclose,
    "!=": lambda values, number: np.logical_not(np.isclose(values, number)),
}


class ColumnFilter:
    """Filter of genes by one column.

    Parameters
    ----------
    column
        Column to filter by; its texts are prepared at first use.
    """

    def __init__(self, column: GeneColumn) -> None:
        self._column = column
        self._lines: CaseFoldedTexts | None = None

    def passing(self, typed: str) -> NDArray[np.bool_]:
        """Return which genes pass, (n_genes,); all for an empty filter.

        Parameters
        ----------
        typed
            For numbers ``> 3``, ``<= .5``, ``= 2``, ``!= 0`` or ``1 to 3``; several must all hold.
            For text a part of it, or with ``*`` and ``?`` the whole; of several, separated by
            commas, one must match, and one that is a whole value matches only that value. A leading
            ``!`` inverts the filter. Genes without a value never pass.

        Raises
        ------
        InputError
            The filter is not a comparison of numbers.
        """
        typed = typed.strip()
        if not typed:
            return np.ones(len(self._column.key), dtype=bool)
        return self._numbers(typed) if self._column.numeric else self._text(typed)

    def _numbers(self, typed: str) -> NDArray[np.bool_]:
        values, at = self._column.values.astype(np.float64), 0
        passing = self._column.known.copy()
        while at < len(typed):
            if found := _RANGE.match(typed, at):
                low, high = sorted((float(found[1]), float(found[2])))
                passing &= (values >= low) & (values <= high)
            elif found := _COMPARISON.match(typed, at):
                passing &= _COMPARE[found[1] or "="](values, float(found[2]))
            else:
                raise InputError(
                    f"“{typed[at:]}” is not a comparison of numbers: type > 3, <= 0.5 or 1 to 3."
                )
            joined = _JOINED.match(typed, found.end())
            at = found.end() if joined is None else joined.end()
        return passing

    def _text(self, typed: str) -> NDArray[np.bool_]:
        if self._lines is None:
            self._lines = CaseFoldedTexts(self._column.values.tolist())
        wanted = typed.lstrip("!")
        passing = np.zeros(self._lines.n_lines, dtype=bool)
        for term in filter(None, (term.strip() for term in re.split(r"[,;]", wanted))):
            whole = self._lines.matching(term)
            if not whole.any() and not set(term) & set("*?"):
                whole = self._lines.holding(term)
            passing |= whole
        turned = ~passing if typed.startswith("!") else passing
        return turned & self._column.known

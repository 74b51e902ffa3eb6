"""Names of genes: symbols, identifiers of databases, and the data's own names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData

#: Columns of ``var`` in which common tools store symbols or identifiers.
_COLUMNS = ("gene_name", "gene_symbol", "gene_symbols", "symbol", "feature_name")
_IDENTIFIERS = ("gene_ids", "gene_id", "ensembl_id", "ensembl_ids", "ensembl", "feature_id")


def gene_labels(adata: AnnData) -> NDArray[np.str_]:
    """Return the symbol of every gene whose name is an Ensembl identifier, else its name."""
    names = np.asarray(adata.var_names, dtype=np.str_)
    column = next((each for each in _COLUMNS if each in adata.var), None)
    if column is None:
        return names
    symbols = adata.var[column].astype(object).to_numpy()
    known = np.array([isinstance(symbol, str) and bool(symbol) for symbol in symbols], dtype=bool)
    cryptic = np.char.startswith(names, "ENS") & known
    return np.where(cryptic, np.where(known, symbols, "").astype(np.str_), names)


def gene_identifiers(adata: AnnData) -> NDArray[np.str_]:
    """Return the database's identifier of every gene; empty where none is known."""
    names = np.asarray(adata.var_names, dtype=np.str_)
    itself = np.where(np.char.startswith(names, "ENS"), names, "")
    column = next((each for each in _IDENTIFIERS if each in adata.var), None)
    if column is None:
        return itself
    named = adata.var[column].astype(object).to_numpy()
    known = np.array([each if isinstance(each, str) else "" for each in named], dtype=np.str_)
    return np.where(itself != "", itself, known)


@dataclass(frozen=True, eq=False)
class NamedGenes:
    """All names of genes, as exported files need them.

    Parameters
    ----------
    gene
        (G,) names in the data.
    symbol
        (G,) symbols, as in publications and in tools for gene sets.
    identifier
        (G,) of a database; empty where none is known.
    """

    gene: NDArray[np.str_]
    symbol: NDArray[np.str_]
    identifier: NDArray[np.str_]

    @classmethod
    def of(cls, adata: AnnData, names: Sequence[str] | NDArray[np.str_] | None = None) -> Self:
        """Return genes of a dataset, all or those of these names in the data."""
        every = cls(
            np.asarray(adata.var_names, dtype=np.str_), gene_labels(adata), gene_identifiers(adata)
        )
        return every if names is None else every[adata.var_names.get_indexer(list(names))]

    def __getitem__(self, genes: NDArray[np.int64] | Sequence[int]) -> Self:
        """Return some of the genes, by position."""
        return replace(
            self,
            gene=self.gene[genes],
            symbol=self.symbol[genes],
            identifier=self.identifier[genes],
        )

    def __len__(self) -> int:
        """Return how many genes there are."""
        return len(self.gene)

    def in_full(self) -> list[str]:
        """Return symbols, with the data's own name in brackets where it differs."""
        pairs = zip(self.symbol.tolist(), self.gene.tolist(), strict=True)
        return [symbol if symbol == gene else f"{symbol} ({gene})" for symbol, gene in pairs]

    def columns(self) -> dict[str, NDArray[np.str_]]:
        """Return the names as columns of a table, by header."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def resolve_genes(
    typed: Sequence[str], names: Iterable[str], labels: Iterable[str]
) -> tuple[str, ...]:
    """Return the data's names of genes that were given as names or labels.

    Parameters
    ----------
    typed
        Names or labels, in any case where that is unambiguous.
    names, labels
        Of all genes, in one order.

    Raises
    ------
    InputError
        A gene is not in the data.
    """
    ordered = [str(name) for name in names]
    known = {str(label).casefold(): name for label, name in zip(labels, ordered, strict=True)}
    known |= {name.casefold(): name for name in ordered}
    known |= {name: name for name in ordered}
    found = {word: known.get(word, known.get(word.casefold(), "")) for word in typed}
    missing = [word for word, name in found.items() if not name]
    if missing:
        raise InputError(
            f"include: {', '.join(missing[:5])} {'is' if len(missing) == 1 else 'are'} not among "
            "the genes of the dataset: check the spelling."
        )
    return tuple(dict.fromkeys(found.values()))

"""What people call genes: symbols, where the data name them by identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData

#: Columns of ``var`` that hold symbols, by the names that common tools give them.
_COLUMNS = ("gene_name", "gene_symbol", "gene_symbols", "symbol", "feature_name")


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


def resolve_genes(
    typed: Sequence[str], names: Iterable[str], labels: Iterable[str]
) -> tuple[str, ...]:
    """Return the data's names of genes that were typed as names or as labels.

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

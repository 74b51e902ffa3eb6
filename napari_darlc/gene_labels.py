"""What to call genes on the screen: symbols where the data name them by identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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

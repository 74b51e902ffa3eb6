"""Genes are found by what people call them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from darlc.data.gene_labels import gene_labels, resolve_genes
from darlc.errors import InputError


@pytest.fixture
def adata() -> AnnData:
    names = ["ENSG01", "ENSG02", "Actb", "ENSG03"]
    symbols = ["MBP", None, "Other", "PLP1"]
    return AnnData(np.ones((2, 4)), var=pd.DataFrame({"gene_name": symbols}, index=names))


def test_identifiers_are_shown_as_symbols_and_names_are_kept(adata) -> None:
    assert list(gene_labels(adata)) == ["MBP", "ENSG02", "Actb", "PLP1"]


def test_genes_are_found_by_name_symbol_and_case_once_each(adata) -> None:
    typed = ["plp1", "ENSG01", "MBP", "actb"]
    found = resolve_genes(typed, adata.var_names, gene_labels(adata))
    assert found == ("ENSG03", "ENSG01", "Actb")


def test_a_gene_that_is_not_there_is_named(adata) -> None:
    with pytest.raises(InputError, match="include: NOPE is not among"):
        resolve_genes(["NOPE", "MBP"], adata.var_names, gene_labels(adata))

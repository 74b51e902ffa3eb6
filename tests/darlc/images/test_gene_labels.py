"""Genes are found by what people call them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from darlc.errors import InputError
from darlc.images.gene_labels import NamedGenes, gene_identifiers, gene_labels, resolve_genes


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


def test_identifiers_are_names_or_stand_beside_them(adata) -> None:
    assert list(gene_identifiers(adata)) == ["ENSG01", "ENSG02", "", "ENSG03"]
    names = pd.DataFrame({"gene_ids": ["ENSG07", None]}, index=["Actb", "Mbp"])
    assert list(gene_identifiers(AnnData(np.ones((2, 2)), var=names))) == ["ENSG07", ""]


def test_genes_are_told_under_all_their_names(adata) -> None:
    some = NamedGenes.of(adata, ["ENSG03", "Actb"])
    assert list(some.symbol) == ["PLP1", "Actb"] and list(some.identifier) == ["ENSG03", ""]
    assert some.in_full() == ["PLP1 (ENSG03)", "Actb"]
    assert list(some.columns()) == ["gene", "symbol", "identifier"] and len(some) == 2

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore.sections.names import named_genes


def with_symbols(result, start, names):
    """Return a section whose genes are called after an Ensembl-like identifier."""
    adata = result.adata[:, : len(names)].copy()
    adata.var_names = names
    adata.var["gene_name"] = [f"{start}{i}" for i in range(len(names))]
    return replace(result, adata=adata)


def test_each_gene_is_named_by_the_first_section_that_has_it(study):
    ids = [f"ENSG0000000000{i}" for i in range(4)]
    first = with_symbols(study.sections[0], "FIRST", ids[:3])
    second = with_symbols(study.sections[1], "SECOND", ids[1:])
    found = named_genes([first, second], np.array([ids[3], ids[1]]))
    assert found.gene.tolist() == [ids[3], ids[1]]
    assert found.symbol.tolist() == ["SECOND2", "FIRST1"]


def test_a_section_without_data_is_refused(study):
    first = replace(study.sections[0], adata=None)
    with pytest.raises(InputError, match="not bound"):
        named_genes([first], study.gene_names)

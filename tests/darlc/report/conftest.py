"""A headless browser, and what a page did in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from darlc.results.gene_sets import GeneSet, GeneSets

#: The first cluster is enriched in one set of it, and the other is of another species.
COLLECTION = [
    GeneSet("FIRST <i>", tuple(f"GENE{i}" for i in range(5)), "from sets.gmt"),
    GeneSet("OTHER", ("AAA", "BBB")),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return Chromium; without it, or what drives it, the test is skipped."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright to drive a browser")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs a browser: chromium or google-chrome")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found)
        yield opened
        opened.close()


@pytest.fixture
def collection() -> list[GeneSet]:
    return COLLECTION


@pytest.fixture
def shown(result):
    """Return the small tissue's result with a gene set, and a gene whose name looks like code."""
    sets = GeneSets((GeneSet("stripes", ("Gene0", "Gene4"), "typed by hand"),))
    names = result.gene_names.astype(object)
    evil = "</script><img src=x onerror=alert(1)>"
    adata = result.adata.copy()
    adata.var_names = [evil if name == "Gene7" else name for name in adata.var_names]
    names[names == "Gene7"] = evil
    return replace(result, gene_names=names.astype(str), gene_sets=sets).with_data(adata)

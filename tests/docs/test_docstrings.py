"""The examples of docstrings, which the reference shows, run like those of the pages."""

from __future__ import annotations

import doctest
import importlib
import inspect
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import darlc

from .markdown import ROOT

_ENGINE = ROOT / "src" / "darlc"
#: Modules whose docstrings hold examples.
MODULES = [
    ".".join(path.relative_to(_ENGINE.parent).with_suffix("").parts)
    for path in sorted(_ENGINE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.fixture
def examples(workplace: Path) -> Path:
    """Stand in a folder with what the examples take as given."""
    adata = darlc.read(workplace / "tissue.h5ad")
    table = pd.DataFrame(adata.X.toarray(), adata.obs_names, adata.var_names)
    table["x"], table["y"] = adata.obsm["spatial"].T
    table.to_csv(workplace / "tissue.spots")
    return workplace


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name: str) -> None:
    module = importlib.import_module(name)
    # Names that users have: those of the module that documents itself would hide what is missing.
    given = {"darlc": darlc, "np": np}
    own = {} if _is_public(module.__name__) else dict(vars(module))
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    tried = 0
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, globs={**own, **given}):
        runner.run(test, out=said.append)
        tried += len(test.examples)
    assert tried, "examples that are not found"
    assert not runner.failures, "\n".join(said)


def _is_public(module: str) -> bool:
    """Return whether all that a module documents by examples is used as a name of darlc."""
    return any(
        inspect.getmodule(getattr(darlc, name)) is sys.modules[module] for name in darlc.__all__
    )


def test_no_example_is_left_out() -> None:
    assert len(MODULES) > 15
    skipping = [
        str(path.relative_to(ROOT))
        for path in sorted(_ENGINE.rglob("*.py"))
        if "doctest: +SKIP" in path.read_text(encoding="utf-8")
    ]
    assert not skipping


def test_every_public_class_and_function_has_an_example() -> None:
    public = {name: getattr(darlc, name) for name in darlc.__all__}
    shown = {
        name: each
        for name, each in public.items()
        if inspect.isfunction(each) or (inspect.isclass(each) and not issubclass(each, Exception))
    }
    assert len(shown) > 15
    without = [name for name, each in shown.items() if ">>> " not in (each.__doc__ or "")]
    assert not without

"""Nothing unforeseen: odd data end in a result or in a sentence that says what is wrong."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from anndata import AnnData

import darlc
from darlc.cli.inspection import inspect
from darlc.config import Config
from darlc.errors import DarlcError
from darlc.io import open_dataset
from darlc.io.result_file import load

#: Datasets of `make test`, and all of them.
FEW, ALL = 25, 300


@pytest.fixture(scope="module")
def odd() -> ModuleType:
    """What makes odd data."""
    from importlib import util

    spec = util.spec_from_file_location("odd_data", Path(__file__).with_name("odd_data.py"))
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Such small arrays are not worth sharing out."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fit(adata: AnnData, config: Config, tmp_path: Path) -> None:
    """Fit, and go all the way to what was saved."""
    result = darlc.fit(adata, config)
    for values in (result.membership, result.embedding, result.denoised):
        assert np.isfinite(values).all()
    assert load(result.save(tmp_path / "result.h5ad")).n_clusters == result.n_clusters


def outcome(adata: AnnData, config: Config, tmp_path: Path) -> str:
    """Return what a fit ended in: nothing, or a sentence that somebody meant."""
    try:
        fit(adata, config, tmp_path)
    except DarlcError as error:
        return meant(error)
    return ""


def meant(error: DarlcError) -> str:
    """Return a sentence that is not what something unforeseen was turned into."""
    cause = error.__cause__
    assert cause is None or isinstance(cause, DarlcError), f"{error} ← {cause!r}"
    text = str(error)
    assert "\n" not in text and len(text) > 20 and text.endswith("."), text
    assert "damaged" not in text and "unforeseen" not in text, text
    return text


def try_all_roads(odd: ModuleType, seed: int, config: Config, tmp_path: Path) -> list[str]:
    """Open and fit a dataset from memory and from a file; return what each ended in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata = odd.odd_dataset(seed)
        path = odd.write_odd(adata, seed, tmp_path)
        found = [outcome(adata, config, tmp_path)]
        if path is None:
            return found
        try:
            dataset = open_dataset(path)
            assert all(inspect(dataset, config).lines())
        except DarlcError as error:
            return [*found, meant(error)]
        return [*found, outcome(dataset.adata, config, tmp_path)]


@pytest.mark.parametrize("seed", range(FEW))
def test_odd_data_end_in_a_result_or_a_true_sentence(odd, seed, tmp_path: Path) -> None:
    try_all_roads(odd, seed, odd.tiny_config(seed), tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(FEW, ALL, 25))
def test_more_odd_data_end_in_a_result_or_a_true_sentence(odd, first, tmp_path: Path) -> None:
    for seed in range(first, first + 25):
        try_all_roads(odd, seed, odd.tiny_config(seed), tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(0, ALL, 25))
def test_odd_data_end_so_by_the_quick_preset(odd, first, tmp_path: Path) -> None:
    config = Config.from_preset("quick", device="cpu")
    for seed in range(first, first + 25):
        try_all_roads(odd, seed, config, tmp_path)


@pytest.mark.parametrize("number", ["auto", 5])
def test_genes_without_a_pattern_are_a_result(number, tmp_path: Path) -> None:
    """All genes leave the clusters while the search goes on."""
    random = np.random.default_rng(0)
    adata = AnnData(random.poisson(2.0, (80, 30)).astype(np.float32))
    adata.obsm["spatial"] = random.uniform(0, 100, (80, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit(adata, Config.from_preset("quick", clusters=number, device="cpu"), tmp_path)


def test_the_callers_data_stay_as_they_are(odd) -> None:
    adata = odd.odd_dataset(0)
    for seed in range(40):
        adata = odd.odd_dataset(seed)
        if isinstance(adata.X, np.ndarray) and not adata.X.dtype.isnative:
            break
    before = adata.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(DarlcError):
            darlc.fit(adata, odd.tiny_config(seed))
    assert adata.X.dtype == before.X.dtype
    np.testing.assert_array_equal(adata.X, before.X)
    assert list(adata.uns) == list(before.uns) and list(adata.layers) == list(before.layers)

"""A recovery file is small, and gives back result and data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from anndata import AnnData, read_h5ad

from darlc.data.dataset import Dataset, ReadOptions
from darlc.errors import InputError
from darlc.io import open_dataset
from darlc.io.recovery_file import keep, recover
from darlc.results.result import Result

Same = Callable[[Result, Result], None]


def edit(result: Result) -> Result:
    return replace(result, edited=result.clusters.renamed(0, "white matter"))


def test_what_was_read_from_a_file_is_pointed_at(
    tissue: AnnData, result: Result, tmp_path: Path, assert_same_result: Same
) -> None:
    source = tmp_path / "tissue.h5ad"
    tissue.write_h5ad(source)
    dataset = open_dataset(source, ReadOptions(layer="counts"))
    kept = keep(edit(result), dataset, tmp_path / "kept.h5ad")
    assert read_h5ad(kept).X is None
    again, recovered = recover(kept)
    assert_same_result(replace(recovered, edited=None), result)
    assert recovered.edited is not None and recovered.edited.names[0] == "white matter"
    assert again.path == source and again.options.layer == "counts"
    assert recovered.adata is again.adata
    np.testing.assert_array_equal(again.adata.X.toarray(), tissue.X.toarray())


def test_what_no_file_has_is_kept_whole(
    tissue: AnnData, result: Result, tmp_path: Path, assert_same_result: Same
) -> None:
    dataset = Dataset(tissue, Path("simulated tissue"), "simulated")
    again, recovered = recover(keep(result, dataset, tmp_path / "kept.h5ad"))
    assert_same_result(recovered, result)
    assert again.name == "simulated tissue" and again.format == "simulated"
    np.testing.assert_array_equal(again.adata.X.toarray(), tissue.X.toarray())


def test_data_that_are_gone_are_told(tissue: AnnData, result: Result, tmp_path: Path) -> None:
    source = tmp_path / "tissue.h5ad"
    tissue.write_h5ad(source)
    kept = keep(result, open_dataset(source), tmp_path / "kept.h5ad")
    source.unlink()
    with pytest.raises(InputError, match=r"tissue\.h5ad does not exist"):
        recover(kept)


def test_other_results_are_no_recovery_files(result: Result, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a recovery file"):
        recover(result.save(tmp_path / "result.h5ad"))

"""A dataset is called by its file, without what says its format."""

from __future__ import annotations

from pathlib import Path

import pytest
from anndata import AnnData

from darlc.data.dataset import Dataset


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("G2.tsv.gz", "G2"),
        ("G2.TSV", "G2"),
        ("slide.ome.tif", "slide"),
        ("cortex.v2.h5ad", "cortex.v2"),
        ("A1.zarr", "A1"),
        ("A1.zarr.zip", "A1"),
        ("Visium_V1.2_brain", "Visium_V1.2_brain"),
        ("P56.5 cortex", "P56.5 cortex"),
    ],
)
def test_the_name_has_no_format_and_nothing_else_is_missing(path: str, name: str) -> None:
    assert Dataset(AnnData(), Path("folder.d") / path).name == name


def test_data_made_in_memory_are_called_a_dataset() -> None:
    assert Dataset(AnnData()).name == "dataset"

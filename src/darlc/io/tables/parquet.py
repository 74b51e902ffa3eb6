"""Parquet tables, which pyarrow reads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.errors import InputError
from darlc.io.guards.boundary import reading
from darlc.io.guards.declared import check_declared

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a table, or a folder of its parts, with its index.

    Raises
    ------
    InputError
        pyarrow is missing, or the file is damaged.
    """
    import pandas as pd

    with reading(path):
        try:
            import pyarrow.parquet  # type: ignore[import-untyped,import-not-found]
        except ImportError as error:
            raise InputError(
                f"{path} is a Parquet file, which needs a package that is not installed (pyarrow): "
                "install it and open the data again."
            ) from error
        parts = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        for part in parts:
            meta = pyarrow.parquet.read_metadata(part)
            size = part.stat().st_size
            check_declared(meta.num_rows * meta.num_columns * 8, partial(int, size), path.name)
        tables = [
            pd.read_parquet(part, columns=None if columns is None else [*columns]) for part in parts
        ]
        if not tables:
            raise InputError(f"{path} holds no part of a table: get a fresh copy of it.")
        return tables[0] if len(tables) == 1 else pd.concat(tables)

"""Recovery files: a result that nobody saved yet, kept small by pointing at its dataset."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import RECOVERY
from darlc.data.shallow_copy import shallow_copy
from darlc.errors import InputError
from darlc.results.result import Result


def keep(result: Result, dataset: Dataset, path: Path) -> Path:
    """Write a recovery file; the name appears when the file is whole.

    It holds the result and where the data were read from, and the data themselves only where no
    file has them.

    Parameters
    ----------
    result, dataset
        What to keep.
    path
        Where, ending in ``.h5ad``.

    Raises
    ------
    InputError
        It cannot be written.
    """
    import pandas as pd
    from anndata import AnnData

    adata, source = dataset.adata, dataset.path
    on_disk = source is not None and source.exists()
    if on_disk:
        kept = AnnData(
            obs=pd.DataFrame(index=adata.obs_names), var=pd.DataFrame(index=adata.var_names)
        )
    else:
        kept = shallow_copy(adata)
    kept.uns[RECOVERY] = {
        "path": str(source.resolve()) if source is not None and on_disk else "",
        "name": str(source or ""),
        "format": dataset.format,
        "options": json.dumps(asdict(dataset.options)),
    }
    # What cannot be held is told when the user saves.
    return result.with_data(kept).save(path, on_note=lambda note: None)


def recover(path: Path) -> tuple[Dataset, Result]:
    """Read a recovery file, and the dataset that it points at.

    Raises
    ------
    InputError
        One of the two cannot be read.
    """
    from darlc.io.registry import open_dataset
    from darlc.io.result_file import load

    result = load(path)
    adata = result.adata
    if adata is None or RECOVERY not in adata.uns:
        raise InputError(f"{path} is no recovery file: open it like any other result.")
    about = adata.uns.pop(RECOVERY)
    if about["path"]:
        dataset = open_dataset(about["path"], ReadOptions(**json.loads(about["options"])))
    else:
        name = Path(about["name"]) if about["name"] else None
        dataset = replace(open_dataset(path), path=name, format=about["format"])
    return dataset, result.with_data(dataset.adata)

"""Recovery files: an unsaved result, kept small by a reference to its dataset."""

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
    """Write a recovery file; it has its name only once it is complete.

    It holds the result and the path of the data, or the data themselves where they are not in a
    file.

    Parameters
    ----------
    result, dataset
        What to write.
    path
        Path of the file, with suffix ``.h5ad``.

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
    # Notes on changed values are shown when the user saves.
    return result.with_data(kept).save(path, on_note=lambda note: None)


def recover(path: Path) -> tuple[Dataset, Result]:
    """Read a recovery file, and the dataset that it refers to.

    Raises
    ------
    InputError
        The file, or its dataset, cannot be read.
    """
    from darlc.io.registry import open_dataset
    from darlc.io.result_file import load

    result = load(path)
    adata = result.adata
    if adata is None or RECOVERY not in adata.uns:
        raise InputError(f"{path} is not a recovery file: open it like any other result.")
    about = adata.uns.pop(RECOVERY)
    if about["path"]:
        dataset = open_dataset(about["path"], ReadOptions(**json.loads(about["options"])))
    else:
        name = Path(about["name"]) if about["name"] else None
        dataset = replace(open_dataset(path), path=name, format=about["format"])
    return dataset, result.with_data(dataset.adata)

"""Write a result to another place where its path cannot be written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.errors import InputError
from darlc.interrupts import finishing
from darlc.io.result_file import save

if TYPE_CHECKING:
    from darlc.results.result import Result


def save_or_rescue(result: Result, path: Path, denoised_layer: bool, notes: list[str]) -> None:
    """Write a result file; where that fails, write it elsewhere.

    Parameters
    ----------
    result
        Bound to the data that were fitted.
    path
        Path of the file.
    denoised_layer
        As for ``save``.
    notes
        Extended with sentences on what was renamed or became text.

    Raises
    ------
    InputError
        It could not be written; the message says where it is instead.
    """
    with finishing(f"{path} was completed first"):
        _save_or_rescue(result, path, denoised_layer, notes)


def _save_or_rescue(result: Result, path: Path, denoised_layer: bool, notes: list[str]) -> None:
    try:
        save(result, path, denoised_layer, notes.append)
        return
    except InputError as error:
        reason = str(error)
    except Exception as error:  # any error, so that hours of work are not lost
        reason = f"{path} could not be written ({type(error).__name__}: {error})"
    for bound, what, advice in _forms(result):
        for folder in _folders(path):
            other = _free(folder, path)
            try:
                save(bound, other, False, lambda note: None)
            except Exception:  # as above; another folder may work
                continue
            raise InputError(f"{reason.rstrip('.')}. {what} is kept in {other}{advice}.")
    raise InputError(reason)


def _forms(result: Result) -> Iterator[tuple[Result, str, str]]:
    """Yield what can be written, best first, with a description and advice."""
    yield result, "The result", ""
    import pandas as pd
    from anndata import AnnData

    if (adata := result.adata) is None:
        return
    alone = AnnData(
        obs=pd.DataFrame(index=adata.obs_names), var=pd.DataFrame(index=adata.var_names)
    )
    advice = ", without the data: darlc.load(…).with_data(darlc.read(…)).save(…) joins them"
    yield result.with_data(alone), "What was learned", advice


def _free(folder: Path, path: Path) -> Path:
    """Return a similar path that does not exist."""
    other, n = folder / f"{path.stem}_rescued{path.suffix}", 1
    while other.exists():
        n += 1
        other = folder / f"{path.stem}_rescued_{n}{path.suffix}"
    return other


def _folders(path: Path) -> Iterator[Path]:
    """Yield folders to try, that of the path first."""
    find: Callable[[], Path]
    for find in (lambda: path.parent, Path.cwd, Path.home, lambda: Path(tempfile.gettempdir())):
        try:
            yield find()
        except (OSError, RuntimeError):  # the folder does not exist
            continue

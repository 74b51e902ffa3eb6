"""Write a result or a study to another place where its path cannot be written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from darlc.errors import InputError
from darlc.interrupts import finishing
from darlc.io.result_file import save
from darlc.io.study.study_file import save_study

if TYPE_CHECKING:
    from darlc.results.result import Result
    from darlc.results.study import StudyResult


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


def save_study_or_rescue(
    study: StudyResult, folder: Path, denoised_layer: bool, notes: list[str]
) -> None:
    """Write the folder of a study; where that fails, write it elsewhere.

    Parameters
    ----------
    study
        Its sections are bound to the data that were fitted.
    folder
        Where.
    denoised_layer, notes
        As for `save_or_rescue`.

    Raises
    ------
    InputError
        It could not be written; the message says where it is instead.
    """
    with finishing(f"{folder} was completed first"):
        _write(
            folder,
            lambda: save_study(study, folder, denoised_layer, notes.append),
            [_Form(lambda other: save_study(study, other, False, _ignore), "The study", "")],
        )


def _save_or_rescue(result: Result, path: Path, denoised_layer: bool, notes: list[str]) -> None:
    _write(path, lambda: save(result, path, denoised_layer, notes.append), _forms(result))


class _Form(NamedTuple):
    """What can be written elsewhere: how, what it is, and advice on it."""

    save: Callable[[Path], object]
    what: str
    advice: str


def _write(path: Path, save: Callable[[], object], forms: Iterable[_Form]) -> None:
    """Write to a path; after an error, write the first form that can be written elsewhere."""
    try:
        save()
        return
    except InputError as error:
        reason = str(error)
    except Exception as error:  # any error, so that hours of work are not lost
        reason = f"{path} could not be written ({type(error).__name__}: {error})"
    for form in forms:
        for folder in _folders(path):
            other = _free(folder, path)
            try:
                form.save(other)
            except Exception:  # as above; another folder may work
                continue
            raise InputError(f"{reason.rstrip('.')}. {form.what} is kept in {other}{form.advice}.")
    raise InputError(reason)


def _ignore(note: str) -> None:
    pass


def _forms(result: Result) -> Iterator[_Form]:
    """Yield what can be written of a result, best first."""
    yield _form(result, "The result", "")
    import pandas as pd
    from anndata import AnnData

    if (adata := result.adata) is None:
        return
    alone = AnnData(
        obs=pd.DataFrame(index=adata.obs_names), var=pd.DataFrame(index=adata.var_names)
    )
    advice = ", without the data: darlc.load(…).with_data(darlc.read(…)).save(…) joins them"
    yield _form(result.with_data(alone), "What was learned", advice)


def _form(result: Result, what: str, advice: str) -> _Form:
    return _Form(lambda other: save(result, other, False, _ignore), what, advice)


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

"""A folder with one file a section: names of the files, and writing all of them or none."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from darlc.data.keys import STUDY_FILE
from darlc.errors import InputError
from darlc.interrupts import finishing
from darlc.io.listing import names
from darlc.io.store import check_place
from darlc.io.whole_files import whole
from darlc.wording import listed

#: Ending of the files of sections.
SECTION_ENDING = ".h5ad"
_LONGEST = 100
_UNUSUAL = re.compile(r"[^\w.+\-]+")
#: Names that Windows keeps for devices.
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)


def unique_names(wanted: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Return names that differ also where upper and lower case do not count.

    Parameters
    ----------
    wanted
        Names; a repeated one gets a number at its end, from 2.
    taken
        Names that are not given.
    """
    known = {name.casefold() for name in (*taken, *wanted)}
    used, given = {name.casefold() for name in taken}, []
    for name in wanted:
        own, n = name, 1
        while own.casefold() in used or (n > 1 and own.casefold() in known):
            n += 1
            own = f"{name}_{n}"
        used.add(own.casefold())
        given.append(own)
    return given


def section_files(section_names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the files of sections: what no file can be called is replaced."""
    plain = [_UNUSUAL.sub("_", name)[:_LONGEST].strip(". ") or "section" for name in section_names]
    plain = [f"{name}_" if _DEVICES.fullmatch(name.partition(".")[0]) else name for name in plain]
    taken = (STUDY_FILE.removesuffix(SECTION_ENDING),)
    return tuple(name + SECTION_ENDING for name in unique_names(plain, taken))


def check_folder(path: Path, replaced: Iterable[str] = (), sources: Iterable[Path] = ()) -> None:
    """Raise if a folder cannot, or must not, be written to a path.

    Parameters
    ----------
    path
        The folder; one that holds nothing else is replaced.
    replaced
        Names of files in it that may be replaced.
    sources
        The inputs, which are never overwritten.

    Raises
    ------
    InputError
        The message names the path and says what to do.
    """
    if path.suffix.lower() in (SECTION_ENDING, ".zarr"):
        raise InputError(
            f"{path} would be one file, but several sections are written to a folder: choose a "
            f"name without {path.suffix}."
        )
    place = Path(os.path.realpath(path))
    for source in sources:
        if Path(os.path.realpath(source)).is_relative_to(place):
            raise InputError(
                f"{path} holds the input {source}, which is never written to: choose another name."
            )
    check_place(path, (path.suffix.lower(),), folder=True)
    if others := sorted(set(names(path)) - set(replaced)):
        raise InputError(
            f"{path} exists and holds something else ({listed(others[:3])}): choose another name."
        )


@contextmanager
def whole_folder(path: Path, keep: bool = True) -> Iterator[Path]:
    """Yield an empty folder, which takes the path's place once all of it is written.

    Errors name the path; where there is one, what stood there stays as it was. Ctrl+C takes
    effect once the folder is complete.

    Parameters
    ----------
    path
        Where.
    keep
        Whether what was written is kept, or was written to see whether it can be.

    Raises
    ------
    InputError
        It cannot take the path's place.
    """
    with finishing(f"{path} was finished first" if keep else ""):
        try:
            with whole(path, keep) as temporary:
                temporary.mkdir()
                try:
                    yield temporary
                except InputError as error:
                    raise InputError(str(error).replace(str(temporary), str(path))) from error
        except OSError as error:
            raise InputError(
                f"{path} could not be written ({error.strerror or error}): free some space or "
                "choose another folder."
            ) from error

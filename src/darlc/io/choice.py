"""What was asked for, where it is there; it needs nothing that takes long to import."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from darlc.errors import InputError
from darlc.wording import listed


def pick(path: Path, option: str, wanted: str, there: Iterable[str]) -> str:
    """Return what was asked for, where it is there.

    Parameters
    ----------
    path
        What is opened, for the sentence.
    option
        Name of the option, as in `ReadOptions`.
    wanted
        Its value.
    there
        What it may be.

    Raises
    ------
    InputError
        Lists what there is.
    """
    there = [str(each) for each in there]
    if wanted in there:
        return wanted
    offer = f"choose one of {listed(there)}" if there else "leave it out, for there is no choice"
    raise InputError(f"{path} has no {wanted!r} for {flag(option)}: {offer}.")


def flag(name: str) -> str:
    """Return an option as it is typed."""
    return "--" + name.replace("_", "-")

"""Check an option against the available choices, without slow imports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from darlc.errors import InputError
from darlc.wording import listed


def pick(path: Path, option: str, wanted: str, there: Iterable[str]) -> str:
    """Return the wanted value if it is available.

    Parameters
    ----------
    path
        What is opened, for messages.
    option
        Name of the option, as in `ReadOptions`.
    wanted
        Its value.
    there
        The available values.

    Raises
    ------
    InputError
        The value is not available; the message lists those that are.
    """
    there = [str(each) for each in there]
    if wanted in there:
        return wanted
    offer = f"choose one of {listed(there)}" if there else "leave it out, for there is no choice"
    raise InputError(f"{path} has no {wanted!r} for {flag(option)}: {offer}.")


def flag(name: str) -> str:
    """Return the command line option of a setting."""
    return "--" + name.replace("_", "-")

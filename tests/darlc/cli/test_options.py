"""The options that say what to read: as many as `ReadOptions` has, and they reach the command."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import darlc
from darlc.cli.commands import run
from darlc.cli.options import names_in, with_read_options
from darlc.data.dataset import ReadOptions


def test_every_field_is_an_option():
    given = []

    def command(path: Path, options: ReadOptions, more: int = 3) -> None:
        given.append((path, options, more))

    wrapped = with_read_options(command)
    named = list(inspect.signature(wrapped).parameters)
    assert named == ["path", "more", *(each.name for each in fields(ReadOptions))]
    rest = dict.fromkeys(named[2:], "")
    wrapped(path=Path("a"), more=4, **{**rest, "layer": "counts", "bin_size": None})
    assert given == [(Path("a"), ReadOptions(layer="counts"), 4)]


def test_the_version_is_told(capsys) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"darlc {darlc.__version__}"


def test_names_of_a_list_with_commas() -> None:
    assert names_in(" MBP, PLP1 ,,") == ("MBP", "PLP1") and names_in("") == ()

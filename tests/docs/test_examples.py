"""Every command and every block of Python on the pages runs, in the order of its page."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer
from pytestqt.qtbot import QtBot

from darlc.cli.commands import app, run

from .markdown import DOCS, PAGES, ROOT, code, name_of

#: Languages of blocks that show what a program prints, or a part of a file.
_SHOWN = {"text", "toml", "yaml", ""}
_WIDGET = DOCS / "howto" / "add_widget.md"


def _examples(page: Path) -> list[tuple[str, str]]:
    return [block for block in code(page) if block[0] in ("bash", "python")]


def _commands(block: str) -> Iterator[list[str]]:
    for line in block.splitlines():
        # Comments beside commands say what they are for.
        if words := shlex.split(line, comments=True):
            yield words


#: Of the program, by name.
COMMANDS = typer.main.get_command(app).commands
WITH_EXAMPLES = [page for page in PAGES if _examples(page) and page != _WIDGET]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_is(page: Path) -> None:
    unknown = {
        language
        for language, _ in code(page)
        if language not in {"bash", "python", *_SHOWN} and not re.match(r"\{[\w-]+\}", language)
    }
    assert not unknown
    nameless = [
        block
        for language, block in code(page)
        if language == "" and re.search(r"^\$? ?(darlc|git|make|pip) ", block, re.MULTILINE)
    ]
    assert not nameless, "a block of commands is called bash, so that it is run"


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name_of)
def test_examples_run(page: Path, workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for language, block in _examples(page):
        if language == "python":
            exec(compile(block, name_of(page), "exec"), names)
            for name in re.findall(r"^def (test_\w+)\(tmp_path\)", block, re.MULTILINE):
                names[name](workplace)
            continue
        for words in _commands(block):
            if words[0] == "darlc":
                assert run(words[1:]) == 0, f"{words}: {capsys.readouterr().err}"
            else:
                _check(words)
    if page.name == "denoised_statistics.md":
        # What the page says: tests keep their promise on counts, and lose it on denoised values.
        assert names["on_measured"] < 0.1 and names["on_denoised"] > 0.2


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_of_help_run(
    name: str, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reference of commands shows them, too."""
    (example,) = re.findall(r"^Example: (darlc .+)$", COMMANDS[name].epilog or "")
    program, *words = shlex.split(example)
    assert program == "darlc" and words[0] == name
    assert run(words) == 0, capsys.readouterr().err


def _check(words: list[str]) -> None:
    """Check a command that is not run: it would install, download or work for hours."""
    command, *rest = words
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    if command == "git":
        assert rest == ["clone", setup["metadata"]["url"]]
    elif command == "cd":
        assert rest == [setup["metadata"]["name"]]
    elif command == "pip":
        (what,) = [each for each in rest[1:] if not each.startswith("-")]
        folder, _, extras = what.partition("[")
        assert rest[0] == "install" and folder == "."
        asked = {each for each in extras.rstrip("]").split(",") if each}
        assert asked <= set(setup["options.extras_require"])
    elif command == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert set(rest) <= set(targets)
    elif command == "python" and rest[0] == "-m":
        assert importlib.util.find_spec(rest[1]) is not None
        if rest[1] == "benchmarks.quality":
            from benchmarks.quality.__main__ import parse

            parse(rest[2:])
    else:
        # A script of the project, and the files that it is given.
        paths = [each for each in words if "/" in each and not each.startswith(".venv")]
        assert paths and all((ROOT / each).exists() for each in paths), words


def test_a_widget_as_the_page_says(qtbot: QtBot, workplace: Path) -> None:
    from napari.components import ViewerModel

    from napari_darlc.viewer_session import session_of

    viewer = ViewerModel()
    names: dict[str, Any] = {"__name__": "molecule_count", "viewer": viewer}
    blocks = [block for language, block in _examples(_WIDGET) if language == "python"]
    for block in blocks:
        exec(compile(block, _WIDGET.name, "exec"), names)
    widget = names["explorer"].open("Molecules")
    assert "Open a dataset" in widget.line.text()
    _show_tissue(session_of(viewer), Path("tissue.h5ad"))
    assert widget.line.text().startswith("MBP: ")
    names["test_it_follows_the_gene"](viewer, session_of(viewer), qtbot)


def _show_tissue(session: Any, path: Path) -> None:
    from darlc.images.sgep_images import rasterize
    from darlc.io import open_dataset

    dataset = open_dataset(path)
    session.open(dataset, rasterize(dataset.adata))
    session.gene = 0


NOTEBOOKS = sorted(DOCS.glob("notebooks/*.ipynb"))


def _cells(notebook: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize(
    "notebook",
    [
        # Its import alone takes long, and it comes with the extra for the pages only.
        pytest.param(path, marks=pytest.mark.slow if "squidpy" in path.stem else ())
        for path in NOTEBOOKS
    ],
    ids=name_of,
)
def test_notebooks_run(notebook: Path, workplace: Path) -> None:
    """At full length they run where the pages are built."""
    if "squidpy" in notebook.stem:
        pytest.importorskip("squidpy", reason="squidpy comes with the extra docs")
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(_cells(notebook), start=1):
        exec(compile("".join(cell["source"]), f"{notebook.name}, cell {number}", "exec"), names)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name_of)
def test_notebooks_are_kept_without_output(notebook: Path) -> None:
    cells = _cells(notebook)
    assert cells
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells), (
        "what a notebook shows is computed where the pages are built"
    )

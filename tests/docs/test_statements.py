"""What pages name is there: links, anchors, modules, options, targets, keys of the result file."""

from __future__ import annotations

import importlib
import re
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer

import darlc
from darlc.cli.commands import app
from darlc.io.installed_formats import GROUP

from .markdown import DOCS, PAGES, ROOT, anchors, links, name_of, words_of_code


def _repository() -> str:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup["metadata"]["url"]


def _files_address() -> str:
    """Return where the repository's files are found as they are."""
    return _repository().replace("github.com", "raw.githubusercontent.com") + "/main/"


def _own_addresses() -> tuple[str, str]:
    """Return where files of the repository are found as they are, and where they are shown."""
    return _files_address(), f"{_repository()}/blob/main/"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_link_is_dead(page: Path) -> None:
    dead = []
    for link in links(page):
        own = next((each for each in _own_addresses() if link.startswith(each)), None)
        if own is not None:
            path, _, anchor = link.removeprefix(own).partition("#")
            target = ROOT / path
        elif re.match(r"[a-z]+:", link):
            continue
        else:
            path, _, anchor = unquote(link).partition("#")
            target = page.parent / path if path else page
            if not target.suffix:
                # A page as directives name it.
                target = next(
                    (
                        found
                        for ending in (".md", ".ipynb")
                        if (found := target.with_name(target.name + ending)).is_file()
                    ),
                    target,
                )
        known = anchors(target) if target.is_file() and target.suffix == ".md" else {anchor}
        if not target.is_file() or (anchor and anchor not in known):
            dead.append(link)
    assert not dead


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_what_is_read_from_there(page: Path) -> None:
    if page.parent == ROOT:
        return
    paths = [link.partition("#")[0] for link in links(page) if not re.match(r"[a-z]+:", link)]
    outside = [
        path for path in paths if path and DOCS not in (page.parent / path).resolve().parents
    ]
    assert not outside, "the site holds the folder of the documentation only"


def test_pictures_of_the_readme_are_shown_everywhere() -> None:
    readme = ROOT / "README.md"
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme.read_text(encoding="utf-8"))
    assert pictures, "a picture says what this is"
    relative = [each for each in pictures if not each.startswith(_files_address())]
    assert not relative, "an index of packages shows the page without the files beside it"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_code_that_pages_speak_of_is_there(page: Path) -> None:
    dotted = re.compile(r"((?:napari_)?darlc(?:\.\w+)+)(?:\(.*\))?")
    gone = [
        found[1]
        for word in words_of_code(page)
        if (found := dotted.fullmatch(word))
        and not word.endswith(".yaml")
        and word != GROUP
        and not _is_there(found[1])
    ]
    assert not gone


def _is_there(name: str) -> bool:
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[n:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_pages_speak_of_are_there(page: Path) -> None:
    ours = re.compile(r"(?:src|tests|docs|napari_darlc|benchmarks|scripts)/[\w./-]+\w")
    invented = "molecules/"  # of the page on adding a widget
    gone = [
        word
        for word in words_of_code(page)
        if ours.fullmatch(word) and invented not in word and not (ROOT / word).exists()
    ]
    assert not gone


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_options_that_pages_speak_of_are_there(page: Path) -> None:
    known = {"--help", "--version", "--all-extras"}
    for benchmark in (ROOT / "benchmarks").rglob("*.py"):
        source = benchmark.read_text(encoding="utf-8")
        known |= set(re.findall(r"""add_argument\(\s*["'](--[a-z][\w-]+)""", source))
    for command in typer.main.get_command(app).commands.values():
        # `sets` has commands of its own.
        for one in (command, *getattr(command, "commands", {}).values()):
            known |= {name for each in one.params for name in each.opts}
    spoken = {
        found for word in words_of_code(page) for found in re.findall(r"(?<!\S)--[a-z][\w-]+", word)
    }
    assert not spoken - known


def test_the_reference_names_all_of_the_public_interface() -> None:
    page = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    unnamed = [name for name in darlc.__all__ if f"`darlc.{name}`" not in page]
    assert not unnamed


def test_the_page_on_result_files_names_every_key(result_file: Path) -> None:
    import anndata

    adata = anndata.read_h5ad(result_file)
    page = (DOCS / "reference" / "result_file.md").read_text(encoding="utf-8")
    before, _, within = page.partition("\nIn `uns")
    named = set(re.findall(r'`(\w+)\["(\w+)"\]`', before))
    written = {
        (part, key)
        for part in ("var", "varm", "obsm", "uns", "layers")
        for key in getattr(adata, part)
        if "darlc" in key
    }
    assert written and not written - named
    listed = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]*)\|", within, re.M))))
    assert listed == set(adata.uns["darlc"])


def test_the_page_on_result_files_names_every_key_of_a_study(inputs: Path) -> None:
    import anndata

    adata = anndata.read_h5ad(inputs / "study" / "study.h5ad")
    page = (DOCS / "reference" / "result_file.md").read_text(encoding="utf-8")
    _, _, section = page.partition("\n## Several sections")
    named = set(re.findall(r'`\w+\["(\w+)"\]`', section))
    written = {key for part in ("obs", "obsm", "layers") for key in getattr(adata, part)}
    assert written and not written - named
    named = set(re.findall(r"`(\w+)`", section))
    assert not set(adata.uns["darlc_study"]) - named


def test_the_page_on_architecture_names_every_room() -> None:
    named = set(words_of_code(DOCS / "architecture.md"))
    unnamed = [
        f"{package.name}.{path.stem}"
        for package in (ROOT / "src" / "darlc", ROOT / "napari_darlc")
        for path in sorted(package.iterdir())
        if (path.suffix == ".py" or (path / "__init__.py").is_file())
        and not path.name.startswith("__")
        and path.stem not in named
    ]
    assert not unnamed


def test_the_drawing_shows_rooms_that_are_there() -> None:
    drawing = (DOCS / "architecture.svg").read_text(encoding="utf-8")
    shown = re.findall(r'<text class="mid"[^>]*>([\w, ]+)', drawing)
    rooms = {name.strip() for each in shown for name in each.split(",")}
    packages = (ROOT / "src" / "darlc", ROOT / "napari_darlc")
    there = {path.stem for package in packages for path in package.iterdir()}
    assert len(rooms) > 10 and not rooms - there

"""Pages of the documentation, taken apart: headings, links, code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
if not DOCS.is_dir():
    pytest.skip("the documentation is not part of a source distribution", allow_module_level=True)

#: Pages that visitors read; the last ones stand at the root of the repository.
PAGES = sorted(
    [
        *(path for path in DOCS.rglob("*.md") if "_build" not in path.parts),
        *(path for path in ROOT.glob("*.md")),
    ]
)
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def name_of(page: Path) -> str:
    """Return a page's name for the test that is about it."""
    return page.relative_to(ROOT).as_posix()


@cache
def tokens(page: Path) -> tuple[Token, ...]:
    """Return the page's tokens, those within lines among them."""
    return tuple(_flat(_MARKDOWN.parse(page.read_text(encoding="utf-8"))))


def _flat(parsed: list[Token]) -> Iterator[Token]:
    for token in parsed:
        yield token
        yield from _flat(token.children or [])


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the names by which links reach the page's headings."""
    parsed = _MARKDOWN.parse(page.read_text(encoding="utf-8"))
    names: set[str] = set()
    for opening, inline in pairwise(parsed):
        if opening.type == "heading_open":
            text = "".join(child.content for child in inline.children or [])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
            number = 1
            while (unique := slug if number == 1 else f"{slug}-{number - 1}") in names:
                number += 1
            names.add(unique)
    return frozenset(names)


def links(page: Path) -> Iterator[str]:
    """Yield where the page's links and pictures lead."""
    for token in tokens(page):
        for attribute in ("href", "src"):
            if (target := token.attrGet(attribute)) is not None:
                yield str(target)
        if token.type == "fence":
            # A directive within which there may be links.
            yield from re.findall(r"^:link: (\S+)$", token.content, re.MULTILINE)


def code(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the page's blocks of code in order: language and text."""
    for token in tokens(page):
        if token.type == "fence":
            yield token.info.strip(), token.content


def words_of_code(page: Path) -> Iterator[str]:
    """Yield what stands in backticks within the page's lines."""
    for token in tokens(page):
        if token.type == "code_inline":
            yield token.content

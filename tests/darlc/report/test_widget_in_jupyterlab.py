"""The notebook widget where it is used: in JupyterLab, by mouse and keyboard, beside Python."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget", reason="needs the extra notebook")
pytest.importorskip("jupyterlab", reason="needs jupyterlab")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Cells of a notebook: a widget; what is chosen in it; another gene chosen from Python.
CELLS = (
    "import darlc\n"
    "from darlc.results.gene_sets import GeneSet\n"
    "explorer = darlc.load('result.h5ad').explore(plane='pca', collection=[\n"
    "    GeneSet('FIRST', tuple(f'GENE{i}' for i in range(5)))\n"
    "])\n"
    "explorer",
    "print(f'{explorer.gene or None} of {len(explorer.genes)}, first {explorer.genes[0]};')",
    "explorer.gene = 'Gene8'",
)
_PATIENCE = 120


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Start JupyterLab in an empty folder with settings of its own."""
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{each}_DIR": str(folder / each) for each in ("CONFIG", "DATA", "RUNTIME")}
    own |= {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
    }
    options = ["--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    options += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]
    said = folder / "server.log"
    with said.open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={folder}"],
            env=os.environ | own,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until = time.monotonic() + _PATIENCE
            while not _answers(port):
                assert server.poll() is None and time.monotonic() < until, said.read_text()
                time.sleep(0.2)
            yield lambda path: f"http://127.0.0.1:{port}/lab/tree/{path.relative_to(folder)}"
        finally:
            server.terminate()
            server.wait(_PATIENCE)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class Notebook:
    """An opened notebook.

    Parameters
    ----------
    page
        That shows it.
    """

    def __init__(self, page: Any) -> None:
        self.page = page

    def run(self, cell: int) -> None:
        """Run a cell, by keyboard."""
        self.page.locator(".jp-CodeCell .cm-content").nth(cell).click()
        self.page.keyboard.press("Shift+Enter")

    def said(self, text: str) -> None:
        """Ask in Python what is chosen, and wait until the answer is there."""
        self.run(1)
        self.page.wait_for_function(
            "text => document.querySelectorAll('.jp-CodeCell')[1].textContent.includes(text)",
            arg=text,
        )

    @property
    def chosen(self) -> str:
        """The gene that the widget shows."""
        return str(self.page.locator(".darlc .detail h2").inner_text())

    def names(self) -> list[str]:
        """Return the names in the gallery."""
        return [name.strip() for name in self.page.locator(".gallery .name").all_inner_texts()]


@pytest.fixture
def notebook(
    shown: Any, browser: Any, address: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Notebook]:
    """Return a notebook whose widget is shown."""
    import nbformat

    folder = next(tmp_path_factory.getbasetemp().glob("served*"))
    del shown.adata.obs["remark"]
    shown.save(folder / "result.h5ad")
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    # Without a kernel's name JupyterLab asks for one.
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    made = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(made, folder / "walk.ipynb")
    page = browser.new_page(viewport={"width": 1300, "height": 1500})
    page.set_default_timeout(1000 * _PATIENCE)
    page.goto(address(folder / "walk.ipynb"))
    opened = Notebook(page)
    page.locator(".jp-Notebook .cm-content").nth(len(CELLS) - 1).wait_for()
    # A cell that is run before its kernel is there is not run.
    page.get_by_text("| Idle").wait_for()
    opened.run(0)
    page.locator(".darlc .gallery .tile").nth(11).wait_for()
    yield opened
    page.close()


def test_a_walk_in_jupyterlab(notebook: Notebook) -> None:
    page = notebook.page
    notebook.said("None of 12, first ")
    # Search, and a gene that is chosen: Python knows.
    page.fill("#darlc-search", "gene1")
    assert notebook.names()[0] == "Gene1" and len(notebook.names()) == 3
    page.locator(".gallery .tile").first.click()
    assert notebook.chosen == "Gene1"
    notebook.said("Gene1 of 3, first Gene1;")
    # Keys in the widget are its own, not commands of the notebook: B would add a cell, D twice
    # would delete one, and letters in the search are letters.
    page.fill("#darlc-search", "")
    page.locator("#darlc-search").press_sequentially("bddxa")
    assert page.locator("#darlc-search").input_value() == "bddxa"
    page.fill("#darlc-search", "gene1")
    page.locator(".gallery .tile").first.focus()
    for key in ("ArrowRight", "b", "d", "d", "m", "Enter"):
        page.keyboard.press(key)
    second = notebook.names()[1]
    assert notebook.chosen == second
    assert page.locator(".jp-CodeCell").count() == len(CELLS)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "darlc-search"
    # Sort, and raw in place of denoised.
    page.fill("#darlc-search", "")
    page.select_option("#darlc-sort", "name")
    genes = [name for name in notebook.names() if name.startswith("Gene")]
    assert len(genes) == 11 and genes == sorted(genes, key=lambda name: int(name[4:]))
    tile = page.locator(".gallery canvas").nth(1)
    tile.scroll_into_view_if_needed()
    before = _pixels(tile)
    page.click("[data-kind=raw]")
    page.wait_for_function(
        "before => document.querySelectorAll('.gallery canvas')[1].toDataURL() !== before",
        arg=before,
    )
    # Genes like this, the map, a gene set, and an enriched set.
    page.locator(".similar .tile").first.click()
    like = notebook.chosen
    assert like != second
    notebook.said(f"{like} of 12")
    page.locator("canvas.map").focus()
    seen = set()
    for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
        seen.add(notebook.chosen)
    assert len(seen) > 1
    notebook.said(f"{notebook.chosen} of 12")
    page.click("[data-set='0']")
    assert sorted(notebook.names()) == ["Gene0", "Gene4"]
    notebook.said("of 2, first")
    page.click("[data-set='0']")
    page.click("[data-hit='0']")
    assert sorted(notebook.names()) == ["Gene0", "Gene1", "Gene2", "Gene3"]
    page.click("[data-hit='0']")
    # And from Python.
    notebook.run(2)
    page.wait_for_function("document.querySelector('.detail h2').textContent === 'Gene8'")


def test_nothing_bars_anybodys_way_in_a_notebook(notebook: Notebook) -> None:
    """As axe-core knows it; JupyterLab itself is not looked at."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")
    page = notebook.page
    page.locator(".gallery .tile").first.click()
    page.locator(".darlc summary").evaluate("each => { each.parentElement.open = true; }")
    found = axe.Axe().run(page, context=".darlc")
    assert found.violations_count == 0, found.generate_report()
    wide = "each => each.scrollWidth > each.clientWidth + 1"
    assert not page.locator(".darlc").evaluate(wide), "the widget is wider than its cell"


def _pixels(canvas: Any) -> str:
    return str(canvas.evaluate("each => each.toDataURL()"))

"""How large the page of a result is, and how long a browser takes to open it and to answer.

``python -m benchmarks.explorer.page RESULT`` writes the page and opens it in a headless Chromium,
each time in a new context without a cache. Opening lasts from the start of navigation until the
first pictures are drawn, as the page's own clock says. A gene and a search last until the browser
has drawn the next frame. Playwright drives the browser, which is the system's.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from darlc.io.result_file import load
from darlc.report import write

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PAINTED = """() => {
  const first = document.querySelector(".gallery .tile canvas");
  if (!first) return null;
  const { data } = first.getContext("2d").getImageData(0, 0, first.width, first.height);
  return data.some(Boolean) ? performance.now() : null;
}"""
_FRAME = "then => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
_CHOSEN = f"""async (gene) => {{
  const begin = performance.now();
  document.getElementById("darlc").explorer.choose(gene);
  await ({_FRAME})();
  return performance.now() - begin;
}}"""
_SEARCHED = f"""async (typed) => {{
  const begin = performance.now(), {{ explorer }} = document.getElementById("darlc");
  explorer.search.value = typed;
  explorer.filter();
  await ({_FRAME})();
  return performance.now() - begin;
}}"""


def measure(path: Path, times: int) -> dict[str, list[float]]:
    """Return milliseconds until a page is drawn, until a gene is, and until a search is.

    Parameters
    ----------
    path
        Of the page.
    times
        How often it is opened.
    """
    found = next((each for name in _NAMES if (each := shutil.which(name))), None)
    taken: dict[str, list[float]] = {"open": [], "gene": [], "search": []}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found)
        for _ in range(times):
            context = browser.new_context(viewport={"width": 1400, "height": 900})
            page: Any = context.new_page()
            page.goto(path.as_uri(), wait_until="commit")
            taken["open"].append(page.wait_for_function(_PAINTED).json_value())
            n = page.evaluate("document.getElementById('darlc').explorer.data.genes.length")
            taken["gene"] += [page.evaluate(_CHOSEN, int(gene)) for gene in np.arange(9) * n // 9]
            taken["search"] += [page.evaluate(_SEARCHED, typed) for typed in ("a", "ac", "act", "")]
            context.close()
        browser.close()
    return taken


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("result", type=Path)
    parser.add_argument("--genes", type=int, default=3000)
    parser.add_argument("--times", type=int, default=5)
    arguments = parser.parse_args()
    result = load(arguments.result)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        path = write(result, Path(folder) / "report.html", most_genes=arguments.genes)
        print(
            f"{min(arguments.genes, result.n_genes)} genes, {result.grid.n_pixels} pixels: "
            f"{path.stat().st_size / 1e6:.1f} MB, written in {time.perf_counter() - begin:.1f} s"
        )
        for what, milliseconds in measure(path, arguments.times).items():
            middle, worst = np.median(milliseconds), max(milliseconds)
            print(f"{what:<8}{middle:7.0f} ms median, {worst:7.0f} ms at most")


if __name__ == "__main__":
    main()

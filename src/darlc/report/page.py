"""One page for a browser: it holds all it shows, and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from darlc.errors import InputError
from darlc.explore.gene_map import Plane
from darlc.io.store import check_place
from darlc.io.whole_files import whole
from darlc.report.page_data import page_data
from darlc.results.gene_sets import GeneSet
from darlc.results.result import Result
from darlc.results.study import StudyResult

#: Parts of the explorer's module in their order; none imports another.
_PARTS = ("views.js", "gene_map.js", "changes.js", "explorer.js")
ENDINGS = (".html",)
_START = "\nstart(document.getElementById('darlc'));\n"


def front_end() -> tuple[str, str]:
    """Return the explorer's module, whose default export is a notebook widget, and its styles."""
    folder = files("darlc.report")
    script = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _PARTS)
    return script, folder.joinpath("explorer.css").read_text(encoding="utf-8")


def write(
    result: Result | StudyResult,
    path: str | Path,
    *,
    title: str | None = None,
    source: str = "result.h5ad",
    most_genes: int = 3000,
    plane: Plane = "umap",
    collection: Sequence[GeneSet] = (),
) -> Path:
    """Write a page in which somebody without Python walks through a result.

    Parameters
    ----------
    result
        Result or study, bound to its data, with clusters.
    path
        Ends in ``.html``; a file of that name is replaced once the new one is whole.
    title
        Title of the page.
    source
        Name of the data in the command that repeats the fit: a file, or the folder of a study.
    most_genes
        Most genes on the page; those that drew the patterns come first.
    plane
        Plane of the gene map: ``"umap"``, ``"pca"``, which takes no time, or positions of all
        genes of the result, (G, 2).
    collection
        Gene sets to test the clusters for, as ``darlc.io.tables.gmt.read_collections`` returns
        them.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    InputError
        The path cannot be written to, the result holds no clusters or no data, or no set of the
        collection can be tested.
    """
    path = Path(path)
    check_place(path, ENDINGS)
    results = result.sections if isinstance(result, StudyResult) else (result,)
    if not result.n_clusters or not all(each.embedding.shape[1] for each in results):
        raise InputError("the result holds no clusters: fit again and let it run longer.")
    data = page_data(result, title or Path(source).stem, source, most_genes, plane, collection)
    text = _html(data.header, data.block)
    try:
        with whole(path) as file:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} could not be written ({error.strerror or error}): free some space or choose "
            "another folder."
        ) from error
    return path


def _html(header: dict[str, Any], block: bytes) -> str:
    script, style = front_end()
    script += _START
    template = files("darlc.report").joinpath("template.html").read_text(encoding="utf-8")
    # Only this very script may run, and nothing may be loaded from anywhere.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "TITLE": escape(header["title"]),
        "DIGEST": digest,
        "STYLE": style,
        "HEADER": json_in_html(header),
        "BLOCK": base64.b64encode(block).decode(),
        "SCRIPT": script,
    }
    # Split once, so that nothing within a part is taken for a place of another.
    pieces = template.split("%%")
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))


def json_in_html(values: Any) -> str:
    """Return JSON that can stand within a script element, whatever text it holds."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text

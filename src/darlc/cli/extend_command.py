"""The command that denoises and embeds genes outside the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.opened_result import OpenedResult
from darlc.cli.query_commands import Json, ResultFile, Tell
from darlc.data.keys import DENOISED_LAYER
from darlc.errors import InputError
from darlc.wording import counted

if TYPE_CHECKING:
    from darlc.cli.terminal import Display

#: Checks that the second file may be written, and shows what is done while the block runs.
Writing = Callable[[Path, Path], AbstractContextManager[Any]]


def add_extend(app: typer.Typer, writing: Writing, tell: Tell) -> None:
    """Add the command to others, which say how work is shown and how answers are told."""

    @app.command(epilog="Example: darlc extend result.h5ad MBP,PLP1 --out extended.h5ad")
    def extend(
        result_file: ResultFile,
        genes: Annotated[
            str,
            typer.Argument(
                metavar="GENE,…|FILE", help="Names or symbols, or a text file with one a line."
            ),
        ],
        out: Annotated[Path, typer.Option(metavar="PATH", help="File to write, .h5ad or .zarr.")],
        as_json: Json = False,
    ) -> None:
        """Denoise and embed genes outside the model; write the result with them beside it."""
        start = time.perf_counter()
        with writing(result_file, out) as display:
            facts = _extend(result_file, _words(genes), out, display)
        facts["seconds"] = round(time.perf_counter() - start, 1)
        tell(facts, _lines(facts), as_json)


def _extend(path: Path, words: Sequence[str], out: Path, display: Display) -> dict[str, Any]:
    import numpy as np

    from darlc.explore.similar import find_genes

    opened = OpenedResult(path)
    opened.standing.require_unchanged()
    asked = find_genes(words, opened.images.gene_names, opened.labels)
    before = opened.result.added
    extended = opened.result.extend(
        opened.images.select(asked), lambda step, total: display.step("denoise", step, total)
    )
    # A layer that stands there already would lack the genes that were added.
    extended.save(out, denoised_layer=DENOISED_LAYER in opened.adata.layers)
    beside = [] if extended.added is None else extended.added.gene_names.tolist()
    return {
        "out": str(out),
        "added": beside[0 if before is None else before.n_genes :],
        "modelled": [
            str(name) for name in opened.images.gene_names[asked[np.isin(asked, opened.modelled)]]
        ],
        "genes_beside_the_model": len(beside),
    }


def _words(text: str) -> list[str]:
    """Return the names that are typed, or that stand in a file."""
    path = Path(text)
    try:
        if path.is_file():
            text = path.read_text(encoding="utf-8-sig").replace("\n", ",")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: save it as such.") from error
    except OSError:  # a list of names may be longer than a file's name can be
        pass
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise InputError("no gene is named: name some, separated by commas, or a file of names.")
    return words


def _lines(facts: dict[str, Any]) -> list[str]:
    added, modelled = facts["added"], facts["modelled"]
    lines = [f"{counted(len(added), 'gene')} denoised and embedded in {facts['seconds']} s."]
    if modelled:
        lines.append(f"{counted(len(modelled), 'gene')} modelled already, and left as modelled.")
    return [*lines, f"Written to {facts['out']}"]

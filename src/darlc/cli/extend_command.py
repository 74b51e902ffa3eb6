"""The command that denoises and embeds genes outside the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.opened_result import OpenedResult
from darlc.cli.query_commands import Json, PrintAnswer, ResultFile
from darlc.data.keys import DENOISED_LAYER
from darlc.errors import InputError
from darlc.wording import counted

if TYPE_CHECKING:
    from darlc.cli.terminal import Display

#: Checks that the output file may be written, and shows progress while the block runs.
Writing = Callable[[Path, Path], AbstractContextManager[Any]]


def add_extend(app: typer.Typer, writing: Writing, print_answer: PrintAnswer) -> None:
    """Add the command to an app; progress and answers are shown by the functions that are given."""

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
        """Denoise and embed genes outside the model; write a result that holds them too."""
        start = time.perf_counter()
        with writing(result_file, out) as display:
            facts = _extend(result_file, _words(genes), out, display)
        facts["seconds"] = round(time.perf_counter() - start, 1)
        print_answer(facts, _lines(facts), as_json)


def _extend(path: Path, words: Sequence[str], out: Path, display: Display) -> dict[str, Any]:
    import numpy as np

    from darlc.explore.similar import find_genes

    opened = OpenedResult(path)
    opened.data_match.require_unchanged()
    asked = find_genes(words, opened.images.gene_names, opened.labels)
    before = opened.result.added
    extended = opened.result.extend(
        opened.images.select(asked), lambda step, total: display.step("denoise", step, total)
    )
    # A denoised layer that is already in the data would lack the added genes.
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
    """Return gene names that were typed, or that a file lists."""
    path = Path(text)
    try:
        if path.is_file():
            text = path.read_text(encoding="utf-8-sig").replace("\n", ",")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8: save it as UTF-8.") from error
    except OSError:  # the text may be longer than a file name can be
        pass
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise InputError("no gene is named: give names, separated by commas, or a file of names.")
    return words


def _lines(facts: dict[str, Any]) -> list[str]:
    added, modelled = facts["added"], facts["modelled"]
    lines = [f"{counted(len(added), 'gene')} denoised and embedded in {facts['seconds']} s."]
    if modelled:
        lines.append(f"{counted(len(modelled), 'gene')} in the model already, left unchanged.")
    return [*lines, f"Written to {facts['out']}"]

"""The command that answered further genes, before every fit answered all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darlc.cli.answers import print_answer
from darlc.cli.opened_result import OpenedResult
from darlc.cli.options import Json, ResultFile
from darlc.cli.working import working


def add_extend(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(
        deprecated=True, epilog="Example: darlc extend result.h5ad MBP,PLP1 --out copy.h5ad"
    )
    def extend(
        result_file: ResultFile,
        genes: Annotated[
            str,
            typer.Argument(metavar="GENE,…|FILE", help="Not needed any more: all are answered."),
        ],
        out: Annotated[Path, typer.Option(metavar="PATH", help="File to write, .h5ad or .zarr.")],
        as_json: Json = False,
    ) -> None:
        """Write a copy of a result: a fit answers every gene with enough molecules itself."""
        with working(result_file, out):
            result = OpenedResult(result_file).result
            result.save(out)
        facts = {"out": str(out), "genes": result.n_genes, "drawing": int(result.drawing.sum())}
        lines = [
            f"The result holds {facts['genes']} genes, {facts['drawing']} of which drew the "
            "patterns. Other genes have too few molecules, or the file is of an older version: "
            "fit again to have every gene.",
            f"Written to {out}",
        ]
        print_answer(facts, lines, as_json)

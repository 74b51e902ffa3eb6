"""The command that writes a page for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darlc.cli.figure_command import Drawing
from darlc.cli.query_commands import Json, PrintAnswer, ResultFile

_ENDINGS = (".html",)


def add_report(app: typer.Typer, drawing: Drawing, print_answer: PrintAnswer) -> None:
    """Add the command to an app; progress and answers are shown by the functions that are given."""

    @app.command(epilog="Example: darlc report result.h5ad --out report.html")
    def report(
        result_file: ResultFile,
        out: Annotated[Path, typer.Option(metavar="PATH", help="File to write, .html.")],
        title: Annotated[
            str | None, typer.Option(help="Title of the page; left out, the file's name.")
        ] = None,
        genes: Annotated[
            int, typer.Option(min=1, help="Most genes; those that drew the patterns come first.")
        ] = 3000,
        as_json: Json = False,
    ) -> None:
        """Write one page in which a colleague without Python walks through the genes."""
        with drawing(result_file, out, _ENDINGS):
            from darlc import report as pages
            from darlc.io.result_file import load

            pages.write(
                load(result_file), out, title=title, source=result_file.name, most_genes=genes
            )
        size = out.stat().st_size
        print_answer(
            {"out": str(out), "bytes": size},
            [f"Written to {out} ({size / 1e6:.1f} MB); a browser opens it."],
            as_json,
        )

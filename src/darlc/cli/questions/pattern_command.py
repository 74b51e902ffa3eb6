"""The command that ranks genes by how well they follow a pattern: pattern."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import number, rate, table
from darlc.cli.opened_result import OpenedResult, ask
from darlc.cli.options import Json, Many, ResultFile, names_in

if TYPE_CHECKING:
    from darlc.explore.pattern import PatternFit, PatternQuestion

_REGIONS = (".geojson", ".json")
#: Measures of an answer, and how they are printed.
_MEASURES = {"fit": ".3f", "gain": ".1f", "strength": ".2f", "correlation": ".3f"}


def add_pattern(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc pattern result.h5ad MBP,PLP1 -n 10")
    def pattern(
        result_file: ResultFile,
        wanted: Annotated[
            str,
            typer.Argument(
                metavar="IMAGE|GENE,…",
                help="An image with as many pixels as the views (.npy, .png, .tif), a GeoJSON of "
                "polygons, or genes and gene sets.",
            ),
        ],
        n: Many = 20,
        as_json: Json = False,
    ) -> None:
        """List the genes that follow a drawn pattern, or the pattern that some genes share.

        The fit is the share of what can be explained of a gene's counts that the pattern explains.
        """
        ask(result_file, lambda opened: _pattern(opened, wanted, n), as_json)


def _pattern(opened: OpenedResult, wanted: str, n: int) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.pattern import PatternQuestion

    found, what = _ask(opened, wanted, PatternQuestion(opened.images, opened.modelled))
    rows: list[dict[str, Any]] = [
        {
            "name": str(opened.images.gene_names[found.genes[i]]),
            "label": str(opened.labels[found.genes[i]]),
            "cluster": opened.cluster(int(found.genes[i])),
            **{key: float(getattr(found, key)[i]) for key in _MEASURES},
            "p": float(found.tests.p[i]),
            "fdr": float(found.tests.fdr[i]),
        }
        for i in found.order[:n]
    ]
    followed = int(found.followed().sum())
    facts = {
        "pattern": what,
        "genes_compared": len(found.genes),
        "genes_followed": followed,
        "genes": rows,
    }
    cells = [
        [
            each["label"],
            each["cluster"],
            *(number(each[key], form) for key, form in _MEASURES.items()),
            rate(each["fdr"]),
        ]
        for each in rows
    ]
    head = ["gene", "cluster", *_MEASURES, "FDR"]
    title = f"{followed} of {len(found.genes)} genes follow {what} (FDR ≤ 0.05):"
    return facts, [title, *table(head, cells)]


def _ask(opened: OpenedResult, wanted: str, question: PatternQuestion) -> tuple[PatternFit, str]:
    """Return the answer, and what was asked in words."""
    import numpy as np

    from darlc.io.parts.drawn_image import ENDINGS, read_drawn

    kind = Path(wanted).suffix.lower()
    if kind in ENDINGS:
        return question.drawn(read_drawn(wanted, opened.images.grid)), wanted
    if kind in _REGIONS:
        from darlc.explore.region import covered_pixels

        return question.drawn(covered_pixels(opened.images, opened.inside(Path(wanted)))), wanted
    asked = [opened.query(name) for name in names_in(wanted)]
    if not asked:
        raise typer.BadParameter("name an image, or genes with commas between.")
    genes = np.unique(np.concatenate([each.genes for each in asked]))
    found = question.of_genes(genes, opened.modelled, opened.result.denoised)
    return found, f"the pattern of {', '.join(each.label for each in asked)}"

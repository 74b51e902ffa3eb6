"""The commands that show a result in a file: figures, and a page for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import print_answer
from darlc.cli.options import COLLECTIONS, Json, ResultFile, names_in
from darlc.cli.working import working
from darlc.errors import InputError

if TYPE_CHECKING:
    from darlc.results.result import Result
    from darlc.results.study import StudyResult

_ENDINGS, _PAGES = (".pdf", ".svg", ".png"), (".html",)


def add_figure(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc figure result.h5ad --genes MBP,PLP1 --out genes.pdf")
    def figure(
        result_file: ResultFile,
        out: Annotated[
            Path, typer.Option(metavar="PATH", help="File to write: .pdf, .svg or .png.")
        ],
        genes: Annotated[
            str, typer.Option(metavar="GENE,…", help="Draw these genes, a panel each.")
        ] = "",
        views: Annotated[
            str, typer.Option(metavar="GENE", help="Draw a gene raw, denoised, and the residual.")
        ] = "",
        clusters: Annotated[
            str,
            typer.Option(metavar="all|NAME,…", help="Draw patterns of clusters and typical genes."),
        ] = "",
        gene_map: Annotated[
            bool, typer.Option("--map", help="Draw the gene map, in the colours of clusters.")
        ] = False,
        k_curve: Annotated[
            bool, typer.Option("--k-curve", help="Draw what each number of clusters gains.")
        ] = False,
        view: Annotated[
            str, typer.Option(metavar="denoised|raw", help="View of --genes.")
        ] = "denoised",
        highlight: Annotated[
            str, typer.Option(metavar="GENE,…", help="Genes to name on --map.")
        ] = "",
        dpi: Annotated[int, typer.Option(min=20, help="Pixels in an inch of .png.")] = 300,
        as_json: Json = False,
    ) -> None:
        """Draw genes, clusters, the map or the curve of K; text in PDF and SVG stays text.

        RESULT may be the folder of several sections: genes and clusters are then drawn in each.
        """
        asked = [bool(genes), bool(views), bool(clusters), gene_map, k_curve]
        if sum(asked) != 1:
            raise InputError(
                "one figure is drawn at a time: give one of --genes, --views, --clusters, --map "
                "and --k-curve."
            )
        with working(result_file, out, _ENDINGS):
            from matplotlib.figure import Figure

            from darlc import plots
            from darlc.io.study.study_file import load
            from darlc.results.study import StudyResult

            result: Result | StudyResult = load(result_file)
            drawn: Any
            if isinstance(result, StudyResult):
                drawn = _of_study(result, names_in(genes), clusters.strip(), view)
            elif genes:
                drawn = plots.genes(result, names_in(genes), view, figure=Figure)  # type: ignore[arg-type]
            elif views:
                drawn = plots.views(result, views.strip(), figure=Figure)
            elif clusters:
                chosen = None if clusters.strip() == "all" else names_in(clusters)
                drawn = plots.clusters(result, chosen, figure=Figure)
            elif gene_map:
                ax = Figure(figsize=(4.6, 4.2), layout="constrained").subplots()
                drawn = plots.map(result, highlight=names_in(highlight), ax=ax)
            else:
                ax = Figure(figsize=(4.6, 2.8), layout="constrained").subplots()
                drawn = plots.choose_k(result, ax=ax)
            plots.save(drawn, out, dpi)
        print_answer({"out": str(out)}, [f"Written to {out}"], as_json)


def _of_study(study: StudyResult, genes: tuple[str, ...], clusters: str, view: str) -> Any:
    """Draw genes or clusters in all sections of a study."""
    from matplotlib.figure import Figure

    from darlc import plots

    if genes:
        return plots.sections(study, genes, view, figure=Figure)  # type: ignore[arg-type]
    if not clusters:
        raise InputError(
            "of several sections --genes and --clusters are drawn: give the file of one section "
            f"for the others, such as {study.section_names[0]}.h5ad in the folder."
        )
    chosen = None if clusters == "all" else names_in(clusters)
    return plots.section_clusters(study, chosen, figure=Figure)


def add_report(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc report result.h5ad --out report.html --sets kegg.gmt")
    def report(
        result_file: ResultFile,
        out: Annotated[Path, typer.Option(metavar="PATH", help="File to write, .html.")],
        title: Annotated[
            str | None, typer.Option(help="Title of the page; left out, the file's name.")
        ] = None,
        genes: Annotated[
            int, typer.Option(min=1, help="Most genes; those that drew the patterns come first.")
        ] = 3000,
        sets: Annotated[
            list[Path] | None,
            typer.Option(metavar="SETS.gmt", help=COLLECTIONS + "; the clusters are tested."),
        ] = None,
        as_json: Json = False,
    ) -> None:
        """Write one page in which a colleague without Python walks through the genes.

        RESULT may be the folder of several sections: the page then shows all of them.
        """
        with working(result_file, out, _PAGES):
            from darlc import report as pages
            from darlc.io.study.study_file import load
            from darlc.io.tables.gmt import read_collections

            pages.write(
                load(result_file),
                out,
                title=title,
                source=result_file.name,
                most_genes=genes,
                collection=read_collections(sets or ()),
            )
        size = out.stat().st_size
        print_answer(
            {"out": str(out), "bytes": size},
            [f"Written to {out} ({size / 1e6:.1f} MB); a browser opens it."],
            as_json,
        )

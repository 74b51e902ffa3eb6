"""The commands about gene sets: enrich asks, sets changes those that a result holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import SURE, number, print_answer, rate, table
from darlc.cli.opened_result import OpenedResult, ask, change_result
from darlc.cli.options import COLLECTIONS, Copy, Json, Many, ResultFile
from darlc.cli.working import working
from darlc.wording import counted

if TYPE_CHECKING:
    from darlc.explore.gene_set_enrichment import GeneSetEnrichment
    from darlc.results.gene_sets import GeneSet, GeneSets
    from darlc.results.result import Result

#: From the sets of an opened result to those that it shall hold, and a sentence on what was done.
Change = Callable[[OpenedResult], tuple["GeneSets", str]]

_MOST_SHARED = 8
#: Columns of the table of an answer that say what was found.
_FOUND = ("group", "set", "overlap", "group_size", "set_size", "fold", "p", "fdr")


def add_enrich(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc enrich result.h5ad hallmark.gmt --cluster 3 -n 5")
    def enrich(
        result_file: ResultFile,
        collections: Annotated[
            list[Path],
            typer.Argument(metavar="SETS.gmt…", help=COLLECTIONS + "."),
        ],
        cluster: Annotated[
            str | None, typer.Option(metavar="K", help="Only the cluster of this name.")
        ] = None,
        gene_set: Annotated[
            str | None,
            typer.Option("--set", metavar="NAME", help="A gene set of the result, not clusters."),
        ] = None,
        fewest: Annotated[
            int, typer.Option(min=1, help="Fewest genes of a set among those that were tested.")
        ] = 5,
        n: Many = 20,
        as_json: Json = False,
    ) -> None:
        """List the sets of collections that clusters, or a gene set, have more genes of.

        Background: all genes with an answer. False discoveries are controlled over all tests.
        """
        if cluster is not None and gene_set is not None:
            raise typer.BadParameter("give --cluster or --set, not both.")
        ask(
            result_file,
            lambda opened: _enrich(opened, collections, cluster, gene_set, fewest, n),
            as_json,
        )


def add_sets(app: typer.Typer) -> None:
    """Add the command ``sets`` with its own commands to an app."""
    sets_app = typer.Typer(
        help="List, add, combine, rename, remove or export the gene sets of a result.",
        epilog="Example: darlc sets result.h5ad add myelin --genes MBP,PLP1",
        invoke_without_command=True,
        subcommand_metavar="[COMMAND] [ARGS]...",
    )

    def change(context: typer.Context, out: Path | None, as_json: bool, how: Change) -> None:
        from dataclasses import replace

        def changed(opened: OpenedResult) -> tuple[Result, dict[str, Any], str]:
            sets, said = how(opened)
            return replace(opened.result, gene_sets=sets), {"sets": _described(sets)}, said

        change_result(context.obj, out, changed, as_json)

    @sets_app.callback()
    def sets(context: typer.Context, result_file: ResultFile) -> None:
        """List, add, combine, rename, remove or export the gene sets of a result."""
        context.obj = result_file
        if context.invoked_subcommand is None:
            show(context)

    @sets_app.command("list", epilog="Example: darlc sets result.h5ad list --json")
    def show(context: typer.Context, as_json: Json = False) -> None:
        """List the gene sets, with how each was made."""
        with working(context.obj):
            from darlc.io.result_file import load

            found = load(context.obj).gene_sets
        rows = [[each.name, str(len(each)), each.record or "by a script"] for each in found]
        lines = table(["set", "genes", "how it was made"], rows, left=3)
        none = ["The result holds no gene sets: darlc sets RESULT add makes one."]
        print_answer({"sets": _described(found)}, lines if rows else none, as_json)

    @sets_app.command(epilog="Example: darlc sets result.h5ad add myelin --genes MBP,PLP1,MOBP")
    def add(
        context: typer.Context,
        name: Annotated[
            str, typer.Argument(metavar="NAME", help="Of the new set, or of the only set of a GMT.")
        ] = "",
        genes: Annotated[
            str | None,
            typer.Option(metavar="GENE,…|FILE", help="Names or symbols; or a file of them."),
        ] = None,
        cluster: Annotated[
            str | None, typer.Option(metavar="K", help="The genes of a cluster.")
        ] = None,
        region: Annotated[
            Path | None,
            typer.Option(metavar="GEOJSON", help="The genes enriched in a region, FDR ≤ 0.05."),
        ] = None,
        gmt: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="The sets of a collection, or the one called NAME."),
        ] = None,
        out: Copy = None,
        as_json: Json = False,
    ) -> None:
        """Add a set, or all sets of a collection; say which genes by one of the options."""
        chosen = {"genes": genes, "cluster": cluster, "region": region, "gmt": gmt}
        given = {key: value for key, value in chosen.items() if value is not None}
        if len(given) != 1:
            raise typer.BadParameter("give one of --genes, --cluster, --region and --gmt.")
        if not name and gmt is None:
            raise typer.BadParameter("give the name of the new set, then its genes.")
        change(context, out, as_json, lambda opened: _add(opened, name, given))

    @sets_app.command(epilog="Example: darlc sets result.h5ad combine white difference myelin glia")
    def combine(
        context: typer.Context,
        name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new set.")],
        how: Annotated[
            str,
            typer.Argument(
                metavar="union|intersection|difference",
                help="Genes of any set; of every set; of the first and none of the others.",
            ),
        ],
        names: Annotated[list[str], typer.Argument(metavar="SET…", help="Two sets or more.")],
        out: Copy = None,
        as_json: Json = False,
    ) -> None:
        """Make a set of others: union, intersection or difference."""

        def combined(opened: OpenedResult) -> tuple[GeneSets, str]:
            sets = opened.result.gene_sets.combined(names, how, name)  # type: ignore[arg-type]
            return sets, f"{name} holds {len(sets[name])} genes: {sets[name].record}."

        change(context, out, as_json, combined)

    @sets_app.command(epilog="Example: darlc sets result.h5ad rename myelin oligodendrocytes")
    def rename(
        context: typer.Context,
        old: Annotated[str, typer.Argument(metavar="OLD", help="Name of the set.")],
        new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
        out: Copy = None,
        as_json: Json = False,
    ) -> None:
        """Give a set another name."""
        change(
            context,
            out,
            as_json,
            lambda opened: (
                opened.result.gene_sets.renamed(old, new),
                f"{old} is called {new} now.",
            ),
        )

    @sets_app.command(epilog="Example: darlc sets result.h5ad remove myelin")
    def remove(
        context: typer.Context,
        names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Names of sets.")],
        out: Copy = None,
        as_json: Json = False,
    ) -> None:
        """Remove sets."""
        change(
            context,
            out,
            as_json,
            lambda opened: (
                opened.result.gene_sets.removed(*names),
                f"Removed: {', '.join(names)}.",
            ),
        )

    @sets_app.command(epilog="Example: darlc sets result.h5ad export sets.gmt myelin")
    def export(
        context: typer.Context,
        path: Annotated[Path, typer.Argument(metavar="PATH", help="File to write: .gmt or .csv.")],
        names: Annotated[
            list[str] | None, typer.Argument(metavar="NAME…", help="Of sets; all by default.")
        ] = None,
        as_json: Json = False,
    ) -> None:
        """Write sets for other programs: GMT with symbols, CSV with all names of genes."""
        with working(context.obj):
            from darlc.io.result_file import load

            result = load(context.obj)
            written = _export(result, path, names or [])
        facts = {"out": str(path), "sets": _described(written)}
        lines = [f"{len(written)} gene sets written to {path}"]
        print_answer(facts, lines, as_json)

    app.add_typer(sets_app, name="sets")


def _enrich(
    opened: OpenedResult,
    paths: Sequence[Path],
    cluster: str | None,
    gene_set: str | None,
    fewest: int,
    n: int,
) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.gene_set_enrichment import RULE, cluster_enrichment, set_enrichment
    from darlc.io.tables.gmt import read_collections

    collection = read_collections(paths)
    if gene_set is None:
        found = cluster_enrichment(opened.result, collection, cluster, fewest)
    else:
        group = opened.result.gene_sets[gene_set]
        found = set_enrichment(opened.result, group, collection, fewest)
    best = found.table()
    sure = int((found.fdr <= SURE).sum())
    facts = {
        "collections": [str(path) for path in paths],
        "background": len(found.genes),
        "groups": {name: int(k) for name, k in zip(found.groups, found.group_sizes, strict=True)},
        "sets_tested": len(found.sets),
        "sets_too_small": found.too_small,
        "tests": found.p.size,
        "enriched": sure,
        "rule": RULE,
        "hits": [
            {key: _plain(row[key]) for key in _FOUND} | {"genes": row["genes"].split(",")}
            for row in best.head(n).to_dict("records")
            if row["overlap"]
        ],
    }
    return facts, _enriched_lines(found, facts)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _enriched_lines(found: GeneSetEnrichment, facts: dict[str, Any]) -> list[str]:
    rows, which = [], ["which"]
    for each in facts["hits"]:
        genes = each["genes"]
        more = f" and {len(genes) - _MOST_SHARED} more" if len(genes) > _MOST_SHARED else ""
        shared = f"{each['overlap']} of {each['set_size']}"
        fold, fdr = number(each["fold"], ".1f"), rate(each["fdr"])
        rows.append([each["group"], each["set"], shared, fold, fdr])
        which.append(", ".join(genes[:_MOST_SHARED]) + more)
    tests = table(["group", "set", "genes", "fold", "FDR"], rows)
    more = facts["enriched"] - len(rows)
    return [
        f"{facts['enriched']} of {facts['tests']} tests find an enriched set (FDR ≤ {SURE:g}): "
        f"{counted(len(found.groups), 'group')} in {counted(len(found.sets), 'set')}, "
        f"against {counted(len(found.genes), 'gene')}.",
        f"{counted(found.too_small, 'set')} with fewer than {found.fewest} of these not tested. "
        f"{facts['rule']}",
        *(f"{line}  {genes}" for line, genes in zip(tests, which, strict=True)),
        *([f"{more} more: -n {facts['enriched']} lists them."] if more > 0 else []),
    ]


def _add(opened: OpenedResult, name: str, given: dict[str, Any]) -> tuple[GeneSets, str]:
    """Return the sets of a result with further ones, and a sentence on them."""
    from darlc.images.gene_labels import NamedGenes

    ((kind, value),) = given.items()
    sets = opened.result.gene_sets
    if kind == "gmt":
        from darlc.io.tables.gmt import read_gmt

        known, collection = NamedGenes.of(opened.adata), read_gmt(value)
        wanted = [collection[name]] if name else list(collection)
        held = [each for each in (one.found_in(known) for one in wanted) if each.genes]
        without = len(wanted) - len(held)
        more = f"; {without} others have no gene of the data" if without else ""
        return sets.added(*held), f"{len(held)} gene sets added{more}."
    made = _made(opened, name, kind, value)
    return sets.added(made), f"{made.name} holds {len(made)} genes: {made.record}."


def _made(opened: OpenedResult, name: str, kind: str, value: Any) -> GeneSet:
    from darlc.cli.questions.query_commands import compared_region
    from darlc.explore import chosen_genes

    if kind == "genes":
        return chosen_genes.named_genes(
            name, _typed(value), opened.images.gene_names, opened.labels
        )
    if kind == "cluster":
        return chosen_genes.cluster_genes(name, opened.result.gene_names, opened.clusters, value)
    found = compared_region(opened, value)
    return chosen_genes.region_genes(name, opened.images.gene_names, found, Path(value).name)


def _typed(text: str) -> list[str]:
    """Return the genes of a list with commas, or of a file with a gene a line."""
    path = Path(text)
    if path.is_file():
        from darlc.io.guards.boundary import reading

        with reading(path):
            text = path.read_text(encoding="utf-8-sig")
    return [
        word for line in text.splitlines() for part in line.split(",") if (word := part.strip())
    ]


def _export(result: Result, path: Path, names: Sequence[str]) -> list[GeneSet]:
    from darlc.images.gene_labels import NamedGenes
    from darlc.io.export import write_gene_sets

    sets = [result.gene_sets[name] for name in names] if names else list(result.gene_sets)
    assert result.adata is not None
    write_gene_sets(path, NamedGenes.of(result.adata), sets)
    return sets


def _described(sets: Any) -> list[dict[str, Any]]:
    return [{"name": each.name, "genes": list(each.genes), "record": each.record} for each in sets]

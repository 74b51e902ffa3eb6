"""The command that lists where genes change between sections: sections."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import number, print_answer, rate, table
from darlc.cli.options import Json, Many, names_in
from darlc.cli.working import working
from darlc.errors import InputError
from darlc.wording import listed

if TYPE_CHECKING:
    from darlc.results.study import StudyResult


def add_sections(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc sections study --fdr 0.05 -n 10")
    def sections(
        study: Annotated[
            Path,
            typer.Argument(metavar="STUDY", help="A folder that darlc fit wrote of several files."),
        ],
        fdr: Annotated[
            float, typer.Option(min=0.0, max=1.0, help="Highest expected share of false ones.")
        ] = 0.1,
        group: Annotated[
            str,
            typer.Option(metavar="SECTION,…", help="Compare these sections with --against."),
        ] = "",
        against: Annotated[
            str, typer.Option(metavar="SECTION,…", help="Sections that --group is compared with.")
        ] = "",
        n: Many = 20,
        as_json: Json = False,
    ) -> None:
        """List the genes that follow another cluster in a section than in the study.

        KEEPS is the probability that the gene follows its cluster there all the same. With groups:
        genes that follow one cluster in all sections of the one and another in all of the other.
        """
        if bool(group) != bool(against):
            raise InputError("two groups are compared: give --group and --against.")
        with working(study):
            from darlc.io.study.study_file import load_study

            found = load_study(study)
            if group:
                facts, lines = _groups(found, names_in(group), names_in(against), fdr, n)
            else:
                facts, lines = _changes(found, fdr, n)
        print_answer(facts, lines, as_json)


def _changes(study: StudyResult, fdr: float, n: int) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.sections.changes import changes

    found = changes(study, fdr)
    labels = _labels(study)
    rows: list[dict[str, Any]] = [
        {
            "name": str(study.gene_names[gene]),
            "label": labels[str(study.gene_names[gene])],
            "section": study.section_names[section],
            "cluster": study.cluster_names[study.cluster[gene]],
            "there": study.cluster_names[there],
            "keeps": float(keeps),
            "molecules": int(study.molecules[gene, section]),
            "fdr": float(share),
        }
        for gene, section, there, keeps, share in zip(
            found.genes[:n],
            found.sections[:n],
            found.there[:n],
            found.keeps[:n],
            found.fdr[:n],
            strict=True,
        )
    ]
    facts = {
        "sections": list(study.section_names),
        "constancy": study.constancy,
        "pairs_judged": found.pairs,
        "pairs_changed": len(found.genes),
        "genes_changed": found.n_genes,
        "changes": rows,
    }
    title = (
        f"{found.n_genes} of {study.n_genes} genes follow another cluster in a section "
        f"({len(found.genes)} of {found.pairs} pairs of a gene and a section; FDR ≤ {fdr:g}):"
    )
    cells = [
        [
            each["label"],
            each["section"],
            each["cluster"],
            each["there"],
            number(each["keeps"], ".3f"),
            str(each["molecules"]),
            rate(each["fdr"]),
        ]
        for each in rows
    ]
    head = ["gene", "section", "cluster", "there", "keeps", "molecules", "FDR"]
    return facts, [title, *table(head, cells, left=4)]


def _groups(
    study: StudyResult, first: tuple[str, ...], second: tuple[str, ...], fdr: float, n: int
) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.sections.groups import group_changes

    found = group_changes(study, first, second, fdr)
    labels = _labels(study)
    rows: list[dict[str, Any]] = [
        {
            "name": str(study.gene_names[gene]),
            "label": labels[str(study.gene_names[gene])],
            "first": study.cluster_names[one],
            "second": study.cluster_names[other],
            "probability": float(probability),
            "fdr": float(share),
        }
        for gene, one, other, probability, share in zip(
            found.genes[:n],
            found.first[:n],
            found.second[:n],
            found.probability[:n],
            found.fdr[:n],
            strict=True,
        )
    ]
    facts = {
        "group": list(first),
        "against": list(second),
        "genes_judged": found.judged,
        "genes_changed": len(found.genes),
        "changes": rows,
    }
    title = (
        f"{len(found.genes)} of {found.judged} genes follow another cluster in "
        f"{listed(first)} than in {listed(second)} (FDR ≤ {fdr:g}):"
    )
    cells = [
        [
            each["label"],
            each["first"],
            each["second"],
            number(each["probability"], ".3f"),
            rate(each["fdr"]),
        ]
        for each in rows
    ]
    return facts, [title, *table(["gene", "first", "second", "probability", "FDR"], cells, left=3)]


def _labels(study: StudyResult) -> dict[str, str]:
    """Return symbols of the genes by name, as the first section has them that has the gene."""
    from darlc.images.gene_labels import gene_labels

    labels = {str(name): str(name) for name in study.gene_names}
    for section in reversed(study.sections):
        if section.adata is not None:
            names = section.adata.var_names.astype(str)
            labels |= dict(zip(names, gene_labels(section.adata).tolist(), strict=True))
    return labels

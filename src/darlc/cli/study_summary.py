"""A study in facts and lines: its sections, and how many genes change in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darlc.cli.answers import number, table
from darlc.wording import counted

if TYPE_CHECKING:
    from darlc.results.study import StudyResult

#: Highest expected share of false ones among the changes that are counted.
FDR = 0.1


def study_facts(study: StudyResult) -> dict[str, Any]:
    """Return facts of a study, fit for JSON."""
    import numpy as np

    from darlc.explore.sections.changes import changes

    found = changes(study, FDR)
    return {
        "sections": [
            {
                "name": name,
                "observations": len(result.observation_pixel),
                "pixels": result.grid.n_pixels,
                "genes": result.n_genes,
                "molecules": int(study.molecules[:, i].sum()),
                "changed": int(np.sum(found.sections == i)),
            }
            for i, (name, result) in enumerate(
                zip(study.section_names, study.sections, strict=True)
            )
        ],
        "genes": study.n_genes,
        "drawing": int(study.drawing.sum()),
        "clusters": study.n_clusters,
        "cluster_summary": study.clusters.summary(),
        "constancy": float(study.constancy),
        "genes_changed": found.n_genes,
        "fdr": FDR,
    }


def overview(study: StudyResult) -> tuple[dict[str, Any], list[str]]:
    """Return which clusters are where and how much sections agree, as facts and as lines."""
    from darlc.explore.sections.overview import (
        agreement,
        genes_in_sections,
        predicted_by_others,
    )

    names, counts = list(study.section_names), genes_in_sections(study)
    same, predicted = agreement(study), predicted_by_others(study)
    facts = {
        "genes_in_clusters": {
            cluster: dict(zip(names, row.round(1).tolist(), strict=True))
            for cluster, row in zip(study.cluster_names, counts, strict=True)
        },
        "agreement": [[float(each) for each in row] for row in same],
        "predicted_by_others": dict(zip(names, predicted.round(3).tolist(), strict=True)),
    }
    clusters = [
        [name, *(f"{each:.0f}" for each in row)]
        for name, row in zip(study.cluster_names, counts, strict=True)
    ]
    shares = [
        [name, *(number(each, ".2f") for each in row)]
        for name, row in zip(names, same, strict=True)
    ]
    return facts, [
        "Genes that follow a cluster in a section, as expected:",
        *table(["cluster", *names], clusters, left=1),
        "Share of genes that follow one cluster in both sections, as expected:",
        *table(["section", *names], shares, left=1),
        "What the other sections tell of a gene's counts, in nats a gene: "
        + ", ".join(f"{name} {each:.2f}" for name, each in zip(names, predicted, strict=True))
        + ".",
    ]


def study_lines(facts: dict[str, Any]) -> list[str]:
    """Return lines of text for a reader, of `study_facts`."""
    columns = ("observations", "pixels", "genes", "molecules", "changed")
    cells = [[each["name"], *(str(each[name]) for name in columns)] for each in facts["sections"]]
    return [
        *table(["section", *columns], cells, left=1),
        f"{facts['genes']} genes in {facts['cluster_summary']} over "
        f"{counted(len(cells), 'section')}; {facts['genes_changed']} follow another cluster in one "
        f"at least (FDR ≤ {FDR:g}), and an estimated {100 * facts['constancy']:.0f} % follow the "
        "same one in all.",
    ]

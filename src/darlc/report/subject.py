"""What a page is of: a result, or a study of several sections, seen in one way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.explore.sections.changes import changes, followed
from darlc.explore.sections.names import named_genes
from darlc.images.gene_labels import NamedGenes
from darlc.images.statistics import unit_length
from darlc.io.study.folder import section_files
from darlc.report.provenance import command, facts, study_facts
from darlc.results.clusters import Clusters
from darlc.results.gene_sets import GeneSet
from darlc.results.result import Result
from darlc.results.second_patterns import SecondPatterns
from darlc.results.study import StudyResult
from darlc.wording import counted

#: Highest expected share of false ones among the changes that are listed, and most of them.
FDR, MOST_CHANGES = 0.1, 500


@dataclass(frozen=True, eq=False)
class Subject:
    """What a page is of; every array follows the order of its genes.

    Parameters
    ----------
    sections
        Names and results of the sections; a result is the only one of its own.
    gene_names
        (G,) names in the data of the genes with an answer.
    named
        (G,) the same genes with symbols and identifiers.
    clusters
        Of these genes, as they are shown.
    second
        Second patterns of genes that follow two; none of a study.
    drawing
        (G,) which genes drew the patterns.
    embedding
        (G, D) vectors whose cosines say how alike genes are.
    gene_sets
        Sets of genes.
    followed
        (S, G) the cluster that a gene follows in a section in place of its own; -1 for none.
    summary
        How many clusters there are, as text.
    facts, command, notes
        How it was made, and how to repeat it.
    study
        The study; None for a result.
    """

    sections: tuple[tuple[str, Result], ...]
    gene_names: NDArray[np.str_]
    named: NamedGenes
    clusters: Clusters
    second: SecondPatterns
    drawing: NDArray[np.bool_]
    embedding: NDArray[np.float32]
    gene_sets: Sequence[GeneSet]
    followed: NDArray[np.int64]
    summary: str
    facts: list[tuple[str, str]]
    command: str
    notes: tuple[str, ...]
    study: StudyResult | None = None

    def changes(self, row: dict[str, int]) -> dict[str, Any] | None:
        """Return where genes leave their cluster, for JSON; None for a result.

        Parameters
        ----------
        row
            Rows on the page by names of genes; others are left out.
        """
        study = self.study
        if study is None:
            return None
        found = changes(study, FDR)
        names = [str(study.gene_names[gene]) for gene in found.genes]
        rows = [
            {"gene": row[name], "section": int(s), "there": int(k), "keeps": float(keeps)}
            for name, s, k, keeps in zip(
                names, found.sections, found.there, found.keeps, strict=True
            )
            if name in row
        ][:MOST_CHANGES]
        about = (
            f"{counted(found.n_genes, 'gene')} of {study.n_genes:,} "
            f"{'follows' if found.n_genes == 1 else 'follow'} another cluster in a section at "
            f"least, in {len(names):,} of the {found.pairs:,} pairs of a gene and a section that "
            f"could be judged; at most {100 * FDR:.0f} % of these are expected to be false."
        )
        if len(rows) < len(names):
            about += f" Of genes on this page, the surest {len(rows):,} are listed."
        return {"about": about, "rows": rows}


def subject_of(shown: Result | StudyResult, source: str) -> Subject:
    """Return a result or a study as what a page is of.

    Parameters
    ----------
    shown
        Bound to its data.
    source
        Name of the data in the command that repeats the fit: a file, or the folder of a study.

    Raises
    ------
    InputError
        It is not bound to its data.
    """
    if isinstance(shown, StudyResult):
        return _of_study(shown, source)
    result = shown
    return Subject(
        sections=(("", result),),
        gene_names=result.gene_names,
        named=named_genes([result], result.gene_names),
        clusters=result.shown_clusters,
        second=result.shown_second or SecondPatterns.none(result.n_genes),
        drawing=result.drawing,
        embedding=result.embedding,
        gene_sets=tuple(result.gene_sets),
        followed=np.full((1, result.n_genes), -1, dtype=np.int64),
        summary=result.cluster_summary,
        facts=facts(result),
        command=command(result.config, source),
        notes=result.notes,
    )


def _of_study(study: StudyResult, source: str) -> Subject:
    files = [f"{source}/{name}" for name in section_files(study.section_names)]
    return Subject(
        sections=tuple(zip(study.section_names, study.sections, strict=True)),
        gene_names=study.gene_names,
        named=named_genes(study.sections, study.gene_names),
        clusters=study.clusters,
        second=SecondPatterns.none(study.n_genes),
        drawing=study.drawing,
        embedding=_joined(study),
        gene_sets=_distinct(study),
        followed=followed(study),
        summary=f"{study.clusters.summary()} in {counted(study.n_sections, 'section')}",
        facts=study_facts(study),
        command=command(study.config, *files, out="again"),
        notes=study.notes,
        study=study,
    )


def _joined(study: StudyResult) -> NDArray[np.float32]:
    """Return the embeddings of all sections side by side (G, ΣD), each of unit length.

    The cosine of two genes is so the mean of those in the sections that have both, but for
    sections that have only one of them, where they are not alike.
    """
    row = {str(name): i for i, name in enumerate(study.gene_names)}
    parts = []
    for result in study.sections:
        part = np.zeros((study.n_genes, result.embedding.shape[1]), dtype=np.float32)
        here = [row[str(name)] for name in result.gene_names]
        part[here] = unit_length(result.embedding)
        parts.append(part)
    return np.hstack(parts)


def _distinct(study: StudyResult) -> tuple[GeneSet, ...]:
    """Return the gene sets of all sections; of those of one name, the first."""
    found: dict[str, GeneSet] = {}
    for result in study.sections:
        for each in result.gene_sets:
            found.setdefault(each.name, each)
    return tuple(found.values())

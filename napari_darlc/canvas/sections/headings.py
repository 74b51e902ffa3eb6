"""What is written above a section: its name and what is special of the gene there."""

from __future__ import annotations

from collections.abc import Sequence

from darlc.results.study import StudyResult
from napari_darlc.genes.section_pictures import SectionPictures

#: What is written of a gene that a section lacks.
ABSENT = "not measured"
#: Probability below which a gene is said to follow another cluster in a section.
_LEFT = 0.5


def heading(
    study: StudyResult, name: str, row: int, gene: int, shown: Sequence[SectionPictures]
) -> str:
    """Return what is written above a section.

    Parameters
    ----------
    study
        Study of the section.
    name
        Name of the section.
    row
        The gene's row in the study; -1 where it has no answer there.
    gene
        The gene's position in the section that is shown.
    shown
        The sections that are drawn.
    """
    for each in shown:
        if each.views.name == name and not each.measured(gene):
            return f"{name}: {ABSENT}"
        if each.views.name == name and each.denoised and not each.is_denoised(gene):
            return f"{name}: raw"
    section = study.section_names.index(name)
    if row < 0 or not study.keeps[row, section] < _LEFT:
        return name
    there = int(study.section_membership[section, row].argmax())
    same = there == study.cluster[row]
    return name if same else f"{name}: follows {study.cluster_names[there]}"

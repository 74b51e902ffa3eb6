"""What is written above a section: its name and what is special of the gene there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darlc.explore.sections.changes import followed
from darlc.results.study import StudyResult
from napari_darlc.genes.section_pictures import SectionPictures

#: What is written of a gene that a section lacks.
ABSENT = "not measured"


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
    if row < 0:
        return name
    there = followed(study, np.array([row]))[study.section_names.index(name), 0]
    return name if there < 0 else f"{name}: follows {study.cluster_names[there]}"

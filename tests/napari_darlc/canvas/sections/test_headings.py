"""What is written above a section, of genes whose answers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import darlc
from napari_darlc.canvas.sections.headings import heading
from napari_darlc.genes.section_pictures import SectionPictures, SectionViews


def test_what_is_special_there_is_said(study_folder: Path) -> None:
    study = darlc.load(study_folder)
    views = SectionViews.of("treated", study.section("treated"))
    rows = views.rows(np.array([f"Gene{i}" for i in range(12)]))

    def said(gene: int, denoised: bool = True, name: str = "treated") -> str:
        row = gene if gene < study.n_genes else -1
        return heading(study, name, row, gene, [SectionPictures(views, rows, denoised)])

    assert said(3) == "treated" and said(3, name="ctrl") == "ctrl"
    assert said(8) == "treated: follows 1" and said(8, name="ctrl") == "ctrl"
    assert said(7) == "treated", "the cluster that it follows with less certainty is its own"
    assert said(1) == "treated: not measured"
    assert said(11) == "treated: raw" and said(11, denoised=False) == "treated"

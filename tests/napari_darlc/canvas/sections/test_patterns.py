"""A cluster's pattern in another section, against the section's own result."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import darlc
from napari_darlc.canvas.sections.patterns import pattern_in
from napari_darlc.genes.section_pictures import SectionViews
from napari_darlc.session.model import Model


def test_it_is_the_sections_own_consensus_pattern(study_folder: Path) -> None:
    study = darlc.load(study_folder)
    ctrl, treated = (SectionViews.of(name, study.section(name)) for name in study.section_names)
    result = study.section("ctrl")
    model = Model.of(result, ctrl.images.index(list(result.gene_names)))
    for cluster in range(3):
        found = pattern_in(treated, ctrl.images.gene_names, model, cluster)
        expected = study.section("treated").consensus()[cluster]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    # After an edit, of the genes that are the cluster's now.
    merged = model.with_clusters(result.shown_clusters.merged([0, 1], "both"))
    both = merged.names.index("both")
    other = pattern_in(treated, ctrl.images.gene_names, merged, both)
    assert np.corrcoef(other, study.section("treated").consensus()[0])[0, 1] < 0.99

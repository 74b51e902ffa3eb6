"""Views of another section, by the genes of the one that is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import darlc
from darlc.images.sgep_images import rasterize
from napari_darlc.genes.section_pictures import SectionPictures, SectionViews


def test_genes_are_found_by_name_and_views_are_the_sections(study_folder: Path) -> None:
    study = darlc.load(study_folder)
    result = study.section("treated")
    own = rasterize(result.adata)
    names = rasterize(study.section("ctrl").adata).gene_names
    views = SectionViews.of("treated", result)
    rows = views.rows(names)
    assert rows[1] == -1 and (np.delete(rows, 1) >= 0).all() and (np.diff(rows[2:]) < 0).all()
    pictures = SectionPictures(views, rows, denoised=False)
    for gene, name in enumerate(names):
        if name == "Gene1":
            assert not pictures.measured(gene) and not pictures.is_denoised(gene)
            assert np.isnan(pictures.pixels(gene)).all()
            assert pictures.limits(gene) == (0.0, 1.0)
            continue
        pictures.denoised = False
        raw = own.expression(own.index([str(name)]))[0]
        np.testing.assert_allclose(pictures.pixels(gene), raw, rtol=1e-6)
        pictures.denoised = True
        modelled = name in result.gene_names
        assert pictures.is_denoised(gene) == modelled
        row = list(result.gene_names).index(name) if modelled else None
        expected = raw if row is None else result.denoised[row]
        np.testing.assert_allclose(pictures.pixels(gene), expected, rtol=1e-3)

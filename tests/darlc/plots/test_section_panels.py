from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from darlc import plots
from darlc.errors import InputError
from darlc.images.contrast import contrast_limits
from darlc.results.raw_views import measured_images


def values(ax, grid):
    return np.ma.getdata(ax.images[0].get_array())[grid.mask]


def test_a_gene_in_all_sections_has_one_contrast(study):
    (line,) = plots.sections(study, ["gene5"], figure=Figure)
    assert [ax.get_title() for ax in line] == ["ctrl 1", "treated"]
    assert line[0].figure.get_suptitle() == "Gene5"
    shown = []
    for ax, result in zip(line, study.sections, strict=True):
        row = int(np.flatnonzero(result.gene_names == "Gene5")[0])
        shown.append(values(ax, result.grid))
        np.testing.assert_allclose(shown[-1], result.denoised[row], rtol=1e-3)
    limits = contrast_limits(np.concatenate(shown))
    for ax in line:
        np.testing.assert_allclose(ax.images[0].get_clim(), limits, rtol=1e-3)


def test_raw_views_of_several_genes_have_a_line_each(study):
    axes = plots.sections(study, ["Gene13", "Gene2"], "raw", figure=Figure)
    assert axes.shape == (2, 2)
    assert [line[0].texts[0].get_text() for line in axes] == ["Gene13", "Gene2"]
    for ax, result in zip(axes[0], study.sections, strict=True):
        images = measured_images(result)
        expected = images.expression(images.index(["Gene13"]))[0]
        np.testing.assert_allclose(values(ax, result.grid), expected, rtol=1e-5)
    assert axes[0, 0].images[0].get_clim() != axes[1, 0].images[0].get_clim()


def test_a_section_without_a_gene_says_so(study):
    first, second = study.sections
    data = second.adata
    fewer = data[:, data.var_names != "Gene5"].copy()
    other = replace(study, sections=(first, second.with_data(fewer)))
    (line,) = plots.sections(other, ["Gene5"], figure=Figure)
    assert len(line[0].images) == 1 and not line[1].images
    assert [text.get_text() for text in line[1].texts] == ["not measured"]
    with pytest.raises(InputError, match="Gene13 has too few molecules"):
        plots.sections(study, ["Gene13"], figure=Figure)
    with pytest.raises(InputError, match="did you mean Gene5"):
        plots.sections(study, ["Gene55"], figure=Figure)


def test_clusters_have_their_own_pattern_in_each_section(study):
    axes = plots.section_clusters(study, study.cluster_names[:2], figure=Figure)
    assert axes.shape == (2, 2)
    for k, line in enumerate(axes):
        limits = {ax.images[0].get_clim() for ax in line}
        assert len(limits) == 1, "one contrast for all sections"
        for ax, result in zip(line, study.sections, strict=True):
            expected = result.consensus()[k]
            np.testing.assert_allclose(values(ax, result.grid), expected, rtol=1e-3, atol=1e-3)
    with pytest.raises(InputError, match="no cluster is called nine"):
        plots.section_clusters(study, ["nine"], figure=Figure)

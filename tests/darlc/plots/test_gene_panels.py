from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from darlc import plots
from darlc.errors import InputError
from darlc.images.contrast import residual


def test_a_gene_in_axes_of_ones_own(result, looks_as_before):
    figure = Figure(figsize=(4, 3.4), layout="constrained")
    ax = figure.subplots()
    assert plots.gene(result, "gene5", ax=ax) is ax
    assert ax.get_title() == "Gene5"
    assert len(figure.axes) == 2, "a colour bar stands beside it"
    looks_as_before(figure, "gene")


def test_panels_hold_the_views(result):
    axes = plots.genes(result, ["Gene5", "Gene0"], figure=Figure)
    assert [ax.get_title() for ax in axes] == ["Gene5", "Gene0"]
    for ax, name in zip(axes, ["Gene5", "Gene0"], strict=True):
        row = int(np.flatnonzero(result.gene_names == name)[0])
        drawn = np.ma.getdata(ax.images[0].get_array())
        np.testing.assert_allclose(drawn[result.grid.mask], result.denoised[row], rtol=1e-6)


def test_raw_denoised_and_residual(result, looks_as_before):
    axes = plots.views(result, "Gene5", figure=Figure)
    raw, denoised, left = (np.ma.getdata(ax.images[0].get_array())[result.grid.mask] for ax in axes)
    np.testing.assert_allclose(left, residual(raw, denoised, True), rtol=1e-5, atol=1e-5)
    assert axes[0].images[0].get_clim() == axes[1].images[0].get_clim()
    low, high = axes[2].images[0].get_clim()
    assert low == -high
    looks_as_before(axes[0].get_figure(root=True), "views")


def test_in_a_part_of_a_figure(result):
    figure = Figure(figsize=(6, 3), layout="constrained")
    left, _ = figure.subfigures(1, 2)
    (ax,) = plots.genes(result, ["Gene1"], figure=left)
    assert ax.get_figure(root=True) is figure and figure.get_size_inches().tolist() == [6, 3]


def test_a_gene_without_an_answer_has_a_raw_view(result):
    (ax,) = plots.genes(result, ["Gene13"], "raw", figure=Figure)
    assert ax.get_title() == "Gene13"
    with pytest.raises(InputError, match="Gene13 has too few molecules for a denoised view"):
        plots.genes(result, ["Gene13"], figure=Figure)


def test_what_is_not_there_is_said(result):
    with pytest.raises(InputError, match=r"Gene55 is not among the genes.*did you mean Gene5"):
        plots.gene(result, "Gene55")
    with pytest.raises(InputError, match="there is no view called smooth"):
        plots.gene(result, "Gene5", "smooth")
    with pytest.raises(InputError, match="no gene was named"):
        plots.genes(result, [], figure=Figure)
    with pytest.raises(InputError, match="not bound to the data"):
        plots.gene(replace(result, adata=None), "Gene5")

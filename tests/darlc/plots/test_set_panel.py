from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

import darlc
from darlc import plots
from darlc.errors import InputError
from darlc.explore.set_picture import set_picture
from darlc.results.gene_sets import GeneSet, GeneSets


@pytest.fixture
def with_set(result):
    sets = GeneSet("stripe", ("Gene0", "Gene1", "Gene13")), GeneSet("rare", ("Gene13",))
    return replace(result, gene_sets=GeneSets(sets))


def test_a_set_is_drawn_denoised_and_raw(with_set):
    axes = plots.gene_set(with_set, "stripe", figure=Figure)
    assert [ax.get_title() for ax in axes] == ["stripe, 2 genes, denoised", "raw"]
    images = darlc.rasterize(with_set.adata)
    modelled = images.index(list(with_set.gene_names))
    wanted = set_picture(images, modelled, with_set.denoised, np.array([0, 1]))
    for ax, values in zip(axes, (wanted.denoised, wanted.raw), strict=True):
        drawn = np.ma.getdata(ax.images[0].get_array())[with_set.grid.mask]
        np.testing.assert_allclose(drawn, values, rtol=1e-5)


def test_what_is_not_there_is_said(with_set):
    with pytest.raises(InputError, match="there is no gene set 'myelin'"):
        plots.gene_set(with_set, "myelin")
    with pytest.raises(InputError, match="no gene of the set has an answer"):
        plots.gene_set(with_set, "rare")

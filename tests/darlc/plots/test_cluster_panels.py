from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from darlc import plots
from darlc.errors import InputError


def test_patterns_with_typical_genes(result, looks_as_before):
    axes = plots.clusters(result, n_genes=2, figure=Figure)
    assert axes.shape == (3, 3)
    for line, (name, members) in zip(
        axes, [("myelin", range(4)), ("2", range(4, 8)), ("größer", range(8, 12))], strict=True
    ):
        assert line[0].get_title("left") == f"{name} · 4 genes"
        assert {ax.get_title() for ax in line[1:]} <= {f"Gene{i}" for i in members}
    pattern = np.ma.getdata(axes[1, 0].images[0].get_array())
    np.testing.assert_allclose(pattern[result.grid.mask], result.consensus()[1], rtol=1e-6)
    looks_as_before(axes[0, 0].get_figure(root=True), "clusters")


def test_some_clusters_with_the_users_names(result):
    edited = result.clusters.renamed(1, "layer 6")
    axes = plots.clusters(replace(result, edited=edited), ["layer 6"], n_genes=0, figure=Figure)
    assert axes.shape == (1, 1) and axes[0, 0].get_title("left") == "layer 6 · 4 genes"


def test_what_is_not_there_is_said(result):
    with pytest.raises(InputError, match="no cluster is called 7: choose among myelin, 2, größer"):
        plots.clusters(result, ["7"], figure=Figure)
    nothing = replace(
        result, membership=result.membership[:, :0], cluster_names=(), cluster_colours=()
    )
    with pytest.raises(InputError, match="holds no clusters"):
        plots.clusters(nothing, figure=Figure)

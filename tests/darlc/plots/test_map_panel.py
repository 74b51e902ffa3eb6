from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from darlc import plots
from darlc.errors import InputError


def test_points_have_the_colours_of_their_clusters(result, looks_as_before):
    figure = Figure(figsize=(3, 3), layout="constrained")
    ax = plots.map(result, plane="pca", highlight=["gene3"], ax=figure.subplots())
    points = ax.collections[0]
    colours = [to_hex(each) for each in points.get_facecolors()]
    assert colours == [result.cluster_colours[k] for k in result.cluster]
    written = {text.get_text() for text in ax.texts}
    assert written == {"myelin", "2", "größer", "Gene3"}
    row = int(np.flatnonzero(result.gene_names == "Gene3")[0])
    np.testing.assert_array_equal(ax.collections[-1].get_offsets()[0], points.get_offsets()[row])
    looks_as_before(figure, "map")


def test_genes_lie_where_they_are_told_to(result):
    plane = np.arange(2.0 * result.n_genes).reshape(-1, 2)
    ax = plots.map(result, plane=plane, ax=Figure().subplots())
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), plane)
    assert not ax.get_xlabel()
    with pytest.raises(InputError, match=r"shape \(3, 2\) do not place"):
        plots.map(result, plane=plane[:3])
    with pytest.raises(InputError, match="no plane called tsne"):
        plots.map(result, plane="tsne")


def test_names_on_the_map_stay_text(result, tmp_path):
    ax = plots.map(result, plane="pca", highlight=["Gene3"], ax=Figure().subplots())
    content = plots.save(ax, tmp_path / "map.svg").read_text()
    assert ">Gene3</text>" in content and ">myelin</text>" in content


def test_what_is_not_there_is_said(result):
    with pytest.raises(InputError, match="Gene99 is not among the genes"):
        plots.map(result, plane="pca", highlight=["Gene99"])
    with pytest.raises(InputError, match="holds no embeddings"):
        plots.map(replace(result, embedding=result.embedding[:, :0]))

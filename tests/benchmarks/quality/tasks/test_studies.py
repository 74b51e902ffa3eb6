"""The benchmark of studies: how separate fits are matched, and what rivals see."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks.quality.tasks import studies
from darlc.images.sgep_images import rasterize
from darlc.simulation.study import simulate_study


def test_separate_fits_are_matched_by_their_genes() -> None:
    names = np.array(["a", "b", "c", "d", "e"])
    one = SimpleNamespace(gene_names=names, cluster=np.array([0, 0, 1, 1, 2]))
    other = SimpleNamespace(gene_names=names[:4], cluster=np.array([2, 2, 0, 2]))
    found = studies.matched(names, [one, other])
    assert found[:, 0].tolist() == [0, 0, 1, 1, 2]
    assert found[:, 1].tolist() == [0, 0, 1, 0, -1]


def test_genes_that_change_have_other_neighbours() -> None:
    made = simulate_study(3, sections=2, genes=80, clusters=4, depth=4000, platforms="st")
    images = [rasterize(each) for each in made.values()]
    names = images[0].gene_names
    changed = made["section2"].var["changed"].loc[names].to_numpy()
    alike = studies.second_order(images, names)
    assert np.median(alike[changed]) < np.quantile(alike[~changed], 0.1)
    truth = studies.Truth(
        made["section1"].var["study_pattern"].astype(str).to_numpy(),
        np.stack([each.var["pattern"].astype(str).to_numpy() for each in made.values()], axis=1),
    )
    np.testing.assert_array_equal(truth.changed, changed)

from __future__ import annotations

import numpy as np
import pytest

import darlc
from darlc.report import section_data as module
from darlc.report.section_data import ABSENT, DENOISED, RAW, SectionImages, section_data


def test_a_gene_is_denoised_raw_or_absent(result):
    keep = result.gene_names != "Gene3"
    names = np.array(["Gene0", "Gene3", "Nowhere"])
    from dataclasses import replace

    fewer = replace(
        result,
        gene_names=result.gene_names[keep],
        embedding=result.embedding[keep],
        membership=result.membership[keep],
        denoised=np.asarray(result.denoised[:])[keep],
        drawing=result.drawing[keep],
    )
    block = bytearray()
    section = SectionImages.of("here", fewer)
    data = section_data(block, section, names, 10_000)
    where = data.header["arrays"]["state"]
    assert list(block[where["offset"] : where["offset"] + 3]) == [DENOISED, RAW, ABSENT]
    assert data.header["name"] == "here"
    assert np.isfinite(data.variability).tolist() == [True, True, False]
    assert section.molecules(names)[2] == 0 and (section.molecules(names)[:2] > 0).all()


def test_typical_genes_are_of_their_cluster(result):
    cluster = dict(zip(map(str, result.gene_names), result.cluster, strict=True))
    for column, genes in enumerate(SectionImages.of("", result).typical()):
        assert genes and all(cluster[gene] == column for gene in genes)


@pytest.mark.parametrize("platform", ["visium", "slideseq"])
def test_places_lie_within_the_canvas(platform, make_result):
    images = darlc.rasterize(darlc.simulate(seed=0, genes=14, clusters=3, platform=platform))
    index, place = module.picture(images.grid, np.arange(images.n_pixels, dtype=float))
    found = module.normalised(place.get_matrix(), index.shape)
    assert max(found["width"], found["height"]) == pytest.approx(1.0)
    a, b, c, d, e, f = found["matrix"]
    height, width = index.shape
    x = [e, e + a * width, e + c * height, e + a * width + c * height]
    y = [f, f + b * width, f + d * height, f + b * width + d * height]
    assert min(x) == pytest.approx(0) and max(x) == pytest.approx(found["width"])
    assert min(y) == pytest.approx(0) and max(y) == pytest.approx(found["height"])

"""What programs leave in ``uns["spatial"]`` beside libraries does not get in the way."""

from __future__ import annotations

import numpy as np
import pytest
from anndata import AnnData

from darlc.data.libraries import images, libraries, scale_factor
from darlc.images.tissue_image import tissue_image
from darlc.io.checks.tissue_mask import apply_mask
from darlc.io.prepare import prepare

LIBRARY = {
    "images": {"hires": np.zeros((4, 5, 3), np.uint8)},
    "scalefactors": {"tissue_hires_scalef": 0.5, "spot_diameter_fullres": "big"},
}


@pytest.mark.parametrize("odd", [True, np.True_, 3, "text", None, [1], np.arange(3), [LIBRARY]])
def test_what_is_no_library_is_passed_over(odd: object) -> None:
    adata = AnnData(np.ones((1, 1)), uns={"spatial": {"is_single": odd, "one": LIBRARY}})
    assert list(libraries(adata)) == ["one"]
    adata.uns["spatial"] = odd
    assert libraries(adata) == {}
    assert images({"images": odd}) == {}
    assert np.isnan(scale_factor({"scalefactors": odd}, "tissue_hires_scalef"))


def test_factors_that_are_no_numbers_are_none() -> None:
    assert scale_factor(LIBRARY, "tissue_hires_scalef") == 0.5
    assert np.isnan(scale_factor(LIBRARY, "spot_diameter_fullres"))
    assert np.isnan(scale_factor(LIBRARY, "unknown"))


def test_is_single_beside_a_library_costs_neither_mask_nor_picture(tissue, tmp_path) -> None:
    tissue.uns["spatial"] = {"is_single": True, "one": LIBRARY, "note": np.arange(2)}
    mask = np.ones((4, 5), dtype=np.uint8)
    np.save(tmp_path / "mask.npy", mask)
    tissue.obsm["spatial"] = tissue.obsm["spatial"] % 8
    apply_mask(tissue, tmp_path, str(tmp_path / "mask.npy"))
    assert tissue.obs["in_tissue"].all(), "the mask lies where the picture of its size lies"
    assert tissue_image(tissue) is not None
    prepare(tissue)

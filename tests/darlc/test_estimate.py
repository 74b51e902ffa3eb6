"""What a fit needs never falls with more data, and what this machine lacks is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from darlc import estimate as estimating
from darlc.config import Config
from darlc.estimate import Sizes, estimate, machine_memory, memory_needed, refusal, stage_costs
from darlc.events import STAGES
from darlc.images.sgep_images import rasterize
from darlc.simulation.tissue import simulate
from darlc.wording import gibibytes

_FIELDS = ("genes", "pixels", "clusters", "others", "pictures", "entries")
_NUMBERS = st.integers(2, 10**6)
SIZES = st.builds(Sizes, **dict.fromkeys(_FIELDS, _NUMBERS), poolable=st.booleans())
CONFIGS = st.builds(
    Config.from_preset,
    st.sampled_from(["quick", "standard", "thorough"]),
    clusters=st.just("auto") | st.integers(2, 60),
)
GIB = 2**30


@given(SIZES, st.sampled_from(_FIELDS), _NUMBERS, CONFIGS)
def test_more_of_anything_never_needs_less(
    sizes: Sizes, name: str, more: int, config: Config
) -> None:
    larger = replace(sizes, **{name: getattr(sizes, name) + more})
    before, after = estimate(sizes, config), estimate(larger, config)
    assert after.memory >= before.memory and after.seconds >= before.seconds
    if name in ("genes", "pixels", "clusters"):
        assert after.memory > before.memory and after.seconds > before.seconds
    assert set(stage_costs(sizes, config)) == set(STAGES)


@given(SIZES, st.floats(0.2, 500.0))
def test_what_is_advised_has_room(sizes: Sizes, gigabytes: float) -> None:
    assume(memory_needed(sizes) > gigabytes * GIB)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimating, "machine_memory", lambda: int(gigabytes * GIB))
        said = refusal(sizes)
        assert f"this machine has {gibibytes(int(gigabytes * GIB))}" in said
        number = {
            name: int(found[1].replace(",", ""))
            for name, found in {
                "genes": re.search(r"at most ([\d,]+) genes", said),
                "pixels": re.search(r"--model-pixels\) of at most ([\d,]+)", said),
            }.items()
            if found
        }
        if "genes" in number:
            assert number["genes"] < sizes.genes
            assert not refusal(sizes.with_genes(number["genes"]))
        if "pixels" in number:
            assert sizes.poolable and number["pixels"] < sizes.pixels
            assert not refusal(sizes.with_pixels(number["pixels"]))
        if not number:
            assert said.endswith("use one with more.")
            assert refusal(sizes.with_genes(49))


@pytest.fixture
def images():
    return rasterize(simulate(seed=5, genes=60, clusters=3, depth=400.0, platform="st"))


def test_sizes_are_those_of_the_data(images) -> None:
    sizes = Sizes.of(images, Config(genes=40, clusters=3))
    assert (sizes.pixels, sizes.pictures) == (images.n_pixels, images.n_pixels)
    assert (sizes.genes, sizes.genes + sizes.others) == (40, images.n_genes)
    assert sizes.entries == images.matrix.nnz and sizes.clusters == 3
    pooled = Sizes.of(images, Config(model_pixels=100))
    assert pooled.pixels <= 100 < pooled.pictures == images.n_pixels
    assert pooled.clusters > 20, "where the number is open, many are compared"


def test_the_memory_of_a_job_is_no_more_than_it_was_given(tmp_path, monkeypatch) -> None:
    whole = machine_memory()
    (tmp_path / "memory.max").write_text("1048576\n")
    (tmp_path / "none").write_text("max\n")
    names = [str(tmp_path / name) for name in ("memory.max", "none", "missing")]
    monkeypatch.setattr(estimating, "LIMITS", names)
    assert machine_memory() == 1048576
    monkeypatch.setattr(estimating, "LIMITS", names[1:])
    assert machine_memory() >= whole > np.iinfo(np.int32).max // 4

"""Whatever stands in a field, it is accepted or named in one sentence."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, fields
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig
from darlc.data.dataset import ReadOptions
from darlc.errors import InputError

PARTS = {
    "": Config,
    "denoise.": DenoiseConfig,
    "network.": NetworkConfig,
    "mixture.": MixtureConfig,
    "train.": TrainConfig,
}
EVERY = [(part, cls, each.name) for part, cls in PARTS.items() for each in fields(cls)]
EVERY += [("", ReadOptions, each.name) for each in fields(ReadOptions)]


class Hostile:
    """Says nothing of itself."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 300),
    st.floats(),
    st.floats(-2, 2),
    st.text(max_size=8),
    st.sampled_from(["auto", "32", "quick", "tied", "2", "nan"]),
    st.binary(max_size=3),
    st.complex_numbers(),
    st.lists(st.integers() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.builds(object),
    st.builds(Hostile),
    st.sampled_from(
        [np.int8(3), np.float32("nan"), np.bool_(True), np.array([1, 2]), np.str_("a")]
    ),
)


@pytest.mark.parametrize(("part", "cls", "name"), EVERY, ids=lambda each: str(each))
@settings(max_examples=60, deadline=None)
@given(value=ODD)
def test_a_value_is_usable_or_named(part, cls, name, value) -> None:
    try:
        made = cls(**{name: value})
    except InputError as error:
        sentence = str(error)
        assert sentence.startswith(f"{part}{name} ") or sentence.startswith(part), sentence
        assert sentence.endswith(".") and "\n" not in sentence
        return
    found = getattr(made, name)
    assert isinstance(found, bool | np.generic) is False
    hint = get_type_hints(cls)[name]
    if hint is int:
        assert type(found) is int
    if hint is float:
        assert np.isfinite(found)
    if cls is Config:
        assert Config.from_dict(json.loads(json.dumps(made.to_dict()))) == made


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: DenoiseConfig(heads=0), "denoise.heads must be at least 1, not 0."),
        (lambda: DenoiseConfig(width=0), "denoise.width must be at least 1, not 0."),
        (lambda: NetworkConfig(heads=0), "network.heads must be at least 1, not 0."),
        (
            lambda: TrainConfig(learning_rate=-1),
            "train.learning_rate must be greater than 0, not -1.",
        ),
        (
            lambda: TrainConfig(learning_rate=float("nan")),
            "train.learning_rate must be a finite number, not nan.",
        ),
        (lambda: Config(genes=2.5), "genes must be a whole number, not 2.5."),
        (lambda: Config(seed=True), "seed must be a whole number, not True."),
        (lambda: Config(1), "genes must be at least 2, not 1."),
        (lambda: Config(include="MBP"), "include must be a list of texts, not 'MBP'."),
        (lambda: Config(clusters=2.0), "clusters must be 'auto' or a whole number, not 2.0."),
        (lambda: Config(precision=32), "precision 32 is not known: use auto, 32 or bf16."),
        (
            lambda: Config(denoise={"heads": 2}),
            "denoise must be a DenoiseConfig, not {'heads': 2}.",
        ),
        (lambda: ReadOptions(bin_size=0), "bin_size must be at least 1, not 0."),
        (lambda: ReadOptions(layer=3), "layer must be text, not 3."),
    ],
)
def test_sentences(make, says) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == says


def test_what_is_no_setting_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match=r"^depht is no setting of NetworkConfig: use patch, .*"):
        NetworkConfig(depht=2)
    with pytest.raises(InputError, match=r"^17 is no setting of TrainConfig: use .*"):
        TrainConfig(1, 1, 2, 0.5, 0.5, 0.5, *[1] * 7, 17)


def test_numpys_numbers_and_lists_become_pythons_own() -> None:
    config = Config(genes=np.int64(5), bin_size=np.float32(2), include=np.array(["A", "B"]))
    assert config == Config(genes=5, bin_size=2.0, include=("A", "B"))
    assert type(config.genes) is int and type(config.include[0]) is str
    assert Config(include=["A"]).include == ("A",)


def test_records_are_frozen_and_can_be_copied() -> None:
    config = Config.from_preset("quick", seed=4)
    assert pickle.loads(pickle.dumps(config)) == copy.deepcopy(config) == config
    assert hash(config) == hash(config.replace(seed=4)) and config != config.replace(seed=5)
    with pytest.raises(FrozenInstanceError):
        config.seed = 2  # type: ignore[misc]
    with pytest.raises(InputError, match="seed must be at least 0, not -1"):
        config.replace(seed=-1)


def test_what_files_of_old_hold_is_mended_and_said() -> None:
    stored = Config(seed=3, train=TrainConfig(mask=0.25)).to_dict()
    stored |= {"genes": 2.5, "mixture": 7, "gone": 1}
    stored["train"]["learning_rate"] = -1
    stored["denoise"] = {"width": 5, "heads": 0}
    config, refused = Config.from_stored(stored)
    assert config == Config(seed=3, train=TrainConfig(mask=0.25))
    assert sorted(each.split()[0] for each in refused) == [
        "denoise.heads",
        "denoise.width",
        "genes",
        "train.learning_rate",
    ]
    with pytest.raises(InputError, match=r"^train\.learning_rate"):
        Config.from_dict({"train": {"learning_rate": -1}})

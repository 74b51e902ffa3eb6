"""Settings are validated, named in the complaint, and survive JSON."""

from __future__ import annotations

import json

import pytest

from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig
from darlc.errors import InputError


@pytest.mark.parametrize("preset", ["quick", "standard", "thorough"])
def test_survives_json(preset) -> None:
    config = Config.from_preset(preset, clusters=7, include=("MBP", "PLP1"), seed=3)
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_keys_of_other_versions_are_passed_over() -> None:
    values = Config().to_dict()
    values["later"], values["train"]["later"] = 1, 2
    assert Config.from_dict(values) == Config()


def test_presets_differ_in_effort() -> None:
    quick, standard, thorough = (Config.from_preset(p) for p in ("quick", "standard", "thorough"))
    assert quick.train.joint_epochs < standard.train.joint_epochs < thorough.train.joint_epochs
    assert quick.mixture.moves < standard.mixture.moves < thorough.mixture.moves


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Config(genes=1), "genes"),
        (lambda: Config(clusters=1), "clusters"),
        (lambda: Config(clusters="many"), "clusters"),
        (lambda: Config(preset="slow"), "preset"),
        (lambda: Config(precision="8"), "precision"),
        (lambda: Config(count_weight=-1), "count_weight"),
        (lambda: Config(count_weight=float("inf")), "count_weight"),
        (lambda: Config(seed=-1), "seed"),
        (lambda: Config(bin_size=0), "bin_size"),
        (lambda: Config(pixels="dusty"), "pixels"),
        (lambda: Config.from_preset("slow"), "preset"),
        (lambda: DenoiseConfig(width=130), "denoise.width"),
        (lambda: DenoiseConfig(mask=1.0), "denoise.mask"),
        (lambda: NetworkConfig(width=50), "network.width"),
        (lambda: NetworkConfig(embedding=1), "network.embedding"),
        (lambda: MixtureConfig(scale="round"), "mixture.scale"),
        (lambda: MixtureConfig(dof_min=5, dof_max=4), "mixture.dof_min"),
        (lambda: MixtureConfig(moves=-1), "mixture.moves"),
        (lambda: TrainConfig(batch=1), "train.batch"),
        (lambda: TrainConfig(temperature=0), "train.temperature"),
        (lambda: TrainConfig(kl=-0.1), "train.kl"),
        (lambda: TrainConfig(pattern_rate=-0.1), "train.pattern_rate"),
    ],
)
def test_what_is_out_of_range_is_named(make, named: str) -> None:
    with pytest.raises(InputError, match=named):
        make()

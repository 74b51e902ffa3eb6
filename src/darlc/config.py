"""What a fit is asked to do: frozen, validated, and small enough to read."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Self

from darlc.errors import InputError

Preset = Literal["quick", "standard", "thorough"]
Precision = Literal["auto", "32", "bf16"]
Pixels = Literal["auto", "noisy", "clean"]


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise InputError(sentence)


@dataclass(frozen=True)
class DenoiseConfig:
    """The GAT denoiser.

    Parameters
    ----------
    components
        Principal components of the genes that describe a pixel.
    width
        Units of the hidden layers; split over the heads.
    heads
        Attention heads of each layer.
    epochs
        Most passes over the tissue; training stops sooner when held-out pixels no longer gain.
    mask
        Share of the pixels whose description is hidden in a step.
    learning_rate
        Peak of the one-cycle schedule.
    """

    components: int = 30
    width: int = 128
    heads: int = 4
    epochs: int = 80
    mask: float = 0.5
    learning_rate: float = 3e-3

    def __post_init__(self) -> None:
        _require(self.components >= 2, "denoise.components must be at least 2.")
        _require(
            self.width % self.heads == 0,
            f"denoise.width ({self.width}) must be a multiple of denoise.heads ({self.heads}).",
        )
        _require(self.epochs >= 1, "denoise.epochs must be at least 1.")
        _require(0 < self.mask < 1, "denoise.mask must lie between 0 and 1.")


@dataclass(frozen=True)
class NetworkConfig:
    """The masked autoencoder, its read-out and its projection head.

    Parameters
    ----------
    patch
        Side of a token, in pixels; 0 chooses one by the size of the tissue.
    width, depth, heads
        Units, blocks and attention heads of the encoder.
    embedding
        Length D of the embedding; 0 chooses one by how noisy the pixels are.
    rank
        Rank of the learned correction to the read-out's frozen basis.
    """

    patch: int = 0
    width: int = 48
    depth: int = 2
    heads: int = 4
    embedding: int = 0
    rank: int = 8

    def __post_init__(self) -> None:
        _require(self.patch >= 0, "network.patch must not be negative.")
        _require(
            self.width % (4 * self.heads) == 0,
            f"network.width ({self.width}) must be a multiple of 4 × network.heads ({self.heads}).",
        )
        _require(self.depth >= 1, "network.depth must be at least 1.")
        _require(
            self.embedding == 0 or self.embedding >= 2,
            "network.embedding must be at least 2, or 0 to have it chosen.",
        )
        _require(self.rank >= 1, "network.rank must be at least 1.")


@dataclass(frozen=True)
class MixtureConfig:
    """The Student's t mixture over embeddings.

    Parameters
    ----------
    scale
        Form of the scale matrices.
    dof_min, dof_max
        Bounds of the degrees of freedom; unbounded they fall to 1.
    restarts
        Random starts of the first fit; the best posterior objective is kept.
    moves
        Most split–merge moves that the count observation model may accept.
    """

    scale: Literal["tied", "spherical", "diagonal", "full"] = "tied"
    dof_min: float = 2.0
    dof_max: float = 30.0
    restarts: int = 10
    moves: int = 40

    def __post_init__(self) -> None:
        _require(self.moves >= 0, "mixture.moves must not be negative.")
        _require(
            self.scale in ("tied", "spherical", "diagonal", "full"),
            f"mixture.scale '{self.scale}' is not known: use tied, spherical, diagonal or full.",
        )
        _require(
            0 < self.dof_min <= self.dof_max,
            "mixture.dof_min must be positive and no larger than mixture.dof_max.",
        )
        _require(self.restarts >= 1, "mixture.restarts must be at least 1.")


@dataclass(frozen=True)
class TrainConfig:
    """The joint, self-paced loop and the weights of its losses.

    Parameters
    ----------
    pretrain_epochs, joint_epochs
        Passes over the genes in the two stages.
    batch
        Genes in a step.
    learning_rate
        Peak rate of AdamW; clean images are trained at a tenth of it.
    mask
        Share of a gene's tokens that the encoder does not see.
    momentum
        Decay of the target encoder's moving average.
    temperature
        Temperature of the contrastive loss.
    masked, contrastive, kl, likelihood, balance
        Weights of the losses in the joint stage.
    pattern_rate
        Peak rate of AdamW for the network that decides which detail consensus patterns keep; 0
        leaves that to a Wiener filter. Counts only.
    """

    pretrain_epochs: int = 8
    joint_epochs: int = 12
    batch: int = 256
    learning_rate: float = 1e-3
    mask: float = 0.5
    momentum: float = 0.99
    temperature: float = 0.2
    masked: float = 1.0
    contrastive: float = 0.1
    kl: float = 1.0
    likelihood: float = 0.05
    balance: float = 0.05
    pattern_rate: float = 1e-2

    def __post_init__(self) -> None:
        _require(self.pretrain_epochs >= 0, "train.pretrain_epochs must not be negative.")
        _require(self.joint_epochs >= 0, "train.joint_epochs must not be negative.")
        _require(self.batch >= 2, "train.batch must be at least 2.")
        _require(self.learning_rate > 0, "train.learning_rate must be positive.")
        _require(0 < self.mask < 1, "train.mask must lie between 0 and 1.")
        _require(0 <= self.momentum < 1, "train.momentum must lie in [0, 1).")
        _require(self.temperature > 0, "train.temperature must be positive.")
        for name in ("masked", "contrastive", "kl", "likelihood", "balance", "pattern_rate"):
            _require(getattr(self, name) >= 0, f"train.{name} must not be negative.")


_PARTS: dict[str, type] = {
    "denoise": DenoiseConfig,
    "network": NetworkConfig,
    "mixture": MixtureConfig,
    "train": TrainConfig,
}


@dataclass(frozen=True)
class Config:
    """Everything that decides a fit, together with the data.

    Parameters
    ----------
    genes
        Most genes to model, chosen by spatial variability.
    include
        Genes to model whatever their variability.
    clusters
        Number of clusters, or ``"auto"``.
    preset
        Name of the preset that the parts came from.
    count_weight
        Weight β of the count observation model; 0 is the published model. Counts only.
    seed
        Seed of every random choice.
    device
        ``"auto"``, or a torch device such as ``"cpu"``, ``"cuda"`` or ``"mps"``.
    precision
        ``"auto"`` takes bf16 where the device computes it natively, else 32 bits.
    bin_size
        Side of a pixel in units of ``obsm["spatial"]`` for free coordinates; None chooses one.
    pixels
        ``"noisy"``, as spots, beads and cells are, or ``"clean"``, as images of stained tissue
        are; ``"auto"`` asks the data, and takes counts to be noisy.
    denoise, network, mixture, train
        The parts, each with its own settings.

    Raises
    ------
    InputError
        A value is out of range; the sentence names it.
    """

    genes: int = 3000
    include: tuple[str, ...] = ()
    clusters: int | Literal["auto"] = "auto"
    preset: Preset = "standard"
    count_weight: float = 1.0
    seed: int = 0
    device: str = "auto"
    precision: Precision = "auto"
    bin_size: float | None = None
    pixels: Pixels = "auto"
    denoise: DenoiseConfig = field(default_factory=DenoiseConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    mixture: MixtureConfig = field(default_factory=MixtureConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        _require(self.genes >= 2, f"genes must be at least 2, not {self.genes}.")
        auto = self.clusters == "auto"
        _require(
            auto or (isinstance(self.clusters, int) and self.clusters >= 2),
            f"clusters must be 'auto' or a whole number of at least 2, not {self.clusters!r}.",
        )
        _require(
            self.preset in ("quick", "standard", "thorough"),
            f"preset '{self.preset}' is not known: use quick, standard or thorough.",
        )
        _require(
            self.precision in ("auto", "32", "bf16"),
            f"precision '{self.precision}' is not known: use auto, 32 or bf16.",
        )
        _require(
            self.pixels in ("auto", "noisy", "clean"),
            f"pixels '{self.pixels}' is not known: use auto, noisy or clean.",
        )
        _require(0 <= self.count_weight < math.inf, "count_weight must be finite and not negative.")
        _require(self.seed >= 0, "seed must not be negative.")
        _require(self.bin_size is None or self.bin_size > 0, "bin_size must be positive.")

    @classmethod
    def from_preset(cls, preset: Preset = "standard", **changes: Any) -> Self:
        """Return the settings of a preset, with changes to the top-level fields.

        ``quick`` is for a first look (minutes on two cores), ``standard`` for results,
        ``thorough`` for results that are to be published.
        """
        _require(
            preset in ("quick", "standard", "thorough"),
            f"preset '{preset}' is not known: use quick, standard or thorough.",
        )
        parts: dict[str, Any] = {}
        if preset == "quick":
            parts = {
                "denoise": DenoiseConfig(epochs=40),
                "mixture": MixtureConfig(restarts=4, moves=3),
                "train": TrainConfig(pretrain_epochs=2, joint_epochs=4),
            }
        elif preset == "thorough":
            parts = {
                "denoise": DenoiseConfig(epochs=160),
                "mixture": MixtureConfig(restarts=20, moves=100),
                "train": TrainConfig(pretrain_epochs=20, joint_epochs=30),
            }
        return cls(preset=preset, **{**parts, **changes})

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed and validated again."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild what ``to_dict`` wrote; keys of other versions are passed over."""
        known = {f.name for f in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        for name, part in _PARTS.items():
            if isinstance(kept.get(name), dict):
                names = {f.name for f in fields(part)}
                kept[name] = part(**{k: v for k, v in kept[name].items() if k in names})
        if "include" in kept:
            kept["include"] = tuple(kept["include"])
        return cls(**kept)

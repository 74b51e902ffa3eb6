"""Settings of a fit: frozen, validated records, with presets."""

from __future__ import annotations

from dataclasses import asdict, field, fields, is_dataclass, replace
from typing import Annotated, Any, Literal, Self, get_type_hints

from pydantic import Field

from darlc.errors import InputError
from darlc.validated import Number, Text, Texts, Whole, mended, validated

Preset = Literal["quick", "standard", "thorough"]
Precision = Literal["auto", "32", "bf16"]
Pixels = Literal["auto", "noisy", "clean"]

#: The largest seed that every library accepts, with room for seeds derived by adding to it.
MOST_SEED = 2**31 - 1

#: Default of ``model_pixels`` on a CPU.
MODEL_PIXELS = 16_000

#: Default width, in pixels, over which patterns are smoothed for regions of the tissue. On
#: simulated tissues the true regions are found as well without any as with one pixel, and less well
#: with more; on real ones speckles go.
SMOOTHNESS = 1.0

#: Bounds that several settings share. The upper ones are far above useful values, but low enough
#: for memory and arithmetic.
_Count = Annotated[Whole, Field(ge=1, le=1_000_000)]
_CountOrNone = Annotated[Whole, Field(ge=0, le=1_000_000)]
_Width = Annotated[Whole, Field(ge=1, le=4096)]
_Few = Annotated[Whole, Field(ge=1, le=64)]
_Rate = Annotated[Number, Field(gt=0, le=1)]
_Share = Annotated[Number, Field(gt=0, lt=1)]
_Weight = Annotated[Number, Field(ge=0, le=1_000_000)]


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise InputError(sentence)


@validated("denoise")
class DenoiseConfig:
    """The GAT denoiser.

    Parameters
    ----------
    components
        Principal components of the genes that are the features of a pixel.
    width
        Units of the hidden layers; split over the heads.
    heads
        Attention heads of each layer.
    epochs
        Most passes over the tissue; training stops earlier when the held-out error no longer falls.
    mask
        Share of the pixels whose features are masked in a step.
    learning_rate
        Peak of the one-cycle schedule.
    """

    components: Annotated[Whole, Field(ge=2, le=4096)] = 30
    width: _Width = 128
    heads: _Few = 4
    epochs: _Count = 80
    mask: _Share = 0.5
    learning_rate: _Rate = 3e-3

    def __post_init__(self) -> None:
        _require(
            self.width % self.heads == 0,
            f"denoise.width ({self.width}) must be a multiple of denoise.heads ({self.heads}).",
        )


@validated("network")
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

    patch: Annotated[Whole, Field(ge=0, le=1024)] = 0
    width: _Width = 48
    depth: _Few = 2
    heads: _Few = 4
    embedding: Annotated[Whole, Field(ge=0, le=4096)] = 0
    rank: _Width = 8

    def __post_init__(self) -> None:
        _require(
            self.width % (4 * self.heads) == 0,
            f"network.width ({self.width}) must be a multiple of 4 × network.heads ({self.heads}).",
        )
        _require(
            self.embedding != 1, "network.embedding must be at least 2, or 0 to have it chosen."
        )


@validated("mixture")
class MixtureConfig:
    """The Student's t mixture over embeddings.

    Parameters
    ----------
    scale
        Form of the scale matrices.
    dof_min, dof_max
        Bounds of the degrees of freedom; without them the estimate falls to 1.
    restarts
        Random starts of the first fit; that with the best posterior objective is kept.
    moves
        Most split–merge moves that the count observation model may accept.
    starts
        Starts of the search by counts for a given number of clusters, at most four: the mixture and
        k-means on the linear embedding, then on the pretrained one. Each has a library of its own,
        and the likeliest one is kept; with 1, the first two share a library.
    """

    scale: Literal["tied", "spherical", "diagonal", "full"] = "tied"
    dof_min: Annotated[Number, Field(ge=0.01, le=1_000_000)] = 2.0
    dof_max: Annotated[Number, Field(ge=0.01, le=1_000_000)] = 30.0
    restarts: _Count = 10
    moves: _CountOrNone = 40
    starts: Annotated[Whole, Field(ge=1, le=4)] = 4

    def __post_init__(self) -> None:
        _require(
            self.dof_min <= self.dof_max,
            f"mixture.dof_min ({self.dof_min:g}) must be no larger than mixture.dof_max "
            f"({self.dof_max:g}).",
        )


@validated("train")
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
        Peak rate of AdamW for the network that decides which detail consensus patterns keep;
        with 0 a Wiener filter decides.
    """

    pretrain_epochs: _CountOrNone = 8
    joint_epochs: _CountOrNone = 12
    batch: Annotated[Whole, Field(ge=2, le=1_000_000)] = 256
    learning_rate: _Rate = 1e-3
    mask: _Share = 0.5
    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.99
    temperature: Annotated[Number, Field(ge=0.001, le=1000)] = 0.2
    masked: _Weight = 1.0
    contrastive: _Weight = 0.1
    kl: _Weight = 1.0
    likelihood: _Weight = 0.05
    balance: _Weight = 0.05
    pattern_rate: Annotated[Number, Field(ge=0, le=1)] = 1e-2


@validated()
class Config:
    """All settings of a fit.

    Parameters
    ----------
    genes
        Most genes to model, chosen by spatial variability.
    include
        Genes to model whatever their variability.
    clusters
        Number of clusters, or ``"auto"``.
    preset
        Name of the preset that the parts were taken from.
    count_weight
        Weight β of the model of counts, or of other values; 0 is the published model.
    seed
        Seed of every random choice.
    device
        ``"auto"``, or a torch device such as ``"cpu"``, ``"cuda"`` or ``"mps"``.
    precision
        ``"auto"`` uses bf16 where the device supports it natively, else 32 bits.
    bin_size
        Side of a pixel in units of ``obsm["spatial"]`` for free coordinates; None chooses one.
    model_pixels
        Most pixels of the grid that the model learns on; a larger picture is pooled. 0 chooses by
        the device: 16,000 on a CPU and 64,000 on a GPU.
    pixels
        ``"noisy"``, as of spots, beads and cells, or ``"clean"``, as of images of stained tissue;
        ``"auto"`` decides from the data, and treats counts as noisy.
    denoise, network, mixture, train
        The parts, each with its own settings.

    Raises
    ------
    InputError
        A value is out of range; the message names the field.

    Examples
    --------
    >>> config = darlc.Config.from_preset("quick", genes=500, clusters=12)
    >>> config.preset, config.genes
    ('quick', 500)
    >>> config.replace(seed=1).seed
    1
    """

    genes: Annotated[Whole, Field(ge=2, le=1_000_000_000)] = 3000
    include: Texts = ()
    clusters: Literal["auto"] | Annotated[Whole, Field(ge=2, le=1_000_000)] = "auto"
    preset: Preset = "standard"
    count_weight: _Weight = 1.0
    seed: Annotated[Whole, Field(ge=0, le=MOST_SEED)] = 0
    device: Text = "auto"
    precision: Precision = "auto"
    bin_size: Annotated[Number, Field(gt=0)] | None = None
    model_pixels: Annotated[Whole, Field(ge=0, le=10_000_000)] = 0
    pixels: Pixels = "auto"
    denoise: DenoiseConfig = field(default_factory=DenoiseConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    mixture: MixtureConfig = field(default_factory=MixtureConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

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
                "mixture": MixtureConfig(restarts=4, moves=3, starts=1),
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
        """Rebuild what ``to_dict`` wrote; keys of other versions are passed over.

        Raises
        ------
        InputError
            A value is out of range; the message names the field.
        """
        hints = get_type_hints(cls)
        kept = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        for name, value in kept.items():
            if is_dataclass(part := hints[name]) and isinstance(value, dict):
                names = {each.name for each in fields(part)}
                kept[name] = part(**{k: v for k, v in value.items() if k in names})  # type: ignore[operator]
        return cls(**kept)

    @classmethod
    def from_stored(cls, values: dict[str, Any]) -> tuple[Self, tuple[str, ...]]:
        """Rebuild what a file holds, whatever its version allowed.

        Returns
        -------
        config
            With the default in the place of each value that is refused today.
        refused
            A sentence on each of these.
        """
        return mended(cls, values)

"""The masked autoencoder, its position-aware read-out, the projection head and the target."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from darlc.config import NetworkConfig
from darlc.learn.encode.tokens import Tokens


class MaskedAutoencoder(nn.Module):
    """Encoder over visible tokens, a light decoder, and the two heads on top.

    Masked image modelling on a light ViT after He et al. 2022, as the paper's representation
    learning component (Fig. 2). The read-out is ours: pooling over tokens would lose the position
    of a pattern, so every position has weights of its own; and it starts as the projection on the
    leading components of the denoised views, so that training starts from a linear embedding.

    Parameters
    ----------
    tokens
        How tissue pixels are grouped into tokens.
    basis
        (P, D) frozen maps of the tissue; see `darlc.learn.denoise.views`.
    config
        Sizes.
    beside
        Weight of the denoised view in the embedding, relative to the raw one.
    """

    basis: Tensor
    source: Tensor
    tissue: Tensor
    place: Tensor

    def __init__(
        self, tokens: Tokens, basis: Tensor, config: NetworkConfig, beside: float = 1.0
    ) -> None:
        super().__init__()
        self.beside = beside
        width, dimension = config.width, basis.shape[1]
        self.width = width
        self.register_buffer("basis", basis)
        self.register_buffer("source", tokens.source, persistent=False)
        self.register_buffer("tissue", tokens.tissue, persistent=False)
        self.register_buffer("place", _positions(tokens.position, width), persistent=False)
        self.enter = nn.Linear(tokens.source.shape[1], width)
        self.encoder = _blocks(width, config.heads, config.depth)
        self.decoder = _blocks(width, config.heads, 1)
        self.masked_token = nn.Parameter(torch.zeros(width))
        self.leave = nn.Linear(width, tokens.source.shape[1])
        # Position-aware read-out of low rank; its last map starts at zero.
        self.read = nn.Parameter(torch.empty(tokens.n, width, config.rank))
        nn.init.normal_(self.read, std=1.0 / math.sqrt(tokens.n * width))
        self.mix = nn.Linear(config.rank, dimension, bias=False)
        nn.init.zeros_(self.mix.weight)
        self.turn_in = nn.Linear(dimension, config.rank, bias=False)
        self.turn_out = nn.Linear(config.rank, dimension, bias=False)
        nn.init.zeros_(self.turn_out.weight)
        self.project_in = nn.Linear(dimension, 2 * dimension)
        self.project_out = nn.Linear(2 * dimension, dimension)
        nn.init.zeros_(self.project_out.weight)
        nn.init.zeros_(self.project_out.bias)

    @property
    def n_tokens(self) -> int:
        """Number T of tokens."""
        return len(self.source)

    @property
    def dimension(self) -> int:
        """Length D of the embedding."""
        return int(self.basis.shape[1])

    def gather(self, values: Tensor) -> Tensor:
        """Return tokens (B, T, n) of values over tissue pixels (B, P)."""
        return functional.pad(values, (0, 1))[:, self.source]

    def encode(self, values: Tensor, visible: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Embed genes from some of their tokens.

        Parameters
        ----------
        values
            (B, P) standardised values over tissue pixels.
        visible
            (B, V) visible tokens; None for all.

        Returns
        -------
        hidden
            (B, V, width) encoded tokens.
        z
            (B, D) embedding of unit length, before the projection head; 0 for constant values.
        """
        tokens = self.gather(values)
        hidden = self.enter(tokens) + self.place
        # The encoder's output for an empty gene is subtracted: it is common to all genes, and would
        # make weak genes, whose linear part is small, alike.
        empty = self.encoder((self.enter.bias + self.place)[None])
        if visible is None:
            hidden = self.encoder(hidden)
            pooled = torch.einsum("btw,twr->br", hidden - empty, self.read)
            linear = values @ self.basis
        else:
            index = visible[:, :, None].expand(-1, -1, self.width)
            hidden = self.encoder(hidden.gather(1, index))
            # Scale up, as the visible tokens represent all.
            share = self.n_tokens / visible.shape[1]
            content = hidden - empty.expand(len(hidden), -1, -1).gather(1, index)
            spread = torch.zeros_like(tokens[:, :, :1]).expand(-1, -1, self.width)
            spread = torch.scatter(spread, 1, index, content.to(spread.dtype))
            pooled = torch.einsum("btw,twr->br", spread, self.read) * share
            linear = (self._keep(values, visible) @ self.basis) * share
        z = linear + self.turn_out(self.turn_in(linear)) + self.mix(pooled)
        # A constant view has no direction: normalised, it would be rounding errors.
        return hidden, functional.normalize(z * values.any(dim=1, keepdim=True), dim=1)

    def decode(self, hidden: Tensor, visible: Tensor) -> Tensor:
        """Reconstruct all tokens (B, T, n) from encoded visible ones (B, V, width)."""
        full = self.masked_token.expand(len(hidden), self.n_tokens, -1)
        index = visible[:, :, None].expand(-1, -1, hidden.shape[2])
        full = torch.scatter(full, 1, index, hidden.to(full.dtype))
        return self.leave(self.decoder(full + self.place))

    def project(self, z: Tensor) -> Tensor:
        """Return the projected embedding (B, D), of length √D, the input of the mixture.

        The non-linear projection head of the paper (Fig. 2); residual, so that it starts as the
        identity.
        """
        projected = z + self.project_out(functional.gelu(self.project_in(z)))
        return functional.normalize(projected, dim=1) * math.sqrt(self.dimension)

    def forward(self, raw: Tensor, denoised: Tensor) -> Tensor:
        """Return the embedding of genes from both views, (B, D), which is clustered and saved."""
        _, z_raw = self.encode(raw)
        _, z_denoised = self.encode(denoised)
        return self.project(functional.normalize(z_raw + self.beside * z_denoised, dim=1))

    def _keep(self, values: Tensor, visible: Tensor) -> Tensor:
        """Return values with every tissue pixel outside the visible tokens at 0."""
        kept = torch.zeros(len(values), values.shape[1] + 1, device=values.device)
        pixels = self.source[visible].flatten(1)
        kept.scatter_(1, pixels, 1.0)
        return values * kept[:, :-1]


class Target(nn.Module):
    """The momentum target encoder: a moving average of the online network, without gradient.

    Parameters
    ----------
    online
        The network that learns.
    momentum
        Decay of the moving average.
    """

    def __init__(self, online: MaskedAutoencoder, momentum: float) -> None:
        super().__init__()
        self.network = copy.deepcopy(online).requires_grad_(False)
        self.momentum = momentum

    @torch.no_grad()
    def update(self, online: MaskedAutoencoder) -> None:
        """Update the moving average with the online network."""
        for mine, theirs in zip(self.network.parameters(), online.parameters(), strict=True):
            mine.lerp_(theirs, 1.0 - self.momentum)

    @torch.no_grad()
    def forward(self, denoised: Tensor) -> Tensor:
        """Return the positive of every gene: its projected denoised view, (B, D)."""
        _, z = self.network.encode(denoised)
        return self.network.project(z)


def _blocks(width: int, heads: int, depth: int) -> nn.Module:
    layer = nn.TransformerEncoderLayer(
        width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    return nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(width), enable_nested_tensor=False)


def _positions(position: Tensor, width: int) -> Tensor:
    """Return fixed sine–cosine position embeddings of tokens, (T, width)."""
    frequency = torch.exp(torch.arange(width // 4) * (-math.log(100.0) / (width // 4)))
    parts = []
    for axis in (0, 1):
        angle = position[:, axis, None].float() * frequency
        parts += [torch.sin(angle), torch.cos(angle)]
    return torch.cat(parts, dim=1)

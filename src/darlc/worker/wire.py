"""Messages between viewer and worker: events, images, settings and results.

Everything becomes a header of plain values and named numeric arrays, so that reading a message
can never run code. The annotated data are not sent: the viewer has them already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy import sparse

from darlc.config import Config
from darlc.events import (
    Denoised,
    Devices,
    Estimated,
    Event,
    Failed,
    Finished,
    Losses,
    Memberships,
    Progress,
    Started,
)
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.results.denoised_views import DenoisedViews, Factors, GeneViews
from darlc.results.result import Result
from darlc.worker.messages import Arrays

Header = dict[str, Any]
Message = tuple[Header, Arrays]


def encode(event: Event) -> Message:
    """Return an event as a header, whose ``"event"`` names its type, and arrays."""
    header, arrays = _ENCODERS[type(event)](event)
    return {"event": type(event).__name__, **header}, arrays


def decode(header: Header, arrays: Arrays) -> Event:
    """Rebuild the event of a message of ``encode``.

    Raises
    ------
    ValueError
        The message holds no event.
    """
    decoder = _DECODERS.get(str(header.get("event")))
    if decoder is None:
        raise ValueError(f"a message without a known event: {sorted(header)}")
    return decoder(header, arrays)


def pack_images(images: SGEPImages) -> Message:
    """Return SGEP images as a message."""
    matrix = images.matrix
    header = {
        "shape": list(matrix.shape),
        "gene_names": images.gene_names.tolist(),
        "values": images.values,
        "notes": list(images.notes),
        "grid": _grid_header(images.grid),
    }
    arrays = {
        "data": matrix.data,
        "indices": matrix.indices,
        "indptr": matrix.indptr,
        "observation_pixel": images.observation_pixel,
        # A selection keeps the library of all genes, so it cannot be recomputed.
        "library": images.library,
        **_grid_arrays(images.grid),
    }
    return header, arrays


def unpack_images(header: Header, arrays: Arrays) -> SGEPImages:
    """Rebuild SGEP images."""
    rows, columns = header["shape"]
    images = SGEPImages(
        matrix=sparse.csc_array(
            (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(rows, columns)
        ),
        grid=_grid(header["grid"], arrays),
        gene_names=np.array(header["gene_names"], dtype=np.str_),
        observation_pixel=arrays["observation_pixel"],
        values=header["values"],
        notes=tuple(header["notes"]),
    )
    images.__dict__["library"] = arrays["library"]
    return images


def pack_result(result: Result) -> Message:
    """Return a result, without its annotated data, as a message."""
    facts, views = _pack_views(result.denoised)
    header = {
        **facts,
        "pooling": result.pooling,
        "gene_names": result.gene_names.tolist(),
        "grid": _grid_header(result.grid),
        "config": result.config.to_dict(),
        "stage": result.stage,
        "stopped": result.stopped,
        "device": result.device,
        "fingerprint": result.fingerprint,
        "notes": list(result.notes),
        "timings": result.timings,
        "versions": result.versions,
        "cluster_names": list(result.cluster_names),
        "cluster_colours": list(result.cluster_colours),
    }
    arrays: Arrays = {
        "embedding": result.embedding,
        "membership": result.membership,
        "drawing": result.drawing,
        **views,
        "observation_pixel": result.observation_pixel,
        "weights": np.frombuffer(result.weights, dtype=np.uint8),
        **_grid_arrays(result.grid),
    }
    for group in ("history", "mixture"):
        values = getattr(result, group)
        header[group] = list(values)
        arrays |= {f"{group}/{name}": value for name, value in values.items()}
    return header, arrays


def unpack_result(header: Header, arrays: Arrays) -> Result:
    """Rebuild a result; its annotated data are None."""
    groups: dict[str, Any] = {
        group: {name: arrays[f"{group}/{name}"] for name in header[group]}
        for group in ("history", "mixture")
    }
    return Result(
        gene_names=np.array(header["gene_names"], dtype=np.str_),
        embedding=arrays["embedding"],
        membership=arrays["membership"],
        denoised=_unpack_views(header, arrays),
        drawing=arrays["drawing"],
        pooling=header["pooling"],
        grid=_grid(header["grid"], arrays),
        observation_pixel=arrays["observation_pixel"],
        config=Config.from_dict(header["config"]),
        stage=header["stage"],
        stopped=header["stopped"],
        device=header["device"],
        fingerprint=header["fingerprint"],
        notes=tuple(header["notes"]),
        timings=header["timings"],
        weights=arrays["weights"].tobytes(),
        versions=header["versions"],
        cluster_names=tuple(header["cluster_names"]),
        cluster_colours=tuple(header["cluster_colours"]),
        **groups,
    )


def pack_request(
    images: SGEPImages, config: Config, state: str = "", resume: bool = False
) -> Message:
    """Return the request to train on images; ``state`` and ``resume`` are those of `train`."""
    header, arrays = pack_images(images)
    kept = {"state": state, "resume": resume} if state else {}
    return {"do": "train", "images": header, "config": config.to_dict(), "kept": kept}, arrays


def unpack_request(header: Header, arrays: Arrays) -> tuple[SGEPImages, Config, dict[str, Any]]:
    """Rebuild the images and settings of a training request, and where its state is kept."""
    config = Config.from_dict(header["config"])
    return unpack_images(header["images"], arrays), config, dict(header["kept"])


def _pack_views(views: GeneViews) -> Message:
    """Return denoised views as a message: their factors, or the views themselves."""
    if not isinstance(views, DenoisedViews):
        return {"link": ""}, {"denoised": np.asarray(views)}
    factors = views.factors
    return {"link": factors.link}, {
        name: getattr(factors, name) for name in ("programmes", "coefficients", "mean", "share")
    }


def _unpack_views(header: Header, arrays: Arrays) -> GeneViews:
    if not header["link"]:
        return arrays["denoised"]
    parts = {name: arrays[name] for name in ("programmes", "coefficients", "mean", "share")}
    return DenoisedViews(Factors(**parts, link=header["link"]))


def _grid_header(grid: Grid) -> Header:
    return {"layout": grid.layout, "stagger": grid.stagger, "microns": grid.microns}


def _grid_arrays(grid: Grid) -> Arrays:
    return {"mask": grid.mask, "affine": grid.affine}


def _grid(header: Header, arrays: Arrays) -> Grid:
    return Grid(mask=arrays["mask"], affine=arrays["affine"], **header)


_ENCODERS: dict[type, Callable[[Any], Message]] = {
    Devices: lambda event: ({"names": list(event.names)}, {}),
    Estimated: lambda event: (asdict(event), {}),
    Started: lambda event: (
        {"device": event.device, "notes": list(event.notes)},
        {"genes": event.genes},
    ),
    Progress: lambda event: (asdict(event), {}),
    Losses: lambda event: (asdict(event), {}),
    Denoised: lambda event: _pack_views(event.views),
    Memberships: lambda event: (
        {"stage": event.stage, "patternless": event.patternless},
        {"membership": event.membership},
    ),
    Finished: lambda event: pack_result(event.result),
    Failed: lambda event: ({"message": event.message}, {}),
}

_DECODERS: dict[str, Callable[[Header, Arrays], Event]] = {
    "Devices": lambda header, _: Devices(tuple(header["names"])),
    "Estimated": lambda header, _: Estimated(header["memory"], header["seconds"]),
    "Started": lambda header, arrays: Started(
        header["device"], arrays["genes"], tuple(header["notes"])
    ),
    "Progress": lambda header, _: Progress(
        header["stage"], header["step"], header["total"], header["seconds_left"]
    ),
    "Losses": lambda header, _: Losses(header["stage"], header["epoch"], header["values"]),
    "Denoised": lambda header, arrays: Denoised(_unpack_views(header, arrays)),
    "Memberships": lambda header, arrays: Memberships(
        header["stage"], arrays["membership"], header["patternless"]
    ),
    "Finished": lambda header, arrays: Finished(unpack_result(header, arrays)),
    "Failed": lambda header, _: Failed(header["message"]),
}

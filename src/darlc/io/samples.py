"""Public sample datasets: downloaded on request with resumption, verified, and cached."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, ReadOptions
from darlc.errors import InputError

if TYPE_CHECKING:
    import requests

#: Seconds to wait for a server to answer, and between two chunks of a file.
_PATIENCE = (10, 30)
_PIECE = 1 << 17
_PART = ".part"


@dataclass(frozen=True)
class SampleFile:
    """A file of a public dataset.

    Parameters
    ----------
    name
        Name in the sample's folder.
    sha256
        Hash of its content.
    urls
        Addresses, which are tried in this order.
    unpack
        Whether it is a tar archive, to be unpacked into the folder.
    """

    name: str
    sha256: str
    urls: tuple[str, ...]
    unpack: bool = False


@dataclass(frozen=True)
class Sample:
    """A public dataset.

    Parameters
    ----------
    key
        Short name, also of its folder.
    title
        Title for a menu.
    source
        Authors of the data.
    files
        Files to download.
    opens
        Name of the file that is opened; empty for the folder.
    section
        Column of ``obs`` that separates sections, of which only that with the most observations is
        shown.
    """

    key: str
    title: str
    source: str
    files: tuple[SampleFile, ...]
    opens: str = ""
    section: str = ""


@dataclass(frozen=True)
class FetchProgress:
    """Progress of a download.

    Parameters
    ----------
    file, n_files
        Number of the current file, from 1, and of all files.
    done, total
        Bytes of this file so far, and in all; 0 where the server does not state the size.
    """

    file: int
    n_files: int
    done: int
    total: int


# Addresses and hashes are those that the dataset registry of squidpy publishes.
_MIRROR = "https://scverse-exampledata.s3.amazonaws.com/squidpy"
_FIGSHARE = "https://ndownloader.figshare.com/files"
_TENX = "https://cf.10xgenomics.com/samples/spatial-exp/1.1.0"


def _h5ad(name: str, figshare: int, sha256: str) -> SampleFile:
    urls = (f"{_MIRROR}/figshare/{name}", f"{_FIGSHARE}/{figshare}")
    return SampleFile(name, sha256, urls)


def _tenx(sample: str, part: str, sha256: str) -> SampleFile:
    path = f"{sample}/{sample}_{part}"
    urls = (f"{_MIRROR}/10x_genomics/{path}", f"{_TENX}/{path}")
    return SampleFile(part, sha256, urls, unpack=part.endswith(".tar.gz"))


SAMPLES = {
    sample.key: sample
    for sample in (
        Sample(
            "visium_mouse_brain",
            "Mouse brain, Visium",
            "10x Genomics, V1_Adult_Mouse_Brain",
            (
                _tenx(
                    "V1_Adult_Mouse_Brain",
                    "filtered_feature_bc_matrix.h5",
                    "eb78379e02dcf48036abf05b67233e73ecb0d880787feb82f76ff16f6ce01eb3",
                ),
                _tenx(
                    "V1_Adult_Mouse_Brain",
                    "spatial.tar.gz",
                    "46d6b05ba740f232d6bf4b27b9a8846815851e000985fb878f1364bab04e5bd4",
                ),
            ),
        ),
        Sample(
            "merfish_hypothalamus",
            "Mouse hypothalamus, MERFISH",
            "Moffitt et al. 2018, as prepared for squidpy",
            (
                _h5ad(
                    "merfish.h5ad",
                    28169379,
                    "371723d48413ba76aba49ccf7ea24867b1db940529216fe2902484f5c2a48904",
                ),
            ),
            opens="merfish.h5ad",
            section="Bregma",
        ),
        Sample(
            "slideseq_hippocampus",
            "Mouse hippocampus, Slide-seqV2",
            "Stickels et al. 2021, as prepared for squidpy",
            (
                _h5ad(
                    "slideseqv2.h5ad",
                    28242783,
                    "224a0f2b3d4f6c0ac1583c93bb6bfa910a986df82302c4a927d61883b8b63d8b",
                ),
            ),
            opens="slideseqv2.h5ad",
        ),
    )
}


def fetch(sample: Sample, folder: Path | None = None) -> Generator[FetchProgress, None, Path]:
    """Download the files of a sample that are not in the cache yet.

    Closing the generator stops it; data that have arrived are not downloaded again.

    Parameters
    ----------
    sample
        The sample to download.
    folder
        Folder of all samples; the user's cache by default.

    Yields
    ------
    FetchProgress
        After every chunk.

    Returns
    -------
    Path
        The file or folder to open.

    Raises
    ------
    InputError
        It cannot be downloaded or stored, or differs from what was published.
    """
    import pooch  # type: ignore[import-untyped]

    home = (pooch.os_cache("napari-darlc") if folder is None else folder) / sample.key
    try:
        home.mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(sample.files, 1):
            for done, total in _fetch_file(sample, file, home):
                yield FetchProgress(number, len(sample.files), done, total)
    except OSError as error:
        raise InputError(
            f"{sample.title} could not be kept in {home} ({error.strerror or error}): "
            "free some space or allow writing there."
        ) from error
    return home / sample.opens if sample.opens else home


def read_sample(sample: Sample, path: Path) -> Dataset:
    """Open a downloaded sample; of several sections, the one with the most observations."""
    from darlc.io.registry import open_dataset

    dataset = open_dataset(path, ReadOptions(section=sample.section))
    return replace(dataset, notes=(f"Source: {sample.source}.", *dataset.notes))


def _fetch_file(sample: Sample, file: SampleFile, home: Path) -> Iterator[tuple[int, int]]:
    """Download a file from the first address that has it; yields bytes done and in all."""
    import pooch  # type: ignore[import-untyped]
    import requests

    pooch.get_logger().setLevel("WARNING")
    target, part = home / file.name, home / (file.name + _PART)
    complaint = ""
    # A partial file of an earlier try may be wrong: try once more without it.
    for url in (*file.urls, file.urls[0]):
        try:
            if not _is_complete(target, file):
                yield from _download(url, part)
            pooch.retrieve(
                url,
                known_hash=f"sha256:{file.sha256}",
                fname=file.name,
                path=home,
                downloader=lambda url, output, _: shutil.move(part, output),
                processor=pooch.Untar(extract_dir=".") if file.unpack else None,
            )
        except requests.exceptions.RequestException as error:
            complaint = complaint or _explain(sample, error)
        except ValueError:  # pooch raises it on a wrong hash
            part.unlink(missing_ok=True)
            complaint = (
                f"{sample.title} arrived damaged or was replaced by something else: "
                "it was deleted; try again later."
            )
        else:
            return
    raise InputError(complaint)


def _is_complete(target: Path, file: SampleFile) -> bool:
    import pooch  # type: ignore[import-untyped]

    return target.is_file() and pooch.file_hash(str(target)) == file.sha256


def _download(url: str, part: Path) -> Iterator[tuple[int, int]]:
    """Download the missing part of a file; yields bytes done and in all."""
    import requests

    have = part.stat().st_size if part.exists() else 0
    # With compression, a download has no known size and cannot be resumed.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, stream=True, headers=headers, timeout=_PATIENCE) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # it is complete; the hash is checked afterwards
        response.raise_for_status()
        resumed = response.status_code == requests.codes.partial_content
        have = have if resumed else 0
        length = int(response.headers.get("Content-Length", 0))
        total = have + length if length else 0
        if length > shutil.disk_usage(part.parent).free:
            raise OSError(f"{length / 1e6:.0f} MB are needed")
        with part.open("ab" if resumed else "wb") as file:
            for piece in response.iter_content(_PIECE):
                file.write(piece)
                have += len(piece)
                yield have, total
    if have < total:
        raise requests.exceptions.ConnectionError("the connection was cut")


def _explain(sample: Sample, error: requests.exceptions.RequestException) -> str:
    if error.response is not None:
        reason = f"its server answered {error.response.status_code}"
        advice = "try again later"
    else:
        reason = "its server cannot be reached"
        advice = "check that this machine is online, and open it again: what has arrived is kept"
    return f"{sample.title} could not be downloaded, {reason}: {advice}."

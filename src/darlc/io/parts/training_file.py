"""Files that keep a training which is not finished, so that it can be continued.

Nothing in them can run code: a safetensors file, with all values that are not arrays as JSON in its
header. A file has its name only once it is complete, so that whatever ends a training leaves the
last state that was written.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from darlc.config import Config
from darlc.errors import InputError

#: Of the layout; other ones are refused.
_VERSION = 1
#: Of the files' names.
SUFFIX = ".training"
_ABOUT, _ARRAY, _MAPPING = "training", "array", "mapping"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Summary:
    """What a file keeps of a training that is not finished, without what was learned.

    Parameters
    ----------
    stage
        The stage that it was in.
    epoch
        Epochs of that stage that were done.
    fingerprint
        Of the images that are learnt from; see `SGEPImages.fingerprint`.
    config
        Settings of the fit, as ``Config.to_dict`` returns them.
    """

    stage: str
    epoch: int
    fingerprint: str
    config: Mapping[str, Any]

    @property
    def reached(self) -> str:
        """How far it came, in words."""
        return f"epoch {self.epoch} of {self.stage}" if self.epoch else f"the end of {self.stage}"

    def check(self, fingerprint: str, config: Config, path: Path) -> None:
        """Check that it is a training on these images with these settings.

        Parameters
        ----------
        fingerprint, config
            Of the fit that is to be continued.
        path
            Where it was read from, for the message.

        Raises
        ------
        InputError
            It is not; the message says what differs.
        """
        if self.fingerprint != fingerprint:
            raise InputError(
                f"{path} keeps a training on other data: open the data that it was training on, or "
                "delete this file to begin anew."
            )
        if differing := _differing(self.config, _as_stored(config.to_dict())):
            raise InputError(
                f"{path} keeps a training with other settings ({', '.join(differing)}): repeat its "
                "settings, or delete this file to begin anew."
            )


@dataclass(frozen=True, eq=False)
class Training(Summary):
    """A training that is not finished.

    Parameters
    ----------
    stage, epoch, fingerprint, config
        See `Summary`.
    values
        Everything else, by name: mappings, lists, numbers, texts and arrays within one another.
    """

    values: Mapping[str, Any]


def training_path(out: Path) -> Path:
    """Return where the training is kept whose result is written to a path."""
    return out.with_name(out.name + SUFFIX)


def write_training(path: Path, training: Training) -> None:
    """Write a training, in the place of an earlier state of it.

    Raises
    ------
    OSError
        It cannot be written; what was there before is unchanged.
    """
    arrays: Arrays = {}
    about = {
        "version": _VERSION,
        "program": _darlc_version(),
        "stage": training.stage,
        "epoch": training.epoch,
        "fingerprint": training.fingerprint,
        "config": training.config,
        "values": _described(training.values, arrays),
        "checksum": checksum(arrays),
    }
    data = save(arrays, {_ABOUT: json.dumps(about)})
    # One name only, so that a process that is killed here leaves a file that the next one replaces.
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def read_training(path: Path) -> Training:
    """Read a training.

    Raises
    ------
    InputError
        The file cannot be read, is damaged, or is of another version.
    """
    with _reading(path) as (opened, about):
        arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if about["checksum"] != checksum(arrays):
            raise ValueError("a part of it has changed since it was written")
        return Training(**_summary(about), values=dict(_rebuilt(about["values"], arrays)))


def read_summary(path: Path) -> Summary:
    """Read which training a file keeps, and none of its arrays, so that its size does not matter.

    Raises
    ------
    InputError
        As of `read_training`, but damage in the arrays is not noticed.
    """
    with _reading(path) as (_, about):
        return Summary(**_summary(about))


@contextmanager
def _reading(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Open a file of this version, and yield it with its header."""
    try:
        with safe_open(path, framework="numpy") as opened:
            about = json.loads((opened.metadata() or {})[_ABOUT])
            if about["version"] != _VERSION or about["program"] != _darlc_version():
                raise InputError(
                    f"{path} keeps a training of another version of darlc ({about['program']}, "
                    f"this is {_darlc_version()}): continue it there, or delete this file to "
                    "begin anew."
                )
            yield opened, about
    except InputError:  # which is a ValueError
        raise
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from error


def _summary(about: dict[str, Any]) -> dict[str, Any]:
    return {
        "stage": str(about["stage"]),
        "epoch": int(about["epoch"]),
        "fingerprint": str(about["fingerprint"]),
        "config": dict(about["config"]),
    }


def damaged(path: Path, error: Exception) -> InputError:
    """Return the error of a file that does not hold a whole training."""
    return InputError(
        f"{path} does not hold a whole training ({error}): delete this file to begin anew."
    )


def remove_training(path: Path) -> None:
    """Delete a training that is not needed any more, and what a killed process left of it."""
    for each in (path, _temporary(path)):
        with suppress(OSError):
            each.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _darlc_version() -> str:
    try:
        return importlib.metadata.version("napari-darlc")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _as_stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON returns them: tuples are lists."""
    return dict(json.loads(json.dumps(values)))


def _differing(one: Mapping[str, Any], other: Mapping[str, Any], above: str = "") -> list[str]:
    """Return the names of settings that differ, with those of their parts."""
    names: list[str] = []
    for name in sorted({*one, *other}):
        mine, theirs = one.get(name), other.get(name)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            names += _differing(mine, theirs, f"{above}{name}.")
        elif mine != theirs:
            names.append(f"{above}{name}")
    return names


def checksum(arrays: Arrays) -> int:
    """Return a number that tells whether any of the arrays, all of which are read, has changed."""
    total = 0
    for name in sorted(arrays):
        total = zlib.crc32(arrays[name].tobytes(), total)
    return total


def _described(value: Any, arrays: Arrays) -> Any:
    """Return values for JSON; arrays are put into ``arrays`` and named."""
    if isinstance(value, np.ndarray):
        name = str(len(arrays))
        arrays[name] = np.asarray(value, order="C")
        return {_ARRAY: name}
    if isinstance(value, Mapping):
        # As pairs, because keys need not be texts.
        return {_MAPPING: [[key, _described(each, arrays)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [_described(each, arrays) for each in value]
    return value


def _rebuilt(value: Any, arrays: Arrays) -> Any:
    """Return what ``_described`` was given; tuples are lists."""
    if isinstance(value, dict):
        if _ARRAY in value:
            return arrays[value[_ARRAY]]
        return {key: _rebuilt(each, arrays) for key, each in value[_MAPPING]}
    if isinstance(value, list):
        return [_rebuilt(each, arrays) for each in value]
    return value

"""Which genes share a spatial pattern: DARLC for spatial transcriptomics.

Importing this package is cheap: what a name needs is imported when the name is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darlc.api import denoise as denoise
    from darlc.api import fit as fit
    from darlc.config import Config as Config
    from darlc.data.dataset import ReadOptions as ReadOptions
    from darlc.data.images import SGEPImages as SGEPImages
    from darlc.data.images import rasterize as rasterize
    from darlc.data.io import read as read
    from darlc.data.result import Result as Result
    from darlc.data.result_file import load as load
    from darlc.learn.mixture import StudentMixture as StudentMixture
    from darlc.learn.train import train as train
    from darlc.simulate import simulate as simulate

    __version__: str

_HOMES = {
    "Config": "darlc.config",
    "ReadOptions": "darlc.data.dataset",
    "Result": "darlc.data.result",
    "SGEPImages": "darlc.data.images",
    "StudentMixture": "darlc.learn.mixture",
    "denoise": "darlc.api",
    "fit": "darlc.api",
    "load": "darlc.data.result_file",
    "rasterize": "darlc.data.images",
    "read": "darlc.data.io",
    "simulate": "darlc.simulate",
    "train": "darlc.learn.train",
}

__all__ = [
    "Config",
    "ReadOptions",
    "Result",
    "SGEPImages",
    "StudentMixture",
    "__version__",
    "denoise",
    "fit",
    "load",
    "rasterize",
    "read",
    "simulate",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        try:
            return version("napari-darlc")
        except PackageNotFoundError:  # run from a checkout that is not installed
            return "0+unknown"
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'darlc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Face(ModuleType):
    """The package, whose ``simulate`` stays the function.

    Importing the module of the same name would put the module in the function's place.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face

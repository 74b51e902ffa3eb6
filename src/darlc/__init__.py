"""Which genes share a spatial pattern: DARLC for spatial transcriptomics.

Importing this package is cheap: what a name needs is imported when the name is first used. The
names in ``__all__`` are the ones to script against: none of them changes or goes without a
version in which the old way still works and says what to use instead.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from darlc.deprecations import understand_old_names

if TYPE_CHECKING:
    from darlc import events as events
    from darlc import explore as explore
    from darlc import metrics as metrics
    from darlc import plots as plots
    from darlc import report as report
    from darlc.api import denoise as denoise
    from darlc.api import fit as fit
    from darlc.api import fit_study as fit_study
    from darlc.config import Config as Config
    from darlc.data.dataset import Dataset as Dataset
    from darlc.data.dataset import DataWarning as DataWarning
    from darlc.data.dataset import ReadOptions as ReadOptions
    from darlc.errors import InputError as InputError
    from darlc.errors import TrainingError as TrainingError
    from darlc.images.sgep_images import SGEPImages as SGEPImages
    from darlc.images.sgep_images import rasterize as rasterize
    from darlc.io import read as read
    from darlc.io.format import Format as Format
    from darlc.io.registry import register_format as register_format
    from darlc.io.study.sections import read_study as read_study
    from darlc.io.study.study_file import load as load
    from darlc.learn.cluster.mixture.student_t import StudentMixture as StudentMixture
    from darlc.learn.train.run import train as train
    from darlc.results.result import Result as Result
    from darlc.results.study import StudyResult as StudyResult
    from darlc.simulation.study import simulate_study as simulate_study
    from darlc.simulation.tissue import simulate as simulate
    from darlc.simulation.without_counts import simulate_values as simulate_values

    __version__: str

_HOMES = {
    "Config": "darlc.config",
    "DataWarning": "darlc.data.dataset",
    "Dataset": "darlc.data.dataset",
    "Format": "darlc.io.format",
    "InputError": "darlc.errors",
    "ReadOptions": "darlc.data.dataset",
    "Result": "darlc.results.result",
    "SGEPImages": "darlc.images.sgep_images",
    "StudentMixture": "darlc.learn.cluster.mixture.student_t",
    "StudyResult": "darlc.results.study",
    "TrainingError": "darlc.errors",
    "denoise": "darlc.api",
    "fit": "darlc.api",
    "fit_study": "darlc.api",
    "load": "darlc.io.study.study_file",
    "rasterize": "darlc.images.sgep_images",
    "read": "darlc.io",
    "read_study": "darlc.io.study.sections",
    "register_format": "darlc.io.registry",
    "simulate": "darlc.simulation.tissue",
    "simulate_study": "darlc.simulation.study",
    "simulate_values": "darlc.simulation.without_counts",
    "train": "darlc.learn.train.run",
}
_MODULES = {"events", "explore", "metrics", "plots", "report"}

__all__ = [
    "Config",
    "DataWarning",
    "Dataset",
    "Format",
    "InputError",
    "ReadOptions",
    "Result",
    "SGEPImages",
    "StudentMixture",
    "StudyResult",
    "TrainingError",
    "__version__",
    "denoise",
    "events",
    "explore",
    "fit",
    "fit_study",
    "load",
    "metrics",
    "plots",
    "rasterize",
    "read",
    "read_study",
    "register_format",
    "report",
    "simulate",
    "simulate_study",
    "simulate_values",
    "train",
]


understand_old_names()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        try:
            return version("napari-darlc")
        except PackageNotFoundError:  # run from a checkout that is not installed
            return "0+unknown"
    if name in _MODULES:
        return import_module(f"darlc.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'darlc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

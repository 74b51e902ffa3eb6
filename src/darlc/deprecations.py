"""Modules that were moved: scripts that import them by their old names still work, and are told.

A function or class that is to go is marked with ``typing_extensions.deprecated`` instead, which
type checkers know. Either way the message says what to use instead, and with which version the
old name goes.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple


class Moved(NamedTuple):
    """Where the names of a module are now.

    Parameters
    ----------
    module
        The module that has them.
    goes
        Version of darlc in which the old name is no longer understood.
    """

    module: str
    goes: str


#: Modules by the names that scripts may know them by.
MOVED = {
    "darlc.data.images": Moved("darlc.images.sgep_images", goes="0.3"),
    "darlc.data.io": Moved("darlc.io", goes="0.3"),
    "darlc.data.result": Moved("darlc.results.result", goes="0.3"),
    "darlc.data.result_file": Moved("darlc.io.result_file", goes="0.3"),
    "darlc.learn.mixture": Moved("darlc.learn.cluster.mixture.student_t", goes="0.3"),
}


class MovedModules(MetaPathFinder, Loader):
    """Makes a module for each old name; it takes every attribute from the new one."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what loads a module that was moved; None for any other."""
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        """Give a module its attributes, each of which is looked up when it is asked for."""
        name = module.__name__
        module.__doc__ = f"Deprecated: see `{MOVED[name].module}`."
        # Set, not defined: type checkers would take the annotation of ModuleType for it.
        vars(module)["__getattr__"] = _attributes(name)


def understand_old_names() -> None:
    """Have the names in `MOVED` imported like any others."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        # Last: it is asked only about what is nowhere else.
        sys.meta_path.append(MovedModules())


def _attributes(old: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module that was moved."""

    def look_up(name: str) -> Any:
        # Asked for by the import system and by tools: they are no names of users.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        new, goes = MOVED[old]
        home = import_module(new)
        if name == "__all__":  # for ``import *``, which then asks for each name
            return getattr(home, name, [each for each in vars(home) if each[0] != "_"])
        if not hasattr(home, name):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        value = getattr(home, name)
        public = import_module("darlc")
        if name in public.__all__ and getattr(public, name) is value:
            new = public.__name__
        # What is deprecated itself says more than where it is.
        said = f"{old}.{name} is now {new}.{name}: the old name goes with darlc {goes}."
        warnings.warn(getattr(value, "__deprecated__", said), DeprecationWarning, stacklevel=2)
        return value

    return look_up

"""Where the sections of a study are computed: here one after the other, or by workers.

A section's data stay where they are, and functions come to them: what couples sections are sums,
so that only statistics travel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from darlc.learn import on_disk

#: What is kept of a section, here or by a worker.
Handle = Any


class Tasks(Protocol):
    """Computes functions of sections. Functions are of a module, so that a worker finds them."""

    def keep(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Handle]:
        """Return handles of what a function returns for each section, which stays there.

        Parameters
        ----------
        function
            Called for each section; without side effects, as it is called again after a loss.
        columns
            An argument each, with one value a section, which may be a handle.
        """

    def get(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
        """Return what a function returns for each section; see ``keep``."""

    def run(
        self, function: Callable[..., Iterator[Any]], *columns: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Yield what a generator yields for each section, with the section's number.

        Of sections that workers compute, only what is yielded last. See ``keep``.
        """


class InProcess:
    """Computes sections in this process, one after the other.

    What is large of those that nothing is computed of is in files; see `darlc.learn.on_disk`.
    """

    def keep(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Handle]:
        """Return what a function returns for each section, or where it is; see `Tasks`."""
        return [on_disk.keep(function, *row) for row in zip(*columns, strict=True)]

    def get(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
        """Return what a function returns for each section; see `Tasks`."""
        return [on_disk.call(function, *row) for row in zip(*columns, strict=True)]

    def run(
        self, function: Callable[..., Iterator[Any]], *columns: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Yield what a generator yields for each section; see `Tasks`."""
        for number, row in enumerate(zip(*columns, strict=True)):
            for each in on_disk.call(function, *row):
                yield number, each

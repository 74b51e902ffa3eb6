"""What nobody waits for is done once the user rests, so that walking through genes stays quick."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from superqt.utils import qdebounced

#: Milliseconds without news after which the user is taken to rest.
PAUSE = 120


class Resting:
    """Tasks that wait for a pause; of tasks with the same key the newest is the only one done."""

    def __init__(self) -> None:
        self._due: dict[Hashable, Callable[[], object]] = {}
        self._start = qdebounced(self.catch_up, timeout=PAUSE)

    def later(self, key: Hashable, task: Callable[[], object]) -> None:
        """Do a task once nothing has been put off for ``PAUSE``."""
        self._due[key] = task
        self._start()

    def catch_up(self) -> None:
        """Do what waits, now."""
        due, self._due = self._due, {}
        for task in due.values():
            task()

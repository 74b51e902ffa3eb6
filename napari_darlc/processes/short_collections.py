"""Full collections of Python's garbage, which are kept short while a training runs."""

from __future__ import annotations

import gc
from weakref import WeakSet


class ShortCollections:
    """Keeps full collections short while somebody asks for it.

    Python looks for garbage among all objects at once, on the thread that happened to make another
    one. A viewer has hundreds of thousands of objects, nearly all of them parts of modules: on two
    cores that takes a quarter of a second, in which the window stands still. What is there when
    the first one asks is left out of the search; it is looked at again once the last one has ended,
    so that garbage among it is not kept for longer than that.

    Where a program has left objects out by itself, nothing is changed.
    """

    def __init__(self) -> None:
        self._asking: WeakSet[object] = WeakSet()
        self._frozen = False

    def ask(self, who: object) -> None:
        """Keep collections short until ``end`` is called for the same object."""
        if not self._asking and gc.get_freeze_count() == 0:
            gc.freeze()
            self._frozen = True
        self._asking.add(who)

    def end(self, who: object) -> None:
        """Say that an object does not ask any more; one that has not asked is ignored."""
        self._asking.discard(who)
        if not self._asking and self._frozen:
            gc.unfreeze()
            self._frozen = False


#: The one of this process, as Python has one search for garbage.
short_collections = ShortCollections()

"""How long tests of windows wait for what they expect."""

from __future__ import annotations

from functools import partialmethod

from pytestqt.qtbot import QtBot
from qtpy.QtCore import QThreadPool

#: Milliseconds that a busy machine may need for anything that a test waits for. A wait ends as soon
#: as it can, so that this is paid only where a test fails.
PATIENCE = 120_000


class PatientQtBot(QtBot):
    """A QtBot whose waits last up to `PATIENCE`, unless a test says otherwise."""

    waitUntil = partialmethod(QtBot.waitUntil, timeout=PATIENCE)
    waitSignal = partialmethod(QtBot.waitSignal, timeout=PATIENCE)
    waitSignals = partialmethod(QtBot.waitSignals, timeout=PATIENCE)
    waitCallback = partialmethod(QtBot.waitCallback, timeout=PATIENCE)
    waitExposed = partialmethod(QtBot.waitExposed, timeout=PATIENCE)
    waitActive = partialmethod(QtBot.waitActive, timeout=PATIENCE)


def no_thread_works() -> bool:
    """Return whether all work off the GUI thread is done; its answers may still be on their way."""
    pool = QThreadPool.globalInstance()
    assert pool is not None
    return bool(pool.activeThreadCount() == 0)

"""Ctrl+C once asks for a stop, twice interrupts, and afterwards it is as it was."""

from __future__ import annotations

import signal
import threading

import pytest

from darlc.interrupts import stoppable


def test_once_asks_and_twice_interrupts(capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stoppable() as asked:
        assert not asked()
        signal.raise_signal(signal.SIGINT)
        assert asked()
        assert "stopping; what was learned so far is kept" in capsys.readouterr().err
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_nobody_asks_outside_the_main_thread():
    found = []

    def work():
        with stoppable() as asked:
            found.append(asked())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]


def test_a_handler_of_somebody_else_stays():
    pressed = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        with stoppable() as asked:
            signal.raise_signal(signal.SIGINT)
            assert not asked() and pressed == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)

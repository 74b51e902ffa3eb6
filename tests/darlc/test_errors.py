"""Errors that a user may see."""

from __future__ import annotations

import pickle

from darlc.errors import InputError, TrainingError


def test_an_error_of_a_worker_is_the_same_here():
    error = pickle.loads(pickle.dumps(TrainingError("joint", "a value is not finite.")))
    assert error.stage == "joint"
    assert str(error) == "stage 'joint': a value is not finite."
    assert str(pickle.loads(pickle.dumps(InputError("no genes.")))) == "no genes."

"""What a study answers is a record."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from darlc.learn.study.answers import Answers


def test_it_is_made_of_its_own_fields() -> None:
    empty = np.empty((2, 0, 3), dtype=np.float32)
    answers = Answers(np.arange(0), empty[0], empty, empty[0], empty, 0.9)
    again = Answers(**asdict(answers))
    assert again.constancy == 0.9 and again.in_section.shape == (2, 0, 3)

"""A study that was interrupted in any stage goes on to the same result."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import darlc
from darlc.config import Config, DenoiseConfig, MixtureConfig, TrainConfig
from darlc.errors import InputError
from darlc.events import AtSection, Losses, Progress, StudyFinished
from darlc.io.study.training_folder import described_path, search_path, section_path, study_reached
from darlc.learn.study.kept_study import Answers, KeptStudy, study_fingerprint
from darlc.learn.study.run import train_study
from darlc.results.study import StudyResult

CONFIG = Config(
    clusters=2,
    device="cpu",
    denoise=DenoiseConfig(epochs=2),
    mixture=MixtureConfig(restarts=2, moves=1),
    train=TrainConfig(pretrain_epochs=1, joint_epochs=2),
)


def make_images() -> dict[str, darlc.SGEPImages]:
    """Return two small sections."""
    made = darlc.simulate_study(
        3, sections=2, genes=40, clusters=2, depth=1500, platforms="st", changed=0.1
    )
    return {name: darlc.rasterize(adata[:120]) for name, adata in made.items()}


@pytest.fixture(scope="module")
def images() -> dict[str, darlc.SGEPImages]:
    return make_images()


@pytest.fixture(scope="module")
def whole(images) -> StudyResult:
    *_, last = train_study(images, CONFIG)
    return last.result


def assert_same(one: StudyResult, other: StudyResult) -> None:
    for name in ("membership", "section_membership", "keeps", "evidence", "molecules"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.constancy == other.constancy
    for first, second in zip(one.sections, other.sections, strict=True):
        np.testing.assert_array_equal(first.embedding, second.embedding)
        np.testing.assert_array_equal(first.denoised[:3], second.denoised[:3])
        assert first.weights == second.weights


#: Where a study is interrupted: the first event of that kind, and what is kept by then.
INTERRUPTED = {
    "describing the second": (lambda event: _part(event) == 1, "the description of 1 section"),
    "searching": (lambda event: _part(event) == 2, "the description of 2 sections"),
    "training the first": (
        lambda event: isinstance(event, Losses) and event.stage == "joint",
        "the training of 1 section",
    ),
    "training the second": (lambda event: _part(event) == 4, "the training of 1 section"),
}


def _part(event: object) -> int:
    return event.part if isinstance(event, AtSection) else -1


@pytest.mark.parametrize("where", INTERRUPTED)
def test_it_goes_on_to_the_same_result(where, images, whole, tmp_path) -> None:
    folder = tmp_path / "out.training"
    interrupts, reached = INTERRUPTED[where]
    events = train_study(images, CONFIG, state=folder)
    for event in events:
        if interrupts(event):
            break
    events.close()
    assert study_reached(folder) == reached
    again = list(train_study(images, CONFIG, state=folder, resume=True))
    assert isinstance(again[-1], StudyFinished)
    assert_same(again[-1].result, whole)
    # What was done is not done again.
    described = [each for each in again if isinstance(each, Losses) and each.stage == "denoise"]
    assert len(described) == (2 if where == "describing the second" else 0)
    searched = any(isinstance(each, Progress) and each.stage == "search" for each in again)
    assert searched == ("training" not in where)


def test_a_study_of_one_section_goes_on_too(images, tmp_path) -> None:
    (name, only), *_ = images.items()
    folder = tmp_path / "out.training"
    *_, alone = train_study({name: only}, CONFIG)
    events = train_study({name: only}, CONFIG, state=folder)
    for event in events:
        if isinstance(event, Losses) and event.stage == "joint":
            break
    events.close()
    assert section_path(folder, 0).exists()
    *_, last = train_study({name: only}, CONFIG, state=folder, resume=True)
    np.testing.assert_array_equal(last.result.membership, alone.result.membership)


def test_other_data_and_settings_are_refused(images, tmp_path) -> None:
    events = train_study(images, CONFIG, state=tmp_path)
    while not described_path(tmp_path, 0).exists():
        next(events)
    events.close()
    first, second = images
    with pytest.raises(InputError, match="other data"):
        list(train_study({second: images[second], first: images[first]}, CONFIG, state=tmp_path,
                         resume=True))  # fmt: skip
    with pytest.raises(InputError, match=r"other settings \(seed\)"):
        list(train_study(images, CONFIG.replace(seed=9), state=tmp_path, resume=True))
    described_path(tmp_path, 0).write_bytes(b"{}")
    with pytest.raises(InputError, match="does not hold a whole training"):
        list(train_study(images, CONFIG, state=tmp_path, resume=True))


def test_without_resume_an_older_one_is_replaced(images, tmp_path) -> None:
    kept = KeptStudy(tmp_path, False, images, CONFIG)
    search_path(tmp_path).write_bytes(b"older")
    assert kept.searched() is None
    found = KeptStudy(None, False, images, CONFIG)
    assert found.described(0) is None and found.section(0).path is None
    events = train_study(images, CONFIG, state=tmp_path)
    while not described_path(tmp_path, 0).exists():
        next(events)
    events.close()
    assert not search_path(tmp_path).exists()


def test_what_cannot_be_written_is_a_note(images, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    *_, last = train_study(images, CONFIG, state=tmp_path / "file" / "out.training")
    (note,) = last.result.notes
    assert "could not be written" in note


def test_the_fingerprint_is_of_names_order_and_data(images) -> None:
    first, second = images
    one = study_fingerprint(images)
    assert one == study_fingerprint(make_images())
    assert one != study_fingerprint({second: images[second], first: images[first]})
    assert one != study_fingerprint({first: images[first], second: images[first]})


@pytest.mark.slow
@pytest.mark.parametrize("event", [6, 12, 20, 26])
def test_a_killed_process_is_continued(event, whole, images, tmp_path) -> None:
    """Whatever it was doing."""
    folder = tmp_path / "out.training"
    script = f"""
import os, signal
from pathlib import Path
from tests.darlc.learn.study.test_kept_study import CONFIG, make_images, train_study
for number, event in enumerate(train_study(make_images(), CONFIG, state=Path({str(folder)!r}))):
    if number == {event}:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    top = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-c", script], cwd=top, check=False)
    assert done.returncode == -9
    *_, last = train_study(images, CONFIG, state=folder, resume=True)
    assert_same(last.result, whole)


def test_answers_are_made_of_their_own_fields() -> None:
    empty = np.empty((2, 0, 3), dtype=np.float32)
    answers = Answers(np.arange(0), empty[0], empty, empty[0], empty, 0.9)
    again = Answers(**asdict(answers))
    assert again.constancy == 0.9 and again.in_section.shape == (2, 0, 3)

"""The folder of a study that is not finished: what it is called, and how it is deleted."""

from __future__ import annotations

from darlc.io.study.training_folder import (
    answers_path,
    described_path,
    remove_study_training,
    search_path,
    section_path,
    study_reached,
)


def test_how_far_a_study_came_is_said(tmp_path) -> None:
    assert study_reached(tmp_path) == "the description of 0 sections"
    for made, says in [
        (described_path(tmp_path, 0), "the description of 1 section"),
        (described_path(tmp_path, 10), "the description of 2 sections"),
        (search_path(tmp_path), "the end of search"),
        (answers_path(tmp_path), "the end of search"),
        (section_path(tmp_path, 3), "the training of 1 section"),
    ]:
        made.write_bytes(b"")
        assert study_reached(tmp_path) == says


def test_all_of_it_is_deleted_and_nothing_else(tmp_path) -> None:
    folder = tmp_path / "out.training"
    folder.mkdir()
    for each in (described_path(folder, 2), search_path(folder), answers_path(folder)):
        each.write_bytes(b"")
    # What a killed process leaves behind.
    (folder / ".section3.training.part").write_bytes(b"")
    (folder / "notes.txt").write_text("mine")
    remove_study_training(folder)
    assert [each.name for each in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    section_path(folder, 0).write_bytes(b"")
    remove_study_training(folder)
    assert not folder.exists()
    remove_study_training(folder)  # which is no error

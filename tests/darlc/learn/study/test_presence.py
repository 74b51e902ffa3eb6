"""Which clusters have a pattern in which sections: by what patterns explain elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.learn.study.presence import presence, shown, where_present

_SECTIONS, _EACH = 4, 20


def drawn(gain: np.ndarray, information: np.ndarray, least: float = 0.0) -> torch.Tensor:
    """Return presence for gains (S, K) in nats and information (S, K) of each gene of clusters."""
    sections, clusters = gain.shape
    label = np.repeat(np.arange(clusters), _EACH)
    scores = np.full((sections, len(label), clusters + 1), -50.0)
    scores[..., -1] = 0.0
    scores[:, np.arange(len(label)), label] = gain[:, label]
    follows = np.broadcast_to(np.eye(clusters + 1)[label], scores.shape)
    given = (torch.from_numpy(np.ascontiguousarray(each)).float() for each in (scores, follows))
    known = torch.from_numpy(information[:, label]).float()
    return presence(*given, known, torch.full((sections,), least))


def test_a_pattern_that_explains_nothing_in_a_section_is_missing_there() -> None:
    gain = np.full((_SECTIONS, 2), 5.0)
    gain[3, 1] = 0.05
    found = drawn(gain, np.full_like(gain, 10.0))
    assert found[3, 1] < 0.01
    found[3, 1] = 1.0
    assert (found > 0.99).all()


def test_it_may_be_in_a_single_section() -> None:
    gain = np.full((_SECTIONS, 1), 0.1)
    gain[2] = 5.0
    found = drawn(gain, np.full_like(gain, 10.0))
    np.testing.assert_allclose(found[:, 0], [0, 0, 1, 0], atol=0.01)


def test_it_may_be_weaker_in_a_section() -> None:
    gain = np.full((_SECTIONS, 1), 5.0)
    gain[0] = 1.5  # about half of the amplitude
    assert (drawn(gain, np.full_like(gain, 10.0)) > 0.99).all()


def test_what_all_genes_have_in_common_is_no_pattern() -> None:
    """A gain of .16 of that elsewhere is a weaker pattern, or one of all genes there."""
    gain = np.full((_SECTIONS, 1), 5.0)
    gain[3] = 0.8
    information = np.full_like(gain, 10.0)
    assert drawn(gain, information)[3, 0] > 0.9
    assert drawn(gain, information, least=0.1)[3, 0] < 0.1
    # A pattern that is as weak everywhere is there.
    assert (drawn(np.full_like(gain, 0.8), information, least=0.1) > 0.99).all()


@pytest.mark.parametrize("share", [0.0, 1e-3])
def test_a_section_with_few_molecules_does_not_say_that_it_is_missing(share) -> None:
    gain, information = np.full((_SECTIONS, 1), 5.0), np.full((_SECTIONS, 1), 10.0)
    gain[1], information[1] = 0.0, 10.0 * share
    assert drawn(gain, information)[1, 0] > 0.85


def test_sections_without_any_molecules_are_no_error() -> None:
    assert np.isfinite(drawn(np.zeros((2, 2)), np.zeros((2, 2))).numpy()).all()


def test_scores_of_a_missing_pattern_are_those_of_none() -> None:
    scores = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0))
    present = torch.tensor([[1.0, 0.0, 0.5, 1.0]]).expand(3, 4)
    found = where_present(scores, present)
    seen = shown(scores, present, found)
    torch.testing.assert_close(found[..., [0, 3]], scores[..., [0, 3]])
    torch.testing.assert_close(found[..., 1], scores[..., 3])
    torch.testing.assert_close(
        found[..., 2].exp(), (scores[..., 2].exp() + scores[..., 3].exp()) / 2
    )
    np.testing.assert_allclose(seen[..., 0], 1.0)
    np.testing.assert_allclose(seen[..., 1], 0.0, atol=1e-6)
    torch.testing.assert_close(seen[..., 2], torch.sigmoid(scores[..., 2] - scores[..., 3]))

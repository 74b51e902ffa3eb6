"""Numbers of things in sentences."""

from __future__ import annotations

import pytest

from darlc.wording import counted


@pytest.mark.parametrize(("count", "said"), [(0, "0 genes"), (1, "1 gene"), (2, "2 genes")])
def test_one_thing_is_not_many(count, said) -> None:
    assert counted(count, "gene") == said

"""Events, images and results survive the pipe unchanged."""

from __future__ import annotations

import io
from dataclasses import fields

import numpy as np
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.config import Config
from darlc.events import (
    Denoised,
    Devices,
    Estimated,
    Event,
    Failed,
    Finished,
    Losses,
    Memberships,
    Progress,
    Started,
)
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.results.denoised_views import DenoisedViews, Factors, Link
from darlc.results.result import Result
from darlc.worker.messages import read_message, write_message
from darlc.worker.wire import decode, encode, pack_request, unpack_request


def make_grid() -> Grid:
    mask = np.ones((5, 4), dtype=bool)
    mask[0, 0] = False
    affine = np.array([[1.0, 20.0, 3.0], [17.3, -1.0, 5.0], [0.0, 0.0, 1.0]])
    return Grid(mask=mask, affine=affine, layout="hexagonal", stagger=0)


def make_images() -> SGEPImages:
    grid = make_grid()
    matrix = sparse.random_array((grid.n_pixels, 7), density=0.4, random_state=1, format="csc") * 9
    return SGEPImages(
        matrix=matrix.astype(np.float32),
        grid=grid,
        gene_names=np.array([f"gene-{i} ß" for i in range(7)], dtype=np.str_),
        observation_pixel=np.arange(grid.n_pixels) - 1,
        values="normalised",
        notes=("one.", "two."),
    )


def make_views(link: Link = "log1p", share: float = 0.0) -> DenoisedViews:
    rng = np.random.default_rng(2)
    return DenoisedViews(
        Factors(
            programmes=rng.normal(size=(make_grid().n_pixels, 2)).astype(np.float32),
            coefficients=rng.normal(size=(3, 2)).astype(np.float32),
            mean=np.ones(3, dtype=np.float32),
            share=np.full(3, share, dtype=np.float32),
            link=link,
        )
    )


def make_result() -> Result:
    rng = np.random.default_rng(0)
    grid = make_grid()
    return Result(
        gene_names=np.array(["Ab", "Cd", "Ef"], dtype=np.str_),
        embedding=rng.normal(size=(3, 4)).astype(np.float32),
        membership=rng.dirichlet(np.ones(2), size=3).astype(np.float32),
        denoised=make_views(),
        drawing=np.array([True, False, True]),
        pooling=2,
        grid=grid,
        observation_pixel=np.arange(grid.n_pixels),
        config=Config.from_preset("quick", include=("Ab",), clusters=2),
        stage="joint",
        stopped=True,
        fingerprint="f00",
        notes=("a note.",),
        timings={"denoise": 1.5},
        history={"joint/total": np.array([2.0, 1.0])},
        mixture={"dof": np.array(4.0), "means": rng.normal(size=(2, 4))},
        weights=bytes(range(256)),
        versions={"darlc": "0.1"},
        cluster_names=("myelin", "2"),
        cluster_colours=("#112233", "#445566"),
    )


def assert_same(ours: object, theirs: object) -> None:
    """Compare dataclasses field by field; arrays also by type and shape."""
    assert type(ours) is type(theirs)
    if isinstance(ours, np.ndarray):
        assert isinstance(theirs, np.ndarray)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs, strict=True)
    elif isinstance(ours, DenoisedViews):
        assert isinstance(theirs, DenoisedViews)
        assert_same(ours.factors, theirs.factors)
    elif sparse.issparse(ours):
        assert_same(ours.toarray(), theirs.toarray())  # type: ignore[attr-defined]
    elif hasattr(ours, "__dataclass_fields__"):
        for each in fields(ours):  # type: ignore[arg-type]
            assert_same(getattr(ours, each.name), getattr(theirs, each.name))
    elif isinstance(ours, dict):
        assert isinstance(theirs, dict)
        assert ours.keys() == theirs.keys()
        for key in ours:
            assert_same(ours[key], theirs[key])
    elif isinstance(ours, float) and np.isnan(ours):
        assert np.isnan(theirs)  # type: ignore[call-overload]
    else:
        assert ours == theirs


EVENTS: list[Event] = [
    Devices(("cuda", "cpu")),
    Estimated(2.5e9, 120.0),
    Started("cpu", np.array([4, 0, 2]), ("3 genes were left out.",)),
    Progress("denoise", 3, 40),
    Progress("joint", 1, 4, 12.5),
    Losses("pretrain", 2, {"masked": 0.5, "total": 0.75}),
    Denoised(make_views()),
    Denoised(make_views("identity")),
    Memberships("joint", np.full((3, 2), 0.5, dtype=np.float32)),
    Memberships("assign", np.full((3, 2), 0.5, dtype=np.float32), patternless=True),
    Finished(make_result()),
    Failed("fewer genes than clusters."),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_survives_the_pipe(event: Event) -> None:
    stream = io.BytesIO()
    write_message(stream, *encode(event))
    stream.seek(0)
    message = read_message(stream)
    assert message is not None
    assert_same(event, decode(*message))


def test_request_survives_the_pipe() -> None:
    images = make_images().select(np.array([5, 1, 2]))
    config = Config.from_preset("thorough", include=("x", "y"), clusters="auto", bin_size=2.5)
    stream = io.BytesIO()
    write_message(stream, *pack_request(images, config, "/a/state", resume=True))
    stream.seek(0)
    message = read_message(stream)
    assert message is not None
    assert message[0]["do"] == "train"
    got_images, got_config, kept = unpack_request(*message)
    assert kept == {"state": "/a/state", "resume": True}
    assert_same(images, got_images)
    assert got_config == config
    assert got_images.fingerprint == images.fingerprint
    # The selection's library is that of all genes, and with it the expression is the same.
    np.testing.assert_array_equal(got_images.expression(), images.expression())


def test_raw_views_do_not_travel() -> None:
    """Who receives views has the counts, and binds them."""
    images = make_images()
    factors = make_views(share=0.5).factors
    sent = DenoisedViews(factors, lambda rows: images.expression(rows))
    got = decode(*encode(Denoised(sent)))
    assert isinstance(got, Denoised) and isinstance(got.views, DenoisedViews)
    with pytest.raises(ValueError, match="raw views are needed"):
        got.views[0]
    np.testing.assert_array_equal(got.views.bound(images.expression)[:], sent[:])


def test_finished_brings_no_annotated_data() -> None:
    result = make_result().with_data(AnnData(np.ones((2, 3), dtype=np.float32)))
    decoded = decode(*encode(Finished(result)))
    assert isinstance(decoded, Finished)
    assert decoded.result.adata is None


def test_unknown_event_is_refused() -> None:
    with pytest.raises(ValueError, match="known event"):
        decode({"event": "Surprise"}, {})

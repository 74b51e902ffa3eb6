from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

import darlc
from darlc.images.grid import Grid
from darlc.plots import tissue


@pytest.mark.parametrize("platform", ["visium", "st", "slideseq"])
def test_pixels_are_drawn_where_they_lie(platform):
    """On every layout, also where the slide is turned and mirrored."""
    adata = darlc.simulate(seed=0, genes=4, clusters=2, platform=platform)
    turn = np.array([[0.8, 0.6], [0.6, -0.8]])
    adata.obsm["spatial"] = adata.obsm["spatial"] @ turn
    images = darlc.rasterize(adata)
    grid = images.grid
    image, place = tissue.picture(grid, np.arange(grid.n_pixels, dtype=float))
    row, column = np.nonzero(np.isfinite(image))
    drawn = place.transform(np.column_stack([column + 0.5, row + 0.5]))
    pixel = image[row, column].astype(int)
    size = np.bincount(pixel, minlength=grid.n_pixels)
    centres = np.stack([np.bincount(pixel, each) / size for each in drawn.T], axis=1)
    placed = images.observation_pixel >= 0
    where = adata.obsm["spatial"][placed, :2]
    apart = np.linalg.norm(centres[images.observation_pixel[placed]] - where, axis=1)
    # Half a pixel's diagonal on free coordinates; on a lattice, none.
    allowed = 0.75 if grid.layout == "binned" else 0.02
    assert apart.max() <= allowed * grid.pixel_size


def test_the_outline_goes_around_the_section():
    mask = np.zeros((40, 30), dtype=bool)
    mask[3:20, 2:25] = mask[24:38, 10:28] = True
    mask[10, 10] = False  # a single missing pixel is no hole of the section
    grid = Grid(mask, np.array([[0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    lines = tissue.outline(grid)
    assert len(lines) == 2
    everything = np.concatenate(lines)
    np.testing.assert_allclose(everything.min(axis=0), [3, 5], atol=0.5)
    np.testing.assert_allclose(everything.max(axis=0), [55, 75], atol=0.5)


@pytest.mark.parametrize(("most", "length"), [(1.0, 1), (4.9, 2), (5.0, 5), (730.0, 500)])
def test_lengths_of_scale_bars_are_round(most, length):
    assert tissue.round_length(most) == length


def test_a_scale_bar_only_where_the_scale_is_known(result):
    grid = replace(result.grid, microns=float("nan"))
    ax = Figure().subplots()
    tissue.draw(ax, grid, np.zeros(grid.n_pixels), (0, 1), "viridis")
    tissue.add_scale_bar(ax, grid)
    assert not ax.artists
    tissue.add_scale_bar(ax, replace(grid, microns=2.0))
    (bar,) = ax.artists
    # 800 units are 1,600 µm, of which at most 35 % are marked.
    assert bar.txt_label.get_text() == "500 µm"


def test_y_goes_down_as_on_the_slide(result):
    ax = Figure().subplots()
    tissue.draw(ax, result.grid, np.zeros(result.grid.n_pixels), (0, 1), "viridis")
    bottom, top = ax.get_ylim()
    assert bottom > top

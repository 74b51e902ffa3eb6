"""The command that cleans every gene: denoise."""

from __future__ import annotations

import time

import typer

from darlc.cli.answers import print_answer
from darlc.cli.options import (
    Device,
    Input,
    Json,
    ModelPixels,
    Out,
    PixelSize,
    Precision,
    Preset,
    Seed,
    named_as_options,
    with_read_options,
)
from darlc.cli.working import working
from darlc.config import Config
from darlc.data.dataset import ReadOptions
from darlc.data.keys import DENOISED_LAYER


def add_denoise(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc denoise tissue.h5ad --out denoised.h5ad --preset quick")
    @with_read_options
    def denoise(
        input: Input,
        out: Out,
        options: ReadOptions,
        preset: Preset = "standard",
        pixel_size: PixelSize = None,
        model_pixels: ModelPixels = 0,
        seed: Seed = 0,
        device: Device = "auto",
        precision: Precision = "auto",
        as_json: Json = False,
    ) -> None:
        """Clean every gene; write the data with layers['darlc_denoised'] beside what they held."""
        with named_as_options():
            config = Config.from_preset(
                preset,  # type: ignore[arg-type]
                bin_size=pixel_size,
                model_pixels=model_pixels,
                seed=seed,
                device=device,
                precision=precision,
            )
        start = time.perf_counter()
        with working(input, out) as display:
            from darlc import api
            from darlc.io import open_dataset
            from darlc.io.prepare import prepare
            from darlc.io.store import try_out, write

            dataset = open_dataset(input, options)
            changed = try_out(dataset.adata, out)
            adata, images = prepare(dataset.adata, config.bin_size, separate=dataset.separate)
            blocks = api.denoised_blocks(
                images, config, lambda step, total: display.step("denoise", step, total)
            )
            write(adata, out, {DENOISED_LAYER: blocks})
        notes = list(dict.fromkeys(dataset.notes + changed + images.notes))
        seconds = round(time.perf_counter() - start, 1)
        print_answer(
            {
                "out": str(out),
                "observations": adata.n_obs,
                "genes": adata.n_vars,
                "seconds": seconds,
                "notes": notes,
            },
            [
                *notes,
                f"{adata.n_vars} genes in {adata.n_obs} observations denoised in {seconds} s.",
                f"Written to {out}",
            ],
            as_json,
        )

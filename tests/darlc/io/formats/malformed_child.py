"""Open paths, each in a process of its own that is ended after a while; say how each ended.

Paths come as lines of JSON on standard input; an answer goes out for each. The processes are
forked from this one, which has imported all that readers need but has read nothing yet.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time

import anndata  # noqa: F401
import h5py  # noqa: F401
import pandas  # noqa: F401
import PIL.Image  # noqa: F401
import scipy.io
import scipy.sparse  # noqa: F401
import tifffile  # noqa: F401
import zarr  # noqa: F401

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, find_format, open_dataset

with contextlib.suppress(ImportError):
    import pyarrow.parquet  # noqa: F401
    import shapely  # noqa: F401

_SECONDS = 30.0


def answer(path: str, options: dict) -> dict:
    """Open a path as everybody does, and draw it."""
    started = time.perf_counter()
    find_format(path)
    looked = time.perf_counter() - started
    try:
        rasterize(open_dataset(path, ReadOptions(**options)).adata)
    except InputError as error:
        return {"end": "sentence", "text": str(error), "looked": looked}
    return {"end": "opened", "text": "", "looked": looked}


def fork(path: str, options: dict) -> dict:
    """Return how a process ended that opened a path."""
    reader, writer = os.pipe()
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.close(reader)
        # An allocation of many gigabytes shall fail here, not on the machine.
        resource.setrlimit(resource.RLIMIT_AS, (16 * 2**30, 16 * 2**30))
        found: dict = {}
        try:
            found = answer(path, options)
        except BaseException as error:
            found = {"end": "exception", "text": f"{type(error).__name__}: {error}"}
        os.write(writer, json.dumps(found).encode()[:60_000])
        os._exit(0)
    os.close(writer)
    said = b""
    while (left := _SECONDS - (time.perf_counter() - started)) > 0:
        if not select.select([reader], [], [], left)[0]:
            break
        part = os.read(reader, 65536)
        if not part:
            break
        said += part
    os.close(reader)
    if not said:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL if left <= 0 else 0)
    _, status, usage = os.wait4(child, 0)
    done = json.loads(said) if said else {"end": "hang" if left <= 0 else "crash", "text": ""}
    return done | {
        "status": status,
        "seconds": time.perf_counter() - started,
        "bytes": usage.ru_maxrss * 1024,
    }


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(fork(asked["path"], asked["options"])), flush=True)

"""UMAP in a process of its own: ``python -m darlc.worker.gene_map_process``.

It answers one request and ends. If its standard input is closed earlier, the parent has ended, and
so does this process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import Any, BinaryIO

from darlc.errors import DarlcError
from darlc.explore.gene_map import umap_plane
from darlc.worker.messages import Arrays, read_message, write_message

#: Lower priority than the viewer and training.
_NICENESS = 10


def answer(header: dict[str, Any], arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """Return positions of genes on the map.

    Parameters
    ----------
    header
        ``seed``.
    arrays
        ``vectors`` (G, D) and ``start`` (G, 2), their initial positions.

    Returns
    -------
    tuple
        A message with ``plane`` (G, 2), or one with the reason of a failure in the header's
        ``error``.
    """
    try:
        plane = umap_plane(arrays["vectors"], arrays["start"], int(header["seed"]))
    except DarlcError as error:
        return {"error": str(error)}, {}
    return {}, {"plane": plane}


def main() -> None:
    """Answer the request of the parent process."""
    # A library that prints must not write into the reply.
    reply = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Ctrl+C in the terminal is handled by the viewer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    question = read_message(sys.stdin.buffer)
    if question is None:
        return
    threading.Thread(target=_end_when_closed, args=(sys.stdin.buffer,), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        write_message(reply, *answer(*question))
    # Exit at once, as the reading thread holds the lock of a stream that Python would close.
    reply.close()
    os._exit(0)


def _end_when_closed(stream: BinaryIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        stream.read()
    os._exit(0)


if __name__ == "__main__":
    main()

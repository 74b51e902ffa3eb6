"""Denoising, embedding, clustering and training, with torch; never imported by the viewer."""

import os

# By default OpenMP's threads spin while they wait, which makes training several times slower on a
# machine that is also drawing napari's window. Read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

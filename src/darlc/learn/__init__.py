"""Everything that learns. Needs torch; the viewer's process never imports it."""

import os

# OpenMP's threads spin while they wait, and on a machine that does anything else, such as drawing
# napari's window, training becomes several times slower. Read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

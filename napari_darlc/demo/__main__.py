"""The demo, as ``python -m napari_darlc.demo``."""

import sys

from napari_darlc.demo.demonstration import main

if __name__ == "__main__":
    sys.exit(main())

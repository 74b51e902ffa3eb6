"""The engine's process: ``python -m darlc.worker``, driven by messages over its pipes."""

from darlc.worker.process import main

if __name__ == "__main__":
    main()

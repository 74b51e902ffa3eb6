#!/usr/bin/env bash
# Print the Python to build the environment with: the first that is new enough and can make one.
set -euo pipefail
for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$python"
        exit
    fi
done
echo "napari-darlc needs Python 3.11 or newer with its venv module; name one with PYTHON=…" >&2
exit 1

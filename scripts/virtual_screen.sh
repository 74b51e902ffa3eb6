#!/usr/bin/env bash
# Run a command on a virtual screen. Qt's own "offscreen" platform has no OpenGL, which napari needs.
set -euo pipefail
[[ $(uname) == Linux ]] || exec "$@"
unset WAYLAND_DISPLAY
export QT_QPA_PLATFORM=xcb LIBGL_ALWAYS_SOFTWARE=1
# Each looks for a free screen from a number of its own on: two that start at once would take the same.
exec xvfb-run -n "$((100 + $$ % 800))" -a -s "-screen 0 1600x1000x24 +extension GLX" "$@"

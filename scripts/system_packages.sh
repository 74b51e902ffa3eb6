#!/usr/bin/env bash
# See to what pip cannot bring: a Python, the libraries that Qt and OpenGL load, a virtual screen.
# A browser, too, for the tests of pages. Looks first, and does nothing where all is there; else installs with apt-get where it may.
set -euo pipefail
[[ $(uname) == Linux ]] || exit 0
here=$(dirname "${BASH_SOURCE[0]}")

missing=()
need() { missing+=("$@"); }

if ! "$here/find_python.sh" >/dev/null 2>&1; then
    need python3 python3-venv
fi

command -v xvfb-run >/dev/null || need xvfb
command -v xauth >/dev/null || need xauth
command -v chromium >/dev/null || command -v google-chrome >/dev/null || need chromium

libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p)
while read -r library package; do
    [[ $libraries == *"$library "* ]] || need "$package"
done <<'LIBRARIES'
libGL.so.1 libgl1
libGLX_mesa.so.0 libglx-mesa0
libEGL.so.1 libegl1
libX11-xcb.so.1 libx11-xcb1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libgthread-2.0.so.0 libglib2.0-0
libstdc++.so.6 libstdc++6
libgomp.so.1 libgomp1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0 libxcb-render0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxkbcommon.so.0 libxkbcommon0
LIBRARIES

# The software renderer, and letters for Qt to write with.
compgen -G '/usr/lib*/dri/*_dri.so' >/dev/null ||
    compgen -G '/usr/lib/*/dri/*_dri.so' >/dev/null || need libgl1-mesa-dri
[[ -n $(find -L /usr/share/fonts /usr/local/share/fonts -name '*.[to]tf' -print -quit 2>/dev/null) ]] ||
    need fonts-dejavu-core

((${#missing[@]})) || exit 0
readarray -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

if ((EUID == 0)); then
    as_root=(env)
elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n env)
else
    as_root=()
fi
if ! command -v apt-get >/dev/null || ((${#as_root[@]} == 0)); then
    echo "Please install these system packages (names as in Debian), then try again: ${missing[*]}" >&2
    exit 1
fi
echo "Installing system packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null

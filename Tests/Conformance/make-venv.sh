#!/usr/bin/env bash
# Makes the virtual environment of the conformance tests, or brings it up to date with requirements.txt.
#
#     make-venv.sh FOLDER
#
# A stamp in the folder remembers for which requirements it was made: the second call costs nothing.
set -euo pipefail

venv=$1
requirements=$(cd "$(dirname "$0")" && pwd)/requirements.txt
stamp=$venv/requirements.installed

cmp -s "$requirements" "$stamp" && "$venv/bin/python" -c 'import nats, pytest' 2>/dev/null && exit 0

say() { echo "make-venv: $*" >&2; }

make_venv() {
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    python3 -m venv "$venv" && "$venv/bin/python" -m pip --version && return
    say "python3 -m venv gives no pip here; trying virtualenv"
    rm -rf "$venv"
    virtualenv --version && virtualenv "$venv" && return
    # An environment without pip of its own, filled by the system's pip (22.3 or newer has --python).
    rm -rf "$venv"
    python3 -m venv --without-pip "$venv" && python3 -m pip --python "$venv/bin/python" --version && return
    return 1
}

pip_install() {
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 5 "$@"
    else
        python3 -m pip --python "$venv/bin/python" install --quiet --disable-pip-version-check --retries 5 "$@"
    fi
}

[ -x "$venv/bin/python" ] && pip_install --version >/dev/null 2>&1 || make_venv >&2 || {
    say "could not make a virtual environment in $venv: install python3-venv (Debian) or virtualenv"
    exit 1
}
pip_install -r "$requirements" || {
    say "could not install $(tr '\n' ' ' <"$requirements")from PyPI"
    exit 1
}
cp "$requirements" "$stamp"

#!/usr/bin/env bash
# Installs the system packages that are missing: what the build needs, and what the tests need.
#
#     install-system-packages.sh build     LMDB, Zstandard, libxcrypt and pkg-config
#     install-system-packages.sh test      the same, Python with venv, and the C client library
#
# It asks for root rights only when something is missing. Without them, or on a system that has no apt, it says
# what to install. A missing package that only one test wants is no error: that test is then skipped.
set -euo pipefail

missing=()
wanted=()

# need COMMAND-THAT-SUCCEEDS-WHEN-PRESENT PACKAGE: the build or the tests cannot do without it.
need() { bash -c "$1" >/dev/null 2>&1 || missing+=("$2"); }
# want, likewise: something is skipped without it.
want() { bash -c "$1" >/dev/null 2>&1 || wanted+=("$2"); }

header() { echo "(for d in /usr/include /usr/local/include /usr/include/*-linux-gnu; do [ -e \$d/$1 ] && exit 0; done; exit 1)"; }

need "command -v pkg-config" pkg-config
need "pkg-config --exists lmdb || $(header lmdb.h)" liblmdb-dev
need "pkg-config --exists libzstd || $(header zstd.h)" libzstd-dev
need "pkg-config --exists libxcrypt || $(header crypt.h)" libcrypt-dev
if [ "${1:-test}" = test ]; then
    need "command -v python3" python3
    # Debian splits ensurepip off; without it `python3 -m venv` makes an environment that has no pip.
    need "python3 -c 'import venv, ensurepip'" python3-venv
    want "command -v cc || command -v clang" gcc
    want "$(header nats/nats.h)" libnats-dev
fi

[ ${#missing[@]} -eq 0 ] && [ ${#wanted[@]} -eq 0 ] && exit 0

say() { echo "install-system-packages: $*" >&2; }
give_up() {
    if [ ${#missing[@]} -eq 0 ]; then
        say "going on without ${wanted[*]}: $1"
        exit 0
    fi
    say "$1"
    say "please install, as root: ${missing[*]} (Debian's names; needed), ${wanted[*]:-nothing} (for single tests)"
    exit 1
}

command -v apt-get >/dev/null || give_up "this system has no apt-get"
root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || give_up "this needs root rights, and there is no sudo"
    root=(sudo)
    # Where nobody can type a password, sudo must not ask for one.
    [ -t 0 ] || root+=(-n)
fi
install() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }

say "installing ${missing[*]} ${wanted[*]}"
"${root[@]}" apt-get update || say "the package lists could not be refreshed; going on with the old ones"
if [ ${#missing[@]} -gt 0 ]; then
    install "${missing[@]}" || give_up "apt-get could not install ${missing[*]}"
    missing=()
fi
for package in "${wanted[@]}"; do
    install "$package" || say "going on without $package"
done

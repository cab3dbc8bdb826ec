# common.sh - what the scripts here share; sourced, not run.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Debian packages: what building needs, what running needs, what only the tests need.
build_packages=(gcc cmake ninja-build pkg-config libc6-dev libpq-dev libmicrohttpd-dev libgnutls28-dev
    libjansson-dev libssl-dev libsodium-dev libcurl4-openssl-dev libncurses-dev zlib1g-dev)
run_packages=(postgresql)
test_packages=(libcmocka-dev openssh-client openssl curl bc mandoc tmux libvterm-dev libarchive-dev
    zsh fish)
bench_packages=(nginx-light wrk)

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need PACKAGE...: install those that are missing; says nothing when none is.
need() {
    local missing=() p as_root=()
    for p in "$@"; do
        dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing+=("$p")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null || die "missing: ${missing[*]}; this is no Debian, install their like by hand"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "missing: ${missing[*]}; run 'apt-get install ${missing[*]}' as root"
        as_root=(sudo)
    fi
    echo "installing ${missing[*]}" >&2
    # PostgreSQL's package would start a cluster of its own, which nobody here needs.
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    quietly "could not install ${missing[*]}" "${as_root[@]}" apt-get update -qq
    quietly "could not install ${missing[*]}" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# quietly WHAT COMMAND...: run it; what it printed is shown only if it fails.
quietly() {
    local what=$1 log
    shift
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        rm -f "$log"
        die "$what"
    fi
    rm -f "$log"
}

# build PRESET DIRECTORY [TARGET...]: all of it without targets.
build() {
    local preset=$1 directory=$2
    shift 2
    [ -d "$root/$directory" ] || echo "building in $directory: a few minutes, the first time" >&2
    quietly "cmake could not configure the build" cmake --preset "$preset" -S "$root"
    quietly "the build failed" cmake --build "$root/$directory" ${1:+--target "$@"}
}

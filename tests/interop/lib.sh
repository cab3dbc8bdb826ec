# lib.sh - for the scripts tests/interop/NAME/test; sourced, not run. They get everything of
# scripts/common.sh, and:
#
#   $work                   a directory of their own, removed at the end; also their $HOME
#   $build                  where the programs are
#   that SENTENCE COMMAND...             it succeeds
#   refused SENTENCE PATTERN COMMAND...  it fails, and says what the pattern (grep -E) expects
#   skipped SENTENCE REASON
#   start_service           a live plumbd; fills ${service[url]} and what else service.c says
#   grow N                  N more entries in its log
#
# The closing line, "N passed, N failed, N skipped", is printed at the end by itself.
# shellcheck shell=bash source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

here=$(cd "$(dirname "$0")" && pwd)
build=$root/build
work=$(mktemp -d)
export HOME=$work
passed=0 failed=0 n_skipped=0
service_pid=

finish() {
    local status=$?
    if [ -n "$service_pid" ]; then
        exec {to_service}>&-
        wait "$service_pid" || report FAILED "the service ends well"
    fi
    rm -rf "$work"
    # A script that stopped half-way did not count what it left out.
    [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    echo "$passed passed, $failed failed, $n_skipped skipped"
    [ "$failed" -eq 0 ] || exit 1
}
trap finish EXIT

report() {
    printf '[ %-6s ] %s: %s\n' "$1" "${here##*/}" "$2"
    case $1 in
        OK) passed=$((passed + 1)) ;;
        FAILED) failed=$((failed + 1)) ;;
        SKIP) n_skipped=$((n_skipped + 1)) ;;
    esac
}

that() {
    local sentence=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        report OK "$sentence"
    else
        tail -n 40 "$work/said"
        report FAILED "$sentence"
    fi
}

refused() {
    local sentence=$1 pattern=$2
    shift 2
    if "$@" >"$work/said" 2>&1; then
        echo "it succeeded: $*"
        report FAILED "$sentence"
    elif grep -qE -- "$pattern" "$work/said"; then
        report OK "$sentence"
    else
        tail -n 40 "$work/said"
        report FAILED "$sentence"
    fi
}

skipped() {
    report SKIP "$1"
    echo "skip: $2"
}

# shellcheck disable=SC2034 # read by those who source this
declare -A service

# told WORD: read what the service says, up to a line that begins with it.
told() {
    local line
    while IFS= read -r -u "$from_service" line; do
        [[ $line != *=* ]] || service[${line%%=*}]=${line#*=}
        [[ $line != "$1"* ]] || return 0
    done
    cat "$work/service.log" >&2
    die "the service ended"
}

start_service() {
    coproc SERVICE { PLUMB_BUILD=$build exec "$build/tests/interop_service" 2>"$work/service.log"; }
    # shellcheck disable=SC2153 # coproc defines it
    service_pid=$SERVICE_PID
    from_service=${SERVICE[0]} to_service=${SERVICE[1]}
    told ready
}

grow() {
    echo "grow $1" >&"$to_service"
    told size=
}

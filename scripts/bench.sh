#!/usr/bin/env bash
# `make bench`: builds the release, installs the peers that are missing, measures, and writes bench/RESULTS.md.
#   bench.sh run            ROWS=a,b (all), SCALE=real|middle|small, RUNS=5, KEEP=1 (into bench/RESULTS.md at any scale)
#   bench.sh instructions   WRITE=1 keeps the new counts
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
source scripts/tools.sh

built="${CARGO_TARGET_DIR:-target}/release"

main() {
    need_cargo
    case "${1:-}" in
        run) run ;;
        instructions) instructions ;;
        *) sed -n '3,4s/^# *//p' "$0" >&2 && exit 2 ;;
    esac
}

run() {
    need_peer redis-server redis-server
    need_peer wrk wrk
    [ -x /usr/lib/postgresql/15/bin/pgbench ] || apt_install postgresql-15 || fail "install postgresql-15"
    cargo build --release -p cli -p bench
    local rows=() scale="${SCALE:-real}" out=bench/RESULTS.md
    [ -z "${ROWS:-}" ] || rows=(--rows "$ROWS")
    # What is smaller than the targets speak of goes into the page that is kept only when somebody says so. Each section of it
    # says how large it was; rows that are not measured stay as they were.
    if [ "$scale" != real ] && [ -z "${KEEP:-}" ]; then out="$built/bench-results.md"; fi
    "$built/bench" run --binary "$built/consentry" --scale "$scale" --runs "${RUNS:-5}" \
        --work "${BENCH_WORK:-$built/bench-work}" --out "$out" "${rows[@]}"
    echo "written to $out" >&2
}

instructions() {
    need_peer valgrind valgrind
    cargo build --release -p cli -p bench
    local write=()
    [ -z "${WRITE:-}" ] || write=(--write)
    "$built/bench" instructions --hot "$built/hot" --kept bench/instructions.txt "${write[@]}"
}

# A program, and the Debian package that has it.
need_peer() {
    command -v "$1" >/dev/null || apt_install "$2" || true
    command -v "$1" >/dev/null || fail "no \`$1\` here, and it could not be installed: install $2"
}

main "$@"

#!/usr/bin/env bash
# `make test`: every check that this repository has, in order, and at the end what was not run and why.
# With a pattern, as in `make soak`, only the black-box tests whose file has a name that fits it.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
source scripts/tools.sh

skipped=()
cluster=""
began=$SECONDS

main() {
    trap finish EXIT
    trap 'exit 130' INT TERM
    need_cargo
    if [ -n "${1:-}" ]; then
        database
        binaries
        blackbox --files "$1"
        summary
        return
    fi
    step "format" cargo fmt --all --check
    step "lints" cargo clippy --workspace --all-targets -- -D warnings
    step "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
    database
    rust_tests
    binaries
    step "how customers' words are understood" "${CARGO_TARGET_DIR:-target}/debug/consentry" \
        wording score crates/consent/tests/wording/corpus.tsv
    blackbox
    browser
    summary
}

# The command, under a heading; a failure ends the run and `finish` names the step.
step() {
    current=$1
    shift
    printf '\n== %s\n' "$current"
    "$@"
}

database() {
    if [ -n "${CONSENTRY_TEST_DATABASE:-}" ]; then
        step "PostgreSQL: the one that CONSENTRY_TEST_DATABASE names" true
        return
    fi
    step "PostgreSQL: a throw-away cluster" need_postgres
    cluster=$(bash scripts/postgres.sh new)
    CONSENTRY_TEST_DATABASE=$(bash scripts/postgres.sh start "$cluster")
    export CONSENTRY_TEST_DATABASE
    echo "listening: $CONSENTRY_TEST_DATABASE"
}

# nextest where it is installed, else cargo's own runner: the same tests. nextest runs no documentation tests.
rust_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        step "tests" cargo nextest run --workspace --no-tests=pass
        step "webhooks on PostgreSQL" env CONSENTRY_TEST_ON=postgresql cargo nextest run --workspace -E 'binary(ingest)'
    else
        step "tests" cargo test --workspace --all-targets --no-fail-fast
        step "webhooks on PostgreSQL" env CONSENTRY_TEST_ON=postgresql cargo test -p server --test ingest
    fi
    step "documentation tests" cargo test --workspace --doc --no-fail-fast
}

binaries() {
    step "the binary, and the simulator alone" cargo build -p cli -p sandbox --bin consentry --example standalone
}

blackbox() {
    # Some tests start servers of their own, to kill them.
    step "PostgreSQL's programs" need_postgres
    step "tools for the black-box tests" need_python
    local clients=()
    if need_node; then
        clients=(--node "$NODE" --modules "$NODE_MODULES")
    else
        skip "clients in JavaScript: $NODE_MISSING"
    fi
    local unbuilt
    unbuilt=$(mktemp)
    step "black-box tests" "$PYTHON" tests/blackbox/run.py --skipped "$unbuilt" \
        --binary "${CARGO_TARGET_DIR:-target}/debug/consentry" "${clients[@]}" "$@"
    mapfile -t -O "${#skipped[@]}" skipped <"$unbuilt"
    rm "$unbuilt"
}

# The pages for people, in a real browser and before an accessibility checker: each role's day on both databases.
browser() {
    if [ -z "${NODE:-}" ]; then
        skip "pages in a browser: $NODE_MISSING"
        return
    fi
    if ! need_browser; then
        skip "pages in a browser: $BROWSER_MISSING"
        return
    fi
    step "pages in a browser" "$NODE" tests/browser/run.mjs --binary "${CARGO_TARGET_DIR:-target}/debug/consentry" \
        --chromium "$CHROMIUM" --modules "$BROWSER_MODULES" --screens "${CARGO_TARGET_DIR:-target}/browser" \
        --postgres "$CONSENTRY_TEST_DATABASE"
}

# In CI nothing that exists may be left out. Elsewhere only what a machine without a network cannot have.
skip() {
    [ -z "${CI:-}" ] || fail "in CI nothing is skipped, and this would be: $1"
    skipped+=("$1")
}

summary() {
    printf '\n== summary\nall checks passed in %s s\n' "$((SECONDS - began))"
    if [ "${#skipped[@]}" -eq 0 ]; then
        echo "skipped: nothing"
    else
        printf 'skipped: %s\n' "${skipped[@]}"
    fi
    current=""
}

finish() {
    local status=$?
    trap - EXIT
    [ -z "$cluster" ] || bash scripts/postgres.sh stop "$cluster" || status=1
    [ "$status" -eq 0 ] || printf '\n== FAILED: %s (exit %s)\n' "${current:-start}" "$status" >&2
    exit "$status"
}

main "$@"

#!/usr/bin/env bash
# A throw-away PostgreSQL cluster on a free loopback port.
#   postgres.sh where        the folder of the server's programs, or exit 1
#   postgres.sh new          makes a cluster and prints its folder
#   postgres.sh start DIR    starts it and prints its address
#   postgres.sh standby DIR  makes a standby of a cluster that runs, not started yet, and prints its folder
#   postgres.sh promote DIR  makes a standby the primary
#   postgres.sh kill DIR     ends it as a power cut would; the folder stays
#   postgres.sh stop DIR     stops it and removes the folder
set -euo pipefail

PORT_TRIES_MAX=20
SUPERUSER=consentry

main() {
    case "${1:-}" in
        where) programs ;;
        new) new ;;
        start) start "$2" ;;
        standby) standby "$2" ;;
        promote) promote "$2" ;;
        kill) kill_all "$2" ;;
        stop) stop "$2" ;;
        *) sed -n '2,9s/^# *//p' "$0" >&2 && exit 2 ;;
    esac
}

# Debian keeps the server's programs off the PATH. The newest version wins.
programs() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) "$(dirname "$(command -v initdb || echo -)")"; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_ctl" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

new() {
    local dir
    dir=$(mktemp -d /tmp/consentry-postgres.XXXXXX)
    [ "$(id -u)" -ne 0 ] || chown "$(owner)" "$dir"
    # The C locale sorts alike on every machine. Trust is safe here: the server listens on loopback only, for a test's time.
    as_owner "$(programs)/initdb" -D "$dir/data" -U "$SUPERUSER" --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$dir.log" 2>&1 || {
        cat "$dir.log" >&2
        rm -rf "$dir" "$dir.log"
        return 1
    }
    rm -f "$dir.log"
    echo "$dir"
}

# A free port cannot be held for a server, so one is drawn and another is tried where somebody was faster.
start() {
    local dir=$1 try port options
    for ((try = 0; try < PORT_TRIES_MAX; try++)); do
        port=$((20000 + RANDOM % 12000))
        # fsync stays on, as it is by default: what is tested is durability. A test may turn it off with ALTER SYSTEM.
        options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
        if as_owner "$(programs)/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -o "$options" start >/dev/null 2>&1; then
            echo "postgres://$SUPERUSER@127.0.0.1:$port/postgres"
            return
        fi
    done
    echo "error: PostgreSQL did not start; the end of its log:" >&2
    as_owner tail -n 20 "$dir/log" >&2
    return 1
}

# The copy follows the cluster from its first start on, under a name that says so.
standby() {
    local dir port
    port=$(sed -n 4p "$1/data/postmaster.pid")
    dir=$(mktemp -d /tmp/consentry-postgres.XXXXXX)
    [ "$(id -u)" -ne 0 ] || chown "$(owner)" "$dir"
    as_owner "$(programs)/pg_basebackup" -R -c fast --no-sync -X stream -D "$dir/data" \
        -d "host=127.0.0.1 port=$port user=$SUPERUSER application_name=standby" >&2
    echo "$dir"
}

promote() {
    as_owner "$(programs)/pg_ctl" -D "$1/data" -w -t 60 promote >&2
}

kill_all() {
    local first
    first=$(head -n 1 "$1/data/postmaster.pid")
    # Its children first learn that it is gone, and go too; some are busy, and are not asked.
    # shellcheck disable=SC2046
    kill -9 "$first" $(ps -o pid= --ppid "$first")
}

stop() {
    local dir=$1
    as_owner "$(programs)/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}

# PostgreSQL refuses to run as root.
as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u "$(owner)" -- "$@")
    else
        "$@"
    fi
}

owner() {
    if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

main "$@"

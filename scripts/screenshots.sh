#!/usr/bin/env bash
# `make screenshots`: a picture of every page, by day, by night and on a phone, in target/screenshots; those of the README in docs/screenshots.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
source scripts/tools.sh

target=${CARGO_TARGET_DIR:-target}
need_cargo
need_python
need_node || fail "$NODE_MISSING"
need_browser || fail "$BROWSER_MISSING"
# So that an emoji is none of the boxes that stand for what a font lacks.
fc-list | grep -qi emoji || apt_install fonts-noto-color-emoji || true
command -v pngquant >/dev/null || apt_install pngquant || true
# With it the sandbox lives through a month before it is looked at; without it the charts show one day.
find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | grep -q . || apt_install libfaketime || true
cargo build -p cli --bin consentry
mkdir -p docs/screenshots
"$NODE" tests/browser/screenshots.mjs --binary "$target/debug/consentry" --chromium "$CHROMIUM" \
    --modules "$BROWSER_MODULES" --out "$target/screenshots" --chosen docs/screenshots
! command -v pngquant >/dev/null || pngquant --force --skip-if-larger --ext .png docs/screenshots/*.png || true
echo "pictures: $target/screenshots; those of the README: docs/screenshots"

#!/usr/bin/env bash
# Clients of seed 000 as people write them: a shell script with curl and jq, Python with requests, a page in a real
# Chromium with EventSource. METASYNC_BIN=… tests/releases/run.sh; the last line is `N passed, N failed`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${METASYNC_BIN:?the metasync program to test}"
[ -x "$METASYNC_BIN" ] || { echo "METASYNC_BIN is $METASYNC_BIN, which is no program" >&2; echo "0 passed, 1 failed"; exit 1; }
METASYNC_BIN=$(realpath "$METASYNC_BIN")
export METASYNC_BIN METASYNC_TEST_CHROMIUM METASYNC_TEST_PLAYWRIGHT
bash "$here/../set-up/curl.sh" >/dev/null
METASYNC_TEST_CHROMIUM=$(bash "$here/../set-up/chromium.sh" | tail -1)
METASYNC_TEST_PLAYWRIGHT=$(bash "$here/../set-up/playwright.sh" | tail -1)
python=$(bash "$here/../set-up/python.sh" | tail -1)
# A client that hangs must not hang the tests.
exec timeout -k 5 240 "$python" "$here/stories.py"

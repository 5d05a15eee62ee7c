#!/usr/bin/env bash
# The extension in a real VS Code: METASYNC_BIN=… tests/vscode/run.sh [host|journey|oldest-host|oldest-journey|JOURNEY]…
# `oldest-…` are the suite and some journeys in the oldest version that the extension supports.
# Screenshots land in $METASYNC_TEST_OUT (default: a folder among the temporary files, printed).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
: "${METASYNC_BIN:?the metasync program to test}"
[ -x "$METASYNC_BIN" ] || { echo "METASYNC_BIN is $METASYNC_BIN, which is no program" >&2; echo "0 passed, 1 failed"; exit 1; }
export METASYNC_BIN=$(realpath "$METASYNC_BIN")
export METASYNC_TEST_CHROMIUM METASYNC_TEST_PLAYWRIGHT METASYNC_TEST_VSCODE
METASYNC_TEST_CHROMIUM=$(bash "$here/../set-up/chromium.sh" | tail -1)
METASYNC_TEST_PLAYWRIGHT=$(bash "$here/../set-up/playwright.sh" | tail -1)
METASYNC_TEST_VSCODE=$(bash "$here/../set-up/vscode.sh" | tail -1)
out=${METASYNC_TEST_OUT:-$(mktemp -d -t metasync-screenshots-XXXXXX)}
mkdir -p "$out"
echo "screenshots: $out"

# VS Code's own Node.js runs the tests too: one version everywhere.
node=$METASYNC_TEST_VSCODE/node
(
  cd "$root/vscode-extension"
  [ -d node_modules ] || npm install --silent --no-fund --no-audit
  npm run --silent check
  npm run --silent build -- --production
)

[ $# -gt 0 ] || set -- host journey
status=0
oldest=
case " $* " in *" oldest-"*)
  oldest=$(bash "$here/../set-up/vscode.sh" oldest | tail -1)
  mkdir -p "$out/oldest" ;;
esac
for test in "$@"; do
  case $test in
    host) "$node" "$here/extension_host.test.mjs" "$out" || status=1 ;;
    journey) "$node" "$here/journey.mjs" "$out" || status=1 ;;
    oldest-host) METASYNC_TEST_VSCODE=$oldest "$oldest/node" "$here/extension_host.test.mjs" "$out/oldest" || status=1 ;;
    oldest-journey) METASYNC_TEST_VSCODE=$oldest "$oldest/node" "$here/journey.mjs" "$out/oldest" local views lineage || status=1 ;;
    *) "$node" "$here/journey.mjs" "$out" "$test" || status=1 ;;
  esac
done
exit $status

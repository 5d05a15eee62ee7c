#!/usr/bin/env bash
# Everything that drives the server through an editor, and the hub through other clients: METASYNC_BIN=… tests/run-editors.sh [neovim|neovim-plugin|emacs|helix|python|host|journey|oldest-host|oldest-journey|releases]…
# What an editor needs is set up on the way (tests/set-up/); what can't be set up fails. The last
# line is `N passed, N failed`. Screenshots: METASYNC_TEST_OUT, else a folder among the temporary files.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- neovim neovim-plugin emacs helix python host journey oldest-host oldest-journey releases
passed=0 failed=0

# run NAME COMMAND…: shows the output as it comes and counts its last line.
run() {
  local name=$1 log line
  shift
  log=$(mktemp)
  echo "== $name"
  "$@" 2>&1 | tee "$log"
  local status=${PIPESTATUS[0]}
  line=$(grep -aoE '[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
  rm -f "$log"
  if [ -z "$line" ]; then echo "  FAIL $name: it ended without a result"; failed=$((failed + 1)); return; fi
  local good=${line%% *} bad
  bad=$(cut -d' ' -f3 <<<"$line")
  passed=$((passed + good))
  [ "$status" = 0 ] || [ "$bad" -gt 0 ] || { echo "  FAIL $name: exit status $status"; bad=1; }
  failed=$((failed + bad))
}

for name in "$@"; do
  case $name in
    neovim | neovim-plugin | emacs | helix | python) run "$name" bash "$here/editors/run.sh" "$name" ;;
    host | journey | oldest-host | oldest-journey) run "$name" bash "$here/vscode/run.sh" "$name" ;;
    releases) run "$name" bash "$here/releases/run.sh" ;;
    *) echo "nothing is called $name; there are: neovim neovim-plugin emacs helix python host journey oldest-host oldest-journey releases" >&2; exit 2 ;;
  esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

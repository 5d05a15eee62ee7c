#!/usr/bin/env bash
# Other editors than VS Code: METASYNC_BIN=… tests/editors/run.sh [neovim|neovim-plugin|emacs|helix|python]…
# Each works in a copy of the example of its own, with a home and a cache of its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
: "${METASYNC_BIN:?the metasync program to test}"
[ -x "$METASYNC_BIN" ] || { echo "METASYNC_BIN is $METASYNC_BIN, which is no program" >&2; echo "0 passed, 1 failed"; exit 1; }
METASYNC_BIN=$(realpath "$METASYNC_BIN")
export METASYNC_BIN
# An editor that hangs must not hang the tests.
LIMIT=240

[ $# -gt 0 ] || set -- neovim neovim-plugin emacs helix python
work=$(mktemp -d -t metasync-editors-XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# tally FILE: adds the last line "N passed, N failed" of an editor's output.
tally() {
  local line
  if line=$(grep -aoE '[0-9]+ passed, [0-9]+ failed' "$1" | tail -1) && [ -n "$line" ]; then
    passed=$((passed + $(cut -d' ' -f1 <<<"$line")))
    failed=$((failed + $(cut -d' ' -f3 <<<"$line")))
  else
    echo "  FAIL $2: it ended without a result"
    failed=$((failed + 1))
  fi
}

for editor in "$@"; do
  project=$work/$editor/jaffle_shop
  mkdir -p "$work/$editor/home" "$work/$editor/run"
  cp -r "$root/examples/jaffle_shop" "$project"
  case $editor in
    neovim) nvim=$(bash "$here/../set-up/neovim.sh" | tail -1)
            set_command=("$nvim" --headless -u NONE -i NONE -n -c "luafile $here/neovim.lua") ;;
    neovim-plugin)
            nvim=$(bash "$here/../set-up/neovim.sh" | tail -1)
            export METASYNC_NEOVIM=$root/editors/neovim
            set_command=("$nvim" --headless -u NONE -i NONE -n -c "luafile $here/neovim_plugin.lua") ;;
    emacs)  emacs=$(bash "$here/../set-up/emacs.sh" | tail -1)
            set_command=("$emacs" --batch -q -l "$here/eglot.el") ;;
    helix)  hx=$(bash "$here/../set-up/helix.sh" | tail -1)
            python=$(bash "$here/../set-up/python.sh" | tail -1)
            set_command=("$python" "$here/helix.py" "$hx") ;;
    python) python=$(bash "$here/../set-up/python.sh" | tail -1)
            set_command=("$python" "$here/clients.py") ;;
    *) echo "no editor is called $editor; there are: neovim neovim-plugin emacs helix python" >&2; exit 2 ;;
  esac
  log=$work/$editor/log
  (
    cd "$project"
    # Settings of whoever runs the tests must not reach the server.
    unset METASYNC_HUB_URL METASYNC_ORGANIZATION METASYNC_TOKEN
    exec env HOME="$work/$editor/home" XDG_CONFIG_HOME="$work/$editor/home/.config" XDG_CACHE_HOME="$work/$editor/home/.cache" \
      XDG_DATA_HOME="$work/$editor/home/.local/share" XDG_RUNTIME_DIR="$work/$editor/run" METASYNC_CACHE_DIR="$work/$editor/cache" \
      timeout -k 5 "$LIMIT" "${set_command[@]}"
  ) >"$log" 2>&1 </dev/null || true
  grep -aE '^ +(ok|FAIL) ' "$log" || cat "$log"
  before=$failed
  tally "$log" "$editor"
  [ "$failed" = "$before" ] || { echo "--- $editor:"; grep -avE "^ +(ok|FAIL) " "$log" | tail -400; }
  # Whatever the server wrote belongs into its cache: the project is as it was.
  if ! diff -r "$root/examples/jaffle_shop" "$project" >"$work/diff"; then
    echo "  FAIL $editor: the workspace was changed:"; cat "$work/diff"; failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

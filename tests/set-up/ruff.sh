#!/usr/bin/env bash
# ruff: the near limit of reading Python, for the benchmark of the analysis.
. "$(dirname "$0")/lib/tool.sh"
once ruff
venv=$CACHE/ruff
version=0.14.4
if ! stamped "$venv" "$version"; then
  say "installing ruff $version in $venv"
  rm -rf "$venv"
  python3 -m venv "$venv" || { apt_install python3-venv; python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check "ruff==$version"
  stamp "$venv" "$version"
fi
echo "$venv/bin/ruff"

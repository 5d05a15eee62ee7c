#!/usr/bin/env bash
# A virtual environment with pytest-lsp: a client that sends the capabilities of several editors.
. "$(dirname "$0")/lib/tool.sh"
once python
venv=$CACHE/python
here=$(cd "$(dirname "$0")" && pwd)
version=$(cksum <"$here/requirements.txt")
if ! stamped "$venv" "$version"; then
  say "making the virtual environment in $venv"
  rm -rf "$venv"
  python3 -m venv "$venv" || { apt_install python3-venv; python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  stamp "$venv" "$version"
fi
echo "$venv/bin/python"

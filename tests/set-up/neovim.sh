#!/usr/bin/env bash
# Neovim 0.7 or newer: the first that Debian 12 has, and the oldest that the stories are written for.
. "$(dirname "$0")/lib/tool.sh"
command -v nvim >/dev/null || apt_install neovim
command -v nvim || fail "neovim is installed but nvim is not on PATH"

#!/usr/bin/env bash
# Debian's Chromium, with fonts: without them every label in a screenshot is an empty box.
. "$(dirname "$0")/lib/tool.sh"
command -v chromium >/dev/null || apt_install chromium
fc-list 2>/dev/null | grep -qi dejavu || apt_install fonts-dejavu-core fontconfig
command -v chromium || fail "chromium is installed but not on PATH"

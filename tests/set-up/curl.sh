#!/usr/bin/env bash
# Debian's curl and jq, with which shell scripts follow a sync (seed 000).
. "$(dirname "$0")/lib/tool.sh"
for tool in curl jq; do
  command -v "$tool" >/dev/null || apt_install "$tool" ca-certificates
done
command -v jq >/dev/null || fail "jq is installed but not on PATH"
command -v curl

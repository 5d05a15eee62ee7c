#!/usr/bin/env bash
# playwright-core drives the Chromium that chromium.sh installs; it brings no browser of its own.
. "$(dirname "$0")/lib/tool.sh"
once playwright
VERSION=1.65.1
dir=$CACHE/playwright
command -v npm >/dev/null || fail "needs Node.js 20 or newer with npm"
if ! stamped "$dir" "$VERSION"; then
  say "installing playwright-core $VERSION"
  rm -rf "$dir" && mkdir -p "$dir"
  echo '{"private":true}' >"$dir/package.json"
  npm install --prefix "$dir" --silent --no-fund --no-audit --no-package-lock --ignore-scripts "playwright-core@$VERSION" >&2
  stamp "$dir" "$VERSION"
fi
echo "$dir/node_modules/playwright-core"

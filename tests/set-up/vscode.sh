#!/usr/bin/env bash
# A real VS Code workbench (server and web page) from npm alone: code-server, the newest version or,
# with `oldest`, one with the VS Code that `engines` in vscode-extension/package.json names.
# Prints its folder; "$folder/node" is the Node.js to start "$folder/entry.js" with.
#
# Its own install script wants downloads from elsewhere and headers that machines lack, so it is
# left out, and the few native parts that a workbench needs are built or fetched one by one:
#   - the Node.js major it is built for, with headers, from npm;
#   - @vscode/spdlog: without it every output channel stays empty;
#   - native-watchdog: without it the extension host ends at once;
#   - ripgrep: older versions download it, so it comes from the platform's npm package.
. "$(dirname "$0")/lib/tool.sh"
case ${1:-newest} in
  newest) name=vscode CODE_SERVER=4.139.1 NODE=24.21.0 ;;
  oldest) name=vscode-oldest CODE_SERVER=4.90.3 NODE=20.20.2 ;;
  *) fail "no VS Code is called $1; there are newest and oldest" ;;
esac
once "$name"
RIPGREP=1.18.0
ARGON2=0.44.0   # carries its built binaries in the package, so it works without its install script
dir=$CACHE/$name
version="$CODE_SERVER node $NODE"
if stamped "$dir" "$version"; then echo "$dir"; exit 0; fi

for tool in npm python3 make g++; do command -v "$tool" >/dev/null || fail "needs $tool"; done
case $(uname -s)-$(uname -m) in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  *) fail "no recipe for $(uname -s) on $(uname -m)" ;;
esac
export npm_config_yes=true npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false
export npm_config_loglevel=error npm_config_package_lock=false
rm -rf "$dir" && mkdir -p "$dir" && cd "$dir"

# unpack PACKAGE@VERSION FOLDER: an npm package without installing it.
unpack() {
  mkdir -p "$2"
  local archive
  archive=$(cd "$2" && npm pack --silent "$1")
  tar -xzf "$2/$archive" -C "$2" --strip-components=1
  rm "$2/$archive"
}

say "Node.js $NODE"
unpack "node-$platform@$NODE" "$dir/nodejs"
export PATH="$dir/nodejs/bin:$PATH" npm_config_nodedir="$dir/nodejs"

say "code-server $CODE_SERVER (minutes)"
printf '{"private":true,"overrides":{"argon2":"%s"}}\n' "$ARGON2" >package.json
npm install --ignore-scripts "code-server@$CODE_SERVER" >&2
vscode=$dir/node_modules/code-server/lib/vscode
cd "$vscode"
# Older versions name peers that don't fit by npm's rules; what is bundled with them does.
npm install --omit=dev --ignore-scripts --legacy-peer-deps >&2

say "native parts"
watchdog=native-watchdog
[ -d node_modules/@vscode/native-watchdog ] && watchdog=@vscode/native-watchdog
npm rebuild @vscode/spdlog "$watchdog" >&2
if [ ! -e "node_modules/node-pty/prebuilds/$platform/pty.node" ]; then
  npm rebuild node-pty >/dev/null 2>&1 || say "no node-pty: the workbench has no terminal, which no test needs"
fi
if [ -d node_modules/@vscode/ripgrep ] && [ ! -x node_modules/@vscode/ripgrep/bin/rg ]; then
  unpack "@vscode/ripgrep-$platform@$RIPGREP" "$dir/ripgrep"
  mkdir -p node_modules/@vscode/ripgrep/bin
  cp "$dir/ripgrep/bin/rg" node_modules/@vscode/ripgrep/bin/rg
fi
# What else code-server's install script would have linked.
[ -e node_modules.asar ] || ln -s node_modules node_modules.asar
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh

ln -sfn "$dir/nodejs/bin/node" "$dir/node"
ln -sfn "$dir/node_modules/code-server/out/node/entry.js" "$dir/entry.js"
found=$(HOME=$dir/home XDG_CONFIG_HOME=$dir/home "$dir/node" "$(readlink -f "$dir/entry.js")" --version | tail -1)
case $found in *"$CODE_SERVER"*) ;; *) fail "code-server does not start: $found" ;; esac
stamp "$dir" "$version"
echo "$dir"

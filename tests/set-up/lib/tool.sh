# shellcheck shell=bash
# What the set-up scripts share: strict mode, the cache folder, and a quiet, patient apt.
# Sourced, never run. Each script beside it prepares one tool, may run any number of times,
# does nothing when the tool is there already, and prints the tool's path or version last.
set -euo pipefail

# Everything that is no Debian package lands here; removing the folder is always safe.
CACHE=${METASYNC_TEST_CACHE:-$HOME/.cache/metasync-tests}
mkdir -p "$CACHE"

# How long to wait for another apt that holds the lock, in seconds.
APT_LOCK_TIMEOUT=600

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }
fail() { say "$*"; exit 1; }

# as_root COMMAND…: as it is for root, through sudo for everybody else.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "needs root to run: $*"; fi
}

# apt_install PACKAGE…: installs what is missing. The lists are fetched only when they are older
# than a day or a package is unknown, because every script would otherwise fetch them again.
apt_install() {
  command -v apt-get >/dev/null || fail "no apt-get here; install by hand: $*"
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  say "installing ${missing[*]}"
  if ! find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 2>/dev/null | grep -q . ||
     ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then
    as_root apt-get -qq -o "DPkg::Lock::Timeout=$APT_LOCK_TIMEOUT" -o Acquire::Retries=3 update || say "apt-get update failed; trying with the lists at hand"
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o "DPkg::Lock::Timeout=$APT_LOCK_TIMEOUT" -o Acquire::Retries=3 install "${missing[@]}" >/dev/null
}

# once NAME: one set-up of NAME at a time, so that parallel test runs don't unpack over each other.
once() { exec 9>"$CACHE/.$1.lock"; flock -w 1800 9 || fail "another set-up of $1 did not end"; }

# stamped FOLDER VERSION: whether FOLDER was completed at VERSION.
stamped() { [ "$(cat "$1/.complete" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s' "$2" >"$1/.complete"; }

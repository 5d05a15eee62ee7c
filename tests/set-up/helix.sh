#!/usr/bin/env bash
# Helix 25.01.1, as Debian 13 has it. An older Debian lends its mirror: the package and the C library that it wants are
# unpacked into the cache, and a start script runs hx with that library. Nothing is installed in the system.
. "$(dirname "$0")/lib/tool.sh"
VERSION=25.01.1-4
RELEASE=trixie
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# what Helix links; taken from the same release, as signed there
LIBRARIES=(libc6 libgcc-s1)

once helix
if hx=$(command -v hx); then echo "$hx"; exit 0; fi
folder=$CACHE/helix
start=$folder/hx
if stamped "$folder" "$VERSION"; then echo "$start"; exit 0; fi
command -v apt-get >/dev/null || fail "no apt-get here; install Helix by hand so that hx is on PATH"
[ -r "$KEYRING" ] || apt_install debian-archive-keyring

mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | head -1
}
mirror=$(mirror)
if [ -z "$mirror" ]; then
  as_root apt-get -qq -o "DPkg::Lock::Timeout=$APT_LOCK_TIMEOUT" update || true
  mirror=$(mirror)
fi
[ -n "$mirror" ] || fail "apt's sources name no Debian mirror; install Helix by hand so that hx is on PATH"

say "unpacking Helix $VERSION into $folder"
rm -rf "$folder"
mkdir -p "$folder/apt/state/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/packages" "$folder/unpacked"
echo "deb [signed-by=$KEYRING] $mirror $RELEASE main" >"$folder/apt/sources.list"
# lists of its own, so that no package of that release can ever be installed in this system
apt=(apt-get -qq -o "Dir::State=$folder/apt/state" -o "Dir::Cache=$folder/apt/cache" -o "Dir::State::status=/dev/null"
  -o "Dir::Etc::SourceList=$folder/apt/sources.list" -o Dir::Etc::SourceParts=- -o Acquire::Retries=3 -o Acquire::Languages=none
  -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
  -o APT::Sandbox::User=)
"${apt[@]}" update
(cd "$folder/apt/packages" && "${apt[@]}" download "hx=$VERSION" "${LIBRARIES[@]}")
for package in "$folder"/apt/packages/*.deb; do dpkg-deb -x "$package" "$folder/unpacked"; done
rm -rf "$folder/apt"

loader=$(find "$folder/unpacked" -name 'ld-linux-*.so*' | sort | head -1)
library=$(find "$folder/unpacked" -name 'libc.so.6' -printf '%h\n' | sort | head -1)
[ -n "$loader" ] && [ -n "$library" ] || fail "no loader or C library among the unpacked packages"
paths=$library
# libgcc may lie beside the C library or in the other of /lib and /usr/lib
for each in $(find "$folder/unpacked" -name 'libgcc_s.so.1' -printf '%h\n'); do [ "$each" = "$library" ] || paths=$paths:$each; done
cat >"$start" <<END
#!/bin/sh
HELIX_RUNTIME='$folder/unpacked/usr/lib/hx/runtime'
export HELIX_RUNTIME
exec '$loader' --library-path '$paths' '$folder/unpacked/usr/lib/hx/hx' "\$@"
END
chmod +x "$start"
"$start" --version >&2 || fail "Helix does not start"
stamp "$folder" "$VERSION"
echo "$start"

#!/usr/bin/env bash
# The WebDAV servers under the shared library's stories: WsgiDAV in a virtual environment, Apache's mod_dav
# and rclone from the distribution. Prints one line for each: its name and its program.
. "$(dirname "$0")/lib/tool.sh"
once webdav
venv=$CACHE/webdav
packages=("wsgidav==4.4.0" "cheroot==11.1.2")
version="${packages[*]}"
if ! stamped "$venv" "$version"; then
  say "installing ${packages[*]} in $venv"
  rm -rf "$venv"
  python3 -m venv "$venv" || { apt_install python3-venv; rm -rf "$venv"; python3 -m venv "$venv"; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"
  stamp "$venv" "$version"
fi
apache=$(command -v apache2 || echo /usr/sbin/apache2)
[ -x "$apache" ] || apt_install apache2-bin
[ -x "$apache" ] || fail "no apache2 in $apache"
rclone=$(command -v rclone || true)
[ -n "$rclone" ] || { apt_install rclone; rclone=$(command -v rclone) || fail "no rclone on PATH"; }
printf 'wsgidav %s\napache %s\nrclone %s\n' "$venv/bin/python" "$apache" "$rclone"

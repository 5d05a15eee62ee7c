#!/usr/bin/env bash
# What serves git over https and ssh under the stories of remotes: Apache with git's own http-backend, and
# OpenSSH's server. Prints one line for each: its name and its program.
. "$(dirname "$0")/lib/tool.sh"
once git-servers
apt_install apache2-bin openssl openssh-server openssh-client git
apache=$(command -v apache2 || echo /usr/sbin/apache2)
[ -x "$apache" ] || fail "no apache2 in $apache"
sshd=$(command -v sshd || echo /usr/sbin/sshd)
[ -x "$sshd" ] || fail "no sshd in $sshd"
backend=$(git --exec-path)/git-http-backend
[ -x "$backend" ] || fail "no git-http-backend in $backend"
# where sshd goes before it knows who asks; the distribution's service would make it
[ -d /run/sshd ] || as_root mkdir -p /run/sshd
printf 'apache %s\nsshd %s\nbackend %s\n' "$apache" "$sshd" "$backend"

#!/usr/bin/env bash
# A PostgreSQL server of the tests' own, on a free port of the loopback: starts it if it is not running
# and prints its address; with `stop`, ends it and removes what it kept. The role of the address may
# create databases, and is neither superuser nor free of row-level security, as a hub's role should be.
#   export METASYNC_TEST_POSTGRES="$(bash tests/set-up/postgres.sh)"
. "$(dirname "$0")/lib/tool.sh"
once postgres
state=$CACHE/postgres.state
dir="" address=""
# shellcheck disable=SC1090
[ -f "$state" ] && . "$state"

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd "$dir" && runuser -u postgres -- "$@" 9>&-); else (cd "$dir" && "$@" 9>&-); fi
}
newest() { find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -1; }
running() { [ -n "$dir" ] && [ -f "$dir/data/postmaster.pid" ] && as_postgres "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; }
program=$(newest)
bin=${program%/postgres}

if [ "${1:-}" = stop ]; then
  if running; then
    as_postgres "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null || fail "the server in $dir does not stop"
  fi
  [ -n "$dir" ] && rm -rf "$dir"
  rm -f "$state"
  exit 0
fi
[ $# = 0 ] || fail "no argument but stop"

if [ -z "$program" ]; then
  apt_install postgresql
  program=$(newest)
  bin=${program%/postgres}
  [ -n "$program" ] || fail "no PostgreSQL in /usr/lib/postgresql"
fi
if ! running; then
  [ -n "$dir" ] && rm -rf "$dir"
  dir=$(mktemp -d -t metasync-postgres-XXXXXX)
  [ "$(id -u)" != 0 ] || chown postgres "$dir"
  password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
  say "starting $("$program" --version) in $dir"
  as_postgres "$bin/initdb" -D "$dir/data" -U postgres -A scram-sha-256 --auth-local=trust -E UTF8 --locale=C --no-sync >"$dir.log" 2>&1 ||
    { cat "$dir.log" >&2; fail "initdb failed"; }
  # The data are worth nothing, so nothing waits for the disk.
  settings="listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300"
  as_postgres tee -a "$dir/data/postgresql.conf" >/dev/null <<<"$settings"
  for attempt in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    as_postgres "$bin/pg_ctl" -D "$dir/data" -o "-p $port" -l "$dir/server.log" -w -t 60 start >"$dir.log" 2>&1 && break
    [ "$attempt" != 5 ] || { cat "$dir.log" "$dir/server.log" >&2; fail "the server does not start"; }
  done
  rm -f "$dir.log"
  as_postgres "$bin/psql" -q -v ON_ERROR_STOP=1 -h "$dir" -p "$port" -U postgres -d postgres >&2 <<SQL || fail "the role could not be made"
CREATE ROLE metasync LOGIN PASSWORD '$password' CREATEDB NOSUPERUSER NOBYPASSRLS;
CREATE DATABASE metasync OWNER metasync TEMPLATE template0;
SQL
  address="postgres://metasync:$password@127.0.0.1:$port/metasync"
  (umask 077; printf 'dir=%q\naddress=%q\n' "$dir" "$address" >"$state")
fi
echo "$address"

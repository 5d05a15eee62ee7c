#!/usr/bin/env bash
# Real projects with their test suites, as their source distributions on PyPI have them, and a virtual environment in
# which pytest can collect them: what our discovery of tests is compared with. Prints the folder, with one folder for
# each project and `venv` in it.
. "$(dirname "$0")/lib/tool.sh"
once projects
dir=$CACHE/projects
PROJECTS=(attrs==25.3.0 click==8.2.1 flask==3.1.1 requests==2.32.4)
# what their tests import
TESTS=(pytest==8.4.2 hypothesis==6.135.26 cloudpickle==3.1.1 pytest-httpbin==2.1.0 pytest-mock==3.14.1 trustme==1.2.1 PySocks==1.7.1 asgiref==3.9.1 python-dotenv==1.1.1)
version="${PROJECTS[*]} ${TESTS[*]} 1"
if ! stamped "$dir" "$version"; then
  say "unpacking ${PROJECTS[*]}"
  rm -rf "$dir" && mkdir -p "$dir/sdists"
  python3 -m venv "$dir/venv" || { apt_install python3-venv; python3 -m venv "$dir/venv"; }
  pip=("$dir/venv/bin/pip" --quiet --disable-pip-version-check)
  "${pip[@]}" download --no-deps --no-binary :all: --dest "$dir/sdists" "${PROJECTS[@]}" >&2
  "${pip[@]}" install "${PROJECTS[@]}" "${TESTS[@]}" >&2
  for archive in "$dir"/sdists/*.tar.gz; do
    name=$(basename "$archive")
    mkdir -p "$dir/${name%%-*}"
    tar -xzf "$archive" -C "$dir/${name%%-*}" --strip-components 1
    [ -d "$dir/${name%%-*}/tests" ] || fail "$name holds no tests"
  done
  rm -rf "$dir/sdists"
  stamp "$dir" "$version"
fi
echo "$dir"

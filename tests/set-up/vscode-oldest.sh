#!/usr/bin/env bash
# The oldest VS Code that the extension promises to work in.
exec bash "$(dirname "$0")/vscode.sh" oldest

#!/usr/bin/env bash
# Emacs with eglot: built in since Emacs 29, a package of its own before. markdown-mode renders hovers.
. "$(dirname "$0")/lib/tool.sh"
command -v emacs >/dev/null || apt_install emacs-nox
has_eglot() { emacs --batch -q --eval "(progn (require 'package) (package-initialize) (require 'eglot))" >/dev/null 2>&1; }
has_eglot || apt_install elpa-eglot
apt_install elpa-markdown-mode || say "no markdown-mode: hovers are shown unrendered"
has_eglot || fail "Emacs $(emacs --version | head -1) cannot load eglot"
command -v emacs

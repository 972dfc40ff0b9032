#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Walks people take through the web app, in a real Chromium against a real node.
# usage: tests/browser/run.sh [WALK]...   WALK: a name in walks/, without .mjs; default: all in their order
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
exec ../../web/node_modules/.bin/node walk.mjs "$@"

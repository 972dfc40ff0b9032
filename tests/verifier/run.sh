#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes receipts and forgeries of them and asks three verifiers in three languages, which must agree on each.
# usage: tests/verifier/run.sh [BUILD_FOLDER]   The folder holds claim_corpus; web/node_modules must be there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
corpus=$(mktemp)
trap 'rm -f "$corpus"' EXIT
"${1:-build/release}/claim_corpus" "$corpus"
python3 tests/verifier/run.py "$corpus"
web/node_modules/.bin/node tests/verifier/run.mjs "$corpus"

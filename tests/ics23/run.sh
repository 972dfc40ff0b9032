#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Do public ICS-23 libraries judge our proofs as we do? usage: tests/ics23/run.sh [--seed N | --write]
#   Each library reads tests/vectors/state_proofs.json, state_proofs_verdicts.json and proofs made in this run.
#   --write makes state_proofs_verdicts.json anew, after a deliberate change of the format; needs Go.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
source tools/build.sh
here=tests/ics23 vectors=tests/vectors
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') write=no
case ${1:-} in
  --seed) seed=$2 ;;
  --write) write=yes ;;
esac

build_preset release make_cases
stamp=$here/node_modules/.salus-installed
if ! cmp -s $here/package-lock.json $stamp; then
  echo "== installing the ICS-23 library of npm"
  (cd $here && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp $here/package-lock.json $stamp
fi
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
has_go=no
if command -v go >/dev/null; then
  has_go=yes
  (cd $here/go && GOFLAGS=-mod=readonly go build -o "$made/ics23" .)
fi

if [ $write = yes ]; then
  [ $has_go = yes ] || { echo "--write needs Go" >&2; exit 1; }
  build/release/make_cases 1 --few >"$made/cases"
  node $here/verify.mjs --write "$made/cases" >"$made/npm"
  "$made/ics23" --write "$made/npm" >"$made/both"
  { echo "["; sed '$!s/$/,/' "$made/both"; echo "]"; } >$vectors/state_proofs_verdicts.json
  exit
fi

echo "== proofs of seed $seed"
build/release/make_cases "$seed" >"$made/cases"
files=("$vectors/state_proofs.json" "$vectors/state_proofs_verdicts.json" "$made/cases")
node $here/verify.mjs "${files[@]}"
if [ $has_go = yes ]; then
  "$made/ics23" "${files[@]}"
else
  echo "skipped: Go is not installed, so ics23/go was not asked"
fi

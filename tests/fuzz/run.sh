#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Feeds every decoder of untrusted bytes for SECONDS each (default 60), as many at once as there are cores.
# usage: tests/fuzz/run.sh [--keep] [SECONDS] [TARGET...]
#   Each run begins with what earlier ones learnt: tests/fuzz/corpus/TARGET.tar.gz and build/fuzz-corpus/TARGET.
#   --keep writes the smallest set that reaches as much back into tests/fuzz/corpus. Findings: build/fuzz-findings.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
keep=no
[ "${1:-}" != --keep ] || { keep=yes; shift; }
seconds=${1:-60}
shift || true
source tools/build.sh
build_preset fuzz all_fuzz_targets
corpus=$PWD/build/fuzz-corpus findings=$PWD/build/fuzz-findings results=$PWD/build/fuzz/results
rm -rf "$results"
mkdir -p "$corpus" "$findings" "$results"

one() {  # one TARGET: leaves TARGET.passed or TARGET.failed in $results
  local name=$1
  mkdir -p "$corpus/$name"
  [ ! -f "tests/fuzz/corpus/$name.tar.gz" ] || tar -xzf "tests/fuzz/corpus/$name.tar.gz" -C "$corpus/$name"
  if "build/fuzz/fuzz/$name" -max_total_time="$seconds" -max_len=65536 -timeout=5 -rss_limit_mb=2048 \
      -artifact_prefix="$findings/$name-" "$corpus/$name" >"build/fuzz/$name.log" 2>&1; then
    touch "$results/$name.passed"
    echo "$name: $(grep -E 'Done [0-9]+ runs' "build/fuzz/$name.log")"
  else
    touch "$results/$name.failed"
    echo "$name: FOUND something, see $findings"
    tail -n 20 "build/fuzz/$name.log"
  fi
}
keep_one() {  # keep_one TARGET
  local name=$1 small
  small=$(mktemp -d)
  "build/fuzz/fuzz/$name" -merge=1 "$small" "$corpus/$name" >>"build/fuzz/$name.log" 2>&1
  mkdir -p tests/fuzz/corpus
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$small" -cf - . | gzip -n9 \
    >"tests/fuzz/corpus/$name.tar.gz"
  rm -rf "$small"
}

targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(find build/fuzz/fuzz -name '*_fuzz' -type f -printf '%f\n' | sort)
for name in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
  one "$name" &
done
wait
if [ "$keep" = yes ]; then
  for name in "${targets[@]}"; do keep_one "$name"; done
fi
passed=$(find "$results" -name '*.passed' | wc -l)
echo "$passed passed, $(find "$results" -name '*.failed' | wc -l) failed"
[ "$passed" -eq "${#targets[@]}" ] && [ "$passed" -gt 0 ]

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Feeds every decoder of untrusted bytes for SECONDS each (default 20). usage: tests/fuzz/run.sh [SECONDS]
# What a run learns is kept in build/fuzz-corpus; inputs that found something in build/fuzz-findings.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-20}
source tools/build.sh
build_preset fuzz all_fuzz_targets
findings=$PWD/build/fuzz-findings/
mkdir -p "$findings"
passed=0 failed=0
for target in build/fuzz/fuzz/*_fuzz; do
  name=$(basename "$target")
  mkdir -p "build/fuzz-corpus/$name"
  if "$target" -max_total_time="$seconds" -max_len=65536 -timeout=5 -rss_limit_mb=2048 \
      -artifact_prefix="$findings$name-" "build/fuzz-corpus/$name" >"build/fuzz/$name.log" 2>&1; then
    passed=$((passed + 1))
    echo "$name: $(grep -E 'Done [0-9]+ runs' "build/fuzz/$name.log")"
  else
    failed=$((failed + 1))
    echo "$name: FOUND something, see $findings"
    tail -n 20 "build/fuzz/$name.log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

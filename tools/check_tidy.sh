#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy 19 over the code that differs from REV (default: everything). usage: check_tidy.sh [REV]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
source tools/build.sh
build_preset release salus_proto >/dev/null
if [ $# -gt 0 ]; then
  mapfile -t files < <(git diff --name-only "$1" -- 'src/*.cpp' | grep -v _test.cpp)
else
  mapfile -t files < <(git ls-files 'src/*.cpp' | grep -v _test.cpp)
fi
[ ${#files[@]} -eq 0 ] && { echo "check_tidy: nothing to check"; exit 0; }
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 4 \
  clang-tidy-19 -p build/release --quiet --extra-arg=-Wno-unknown-warning-option
echo "check_tidy: ${#files[@]} files"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ThreadSanitizer still finds races in our own code, with what tools/tsan.supp keeps from it.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

g++ -std=c++20 -O1 -g1 -fsanitize=thread -o "$folder/planted_race" tests/sanitize/planted_race.cpp
export TSAN_OPTIONS="halt_on_error=1 exitcode=66 suppressions='$PWD/tools/tsan.supp'"
for planted in number:66 text:66 bytes:66 nothing:0; do
  status=0
  "$folder/planted_race" "${planted%:*}" 2>"$folder/said" || status=$?
  [ "$status" = "${planted#*:}" ] || {
    echo "a race on '${planted%:*}' ended with $status instead of ${planted#*:}" >&2; cat "$folder/said" >&2; exit 1; }
done
echo "ThreadSanitizer finds three planted races, and none where none is"

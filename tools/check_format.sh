#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is all C++ formatted as .clang-format says? With --fix: format it.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
mapfile -t files < <(git ls-files 'src/*.h' 'src/*.cpp' 'tests/*.cpp' 'tests/*.h')
if [ "${1:-}" = --fix ]; then exec clang-format-19 -i "${files[@]}"; fi
clang-format-19 --dry-run --Werror "${files[@]}"
echo "check_format: ${#files[@]} files as they should be"

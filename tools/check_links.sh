#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows that the link graph really is a wall: what a folder does not name in DEPS is not found, and
# a dependency on a folder listed below is refused at configure time; and that a header which leans on
# what others include is not built, whether a source of its name includes it first or not.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
probe=$(mktemp -d) && trap 'rm -rf "$probe"' EXIT

# Two small modules with the project's own function: `upper` names `lower`, never the reverse.
mkdir -p "$probe/cmake" "$probe/src/lower" "$probe/src/upper" "$probe/src/beside"
cp cmake/module.cmake cmake/precompiled.cmake "$probe/cmake/"
cat >"$probe/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(probe LANGUAGES CXX)
include(cmake/module.cmake)
add_subdirectory(src/lower)
add_subdirectory(src/beside)
add_subdirectory(src/upper)
CMAKE
module() { echo "salus_module($1 $2)" >"$probe/src/$1/CMakeLists.txt"; }
module lower "" && module beside "" && module upper "DEPS lower"
echo '#pragma once' | tee "$probe/src/lower/lower.h" >"$probe/src/beside/beside.h"
build() { cmake -G Ninja -S "$probe" -B "$probe/build" >"$probe/log" 2>&1 && cmake --build "$probe/build" >>"$probe/log" 2>&1; }
refused() {  # refused WHAT WORDS: the build must fail, with these words
  if build; then echo "check_links: $1 was accepted" >&2; exit 1; fi
  grep -q "$2" "$probe/log" || { echo "check_links: $1 failed for another reason:" >&2; cat "$probe/log" >&2; exit 1; }
  rm -rf "$probe/build"
}

echo '#include "lower/lower.h"' >"$probe/src/upper/upper.cpp"
build || { cat "$probe/log" >&2; exit 1; }
rm -rf "$probe/build"
echo '#include "beside/beside.h"' >"$probe/src/upper/upper.cpp"
refused "an include of a folder that is not in DEPS" "beside/beside.h: No such file"
echo '' >"$probe/src/upper/upper.cpp"
module lower "DEPS upper"
refused "a dependency on a folder listed below" "may depend only on folders listed above it"
module lower ""
echo '#pragma once
std::string late();' >"$probe/src/lower/lower.h"
for first in '#include <string>' '#include "lower/lower.h"'; do
  printf '%s\n#include "lower/lower.h"\n' "$first" >"$probe/src/lower/lower.cpp"
  refused "a header that does not compile alone" "lower/lower.h:2.*error"
done
echo "check_links: the walls hold, and each header compiles alone"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The parts of a build that ./run and ./test share. Source it from the project's root.

# build_preset PRESET TARGET...: configures where needed, builds, shows ninja's progress.
build_preset() {
  local preset=$1; shift
  if [ ! -f "build/$preset/build.ninja" ]; then
    echo "== configuring $preset"
    mkdir -p "build/$preset"
    cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || {
      tail -n 20 "build/$preset/configure.log" >&2; return 1; }
  fi
  echo "== building $preset: $*"
  cmake --build "build/$preset" --target "$@"
}

# Objects are the same in every build folder of this checkout, so that presets share the cache.
# What ccache must pass over to keep what was built with precompiled headers, as its manual says.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# web_packages: the packages that package-lock.json names, when it changed since the last time.
web_packages() {
  local stamp=web/node_modules/.salus-installed
  if ! cmp -s web/package-lock.json "$stamp"; then
    echo "== installing the web app's packages"
    (cd web && npm ci --no-audit --no-fund --loglevel=error) || return 1
    cp web/package-lock.json "$stamp"
  fi
}

# web_app: builds web/dist when a source of it changed since the last time.
web_app() {
  web_packages || return 1
  local stamp=web/dist/.salus-built now
  now=$(git ls-files -z -- web src/api/openapi.json 2>/dev/null | xargs -0 -r sha256sum 2>/dev/null | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$now" ]; then
    echo "== building the web app"
    (cd web && npm run --silent build) || return 1
    echo "$now" >"$stamp"
  fi
}

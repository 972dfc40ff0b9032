#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which tests did not run? Prints one line each for the output of a part of ./test.
# usage: tools/skips.sh FILE | tools/skips.sh --self-test
set -euo pipefail

# ctest ends with a list "  12 - Name (Skipped)"; our own scripts say "skipped: WHAT" when they pass something over.
skips_in() {
  sed -nE -e 's/^[[:space:]]*(skipped|SKIPPED): (.*)$/\2/p' \
    -e 's/^[[:space:]]*[0-9]+ - (.*) \(Skipped\)[[:space:]]*$/\1/p' "$1"
}

if [ "${1:-}" = --self-test ]; then
  file=$(mktemp)
  trap 'rm -f "$file"' EXIT
  cat >"$file" <<'EOF'
100% tests passed, 0 tests failed out of 3
The following tests did not run:
	  7 - RocksFullDisk.TheNextWriteSucceeds (Skipped)
	  9 - FilesTest.DISABLED_Child (Disabled)
  skipped: this machine lets us mount no small disk (mount: permission denied)
skipped: Go is not installed, so ics23/go was not asked
  SKIPPED: ../shared/data/bidmc is not here
3 passed, 0 failed, 1 skipped
EOF
  found=$(skips_in "$file")
  [ "$(wc -l <<<"$found")" = 4 ] && grep -q '^RocksFullDisk.TheNextWriteSucceeds$' <<<"$found" &&
    grep -q '^this machine lets us mount no small disk' <<<"$found" || {
    printf 'skips.sh: found\n%s\n' "$found" >&2
    exit 1
  }
  exit
fi
skips_in "$1"

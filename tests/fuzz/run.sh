#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets and feeds each for SECONDS of processor time (default 60); run.py has the options.
# usage: tests/fuzz/run.sh [OPTION...] [SECONDS] [TARGET...]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
source tools/build.sh
build_preset fuzz all_fuzz_targets
exec python3 tests/fuzz/run.py "$@"

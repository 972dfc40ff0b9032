#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All checks of the house by one command: style, formatting, the link graph, clang-tidy 19.
# usage: tools/check.sh [--fast]   (--fast, as ./test house: without clang-tidy, which takes some minutes)
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
./check.py
./check.py --self-test
./check_format.sh
./check_links.sh
[ "${1:-}" = --fast ] || ./check_tidy.sh

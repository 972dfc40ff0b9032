#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Brings a Debian 12 machine to what Salus needs; does nothing, quickly, where all is there.
# usage: tools/packages.sh run|test
set -euo pipefail

run_packages=(
  build-essential cmake ninja-build ccache mold pkg-config git python3 ca-certificates openssl
  libboost1.81-dev libboost-json1.81-dev libssl-dev librocksdb-dev libprotobuf-dev protobuf-compiler
  libzstd-dev libargon2-dev libspdlog-dev libfmt-dev libcli11-dev libqrencode-dev prometheus-cpp-dev
  libmosquitto-dev mosquitto libcoap3-dev libgtest-dev libgmock-dev libbenchmark-dev
)
test_packages=(clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev chromium fonts-dejavu-core
  python3-cryptography)

wanted=("${run_packages[@]}")
[ "${1:-run}" = test ] && wanted+=("${test_packages[@]}")
# Any Node.js from 18 on will do (it only has to run npm, which brings a newer one).
node_major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/' || true)
if [ "${node_major:-0}" -lt 18 ] || ! command -v npm >/dev/null; then wanted+=(nodejs npm); fi

missing=()
have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
for package in "${wanted[@]}"; do
  grep -qx "$package installed" <<<"$have" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "== installing Debian packages: ${missing[*]}"
command -v apt-get >/dev/null || {
  echo "Salus is set up for Debian 12: install by your own means: ${missing[*]}" >&2; exit 1; }
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Run once as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

// SPDX-License-Identifier: Apache-2.0
#include "cli/secret_file.h"

#include "storage/files.h"

namespace cli {
namespace {

constexpr std::size_t secret_bytes_max = 4'096;

}  // namespace

base::Result<base::Bytes> read_secret(const std::filesystem::path& file) {
    auto bytes = storage::read_private_file(file, secret_bytes_max);
    if (!bytes) return bytes;
    while (!bytes->empty() && (bytes->back() == '\n' || bytes->back() == '\r')) bytes->pop_back();
    if (bytes->empty()) {
        return base::fail(base::ErrorCode::malformed, file.string() + " is empty");
    }
    return bytes;
}

}  // namespace cli

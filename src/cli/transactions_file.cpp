// SPDX-License-Identifier: Apache-2.0
#include "cli/transactions_file.h"

#include <fmt/format.h>

#include "storage/files.h"

namespace cli {

using base::ErrorCode;
using base::Result;

namespace {
constexpr std::size_t file_bytes_max = 67'108'864;
}  // namespace

Result<void> write_transactions(const std::filesystem::path& file,
                                const std::vector<base::Bytes>& envelopes) {
    base::Bytes out;
    for (const auto& envelope : envelopes) {
        base::append_u32(out, static_cast<std::uint32_t>(envelope.size()));
        base::append(out, envelope);
    }
    return storage::write_file_synced(file, out);
}

Result<std::vector<base::Bytes>> read_transactions(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, file_bytes_max);
    if (!bytes && bytes.error().code == ErrorCode::not_found) return std::vector<base::Bytes>{};
    if (!bytes) return base::pass(bytes);
    std::vector<base::Bytes> out;
    for (base::ByteView rest = *bytes; !rest.empty();) {
        const std::size_t size = rest.size() < 4 ? rest.size() : base::read_u32(rest);
        if (rest.size() < 4 + size) {
            return base::fail(ErrorCode::corrupted,
                              fmt::format("{} is cut off", file.filename().string()));
        }
        const auto envelope = rest.subspan(4, size);
        out.emplace_back(envelope.begin(), envelope.end());
        rest = rest.subspan(4 + size);
    }
    return out;
}

base::Result<void> add_transaction(const std::filesystem::path& file, base::Bytes envelope) {
    auto waiting = read_transactions(file);
    if (!waiting) return base::pass(waiting);
    waiting->push_back(std::move(envelope));
    return write_transactions(file, *waiting);
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "askg/internal/log_entries.h"

#include "askg/internal/generator_state.h"
#include "base/record.h"

namespace askg::internal {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::Result;

Bytes encode(const Identity& identity) {
    base::RecordWriter out;
    out.fixed(identity.authority.view()).fixed(identity.key);
    return out.take();
}

Result<Identity> read_identity(const storage::KeyValueStore& store) {
    const auto stored = store.get(Bytes{entry::identity});
    if (!stored) return base::pass(stored);
    if (!*stored) return base::fail(ErrorCode::not_found, "there is no key generator here");
    base::RecordReader in(**stored);
    Identity out;
    out.authority = in.fixed<keyagreement::DomainName>();
    out.key = in.fixed<base::FixedBytes<struct KeyTag, 32>>().bytes;
    if (!in.complete()) {
        return base::fail(ErrorCode::corrupted, "the key generator's name is out of form");
    }
    return out;
}

Bytes log_key(std::uint64_t index) {
    Bytes key{entry::log};
    base::append_u64(key, index);
    return key;
}

Bytes encode(const LogHead& head) {
    base::RecordWriter out;
    out.u64(head.size).fixed(head.hash.view()).fixed(head.signature);
    return out.take();
}

Result<LogHead> read_head(const storage::KeyValueStore& store) {
    const auto stored = store.get(Bytes{entry::head});
    if (!stored) return base::pass(stored);
    base::RecordReader in(*stored ? ByteView(**stored) : ByteView{});
    LogHead out;
    out.size = in.u64();
    out.hash = in.fixed<wire::Hash256>();
    out.signature = in.fixed<base::FixedBytes<struct SignatureTag, 64>>().bytes;
    if (!in.complete()) {
        return base::fail(ErrorCode::corrupted, "the head of the key generator's log is damaged");
    }
    return out;
}

Result<std::vector<LogEntry>> read_entries(const storage::KeyValueStore& store,
                                           std::uint64_t first) {
    std::vector<LogEntry> out;
    Result<void> outcome;
    const auto scanned = store.scan(
        log_key(first), storage::end_of_prefix(Bytes{entry::log}), [&](ByteView key, ByteView raw) {
            const auto index = first + out.size();
            auto decoded = decode_log_entry(raw);
            if (!decoded || !std::ranges::equal(key, log_key(index))) {
                outcome = base::fail(ErrorCode::corrupted, "entry " + std::to_string(index) +
                                                               " of the log is missing or damaged");
                return false;
            }
            out.push_back(*std::move(decoded));
            return true;
        });
    if (!scanned) return base::pass(scanned);
    if (!outcome) return base::pass(outcome);
    return out;
}

}  // namespace askg::internal

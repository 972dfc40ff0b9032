// SPDX-License-Identifier: Apache-2.0
#include "askg/log.h"

#include <map>
#include <string>

#include "base/record.h"

namespace askg {

using base::ErrorCode;
using base::Result;

namespace {

constexpr std::uint8_t entry_prefix = 0x01;
constexpr std::string_view head_label = "IMT-AKE/1 log";

/// What has happened to each serial so far.
class Story {
public:
    Result<void> take(const LogEntry& entry) {
        const auto known = revoked_.find(entry.record.serial);
        if (entry.event == LogEvent::certified) {
            if (known != revoked_.end()) return wrong("certifies a serial a second time");
            revoked_[entry.record.serial] = {hash_of(entry.record), false};
            return {};
        }
        if (known == revoked_.end()) return wrong("revokes what was never certified");
        if (known->second.hash != hash_of(entry.record)) return wrong("revokes another record");
        if (known->second.revoked) return wrong("revokes a second time");
        known->second.revoked = true;
        return {};
    }

private:
    static Result<void> wrong(std::string what) {
        return base::fail(ErrorCode::corrupted, std::move(what));
    }
    struct Known {
        wire::Hash256 hash;
        bool revoked = false;
    };
    std::map<Serial, Known> revoked_;
};

Result<void> check_entry(const LogEntry& entry, const keyagreement::DomainName& authority,
                         const crypto::Ed25519PublicKey& key, Story& story) {
    if (entry.record.authority != authority) {
        return base::fail(ErrorCode::corrupted, "is of another key generator");
    }
    if (!verify(entry.record, key)) {
        return base::fail(ErrorCode::corrupted, "holds a record that is not signed");
    }
    return story.take(entry);
}

}  // namespace

std::string_view name_of(LogEvent event) {
    return event == LogEvent::certified ? "certified" : "revoked";
}

base::Bytes encode(const LogEntry& entry) {
    base::RecordWriter out;
    out.u8(static_cast<std::uint8_t>(entry.event)).time(entry.at).fixed(encode(entry.record));
    return out.take();
}

Result<LogEntry> decode_log_entry(base::ByteView bytes) {
    base::RecordReader in(bytes);
    LogEntry out;
    out.event = in.enumerator(LogEvent::certified, LogEvent::revoked);
    out.at = in.time();
    const auto raw = in.fixed<base::FixedBytes<struct RecordTag, record_bytes>>();
    if (!in.complete()) return base::fail(ErrorCode::malformed, "log entry: out of form");
    auto record = decode_record(raw.view());
    if (!record) return base::pass(record);
    out.record = *record;
    return out;
}

wire::Hash256 chain_hash(const wire::Hash256& before, const LogEntry& entry) {
    return wire::Hash256{
        crypto::sha512_256({base::ByteView(&entry_prefix, 1), before.view(), encode(entry)})};
}

base::Bytes signed_bytes(const keyagreement::DomainName& authority, const LogHead& head) {
    base::RecordWriter out;
    out.fixed(base::as_bytes(head_label)).fixed(authority.view());
    out.u64(head.size).fixed(head.hash.view());
    return out.take();
}

Result<void> verify_log(const std::vector<LogEntry>& entries, const LogHead& head,
                        const keyagreement::DomainName& authority,
                        const crypto::Ed25519PublicKey& authority_key) {
    Story story;
    wire::Hash256 hash;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (const auto sound = check_entry(entries[i], authority, authority_key, story); !sound) {
            return base::fail(ErrorCode::corrupted,
                              "entry " + std::to_string(i) + " " + sound.error().detail);
        }
        hash = chain_hash(hash, entries[i]);
    }
    if (head.size != entries.size() || head.hash != hash) {
        return base::fail(ErrorCode::corrupted, "the entries do not lead to the head of " +
                                                    std::to_string(head.size) +
                                                    "; an entry was changed, taken out or added");
    }
    if (!authority_key.verify(signed_bytes(authority, head), head.signature)) {
        return base::fail(ErrorCode::corrupted, "the head of the log is not signed");
    }
    return {};
}

}  // namespace askg

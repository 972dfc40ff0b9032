// SPDX-License-Identifier: Apache-2.0
// The encodings of docs/formats/queries.md: fixed fields one after another, big-endian; a list is
// its count in 4 bytes and then its members; nothing may follow the last field.
#include <string>

#include "chain/queries.h"

namespace chain::encoding {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

namespace {

/// A person belongs to few organisations; a clinic has thousands of miners at most. Ours.
constexpr std::uint32_t readers_max = 64;
constexpr std::uint32_t miners_max = 1'000'000;
/// A consistency path has at most one hash more than a size has bits.
constexpr std::uint32_t path_hashes_max = 65;

/// Reads fields off untrusted bytes. After the first that is missing everything reads as zero, and
/// `finished` says so.
class Reader {
public:
    explicit Reader(ByteView bytes) : rest_(bytes) {}

    std::uint8_t u8() {
        const auto raw = take(1);
        return raw.empty() ? std::uint8_t{0} : raw[0];
    }
    std::uint32_t u32() {
        const auto raw = take(4);
        return raw.empty() ? 0 : base::read_u32(raw);
    }
    std::uint64_t u64() {
        const auto raw = take(8);
        return raw.empty() ? 0 : base::read_u64(raw);
    }
    base::TimePoint time() { return base::from_unix_ms(static_cast<std::int64_t>(u64())); }
    template <class Fixed>
    Fixed fixed() {
        return Fixed::from(take(Fixed::size_bytes)).value_or(Fixed{});
    }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }
    /// Every byte was read, and none was missing.
    [[nodiscard]] bool finished() const { return !short_ && rest_.empty(); }

private:
    ByteView take(std::size_t size) {
        if (rest_.size() < size) {
            short_ = true;
            rest_ = {};
            return {};
        }
        const auto out = rest_.first(size);
        rest_ = rest_.subspan(size);
        return out;
    }
    ByteView rest_;
    bool short_ = false;
};

std::unexpected<base::Error> malformed(const std::string& what) {
    return fail(ErrorCode::malformed, what + ": not the bytes that docs/formats/queries.md names");
}
void append_time(Bytes& out, base::TimePoint time) {
    base::append_u64(out, static_cast<std::uint64_t>(base::to_unix_ms(time)));
}

}  // namespace

Bytes encode(const ConsentQuestion& question) {
    Bytes out;
    base::append(out, question.patient.view());
    out.push_back(static_cast<std::uint8_t>(question.category));
    out.push_back(static_cast<std::uint8_t>(question.purpose));
    append_time(out, question.at);
    base::append_u32(out, static_cast<std::uint32_t>(question.readers.size()));
    for (const auto& reader : question.readers) base::append(out, reader.view());
    return out;
}

base::Result<ConsentQuestion> decode_consent_question(ByteView bytes) {
    Reader in(bytes);
    ConsentQuestion question;
    question.patient = in.fixed<wire::LedgerId>();
    const auto category = in.u8();
    const auto purpose = in.u8();
    question.at = in.time();
    const auto count = in.u32();
    if (!wire::is_category(category) || !wire::is_purpose(purpose) || count > readers_max ||
        in.left() != std::size_t{count} * wire::LedgerId::size_bytes) {
        return malformed("question about a consent");
    }
    question.category = static_cast<wire::Category>(category);
    question.purpose = static_cast<wire::Purpose>(purpose);
    for (std::uint32_t i = 0; i < count; ++i) {
        question.readers.push_back(in.fixed<wire::LedgerId>());
    }
    if (!in.finished()) return malformed("question about a consent");
    return question;
}

Bytes encode(const StandingConsent& consent) {
    Bytes out;
    base::append(out, consent.consent.view());
    base::append(out, consent.grantee.view());
    append_time(out, consent.from);
    append_time(out, consent.until);
    return out;
}

base::Result<StandingConsent> decode_standing_consent(ByteView bytes) {
    Reader in(bytes);
    StandingConsent consent;
    consent.consent = in.fixed<wire::Hash256>();
    consent.grantee = in.fixed<wire::LedgerId>();
    consent.from = in.time();
    consent.until = in.time();
    if (!in.finished()) return malformed("standing consent");
    return consent;
}

Bytes encode(const KeyView& key) {
    Bytes out;
    out.push_back(static_cast<std::uint8_t>(key.role));
    out.push_back(static_cast<std::uint8_t>(key.custody));
    base::append(out, key.public_key.view());
    base::append_u64(out, key.valid_from);
    base::append_u64(out, key.valid_until);
    return out;
}

base::Result<KeyView> decode_key_view(ByteView bytes) {
    Reader in(bytes);
    KeyView key;
    const auto role = in.u8();
    const auto custody = in.u8();
    key.public_key = in.fixed<wire::PublicKeyBytes>();
    key.valid_from = in.u64();
    key.valid_until = in.u64();
    if (!in.finished() || !wire::is_role(role) || !wire::is_custody(custody)) {
        return malformed("key");
    }
    key.role = static_cast<wire::Role>(role);
    key.custody = static_cast<wire::Custody>(custody);
    return key;
}

Bytes encode(const MiningView& mining) {
    Bytes out;
    base::append_u64(out, mining.round);
    base::append_u64(out, mining.next);
    base::append_u32(out, static_cast<std::uint32_t>(mining.miners.size()));
    for (std::size_t i = 0; i < mining.miners.size(); ++i) {
        base::append(out, mining.miners[i].view());
        base::append_u64(out, mining.blocks[i]);
    }
    return out;
}

base::Result<MiningView> decode_mining_view(ByteView bytes) {
    Reader in(bytes);
    MiningView mining;
    mining.round = in.u64();
    mining.next = in.u64();
    const auto count = in.u32();
    if (count > miners_max || in.left() != std::size_t{count} * (wire::LedgerId::size_bytes + 8)) {
        return malformed("turns of mining");
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        mining.miners.push_back(in.fixed<wire::LedgerId>());
        mining.blocks.push_back(in.u64());
    }
    if (!in.finished() || mining.next >= std::max<std::uint64_t>(count, 1)) {
        return malformed("turns of mining");
    }
    return mining;
}

Bytes encode(const TxPlace& place) {
    Bytes out;
    base::append_u64(out, place.height);
    base::append_u32(out, place.index);
    return out;
}

base::Result<TxPlace> decode_tx_place(ByteView bytes) {
    Reader in(bytes);
    TxPlace place;
    place.height = in.u64();
    place.index = in.u32();
    if (!in.finished()) return malformed("place of a transaction");
    return place;
}

Bytes encode(const LogSizes& sizes) {
    Bytes out;
    base::append_u64(out, sizes.from);
    base::append_u64(out, sizes.to);
    return out;
}

base::Result<LogSizes> decode_log_sizes(ByteView bytes) {
    Reader in(bytes);
    LogSizes sizes;
    sizes.from = in.u64();
    sizes.to = in.u64();
    if (!in.finished()) return malformed("sizes of the history log");
    return sizes;
}

Bytes encode(const std::vector<wire::Hash256>& path) {
    Bytes out;
    base::append_u32(out, static_cast<std::uint32_t>(path.size()));
    for (const auto& hash : path) base::append(out, hash.view());
    return out;
}

base::Result<std::vector<wire::Hash256>> decode_path(ByteView bytes) {
    Reader in(bytes);
    const auto count = in.u32();
    if (count > path_hashes_max) return malformed("path");
    std::vector<wire::Hash256> path;
    for (std::uint32_t i = 0; i < count; ++i) path.push_back(in.fixed<wire::Hash256>());
    if (!in.finished()) return malformed("path");
    return path;
}

}  // namespace chain::encoding

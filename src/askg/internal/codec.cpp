// SPDX-License-Identifier: Apache-2.0
#include "askg/internal/codec.h"

#include <algorithm>

#include "crypto/hash.h"

namespace askg::internal {
namespace {

constexpr std::string_view magic = "salusKA1";
constexpr std::size_t checksum_bytes = sizeof(crypto::Digest32);
constexpr std::size_t frame_bytes = magic.size() + 1 + checksum_bytes;
constexpr std::size_t epoch_secret_bytes = 8 + Secret32::size_bytes;

}  // namespace

SecretWriter& SecretWriter::u8(std::uint8_t value) {
    out_.push_back(value);
    return *this;
}
SecretWriter& SecretWriter::u32(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) u8(static_cast<std::uint8_t>(value >> shift));
    return *this;
}
SecretWriter& SecretWriter::u64(std::uint64_t value) {
    u32(static_cast<std::uint32_t>(value >> 32));
    return u32(static_cast<std::uint32_t>(value));
}
SecretWriter& SecretWriter::fixed(base::ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
}
SecretWriter& SecretWriter::bytes(base::ByteView bytes) {
    u32(static_cast<std::uint32_t>(bytes.size()));
    return fixed(bytes);
}

void write(SecretWriter& out, const Record& record) {
    out.fixed(encode(record));
}
void write(SecretWriter& out, const FieldElement& element) {
    out.fixed(element.bytes());
}
void write(SecretWriter& out, const DomainShare& domain) {
    out.u32(domain.generation);
    write(out, domain.x);
    for (const auto& coefficient : domain.share.coefficients()) write(out, coefficient);
}
void write(SecretWriter& out, const std::vector<EpochSecret>& secrets) {
    out.u32(static_cast<std::uint32_t>(secrets.size()));
    for (const auto& secret : secrets) out.i64(secret.epoch).fixed(secret.value.view());
}

Record PartReader::record() {
    const auto raw = array<record_bytes>();
    const auto record = decode_record(raw);
    if (record) return *record;
    refuse();
    return {};
}

FieldElement PartReader::element() {
    const auto raw = fixed<Secret32>();
    const auto element = FieldElement::decode(raw.view());
    if (element) return *element;
    refuse();
    return {};
}

DomainShare PartReader::domain_share() {
    DomainShare out;
    out.generation = u32();
    out.x = element();
    std::array<FieldElement, share_coefficients> coefficients;
    for (auto& coefficient : coefficients) coefficient = element();
    out.share = Share(std::move(coefficients));
    return out;
}

std::vector<EpochSecret> PartReader::epoch_secrets() {
    std::vector<EpochSecret> out(count(epoch_secret_bytes));
    for (auto& secret : out) {
        secret.epoch = i64();
        secret.value = fixed<Secret32>();
    }
    const auto rising = [](const EpochSecret& a, const EpochSecret& b) {
        return a.epoch >= b.epoch;
    };
    if (std::ranges::adjacent_find(out, rising) != out.end()) refuse();
    return out;
}

SecretBytes enclose(FileKind kind, base::ByteView body) {
    SecretWriter whole;
    whole.fixed(base::as_bytes(magic)).u8(static_cast<std::uint8_t>(kind)).fixed(body);
    SecretBytes out = whole.take();
    const auto checksum = crypto::sha512_256(base::ByteView(out));
    out.insert(out.end(), checksum.begin(), checksum.end());
    return out;
}

base::Result<base::ByteView> opened(FileKind kind, base::ByteView file) {
    const auto begins = base::as_bytes(magic);
    if (file.size() < frame_bytes || !std::ranges::equal(file.first(begins.size()), begins)) {
        return base::fail(base::ErrorCode::malformed,
                          "this is no file of a key generator's, or one cut short");
    }
    const auto content = file.first(file.size() - checksum_bytes);
    if (!std::ranges::equal(crypto::sha512_256(content), file.last(checksum_bytes))) {
        return base::fail(base::ErrorCode::corrupted,
                          "the checksum does not fit: cut short or damaged; enrol anew or restore "
                          "it from a backup");
    }
    if (content[begins.size()] != static_cast<std::uint8_t>(kind)) {
        return base::fail(base::ErrorCode::malformed,
                          "these are the credentials of another kind of party");
    }
    return content.subspan(begins.size() + 1);
}

}  // namespace askg::internal

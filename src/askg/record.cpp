// SPDX-License-Identifier: Apache-2.0
#include "askg/record.h"

#include <string>

#include "base/record.h"
#include "crypto/hash.h"

namespace askg {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view label = "IMT-AKE/1 record";
constexpr std::uint8_t no_suite = 0;

bool answers_handshakes(PartyRole role) {
    return role == PartyRole::pda || role == PartyRole::cloud_server;
}

base::Bytes unsigned_bytes(const Record& record) {
    base::RecordWriter out;
    out.u8(version).fixed(record.authority.view()).fixed(record.serial.view());
    out.u8(static_cast<std::uint8_t>(record.role));
    out.u8(record.suite ? static_cast<std::uint8_t>(*record.suite) : no_suite);
    out.fixed(record.static_public).time(record.valid_from).time(record.valid_until);
    return out.take();
}

}  // namespace

std::string_view name_of(PartyRole role) {
    switch (role) {
        case PartyRole::device:
            return "device";
        case PartyRole::pda:
            return "pda";
        case PartyRole::cloud_server:
            return "cloud_server";
        case PartyRole::user:
            return "user";
    }
    return "unknown";
}

base::Bytes encode(const Record& record) {
    auto out = unsigned_bytes(record);
    base::append(out, record.signature);
    return out;
}

base::Result<Record> decode_record(base::ByteView bytes) {
    base::RecordReader in(bytes);
    Record out;
    const bool known_version = in.u8() == version;
    out.authority = in.fixed<keyagreement::DomainName>();
    out.serial = in.fixed<Serial>();
    out.role = in.enumerator(PartyRole::device, PartyRole::user);
    if (const auto suite = in.u8(); suite != no_suite) {
        out.suite = static_cast<keyagreement::Suite>(suite);
        if (!keyagreement::is_suite(suite)) {
            return base::fail(base::ErrorCode::malformed, "record: an unknown suite");
        }
    }
    out.static_public = in.fixed<base::FixedBytes<struct KeyTag, 32>>().bytes;
    out.valid_from = in.time();
    out.valid_until = in.time();
    out.signature = in.fixed<base::FixedBytes<struct SignatureTag, 64>>().bytes;
    if (!known_version || !in.complete() || out.valid_until <= out.valid_from) {
        return base::fail(base::ErrorCode::malformed, "record: out of form");
    }
    if (out.suite.has_value() != answers_handshakes(out.role)) {
        return base::fail(base::ErrorCode::malformed,
                          "record: a suite stands with those who answer handshakes alone");
    }
    return out;
}

base::Bytes signed_bytes(const Record& record) {
    const auto text = base::as_bytes(label);
    base::Bytes out(text.begin(), text.end());
    base::append(out, unsigned_bytes(record));
    return out;
}

base::Result<void> verify(const Record& record, const crypto::Ed25519PublicKey& authority) {
    if (authority.verify(signed_bytes(record), record.signature)) return {};
    return base::fail(base::ErrorCode::bad_signature, "the record of a " +
                                                          std::string(name_of(record.role)) +
                                                          " is not signed by this key generator");
}

wire::Hash256 hash_of(const Record& record) {
    return wire::Hash256{crypto::sha512_256(encode(record))};
}

}  // namespace askg

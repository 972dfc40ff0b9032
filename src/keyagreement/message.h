// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "keyagreement/names.h"

namespace keyagreement {

// The frames of docs/protocol.md 2.3, as bytes. Decoders take exactly what encoders make.

enum class FrameType : std::uint8_t {
    message1 = 1,
    message2 = 2,
    message3 = 3,
    data = 4,
    cookie = 6
};

inline constexpr std::size_t message1_bytes = 114;
inline constexpr std::size_t message1_with_cookie_bytes = 130;
inline constexpr std::size_t message2_bytes = 74;
inline constexpr std::size_t message3_bytes = 26;
inline constexpr std::size_t cookie_reply_bytes = 26;
inline constexpr std::size_t data_header_bytes = 18;
inline constexpr std::size_t tag_bytes = 16;
/// What a data record adds to its plaintext.
inline constexpr std::size_t data_overhead_bytes = data_header_bytes + tag_bytes;
/// Of a whole data record. Chosen by us, so that a carrier can bound what it buffers.
inline constexpr std::size_t data_bytes_max = 65'536;
inline constexpr std::size_t data_plaintext_bytes_max = data_bytes_max - data_overhead_bytes;

using Cookie = base::FixedBytes<struct CookieTag, 16>;
using Tag = base::FixedBytes<struct AeadTagTag, 16>;
using Mac1 = base::FixedBytes<struct Mac1Tag, 16>;
/// A ciphertext and its tag.
using SealedPid = base::FixedBytes<struct SealedPidTag, 32>;
using SealedTime = base::FixedBytes<struct SealedTimeTag, 24>;

/// The first two bytes of every frame: all that a relay looks at.
struct FrameHead {
    Profile profile;
    FrameType type;
};
/// Nothing if no frame begins like this.
[[nodiscard]] std::optional<FrameHead> decode_head(base::ByteView frame);

struct Message1 {
    Profile profile;
    Sid initiator;
    PublicKey ephemeral;
    SealedPid pid;    ///< c1
    SealedTime time;  ///< c2
    Mac1 mac1;
    std::optional<Cookie> cookie;  ///< Only in a retry; the 114 bytes before it never change.
};
struct Message2 {
    Profile profile;
    Sid initiator;
    Sid responder;
    PublicKey ephemeral;
    SealedTime time;  ///< c3
};
struct Message3 {
    Profile profile;
    Sid responder;
    Tag confirmation;  ///< c4
};
struct CookieReply {
    Profile profile;
    Sid initiator;
    Cookie cookie;
};
struct DataHeader {
    Profile profile;
    Sid receiver;
    std::uint64_t sequence = 0;
};

[[nodiscard]] base::Bytes encode(const Message1& message);
[[nodiscard]] base::Bytes encode(const Message2& message);
[[nodiscard]] base::Bytes encode(const Message3& message);
[[nodiscard]] base::Bytes encode(const CookieReply& message);
[[nodiscard]] std::array<std::uint8_t, data_header_bytes> encode(const DataHeader& header);

[[nodiscard]] std::optional<Message1> decode_message1(base::ByteView frame);
[[nodiscard]] std::optional<Message2> decode_message2(base::ByteView frame);
[[nodiscard]] std::optional<Message3> decode_message3(base::ByteView frame);
[[nodiscard]] std::optional<CookieReply> decode_cookie_reply(base::ByteView frame);
/// Of a whole data record, with its tag and at most `data_bytes_max`.
[[nodiscard]] std::optional<DataHeader> decode_data_header(base::ByteView frame);

}  // namespace keyagreement

// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/message.h"

#include <algorithm>
#include <span>

namespace keyagreement {
namespace {

constexpr std::uint8_t version_bits = 0x10;  // vp = 0x10 | profile
constexpr std::size_t head_bytes = 2;

/// Takes fields off the front of a frame whose size was checked.
class Reader {
public:
    explicit Reader(base::ByteView frame) : rest_(frame.subspan(head_bytes)) {}
    template <class Fixed>
    [[nodiscard]] Fixed take() {
        Fixed out{};
        if constexpr (requires { out.bytes; }) {
            copy(out.bytes);
        } else {
            copy(out);
        }
        return out;
    }

private:
    void copy(std::span<std::uint8_t> out) {
        std::ranges::copy(rest_.first(out.size()), out.begin());
        rest_ = rest_.subspan(out.size());
    }
    base::ByteView rest_;
};

base::Bytes begin(Profile profile, FrameType type, std::size_t size) {
    base::Bytes out;
    out.reserve(size);
    out.push_back(static_cast<std::uint8_t>(version_bits | static_cast<std::uint8_t>(profile)));
    out.push_back(static_cast<std::uint8_t>(type));
    return out;
}

std::optional<Profile> profile_of(base::ByteView frame, FrameType type) {
    const auto head = decode_head(frame);
    if (!head || head->type != type) return std::nullopt;
    return head->profile;
}

bool is_frame_type(std::uint8_t value) {
    return (value >= 1 && value <= 4) || value == static_cast<std::uint8_t>(FrameType::cookie);
}

}  // namespace

std::optional<FrameHead> decode_head(base::ByteView frame) {
    if (frame.size() < head_bytes || (frame[0] & 0xf0) != version_bits) return std::nullopt;
    const auto profile = static_cast<std::uint8_t>(frame[0] & 0x0f);
    if (!is_profile(profile) || !is_frame_type(frame[1])) return std::nullopt;
    return FrameHead{static_cast<Profile>(profile), static_cast<FrameType>(frame[1])};
}

base::Bytes encode(const Message1& message) {
    base::Bytes out = begin(message.profile, FrameType::message1, message1_with_cookie_bytes);
    base::append(out, message.initiator.view());
    base::append(out, message.ephemeral);
    base::append(out, message.pid.view());
    base::append(out, message.time.view());
    base::append(out, message.mac1.view());
    if (message.cookie) base::append(out, message.cookie->view());
    return out;
}

base::Bytes encode(const Message2& message) {
    base::Bytes out = begin(message.profile, FrameType::message2, message2_bytes);
    base::append(out, message.initiator.view());
    base::append(out, message.responder.view());
    base::append(out, message.ephemeral);
    base::append(out, message.time.view());
    return out;
}

base::Bytes encode(const Message3& message) {
    base::Bytes out = begin(message.profile, FrameType::message3, message3_bytes);
    base::append(out, message.responder.view());
    base::append(out, message.confirmation.view());
    return out;
}

base::Bytes encode(const CookieReply& message) {
    base::Bytes out = begin(message.profile, FrameType::cookie, cookie_reply_bytes);
    base::append(out, message.initiator.view());
    base::append(out, message.cookie.view());
    return out;
}

std::array<std::uint8_t, data_header_bytes> encode(const DataHeader& header) {
    base::Bytes bytes = begin(header.profile, FrameType::data, data_header_bytes);
    base::append(bytes, header.receiver.view());
    base::append_u64(bytes, header.sequence);
    std::array<std::uint8_t, data_header_bytes> out;
    std::ranges::copy(bytes, out.begin());
    return out;
}

std::optional<Message1> decode_message1(base::ByteView frame) {
    const auto profile = profile_of(frame, FrameType::message1);
    const bool with_cookie = frame.size() == message1_with_cookie_bytes;
    if (!profile || (frame.size() != message1_bytes && !with_cookie)) return std::nullopt;
    Reader reader(frame);
    Message1 out{.profile = *profile,
                 .initiator = reader.take<Sid>(),
                 .ephemeral = reader.take<PublicKey>(),
                 .pid = reader.take<SealedPid>(),
                 .time = reader.take<SealedTime>(),
                 .mac1 = reader.take<Mac1>(),
                 .cookie = std::nullopt};
    if (with_cookie) out.cookie = reader.take<Cookie>();
    return out;
}

std::optional<Message2> decode_message2(base::ByteView frame) {
    const auto profile = profile_of(frame, FrameType::message2);
    if (!profile || frame.size() != message2_bytes) return std::nullopt;
    Reader reader(frame);
    return Message2{.profile = *profile,
                    .initiator = reader.take<Sid>(),
                    .responder = reader.take<Sid>(),
                    .ephemeral = reader.take<PublicKey>(),
                    .time = reader.take<SealedTime>()};
}

std::optional<Message3> decode_message3(base::ByteView frame) {
    const auto profile = profile_of(frame, FrameType::message3);
    if (!profile || frame.size() != message3_bytes) return std::nullopt;
    Reader reader(frame);
    return Message3{
        .profile = *profile, .responder = reader.take<Sid>(), .confirmation = reader.take<Tag>()};
}

std::optional<CookieReply> decode_cookie_reply(base::ByteView frame) {
    const auto profile = profile_of(frame, FrameType::cookie);
    if (!profile || frame.size() != cookie_reply_bytes) return std::nullopt;
    Reader reader(frame);
    return CookieReply{
        .profile = *profile, .initiator = reader.take<Sid>(), .cookie = reader.take<Cookie>()};
}

std::optional<DataHeader> decode_data_header(base::ByteView frame) {
    const auto profile = profile_of(frame, FrameType::data);
    if (!profile || frame.size() < data_overhead_bytes || frame.size() > data_bytes_max) {
        return std::nullopt;
    }
    Reader reader(frame);
    DataHeader out{.profile = *profile, .receiver = reader.take<Sid>(), .sequence = 0};
    out.sequence = base::read_u64(reader.take<std::array<std::uint8_t, 8>>());
    return out;
}

}  // namespace keyagreement

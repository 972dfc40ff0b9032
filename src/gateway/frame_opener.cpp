// SPDX-License-Identifier: Apache-2.0
#include "gateway/frame_opener.h"

#include "base/check.h"

namespace gateway {

std::expected<FrameOpener::Known*, Refusal> FrameOpener::known(const wire::DeviceId& id) {
    const base::TimePoint now = clock_.now();
    const auto found = devices_.find(id);
    if (found != devices_.end() && now >= found->second.read_at &&
        now - found->second.read_at < refresh) {
        return &found->second;
    }
    const auto record = directory_.device(id);
    if (!record) {
        devices_.erase(id);
        return std::unexpected(Refusal::unknown_device);
    }
    if (found != devices_.end() && found->second.frame_key == record->frame_key &&
        found->second.ack_key == record->ack_key) {
        found->second.patient = record->patient;
        found->second.suspended = record->suspended;
        found->second.read_at = now;
        return &found->second;
    }
    // New here, or its keys changed. The series knows the highest sequence that was stored, so an
    // old frame is known as old after a restart too; a device seals anew what it sends again.
    CHECK(record->frame_key.size() == crypto::Aes256Gcm::key_bytes);
    CHECK(record->ack_key.size() == crypto::Aes256Gcm::key_bytes);
    const auto highest = series_.frame_sequence(id);
    // Without that number no frame can be told from a replay; the device sends again.
    if (!highest) return std::unexpected(Refusal::store_unreadable);
    devices_.erase(id);
    const auto [added, inserted] = devices_.emplace(
        id, Known{record->patient, base::to_hex(id.view()), record->frame_key, record->ack_key,
                  record->suspended, now, crypto::Aes256Gcm(record->frame_key),
                  crypto::Aes256Gcm(record->ack_key), internal::ReplayWindow(*highest)});
    CHECK(inserted);
    return &added->second;
}

std::expected<series::Arrival, Refusal> FrameOpener::open(std::string_view topic_device_hex,
                                                          base::ByteView frame,
                                                          base::TimePoint received) {
    if (frame.size() > wire::frame_bytes_max) return std::unexpected(Refusal::too_large);
    const auto header = wire::decode_frame_header(frame);
    if (!header || header->type != wire::FrameType::readings) {
        return std::unexpected(Refusal::malformed);
    }
    const auto device = known(header->device);
    if (!device) {
        // A stranger's id on an enrolled device's topic is that device's fault, not a stranger's.
        const bool mismatch = topic_device_hex != base::to_hex(header->device.view());
        return std::unexpected(mismatch ? Refusal::topic_mismatch : device.error());
    }
    Known& sender = **device;
    if (topic_device_hex != sender.hex) return std::unexpected(Refusal::topic_mismatch);
    if (sender.suspended) return std::unexpected(Refusal::suspended_device);
    if (!sender.window.is_new(header->sequence)) return std::unexpected(Refusal::replayed);

    const auto plaintext = sender.frames.open(crypto::nonce_of(header->sequence),
                                              frame.first(wire::frame_header_bytes),
                                              frame.subspan(wire::frame_header_bytes));
    if (!plaintext) return std::unexpected(Refusal::bad_tag);
    sender.window.mark(header->sequence);

    auto batch = wire::decode_batch(*plaintext);
    if (!batch) {
        const bool large = batch.error().code == base::ErrorCode::too_large;
        return std::unexpected(large ? Refusal::too_large : Refusal::malformed);
    }
    return series::Arrival{sender.patient, header->device, std::move(*batch), received,
                           sender.window.highest()};
}

base::Bytes FrameOpener::seal(const wire::DeviceId& device, std::uint64_t sequence,
                              const wire::Acknowledgement& acknowledgement) {
    const auto found = devices_.find(device);
    CHECK(found != devices_.end());
    base::Bytes frame = wire::encode({wire::FrameType::acknowledgement, device, sequence});
    const base::Bytes sealed = found->second.acknowledgements.seal(
        crypto::nonce_of(sequence), frame, wire::encode(acknowledgement));
    base::append(frame, sealed);
    return frame;
}

}  // namespace gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "crypto/aead.h"
#include "gateway/internal/replay_window.h"
#include "gateway/refusal.h"
#include "identity/directory.h"
#include "series/series_store.h"
#include "wire/frame.h"

namespace gateway {

/// Opens and checks frames; knows each device's keys and which sequences were seen. What it learns
/// of a device in the directory (that it was suspended, for one) counts within `refresh`.
/// One thread.
class FrameOpener {
public:
    static constexpr std::chrono::seconds refresh{1};

    /// Borrows all.
    FrameOpener(const identity::Directory& directory, const series::SeriesStore& series,
                const base::Clock& clock)
        : directory_(directory), series_(series), clock_(clock) {}

    /// `topic_device_hex`: whose topic it came on; `received`: the gateway's time of that. A frame
    /// that opens counts as seen from then on.
    [[nodiscard]] std::expected<series::Arrival, Refusal> open(std::string_view topic_device_hex,
                                                               base::ByteView frame,
                                                               base::TimePoint received);
    /// Seals `acknowledgement` for a device that `open` accepted a frame from.
    [[nodiscard]] base::Bytes seal(const wire::DeviceId& device, std::uint64_t sequence,
                                   const wire::Acknowledgement& acknowledgement);

private:
    struct Known {
        wire::LedgerId patient;
        std::string hex;
        base::Bytes frame_key;
        base::Bytes ack_key;
        bool suspended;
        base::TimePoint read_at;
        crypto::Aes256Gcm frames;
        crypto::Aes256Gcm acknowledgements;
        internal::ReplayWindow window;
    };
    [[nodiscard]] std::expected<Known*, Refusal> known(const wire::DeviceId& id);

    const identity::Directory& directory_;
    const series::SeriesStore& series_;
    const base::Clock& clock_;
    std::unordered_map<wire::DeviceId, Known, base::FixedBytesHash<wire::DeviceId>> devices_;
};

}  // namespace gateway

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/frame.h"
#include "wire/ids.h"

namespace wire {

/// What stands inside one record of a session (docs/formats/frame.md): one byte that says which of
/// these it is, and the body.
enum class ContentKind : std::uint8_t {
    readings = 1,                  ///< A device to its PDA, or to the gateway.
    relayed = 2,                   ///< A PDA to the gateway.
    relayed_acknowledgements = 3,  ///< The gateway to a PDA.
    acknowledgement = 4,           ///< To a device: what is on the gateway's disk.
    kept = 5,                      ///< A PDA to its device: what is on the PDA's disk.
};

/// The byte and the body together have at most this many bytes.
inline constexpr std::size_t content_bytes_max = 16'384;
/// What a batch takes in Relayed beside its own bytes, at most: two tags and lengths, the device.
inline constexpr std::size_t relayed_overhead_bytes = 26;
/// So that every batch that a device may send fits into a relay's record.
inline constexpr std::size_t batch_bytes_max = content_bytes_max - 1 - relayed_overhead_bytes;
/// Counters in one content, over all devices, at most: it stays below `content_bytes_max`.
inline constexpr std::size_t content_counters_max = 1'024;
/// Devices in one RelayedAcknowledgements, at most; for the same reason.
inline constexpr std::size_t content_devices_max = 64;

/// One device's batch on its way through a PDA. Whoever takes it decodes it by itself, so that one
/// bad batch does not spoil the others.
struct RelayedBatch {
    DeviceId device;
    base::Bytes batch;  ///< An encoded ReadingBatch; 1 to `batch_bytes_max` bytes.
    friend bool operator==(const RelayedBatch&, const RelayedBatch&) = default;
};
struct Relayed {
    std::vector<RelayedBatch> batches;  ///< At least one; those of a device in its order.
    friend bool operator==(const Relayed&, const Relayed&) = default;
};
struct RelayedAcknowledgement {
    DeviceId device;
    Acknowledgement acknowledgement;
    friend bool operator==(const RelayedAcknowledgement&, const RelayedAcknowledgement&) = default;
};
struct RelayedAcknowledgements {
    std::vector<RelayedAcknowledgement> acknowledgements;  ///< At least one.
    friend bool operator==(const RelayedAcknowledgements&,
                           const RelayedAcknowledgements&) = default;
};
/// A device may send on beyond its window; it counts none of it as delivered. Without counters it
/// says that a batch was heard and not kept, since there was no room for it.
struct Kept {
    std::vector<std::uint64_t> counters;
    friend bool operator==(const Kept&, const Kept&) = default;
};

using Content = std::variant<ReadingBatch, Relayed, RelayedAcknowledgements, Acknowledgement, Kept>;

[[nodiscard]] ContentKind kind_of(const Content& content);
/// CHECKs that it has at most `content_bytes_max` bytes.
[[nodiscard]] base::Bytes encode_content(const Content& content);
/// Parses what came out of a record. Errors: `malformed` (an unknown kind, nothing at all, or a
/// field out of form), `undecodable`, `not_canonical`, `too_large`.
[[nodiscard]] base::Result<Content> decode_content(base::ByteView plaintext);
/// The bytes of the ReadingBatch in a content of kind `readings`: what a PDA hands on. A view into
/// `plaintext`. CHECKs the kind.
[[nodiscard]] base::ByteView batch_of_readings(base::ByteView plaintext);

}  // namespace wire

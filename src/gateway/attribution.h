// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <unordered_map>

#include "gateway/refusal.h"
#include "identity/directory.h"
#include "wire/ids.h"

namespace gateway {

/// Whose readings a peer may bring: a PDA those of the devices that the directory says it serves, a
/// device that seals to the cloud its own. Works on a copy of the directory's devices, since every
/// batch asks. One thread.
class Attribution {
public:
    /// Borrows `directory`.
    explicit Attribution(const identity::Directory& directory) : directory_(directory) {}

    /// Takes over what changed in the directory; cheap where nothing did. Call it before each group
    /// of frames.
    void renew();
    /// The patient of a batch from `device` that `pda` relays.
    [[nodiscard]] std::expected<wire::LedgerId, Refusal> relayed(const wire::DeviceId& device,
                                                                 const wire::DeviceId& pda) const;
    /// The patient of a batch that `device` itself sealed to the cloud.
    [[nodiscard]] std::expected<wire::LedgerId, Refusal> direct(const wire::DeviceId& device) const;

private:
    struct Known {
        wire::LedgerId patient;
        wire::DeviceId pda;
        identity::SealedTo sealed_to{};
        identity::DeviceState state{};
    };
    [[nodiscard]] std::expected<const Known*, Refusal> serving(const wire::DeviceId& device) const;

    const identity::Directory& directory_;
    std::uint64_t version_ = 0;  // of the directory; its own begin above 0
    std::unordered_map<wire::DeviceId, Known, base::FixedBytesHash<wire::DeviceId>> devices_;
};

}  // namespace gateway

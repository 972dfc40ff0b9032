// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "state/keys.h"
#include "storage/gathering_store.h"
#include "wire/signer.h"
#include "wire/transaction.h"

namespace ledger {

/// A chain's state has two entries for each of its last so many headers.
inline constexpr std::uint64_t headers_in_state = state::headers_kept;

/// Finds every signature good: only for signatures that the caller itself has just made.
[[nodiscard]] std::unique_ptr<crypto::SignatureVerifier> make_trusting_verifier();

/// What every block of an extension holds: one report, signed by a cloud server and a doctor.
/// Borrows all.
struct Filling {
    const wire::Signer& cloud_server;
    const wire::Signer& doctor;
    /// Whoever seals; CHECKs that it is not null.
    std::function<const wire::Signer*(const wire::LedgerId& miner)> miner;
    /// Acceptable on this chain; its header is replaced by the newest.
    wire::Report report;
    /// Above all that the cloud server has used.
    std::uint64_t first_sequence = 1;
    /// Called after each block; may be empty.
    std::function<void(wire::Height)> on_block;
};

/// Appends `blocks` blocks of one transaction each, a second of block time apart. The same rules
/// and bytes as any block's; what makes it quick is for the caller to choose: a GatheringStore
/// below `application`, and a trusting verifier. Returns the next unused sequence. Errors: the
/// application's; the refusal of a transaction.
[[nodiscard]] base::Result<std::uint64_t> extend_chain(Application& application,
                                                       const Filling& filling,
                                                       std::uint64_t blocks);

/// A chain of its own for measurements, with everybody on it who fills its blocks: one
/// administrator, four miners, a cloud server, a doctor, and a patient who consents. Their keys are
/// drawn anew and lost with this object.
class LongChain {
public:
    /// Begins the chain in `store`, which must be empty and outlive this object. Errors: the
    /// application's.
    [[nodiscard]] static base::Result<std::unique_ptr<LongChain>> begin(
        storage::KeyValueStore& store, base::TimePoint time);
    ~LongChain();

    /// Appends, and then all of it is on disk. Errors: as `extend_chain`, and the store's.
    [[nodiscard]] base::Result<void> append(std::uint64_t blocks,
                                            const std::function<void(wire::Height)>& on_block = {});
    [[nodiscard]] wire::Height height() const;
    [[nodiscard]] const wire::Genesis& genesis() const;

private:
    struct State;
    explicit LongChain(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ledger

// SPDX-License-Identifier: Apache-2.0
#include "replica.h"

#include <algorithm>

#include "crypto/hash.h"
#include "trace.h"

namespace sim {

Replica::Replica(std::size_t index, Signing signing, Mutation mutation)
    : index_(index),
      name_("r" + std::to_string(index)),
      mutation_(mutation),
      verifier_(make_verifier(signing)) {
    wipe();
}

void Replica::wipe() {
    app_.reset();
    disk_ = std::make_unique<Disk>();
    if (mutation_ == Mutation::skipped_sync && index_ == 0) disk_->skip_syncs();
    disk_->fail_power();
    acknowledged = 0;
    applied = 0;
    finalized = false;
    first_known = 0;
    restored = false;
    plain = true;
}

void Replica::start() {
    app_.reset();
    disk_->start();
    pool.clear();
    auto opened = ledger::Application::open(*disk_, *verifier_, {.newest_version = newest_version});
    if (!opened) throw Violation(name_ + " does not open: " + opened.error().detail);
    app_ = std::move(*opened);
    finalized = false;
}

void Replica::crash() {
    disk_->fail_power();
    bury();
}

ledger::Candidate Replica::as_seen(ledger::Candidate candidate) const {
    if (mutation_ == Mutation::unordered_iteration) {
        // As from a hash table whose seed differs from process to process.
        const std::uint8_t salt[] = {static_cast<std::uint8_t>(index_)};
        std::ranges::sort(candidate.transactions, {}, [&](const base::Bytes& envelope) {
            return crypto::sha256({salt, envelope});
        });
    }
    if (mutation_ == Mutation::local_clock) {
        candidate.time += std::chrono::milliseconds{index_};
    }
    return candidate;
}

}  // namespace sim

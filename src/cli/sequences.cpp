// SPDX-License-Identifier: Apache-2.0
#include "cli/sequences.h"

namespace cli {

base::Result<std::uint64_t> Sequences::next(const wire::LedgerId& sender) {
    const std::lock_guard guard(mutex_);
    auto found = ranges_.find(sender);
    if (found == ranges_.end()) {
        if (const auto made = storage::make_folder(folder_); !made) return base::pass(made);
        auto opened = storage::SequenceRange::open(folder_ / base::to_hex(sender.view()), 1, range);
        if (!opened) return base::pass(opened);
        found = ranges_.emplace(sender, std::move(*opened)).first;
    }
    return found->second.next();
}

base::Result<base::Bytes> Sequences::sign(const wire::Signer& signer, const std::string& chain_id,
                                          base::TimePoint now, wire::Action action) {
    const auto sequence = next(signer.id());
    if (!sequence) return base::pass(sequence);
    const wire::TransactionBody body{.chain_id = chain_id,
                                     .sender = signer.id(),
                                     .sequence = *sequence,
                                     .timestamp = now,
                                     .action = std::move(action)};
    const wire::Signer* const signers[] = {&signer};
    return wire::sign_transaction(body, signers);
}

}  // namespace cli

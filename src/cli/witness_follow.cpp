// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <thread>

#include "api/node_client.h"
#include "cli/witness.h"
#include "witness/checkpoint.h"

namespace cli {

using base::ErrorCode;
using base::Result;

namespace {

/// One node, as its witness sees it. Borrows both.
class Follower {
public:
    Follower(const api::NodeClient& node, witness::Witness& witness)
        : node_(node), witness_(witness) {}

    /// What others have cosigned first, so that cosignatures meet on one checkpoint; then the
    /// newest. Nothing if all went well or there was nothing to do.
    Result<std::optional<witness::Refused>> round() {
        for (const bool others : {true, false}) {
            const auto note = node_.get(others ? "/api/v1/ledger/checkpoint?witnesses=1"
                                               : "/api/v1/ledger/checkpoint");
            if (!note && note.error().code == ErrorCode::not_found) continue;
            if (!note) return base::pass(note);
            auto refused = take(*note, others);
            if (!refused || *refused) return refused;
        }
        return std::nullopt;
    }

private:
    Result<std::optional<witness::Refused>> take(const std::string& text, bool may_be_older) {
        const auto note = witness::decode_note(text);
        if (!note) return base::pass(note);
        const auto checkpoint = witness::decode_checkpoint(note->text);
        if (!checkpoint) return base::pass(checkpoint);
        const auto last = witness_.size_of(checkpoint->origin);
        if (!last) return base::pass(last);
        const bool cosigned = std::ranges::any_of(note->signatures, [&](const auto& signature) {
            return is_by(signature, witness_.verifier_key());
        });
        // What others cosigned may be older than what this one did: the newest comes after it.
        if (cosigned || (may_be_older && checkpoint->size < *last)) return std::nullopt;
        std::optional<witness::ConsistencyProof> proof;
        if (*last > 0 && checkpoint->size > *last) {
            const auto lines = node_.get(
                fmt::format("/api/v1/ledger/consistency?from={}&to={}", *last, checkpoint->size));
            if (!lines) return base::pass(lines);
            auto decoded = witness::decode_proof(*lines);
            if (!decoded) return base::pass(decoded);
            proof = *std::move(decoded);
        }
        const auto outcome = witness_.cosign(text, proof);
        if (!outcome) return base::pass(outcome);
        if (outcome->refused) return outcome->refused;
        return hand_in(encode(*outcome->cosigned), *checkpoint);
    }

    Result<std::optional<witness::Refused>> hand_in(const std::string& note,
                                                    const witness::Checkpoint& checkpoint) {
        const auto taken = node_.post("/api/v1/ledger/cosignatures",
                                      boost::json::serialize(boost::json::object{{"note", note}}));
        // Another witness may have cosigned a newer one meanwhile: then that is what counts.
        if (!taken && taken.error().code != ErrorCode::conflict) return base::pass(taken);
        fmt::print("cosigned {}\n", words_of(checkpoint));
        std::fflush(stdout);
        return std::nullopt;
    }

    const api::NodeClient& node_;
    witness::Witness& witness_;
};

}  // namespace

int witness_follow_command(const WitnessCommand& command) {
    const base::SystemClock clock;
    const auto node = api::NodeClient::open(command.node);
    auto opened =
        node ? open_witness(command.folder, clock) : Result<OpenWitness>(base::pass(node));
    if (!opened) {
        fmt::print(stderr, "salus: {}\n", opened.error().detail);
        return 1;
    }
    Follower follower(*node, opened->witness);
    std::string told;
    while (true) {
        const auto refused = follower.round();
        if (refused && *refused) return refuse(**refused);
        const std::string fault = refused ? "" : refused.error().detail;
        if (!fault.empty() && fault != told) fmt::print(stderr, "salus: {}\n", fault);
        told = fault;
        if (command.once) return fault.empty() ? 0 : 1;
        std::this_thread::sleep_for(std::chrono::seconds{command.interval_s});
    }
}

}  // namespace cli

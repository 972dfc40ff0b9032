// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify_claim.h"

#include <array>
#include <utility>

#include "ledger/internal/claim_check.h"
#include "ledger/internal/words.h"

namespace ledger {
namespace {

using Step = ClaimCheck::Step;

constexpr std::array transaction_steps{
    Step{"envelope", &ClaimCheck::envelope},
    Step{"header", &ClaimCheck::header},
    Step{"chain", &ClaimCheck::chain},
    Step{"keys", &ClaimCheck::keys},
    Step{"signatures", &ClaimCheck::signatures},
    Step{"roles", &ClaimCheck::roles},
    Step{"consent", &ClaimCheck::report_consent},
    Step{"inclusion", &ClaimCheck::inclusion},
    Step{"seal", &ClaimCheck::seal},
    Step{"checkpoint", &ClaimCheck::checkpoint},
};
constexpr auto state_steps(Step own) {
    return std::array{Step{"header", &ClaimCheck::header}, Step{"chain", &ClaimCheck::chain}, own,
                      Step{"seal", &ClaimCheck::seal}, Step{"checkpoint", &ClaimCheck::checkpoint}};
}
constexpr auto consent_steps = state_steps({"consent", &ClaimCheck::consent});
constexpr auto no_consent_steps = state_steps({"absence", &ClaimCheck::absence});
constexpr auto key_destroyed_steps = state_steps({"tombstone", &ClaimCheck::tombstone});

std::string strength_of(const ClaimCheck& check) {
    std::string words;
    if (check.agreed()) {
        words = "agreed by over two thirds of the " + std::to_string(check.active_miners()) +
                " miners that the anchor names";
    }
    if (const auto& witnesses = check.witnesses(); !witnesses.empty()) {
        words += (words.empty() ? "" : ", and ") + std::string("witnessed by ") +
                 std::to_string(witnesses.size()) + ":";
        for (const auto& one : witnesses) {
            words +=
                (&one == &witnesses.front() ? " " : ", ") + one.name + " at " + words_of(one.time);
        }
    }
    return words;
}

std::string verdict_of(const ClaimCheck& check, const std::optional<wire::Trust>& trust) {
    const auto& header = *check.block_header();
    const std::string program = check.by_program() ? " It was approved by a program." : "";
    if (!trust) {
        return "consistent, issuer unknown: everything in the receipt fits together, but anybody "
               "can make such a one; give the anchor (--trust) from a source you trust." +
               program;
    }
    const std::string block = "block " + std::to_string(header.height) + " of \"" +
                              header.chain_id + "\", which says that it is of " +
                              words_of(header.time);
    const std::string genesis = base::to_hex(trust->genesis_hash.view()).substr(0, 16);
    const auto strength = strength_of(check);
    if (!strength.empty()) {
        return "verified, " + strength + ": " + block + "; the chain began with genesis " +
               genesis + "." + program;
    }
    return "verified, the issuer's word: the holder of the miner's key sealed this in " + block +
           "; another history may exist, and that the chain began with genesis " + genesis +
           " cannot be seen from one block." + program;
}

ClaimVerdict failed_form(const base::Error& error) {
    return {.status = ClaimStatus::failed,
            .kind = {},
            .says = {},
            .words = "failed at form: " + error.detail,
            .steps = {{.name = "form", .ok = false, .words = error.detail}},
            .code = error.code,
            .witnesses = {},
            .height = {},
            .transaction = {}};
}

}  // namespace

std::span<const Step> ClaimCheck::steps_of(const wire::Fact& fact) {
    constexpr std::array<std::span<const Step>, std::variant_size_v<wire::Fact>> of_kinds = {
        transaction_steps, consent_steps, no_consent_steps, key_destroyed_steps};
    return of_kinds[fact.index()];
}

std::string_view name_of(ClaimStatus status) {
    switch (status) {
        case ClaimStatus::verified:
            return "verified";
        case ClaimStatus::issuer_unknown:
            return "issuer_unknown";
        case ClaimStatus::failed:
            return "failed";
    }
    return "unknown";
}

namespace {

/// Ends the verdict at step `number` of a receipt's own, which did not hold.
void refuse(ClaimVerdict& verdict, std::size_t number, const char* name, base::Error error) {
    verdict.steps.resize(1 + number);  // "form" stands before
    verdict.steps.push_back({.name = name, .ok = false, .words = std::move(error.detail)});
    verdict.status = ClaimStatus::failed;
    verdict.code = error.code;
    verdict.words = "failed at " + std::string(name) + ": " + verdict.steps.back().words;
}

/// False where the verdict is that the receipt fails.
bool take_steps(ClaimCheck& check, std::span<const Step> steps, ClaimVerdict& verdict) {
    std::optional<base::Error> failure;
    for (std::size_t i = 0; i < steps.size() && !failure; ++i) {
        check.begin_step(i);
        auto finding = (check.*steps[i].check)();
        if (check.transaction()) verdict.transaction = wire::id_of(*check.transaction());
        if (check.block_header()) verdict.height = check.block_header()->height;
        if (finding) {
            verdict.steps.push_back(
                {.name = steps[i].name, .ok = true, .words = std::move(*finding)});
        } else {
            failure = std::move(finding.error());
        }
    }
    // A signature stands before whatever failed after it.
    if (auto refused = check.verify_pending()) {
        refuse(verdict, refused->step, steps[refused->step].name, std::move(refused->error));
        return false;
    }
    if (!failure) return true;
    const auto number = verdict.steps.size() - 1;
    refuse(verdict, number, steps[number].name, std::move(*failure));
    return false;
}

ClaimVerdict verify(const wire::Claim& claim, const std::optional<wire::Trust>& trust,
                    crypto::SignatureVerifier* verifier) {
    ClaimVerdict verdict;
    verdict.kind = name_of(claim.fact);
    verdict.steps.push_back({.name = "form", .ok = true, .words = "a receipt in its one form"});
    ClaimCheck check(claim, trust, verifier);
    if (!take_steps(check, ClaimCheck::steps_of(claim.fact), verdict)) return verdict;
    verdict.by_program = check.by_program();
    verdict.agreed = check.agreed();
    if (trust) verdict.witnesses = check.witnesses();
    verdict.status = trust ? ClaimStatus::verified : ClaimStatus::issuer_unknown;
    verdict.says = check.says();
    verdict.words = verdict_of(check, trust);
    if (trust) require_witnesses(verdict, trust->witnesses_required);
    return verdict;
}

}  // namespace

ClaimVerdict verify_claim(const wire::Claim& claim, const std::optional<wire::Trust>& trust) {
    return verify(claim, trust, nullptr);
}

ClaimVerdict verify_claim(base::ByteView bytes, const std::optional<wire::Trust>& trust) {
    const auto claim = wire::read_claim(bytes);
    if (!claim) return failed_form(claim.error());
    return verify(*claim, trust, nullptr);
}

ClaimVerdict verify_claim(base::ByteView bytes, const std::optional<wire::Trust>& trust,
                          crypto::SignatureVerifier& verifier) {
    const auto claim = wire::read_claim(bytes);
    if (!claim) return failed_form(claim.error());
    return verify(*claim, trust, &verifier);
}

void require_witnesses(ClaimVerdict& verdict, std::size_t required) {
    if (verdict.status == ClaimStatus::failed || required == 0) return;
    const auto found = verdict.witnesses.size();
    std::string words = std::to_string(required) + " witnesses are asked for, and " +
                        std::to_string(found) + " of the anchor's cosigned";
    const bool ok = found >= required;
    verdict.steps.push_back({.name = "policy", .ok = ok, .words = words});
    if (ok) return;
    verdict.status = ClaimStatus::failed;
    verdict.code = base::ErrorCode::not_authorised;
    verdict.says.clear();
    verdict.words = "failed at policy: " + std::move(words);
}

}  // namespace ledger

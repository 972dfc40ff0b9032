// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/random.h"
#include "base/testing.h"
#include "wire/block.h"
#include "wire/claim.h"
#include "wire/frame.h"
#include "wire/ids.h"
#include "wire/receipt.h"
#include "wire/transaction.h"

/// For the tests of this folder alone: one sample of each format, and bytes gone wrong.
namespace wire::samples {

/// `first`, `first` + 1, ... : distinct and easy to find in a dump.
template <class Fixed>
Fixed counted(std::uint8_t first) {
    Fixed out;
    for (auto& byte : out.bytes) byte = first++;
    return out;
}

/// Counted too, but with an s in the lower half of the order.
inline SignatureBytes signature(std::uint8_t first) {
    auto out = counted<SignatureBytes>(first);
    out.bytes[32] = 0x40;
    return out;
}

inline Report report() {
    return {
        .receiver = counted<LedgerId>(0x10),
        .patient = counted<LedgerId>(0x20),
        .category = Category::vital_signs,
        .personal_data = false,
        .header_hash = counted<Hash256>(0x30),
        .consent = counted<Hash256>(0x40),
        .patient_token = counted<Hash256>(0x50),
        .content_id = counted<ContentId>(0x60),
        .content_hash = counted<Hash256>(0x70),
        .readings_root = counted<Hash256>(0x80),
        .reading_count = 1'200,
        .period_start = base::from_unix_ms(1'795'000'000'000),
        .period_end = base::from_unix_ms(1'795'000'300'000),
    };
}

inline TransactionBody body(Action action) {
    return {
        .chain_id = "salus-test",
        .sender = counted<LedgerId>(0x01),
        .sequence = 4'711,
        .timestamp = base::from_unix_ms(1'795'000'301'000),
        .action = std::move(action),
    };
}

inline Transaction transaction(Action action) {
    const auto inner = body(std::move(action));
    return {.body_bytes = encode(inner),
            .body = inner,
            .signatures = {{counted<LedgerId>(0x01), signature(0x90)},
                           {counted<LedgerId>(0x10), signature(0xa0)}},
            .batch = {}};
}

inline Header header() {
    return {
        .chain_id = "salus-test",
        .height = 7,
        .previous_hash = counted<HeaderHash>(0x10),
        .transactions_root = counted<Hash256>(0x20),
        .state_root = counted<Hash256>(0x30),
        .history_root = counted<Hash256>(0x40),
        .history_size = 42,
        .time = base::from_unix_ms(1'795'000'302'000),
        .miner = counted<LedgerId>(0x50),
    };
}

inline Seal seal() {
    return {.round = 3,
            .signature = counted<SignatureBytes>(0x60),
            .approvals = {{counted<LedgerId>(0x70), counted<SignatureBytes>(0x80)}},
            .passed_over = 2,
            .nonce = 5,
            .attempt = 4};
}

inline Block block() {
    return {.header_bytes = encode(header()),
            .header = header(),
            .seal = seal(),
            .transactions = {encode(transaction(report())),
                             encode(transaction(RevokeKey{counted<LedgerId>(0x22)}))}};
}

inline Genesis genesis() {
    return {.chain_id = "salus-test",
            .time = base::from_unix_ms(1'795'000'000'000),
            .demo = true,
            .members = {{counted<LedgerId>(0x01), Role::administrator,
                         SignatureScheme::ecdsa_p256_sha512, counted<PublicKeyBytes>(0x04),
                         Custody::node},
                        {counted<LedgerId>(0x02), Role::miner, SignatureScheme::ecdsa_p256_sha512,
                         counted<PublicKeyBytes>(0x05), Custody::own_device}},
            .policy = {.engine = EngineKind::proof_of_work, .quorum = Quorum::two_thirds}};
}

inline ReadingBatch batch() {
    return {.counter = 9,
            .readings = {{.vital = Vital::spo2,
                          .time = base::from_unix_ms(1'795'000'000'500),
                          .value_milli = 97'000,
                          .waveform_micro = {},
                          .period_us = 0},
                         {.vital = Vital::ecg,
                          .time = base::from_unix_ms(1'795'000'000'000),
                          .value_milli = 0,
                          .waveform_micro = {-120'000, 0, 1'100'000},
                          .period_us = 4'000},
                         {.vital = Vital::ambient_temperature,
                          .time = base::from_unix_ms(1'795'000'000'000),
                          .value_milli = -3'500,
                          .waveform_micro = {},
                          .period_us = 0}},
            .status = DeviceStatus::running,
            .clock = base::from_unix_ms(1'795'000'001'000),
            .speed_milli = 60'000};
}

inline Acknowledgement acknowledgement() {
    return {.counters = {1, 2, 300}, .gateway_time = base::from_unix_ms(1'795'000'002'000)};
}

inline StateProof proof() {
    return {.key = {0x4b, 0x01},
            .value = {0x0a, 0x02},
            .steps = {{255, counted<Hash256>(0x11)}, {0, counted<Hash256>(0x12)}}};
}
inline Claim claim(Fact fact) {
    return {.header = encode(header()),
            .seal = encode(seal()),
            .fact = std::move(fact),
            .checkpoint = std::nullopt};
}
inline ProvenTransaction proven_transaction() {
    return {.envelope = encode(transaction(report())),
            .history_index = 41,
            .history_path = {counted<Hash256>(0x21), counted<Hash256>(0x22)},
            .signers = {proof(), proof()},
            .patient_leaf = proof(),
            .consent = std::nullopt};
}
inline ProvenNoConsent proven_no_consent() {
    return {.patient = counted<LedgerId>(0x20),
            .category = Category::imaging,
            .purpose = Purpose::research,
            .patient_leaf = proof(),
            .patient_absence = std::nullopt,
            .readers = {{counted<LedgerId>(0x30), proof(), std::nullopt},
                        {counted<LedgerId>(0x40), std::nullopt, proof()}}};
}
/// One of each kind, the second with a checkpoint.
inline std::vector<Claim> claims() {
    auto consent = claim(ProvenConsent{.patient_leaf = proof(), .consent = proof()});
    consent.checkpoint = CheckpointLink{.note = "a note\n", .path = {counted<Hash256>(0x51)}};
    return {
        claim(proven_transaction()), std::move(consent), claim(proven_no_consent()),
        claim(ProvenKeyDestroyed{.content_id = counted<ContentId>(0x60), .tombstone = proof()})};
}

inline Trust trust() {
    return {.chain_id = "salus-test",
            .genesis_hash = counted<HeaderHash>(0x30),
            .miners = {{counted<LedgerId>(0x01), counted<PublicKeyBytes>(0x04)},
                       {counted<LedgerId>(0x02), counted<PublicKeyBytes>(0x05)}}};
}

/// One to three random changes: bits flipped, bytes set, cut out, put in, doubled or cut off.
inline base::Bytes mutated(base::Bytes bytes, base::SeededRandom& random) {
    const auto changes = 1 + random.below(3);
    for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
        const auto at = static_cast<std::ptrdiff_t>(random.below(bytes.size()));
        const auto rest = static_cast<std::ptrdiff_t>(bytes.size()) - at;
        const auto length =
            std::min<std::ptrdiff_t>(rest, 1 + static_cast<std::ptrdiff_t>(random.below(20)));
        const auto begin = bytes.begin() + at;
        const auto byte = static_cast<std::uint8_t>(random.below(256));
        switch (random.below(6)) {
            case 0:
                *begin = static_cast<std::uint8_t>(*begin ^ (1U << random.below(8)));
                break;
            case 1:
                *begin = byte;
                break;
            case 2:
                bytes.erase(begin, begin + length);
                break;
            case 3:
                bytes.insert(begin, byte);
                break;
            case 4: {
                const base::Bytes piece(begin, begin + length);
                bytes.insert(begin, piece.begin(), piece.end());
                break;
            }
            default:
                bytes.erase(begin, bytes.end());
                break;
        }
    }
    return bytes;
}

struct MutationCount {
    int accepted = 0;
    int drifted = 0;  ///< Accepted, but re-encoded to other bytes: there must be none.
};

/// 10,000 mutations. `recode` decodes and encodes again, or refuses.
template <class Recode>
MutationCount try_mutations(const base::Bytes& good, std::uint64_t seed, Recode recode) {
    base::SeededRandom random(seed);
    MutationCount count;
    for (int i = 0; i < base::testing::rounds(10'000); ++i) {
        const auto bad = mutated(good, random);
        const std::optional<base::Bytes> again = recode(bad);
        if (!again) continue;
        ++count.accepted;
        if (*again != bad) ++count.drifted;
    }
    return count;
}

}  // namespace wire::samples

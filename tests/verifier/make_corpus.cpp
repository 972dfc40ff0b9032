// SPDX-License-Identifier: Apache-2.0
// Makes receipts of a fresh chain, forgeries of them and single bytes gone wrong, and writes each
// with the verdict of ledger::verify_claim, for the other verifiers to be held against. usage:
// claim_corpus FILE   One JSON text a line: first the trust files, then the cases.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "chain/queries.h"
#include "crypto/signature_verifier.h"
#include "ledger/claim_testing.h"
#include "ledger/verify_claim.h"

namespace {

namespace json = boost::json;
using ledger::testing::ClaimWorld;
using wire::Claim;

/// Whether these bytes are a receipt of no consent about other ids than `claim`.
bool is_of_other_readers(const Claim& claim, base::ByteView bytes) {
    const auto altered = wire::read_claim(bytes);
    if (!altered) return false;
    const auto* mine = std::get_if<wire::ProvenNoConsent>(&claim.fact);
    const auto* others = std::get_if<wire::ProvenNoConsent>(&altered->fact);
    return mine != nullptr && others != nullptr &&
           !std::ranges::equal(mine->readers, others->readers, {}, &wire::UncoveredReader::id,
                               &wire::UncoveredReader::id);
}

constexpr std::size_t no_trust = ~std::size_t{0};

class Corpus {
public:
    explicit Corpus(const char* file) : out_(file) {}

    std::size_t add_trust(const wire::Trust& trust) {
        trusts_.push_back(trust);
        return trusts_.size() - 1;
    }
    void write_trusts() {
        json::array texts;
        for (const auto& trust : trusts_) texts.emplace_back(wire::to_json(trust));
        out_ << json::serialize(json::object{{"trusts", std::move(texts)}}) << '\n';
    }
    ledger::ClaimVerdict add(const std::string& name, base::ByteView bytes, std::size_t trust) {
        const auto anchor =
            trust == no_trust ? std::nullopt : std::optional<wire::Trust>(trusts_[trust]);
        auto verdict = ledger::verify_claim(bytes, anchor);
        const auto at_once = ledger::verify_claim(bytes, anchor, *verifier_);
        if (at_once.words != verdict.words || at_once.code != verdict.code) {
            complain(name + ": at once " + at_once.words + ", one by one " + verdict.words);
        }
        const bool failed = verdict.status == ledger::ClaimStatus::failed;
        json::array witnesses;
        for (const auto& one : failed ? decltype(verdict.witnesses){} : verdict.witnesses) {
            witnesses.emplace_back(json::array{one.name, base::to_unix_ms(one.time)});
        }
        json::object expect{{"status", ledger::name_of(verdict.status)},
                            {"step", nullptr},
                            {"kind", nullptr},
                            {"agreed", !failed && verdict.agreed},
                            {"witnesses", std::move(witnesses)},
                            {"by_program", !failed && verdict.by_program}};
        if (failed) expect["step"] = verdict.steps.back().name;
        if (!verdict.kind.empty()) expect["kind"] = verdict.kind;
        json::object line{{"name", name},
                          {"trust", nullptr},
                          {"bytes", base::to_base64url(bytes)},
                          {"expect", std::move(expect)}};
        if (trust != no_trust) line["trust"] = trust;
        out_ << json::serialize(line) << '\n';
        ++cases;
        return verdict;
    }
    /// In every form; `good`: whether it must be believed.
    void add_claim(const std::string& name, const Claim& claim, std::size_t trust, bool good) {
        const auto text = wire::to_json(claim);
        const auto qr = wire::to_text(claim);
        for (const auto& bytes : {base::Bytes(text.begin(), text.end()), wire::encode(claim),
                                  wire::encode_packed(claim), wire::encode_plain(claim),
                                  base::Bytes(qr.begin(), qr.end())}) {
            const auto verdict = add(name, bytes, trust);
            const bool believed = verdict.status == ledger::ClaimStatus::verified;
            if (believed != good) complain(name + ": " + verdict.words);
        }
    }
    /// Every byte of the compact form, every third or eleventh of the older ones and of the JSON,
    /// with one bit turned. What
    /// is believed all the same may only be a checkpoint that has lost a witness, or the absence of
    /// a consent for another id, to which the same way leads: that is as true, and says so.
    void add_mutations(const std::string& name, const Claim& claim, std::size_t trust) {
        const auto text = wire::to_json(claim);
        const auto whole = ledger::verify_claim(claim, trusts_[trust]).witnesses.size();
        const auto mutate = [&](base::Bytes bytes, std::size_t stride, const char* form) {
            for (std::size_t at = 0; at < bytes.size(); at += stride) {
                const auto bit = static_cast<std::uint8_t>(1U << (at % 8));
                bytes[at] ^= bit;
                const auto verdict =
                    add(fmt::format("{}, {} byte {}", name, form, at), bytes, trust);
                bytes[at] ^= bit;
                const bool lost = verdict.witnesses.size() < whole;
                bytes[at] ^= bit;
                const bool other = is_of_other_readers(claim, bytes);
                bytes[at] ^= bit;
                if (verdict.status != ledger::ClaimStatus::failed && !lost && !other) {
                    complain(fmt::format("{}: byte {} of the {} altered", name, at, form));
                }
            }
        };
        mutate(wire::encode(claim), 1, "compact");
        mutate(wire::encode_packed(claim), 11, "packed");
        mutate(wire::encode_plain(claim), 3, "plain");
        mutate(base::Bytes(text.begin(), text.end()), 11, "JSON");
    }
    [[nodiscard]] bool finish() {
        out_.close();
        return sound_ && !out_.fail();
    }
    std::size_t cases = 0;

private:
    void complain(const std::string& words) {
        fmt::print(stderr, "claim_corpus: {}\n", words);
        sound_ = false;
    }
    std::unique_ptr<crypto::SignatureVerifier> verifier_ = crypto::make_serial_verifier();
    std::ofstream out_;
    std::vector<wire::Trust> trusts_;
    bool sound_ = true;
};

/// Who stands where in the trusts.
struct Anchors {
    std::size_t plain;
    std::size_t witnessed;
    std::size_t quorum;
    std::size_t one_required;   ///< One witness must have cosigned.
    std::size_t both_required;  ///< Both must.
    std::size_t another;
    std::size_t strangers;
    // With a quorum, as of the block of the consent:
    std::size_t one_left;        ///< The last miner had left before it.
    std::size_t one_leaves;      ///< It leaves after it.
    std::size_t sealer_left;     ///< Whoever sealed it had left.
    std::size_t sealer_rejoins;  ///< And came back, with it.
    std::size_t sealer_to_come;  ///< It joins later.
    std::size_t sealer_rotated;  ///< It had another key by then.
};

/// The anchor with the standing of one miner told otherwise.
wire::Trust with_miner(wire::Trust trust, const wire::LedgerId& id,
                       const std::vector<std::pair<wire::Height, wire::Height>>& times) {
    const auto at = std::ranges::find(trust.miners, id, &wire::Trust::Miner::id);
    auto miner = *at;
    trust.miners.erase(at);
    for (const auto& [from, until] : times) {
        miner.from = from;
        miner.until = until;
        trust.miners.push_back(miner);
    }
    return trust;
}

/// Miners that came and went, around the block of `consent`.
void add_changing_anchors(Corpus& corpus, const wire::Trust& quorum, const Claim& consent,
                          Anchors& out) {
    const auto header = wire::decode_header(consent.header).value();
    const auto height = header.height;
    const auto& last = quorum.miners.back().id;
    const auto& sealer = header.miner;
    out.one_left = corpus.add_trust(with_miner(quorum, last, {{1, height}}));
    out.one_leaves = corpus.add_trust(with_miner(quorum, last, {{1, height + 1}}));
    out.sealer_left = corpus.add_trust(with_miner(quorum, sealer, {{1, height}}));
    out.sealer_rejoins = corpus.add_trust(with_miner(quorum, sealer, {{1, height}, {height, 0}}));
    out.sealer_to_come = corpus.add_trust(with_miner(quorum, sealer, {{height + 1, 0}}));
    auto rotated = with_miner(quorum, sealer, {{1, height}, {height, 0}});
    rotated.miners.back().public_key = {crypto::EcdsaPrivateKey::generate().public_key()};
    out.sealer_rotated = corpus.add_trust(rotated);
}

Anchors add_anchors(Corpus& corpus, const ClaimWorld& world, const Claim& consent) {
    auto quorum = world.trust_with_witnesses();
    quorum.quorum = wire::Quorum::two_thirds;
    auto another = world.trust();
    another.chain_id = "another";
    auto strangers = world.trust();
    for (auto& miner : strangers.miners) miner.id.bytes[0] ^= 1;
    Anchors out{};
    out.plain = corpus.add_trust(world.trust());
    out.witnessed = corpus.add_trust(world.trust_with_witnesses());
    out.quorum = corpus.add_trust(quorum);
    auto strict = world.trust_with_witnesses();
    strict.witnesses_required = 1;
    out.one_required = corpus.add_trust(strict);
    strict.witnesses_required = 2;
    out.both_required = corpus.add_trust(strict);
    out.another = corpus.add_trust(another);
    out.strangers = corpus.add_trust(strangers);
    add_changing_anchors(corpus, quorum, consent, out);
    return out;
}

/// Genuine receipts, one of each kind and more.
struct Genuine {
    Claim report;
    Claim batched;
    Claim consent;
    Claim none;
    Claim never;
    Claim destroyed;
    Claim certified;
    wire::Height consent_height = 0;
    wire::Height report_height = 0;
};

/// Destroys the key of the object that reports of the test chain name, and asks for the receipt.
Claim destroyed_key(ClaimWorld& world) {
    auto& chain = world.chain;
    const auto id = ledger::testing::Chain::content_id();
    const wire::DestroyKey action{.patient = world.cast.patient->id(), .content_id = id};
    chain.must_accept(
        {ledger::testing::Chain::sign(chain.body(world.cast.cloud_server, action),
                                      {world.cast.cloud_server, world.cast.patient})});
    return world
        .ask({.kind = chain::ClaimKind::key_destroyed,
              .height = 0,
              .patient = {},
              .readers = {},
              .content_id = id})
        .value();
}

Genuine make_genuine(ClaimWorld& world) {
    auto& chain = world.chain;
    Genuine out;
    const auto nurse = chain.enrolled(wire::Role::nurse);
    const auto ended = chain.grant(world.cast.patient, nurse);
    chain.must_accept({chain.signed_by(world.cast.patient, wire::RevokeConsent{ended})});
    out.consent_height = chain.app->info().height;
    out.consent = world.ask(world.consent_question(world.cast.doctor)).value();
    out.none = world.ask(world.no_consent_question({world.stranger->id(), nurse->id()})).value();
    auto never = world.no_consent_question({world.cast.doctor->id()});
    never.patient = world.other_patient->id();
    out.never = world.ask(never).value();

    std::vector<wire::TransactionBody> bodies;
    for (int i = 0; i < 3; ++i) {
        bodies.push_back(chain.body(world.cast.cloud_server, chain.report(world.cast)));
    }
    const std::array<const wire::Signer*, 2> signers{world.cast.cloud_server.get(),
                                                     world.cast.doctor.get()};
    const auto batch = wire::sign_batch(bodies, signers).value();
    const auto report = chain.signed_report(world.cast);
    chain.must_accept({batch[0], report, batch[1], batch[2]});
    out.report_height = chain.app->info().height;
    out.report = world.receipt_of(report);
    out.batched = world.receipt_of(batch[1]);
    const auto certify =
        chain.signed_by(chain.enrolled(wire::Role::key_generator),
                        wire::Certify{.record_hash = world.cast.consent,
                                      .event = wire::CertificationEvent::certified});
    chain.must_accept({certify});
    out.certified = world.receipt_of(certify);
    // Last: no report may name an object whose key is gone.
    out.destroyed = destroyed_key(world);
    return out;
}

void add_genuine(Corpus& corpus, ClaimWorld& world, const Genuine& genuine, const Anchors& at) {
    const auto tip = world.chain.app->info().height;
    corpus.add_claim("a report", genuine.report, at.plain, true);
    corpus.add_claim("a report signed in a batch", genuine.batched, at.plain, true);
    corpus.add_claim("a consent in force", genuine.consent, at.plain, true);
    corpus.add_claim("no consent", genuine.none, at.plain, true);
    corpus.add_claim("never a consent", genuine.never, at.plain, true);
    corpus.add_claim("a key destroyed", genuine.destroyed, at.plain, true);
    corpus.add_claim("a certified static key", genuine.certified, at.plain, true);
    corpus.add_claim("a report, witnessed", world.witnessed(genuine.report, genuine.report_height),
                     at.witnessed, true);
    corpus.add_claim("a report, witnessed later", world.witnessed(genuine.report, tip),
                     at.witnessed, true);
    corpus.add_claim("a consent, witnessed",
                     world.witnessed(genuine.consent, genuine.consent_height), at.witnessed, true);
    corpus.add_claim("a consent, witnessed and agreed",
                     world.approved(world.witnessed(genuine.consent, genuine.consent_height), 3),
                     at.quorum, true);
    (void)corpus.add("a report without an anchor", wire::encode(genuine.report), no_trust);
    (void)corpus.add("a witnessed consent without an anchor",
                     wire::encode(world.witnessed(genuine.consent, genuine.consent_height)),
                     no_trust);
    (void)corpus.add("nothing", {}, at.plain);
}

void add_forgeries(Corpus& corpus, ClaimWorld& world, const Genuine& genuine, const Anchors& at) {
    const auto forged = [&](const std::string& name, Claim claim, std::size_t trust,
                            const auto& change) {
        change(claim);
        corpus.add_claim(name, claim, trust, false);
    };
    using wire::ProvenConsent;
    using wire::ProvenNoConsent;
    forged("a proof for the wrong root", genuine.consent, at.plain, [](Claim& claim) {
        std::get<ProvenConsent>(claim.fact).consent.steps[0].sibling.bytes[0] ^= 1;
    });
    forged("another patient's leaf", genuine.consent, at.plain, [&](Claim& claim) {
        std::get<ProvenConsent>(claim.fact).patient_leaf.key =
            state::patient_of(world.other_patient->id());
    });
    forged("the absence of another id", genuine.none, at.plain, [&](Claim& claim) {
        auto& readers = std::get<ProvenNoConsent>(claim.fact).readers;
        const bool first = readers[0].absence.has_value();
        readers = {readers[first ? 0 : 1]};
        readers[0].id = world.cast.doctor->id();
    });
    forged("a record that stands", genuine.none, at.plain, [&](Claim& claim) {
        std::get<ProvenNoConsent>(claim.fact).readers = {
            {.id = world.cast.doctor->id(),
             .absence = {},
             .record = std::get<ProvenConsent>(genuine.consent.fact).consent}};
    });
    forged("a withdrawn consent as one in force", genuine.none, at.plain, [](Claim& claim) {
        auto none = std::get<ProvenNoConsent>(claim.fact);
        const auto& record =
            none.readers[0].record ? none.readers[0].record : none.readers[1].record;
        claim.fact = ProvenConsent{.patient_leaf = *none.patient_leaf, .consent = *record};
    });
    forged("altered times", genuine.consent, at.plain, [](Claim& claim) {
        auto header = wire::decode_header(claim.header).value();
        header.time += std::chrono::seconds{1};
        claim.header = wire::encode(header);
    });
    forged("a header of another chain", genuine.consent, at.another, [](Claim&) {});
    forged("a seal by a stranger", genuine.consent, at.strangers, [](Claim&) {});
    forged("too few approvals", world.approved(genuine.consent, 2), at.quorum, [](Claim&) {});
    forged("a stale checkpoint", genuine.report, at.witnessed, [&](Claim& claim) {
        claim.checkpoint = {
            .note = world.note(genuine.consent_height, {"regulator"}, world.chain.now), .path = {}};
    });
    forged("the checkpoint of a fork", genuine.report, at.witnessed, [&](Claim& claim) {
        ClaimWorld fork({.miners = 4});
        while (fork.chain.app->info().height <= genuine.report_height) {
            (void)fork.chain.enrolled(wire::Role::nurse);
        }
        claim = world.witnessed(claim, world.chain.app->info().height);
        claim.checkpoint->note =
            fork.note(fork.chain.app->info().height, {"regulator"}, fork.chain.now);
    });
    forged("a later checkpoint for a state", genuine.consent, at.witnessed, [&](Claim& claim) {
        const auto other = world.witnessed(genuine.report, genuine.report_height);
        claim.checkpoint = other.checkpoint;
    });
    forged("another vault object", genuine.destroyed, at.plain, [](Claim& claim) {
        std::get<wire::ProvenKeyDestroyed>(claim.fact).content_id.bytes[20] ^= 1;
    });
}

/// The anchor says how many witnesses must have cosigned.
void add_required(Corpus& corpus, ClaimWorld& world, const Genuine& genuine, const Anchors& at) {
    const auto both = world.witnessed(genuine.report, genuine.report_height);
    auto one = both;
    one.checkpoint->note = world.note(genuine.report_height, {"phone"}, world.chain.now);
    auto none = both;
    none.checkpoint->note = world.note(genuine.report_height, {}, world.chain.now);
    corpus.add_claim("one witness where one is required", one, at.one_required, true);
    corpus.add_claim("both witnesses where both are required", both, at.both_required, true);
    corpus.add_claim("no checkpoint where one witness is required", genuine.report, at.one_required,
                     false);
    corpus.add_claim("no cosignature where one is required", none, at.one_required, false);
    corpus.add_claim("one witness where both are required", one, at.both_required, false);
}

/// Who was active at the block's height decides whose approvals count.
void add_changing_miners(Corpus& corpus, const ClaimWorld& world, const Claim& consent,
                         const Anchors& at) {
    struct Case {
        const char* name;
        std::size_t approvals;
        std::size_t trust;
        bool holds;
    };
    const Case cases[] = {
        {"all of those left approved", 3, at.one_left, true},
        {"an approval by one that had left, beside all others", 4, at.one_left, true},
        {"too few of those left approved", 2, at.one_left, false},
        {"before one left", 3, at.one_leaves, true},
        {"too few before one left", 2, at.one_leaves, false},
        {"sealed by one that had left", 4, at.sealer_left, false},
        {"sealed by one that came back", 4, at.sealer_rejoins, true},
        {"sealed by one that was to come", 4, at.sealer_to_come, false},
        {"sealed with a key that was no longer in use", 4, at.sealer_rotated, false},
    };
    for (const auto& one : cases) {
        corpus.add_claim(one.name, world.approved(consent, one.approvals), one.trust, one.holds);
    }
    auto stranger = world.approved(consent, 3);
    auto seal = wire::decode_seal(stranger.seal).value();
    seal.approvals.push_back({world.stranger->id(), seal.approvals.front().signature});
    stranger.seal = wire::encode(seal);
    corpus.add_claim("an approval by a stranger, beside enough others", stranger, at.quorum, true);
    seal.approvals.erase(seal.approvals.begin());
    stranger.seal = wire::encode(seal);
    corpus.add_claim("an approval by a stranger, where it would be needed", stranger, at.quorum,
                     false);
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        fmt::print(stderr, "usage: claim_corpus FILE\n");
        return 2;
    }
    ClaimWorld world;
    Corpus corpus(words[1]);
    const auto genuine = make_genuine(world);
    const auto anchors = add_anchors(corpus, world, genuine.consent);
    corpus.write_trusts();
    add_genuine(corpus, world, genuine, anchors);
    add_forgeries(corpus, world, genuine, anchors);
    add_required(corpus, world, genuine, anchors);
    add_changing_miners(corpus, world, genuine.consent, anchors);
    const auto witnessed = world.witnessed(genuine.report, genuine.report_height);
    corpus.add_mutations("a report, witnessed", witnessed, anchors.witnessed);
    corpus.add_mutations("a report, witnessed later",
                         world.witnessed(genuine.report, world.chain.app->info().height),
                         anchors.witnessed);
    corpus.add_mutations("a consent", genuine.consent, anchors.plain);
    corpus.add_mutations("no consent", genuine.none, anchors.plain);
    corpus.add_mutations("a key destroyed", genuine.destroyed, anchors.plain);
    fmt::print("{} cases\n", corpus.cases);
    return corpus.finish() ? 0 : 1;
}

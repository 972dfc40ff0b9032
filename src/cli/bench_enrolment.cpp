// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_enrolment.h"

#include <chrono>
#include <memory>
#include <utility>

#include "askg/key_generator.h"
#include "askg/user_secret.h"
#include "crypto/random.h"
#include "crypto/x25519.h"
#include "storage/memory_store.h"

namespace cli {

using base::Result;

namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

template <class Work>
double us_each(std::size_t rounds, const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < rounds; ++i) work();
    return Microseconds(std::chrono::steady_clock::now() - begin).count() /
           static_cast<double>(rounds);
}

constexpr std::size_t domains_in_memory = 60;
constexpr std::size_t domains_on_disk = 6;
constexpr std::size_t devices_a_domain = askg::collusion_bound - 1;  // and its PDA

/// Fills domains and counts the time of the devices alone.
class Enroller {
public:
    Enroller(askg::KeyGenerator& generator, base::Random& random)
        : generator_(generator), random_(random) {}

    Result<double> us_a_device(std::size_t domains) {
        Microseconds spent{};
        for (std::size_t i = 0; i < domains; ++i) {
            const auto pda = pda_in_new_domain();
            if (!pda) return base::pass(pda);
            for (std::size_t k = 0; k < devices_a_domain; ++k) {
                const auto key = crypto::X25519PrivateKey::draw(random_);
                const askg::DeviceApplication application{.patient = patient_,
                                                          .id = base::draw<wire::DeviceId>(random_),
                                                          .pda = *pda,
                                                          .static_public = key.public_key(),
                                                          .token_verifier = std::nullopt};
                const auto begin = std::chrono::steady_clock::now();
                const auto grant = generator_.enrol_device(application);
                spent += std::chrono::steady_clock::now() - begin;
                if (!grant) return base::pass(grant);
            }
        }
        return spent.count() / static_cast<double>(domains * devices_a_domain);
    }

private:
    Result<wire::DeviceId> pda_in_new_domain() {
        patient_ = base::draw<wire::LedgerId>(random_);
        if (const auto made = generator_.new_domain(patient_); !made) return base::pass(made);
        const auto key = crypto::X25519PrivateKey::draw(random_);
        const auto id = base::draw<wire::DeviceId>(random_);
        const auto grant =
            generator_.enrol_pda({.patient = patient_,
                                  .id = id,
                                  .static_public = key.public_key(),
                                  .token_verifier = crypto::Secret32::draw(random_)});
        if (!grant) return base::pass(grant);
        return id;
    }

    askg::KeyGenerator& generator_;
    base::Random& random_;
    wire::LedgerId patient_;
};

/// What cannot be left out of an enrolment: the share, the signatures of record and log, and the
/// agreement that shows a key of low order, with the pair drawn for it.
void measure_operations(EnrolmentBench& bench, base::Random& random) {
    constexpr std::size_t rounds = 300;
    const auto chi = askg::SymmetricPolynomial::draw(random);
    const auto x = askg::FieldElement::draw(random);
    bench.share_us = us_each(rounds, [&] { (void)chi.share_of(x); });
    const auto share = chi.share_of(x);
    bench.pair_us = us_each(rounds, [&] { (void)share.at(x); });
    const auto signing = crypto::Ed25519PrivateKey::generate();
    const base::Bytes message(askg::record_bytes);
    const auto signing_us = us_each(rounds, [&] { (void)signing.sign(message); });
    const auto peer = crypto::X25519PrivateKey::draw(random);
    const auto agreeing_us = us_each(
        rounds, [&] { (void)crypto::X25519PrivateKey::draw(random).agree(peer.public_key()); });
    bench.operations_us = bench.share_us + 2 * signing_us + agreeing_us;
}

Result<void> measure_on_disk(EnrolmentBench& bench, const std::filesystem::path& folder,
                             const base::Clock& clock, base::Random& random) {
    const auto unlock = askg::UnlockSecret::from_key(crypto::Secret32::draw(random));
    auto made =
        askg::KeyGenerator::create(folder, unlock, {.id = base::as_bytes("bench")}, clock, random);
    if (!made) return base::pass(made);
    const auto each = Enroller(**made, random).us_a_device(domains_on_disk);
    if (!each) return base::pass(each);
    bench.synced_device_us = *each;
    bench.members = (*made)->members().size();
    made->reset();
    constexpr std::size_t opens = 5;
    Result<void> outcome;
    bench.open_ms = us_each(opens,
                            [&] {
                                const auto opened =
                                    askg::KeyGenerator::open(folder, unlock, clock, random);
                                if (!opened) outcome = base::pass(opened);
                            }) /
                    1'000;
    return outcome;
}

Result<void> measure_provision(EnrolmentBench& bench, askg::KeyGenerator& generator,
                               base::Random& random) {
    const auto key = crypto::X25519PrivateKey::draw(random);
    const auto server = base::draw<wire::LedgerId>(random);
    const auto grant =
        generator.enrol_cloud_server({.id = server, .static_public = key.public_key()});
    if (!grant) return base::pass(grant);
    Result<base::Bytes> sealed;
    const auto us = us_each(5, [&] { sealed = generator.provision(server); });
    if (!sealed) return base::pass(sealed);
    const auto opened = askg::open_provision(*grant, *sealed, 0);
    if (!opened) return base::pass(opened);
    bench.provision_us = us / static_cast<double>(opened->peers.size());
    return {};
}

}  // namespace

Result<EnrolmentBench> run_enrolment_bench(const std::filesystem::path& folder) {
    EnrolmentBench bench;
    const base::SystemClock clock;
    crypto::SystemRandom random;
    measure_operations(bench, random);
    storage::MemoryStore store;
    const auto generator = askg::KeyGenerator::create(
        store, askg::UnlockSecret::from_key(crypto::Secret32::draw(random)),
        {.id = base::as_bytes("bench")}, clock, random);
    if (!generator) return base::pass(generator);
    const auto each = Enroller(**generator, random).us_a_device(domains_in_memory);
    if (!each) return base::pass(each);
    bench.device_us = *each;
    if (auto done = measure_provision(bench, **generator, random); !done) return base::pass(done);
    const auto factor = askg::draw_user_factor(random);
    Result<crypto::Secret32> token;
    bench.user_token_ms =
        us_each(5, [&] { token = askg::user_token(base::as_bytes("u"), factor, {}); }) / 1'000;
    if (!token) return base::pass(token);
    if (auto done = measure_on_disk(bench, folder, clock, random); !done) return base::pass(done);
    return bench;
}

}  // namespace cli

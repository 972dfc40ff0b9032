// SPDX-License-Identifier: Apache-2.0
// A whole node in memory with a small ward on it, for the tests of this folder.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "api/internal/service.h"
#include "base/clock.h"
#include "witness/signer.h"

namespace api::testing {

/// Moves only when told; unlike base::ManualClock other threads may read it meanwhile.
class TestClock final : public base::Clock {
public:
    explicit TestClock(base::TimePoint start) : now_ms_(base::to_unix_ms(start)) {}
    [[nodiscard]] base::TimePoint now() const override { return base::from_unix_ms(now_ms_); }
    void advance(std::chrono::milliseconds by) { now_ms_ += by.count(); }

private:
    std::atomic<std::int64_t> now_ms_;
};

/// Plays the key generator: enrols whoever asks, unless told to fail.
class TestEnroller final : public Enroller {
public:
    /// Borrows `directory`.
    explicit TestEnroller(identity::Directory& directory) : directory_(directory) {}
    [[nodiscard]] base::Result<EnrolledDevice> enrol(const DeviceClaim& claim) override;
    [[nodiscard]] base::Result<void> set_state(const wire::DeviceId& id,
                                               identity::DeviceState state,
                                               const wire::LedgerId& by) override;
    [[nodiscard]] base::Result<base::Bytes> register_user(const UserClaim& claim) override;

    std::optional<base::ErrorCode> failing;  ///< What all calls answer, if set.
    std::vector<wire::DeviceId> ended;       ///< Their certificates are withdrawn.
    unsigned enrolments = 0;

private:
    identity::Directory& directory_;
};

/// The one witness that the node names.
[[nodiscard]] witness::Cosigner make_witness();

/// Everybody's login is their name here: ana and ben are patients of doctor lee; ana's consent lets
/// lee, the nurse nora and fay of her family see her vital signs; ben has granted nothing. may is a
/// doctor whom nobody knows. One person more for each other role, named as the role.
class TestNode {
public:
    TestNode();
    ~TestNode();

    static constexpr std::string_view password = "correct horse";

    [[nodiscard]] identity::Person person(std::string_view login) const;
    [[nodiscard]] std::string id(std::string_view login) const;
    /// Opens a session without the password's long check; the signing key is unlocked.
    [[nodiscard]] std::string session(std::string_view login);

    /// `as`: a login, or empty for nobody. `target`: path and query.
    [[nodiscard]] Response get(std::string_view as, std::string target);
    [[nodiscard]] Response post(std::string_view as, std::string target, std::string body = "{}");
    [[nodiscard]] Request request(Method method, std::string target) const;

    /// Ten readings of heart rate and SpO2, a second apart, which end now.
    void send_readings(std::string_view patient, std::int64_t heart_rate_milli = 72'000);
    /// A pending report about the patient's readings; its id.
    std::uint64_t make_report(std::string_view patient);
    /// An alarm of the patient's low heart rate; its id.
    std::uint64_t make_alarm(std::string_view patient);
    /// body_ref of the grant in hexadecimal.
    std::string grant(std::string_view patient, std::string_view grantee);
    void withdraw(std::string_view patient, const std::string& ref);
    /// Makes every write of the access log fail, or work again.
    void set_log_full(bool full);

    [[nodiscard]] wire::DeviceId device_of(std::string_view patient) const;
    [[nodiscard]] wire::DeviceId pda_of(std::string_view patient) const;
    [[nodiscard]] TestEnroller& enroller();

    TestClock clock;
    [[nodiscard]] Service& service();
    [[nodiscard]] std::shared_ptr<Service> shared_service();
    [[nodiscard]] Api::Parts parts();
    [[nodiscard]] Options options() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace api::testing

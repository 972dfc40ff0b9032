// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <mutex>
#include <optional>

#include "api/api.h"
#include "api/internal/live_patients.h"
#include "chain/mining.h"
#include "chain/orphans.h"
#include "chain/queries.h"

namespace api {

/// How things look in JSON; src/api/openapi.json has the same shapes. Thread-safe.
class Views {
public:
    /// Borrows both.
    Views(const Api::Parts& parts, const LivePatients& live) : parts_(parts), live_(live) {}

    [[nodiscard]] boost::json::object person_ref(const wire::LedgerId& id) const;
    [[nodiscard]] boost::json::object person_with_role(const wire::LedgerId& id) const;
    [[nodiscard]] boost::json::object alarm(const monitor::Alarm& alarm) const;
    /// Newest values, active alarms and the patient's clock. Errors: those of the series.
    [[nodiscard]] base::Result<boost::json::object> ward_patient(
        const identity::Person& patient) const;
    struct SeriesQuestion {
        wire::LedgerId patient;
        wire::Vital vital{};
        base::TimePoint from;
        base::TimePoint to;
        std::size_t buckets = 0;
    };
    [[nodiscard]] base::Result<boost::json::object> series(const SeriesQuestion& question) const;
    /// The earliest reading there is. Nothing: none yet.
    [[nodiscard]] base::Result<std::optional<base::TimePoint>> first_reading(
        const wire::LedgerId& patient) const;

    /// Without `readable`, what is clinical is left out.
    [[nodiscard]] boost::json::object report(const review::ReportView& report, bool readable) const;
    /// The same with charts and what approval writes.
    [[nodiscard]] base::Result<boost::json::object> report_detail(
        const review::ReportView& report) const;
    [[nodiscard]] boost::json::object consent(const readmodel::ConsentRow& row) const;
    [[nodiscard]] boost::json::object access(const readmodel::AccessEntry& entry,
                                             bool with_names) const;
    /// With the states that `asker` may give it.
    [[nodiscard]] boost::json::object device(const identity::DeviceRecord& device,
                                             const identity::Person& asker) const;
    /// In the same shape; it was last heard when any of its devices was.
    [[nodiscard]] boost::json::object pda(const identity::PdaRecord& pda,
                                          const identity::Person& asker) const;

    [[nodiscard]] boost::json::object block_summary(const readmodel::BlockRow& row) const;
    [[nodiscard]] base::Result<boost::json::object> block(const readmodel::BlockRow& row) const;
    [[nodiscard]] base::Result<boost::json::object> transaction(
        const readmodel::TransactionRow& row) const;
    [[nodiscard]] boost::json::array miners(const chain::MiningView& mining) const;
    /// `last_round`: the last complete one, if there is one.
    [[nodiscard]] boost::json::object mining(
        const chain::MiningView& mining,
        const std::optional<chain::FairnessView>& last_round) const;
    [[nodiscard]] boost::json::object orphan(const chain::Orphan& orphan) const;

private:
    [[nodiscard]] std::string name_of(const wire::LedgerId& id) const;
    [[nodiscard]] boost::json::value miner_index(const wire::LedgerId& id) const;

    const Api::Parts& parts_;
    const LivePatients& live_;
    mutable std::mutex mutex_;  // guards miner_indices_
    mutable std::map<wire::LedgerId, std::uint64_t> miner_indices_;
};

[[nodiscard]] boost::json::value ms(base::TimePoint time);
[[nodiscard]] boost::json::value ms(const std::optional<base::TimePoint>& time);
/// Thousandths as a decimal number.
[[nodiscard]] boost::json::value decimal(std::int64_t milli);
template <class Fixed>
[[nodiscard]] std::string hex(const Fixed& value) {
    return base::to_hex(value.view());
}
[[nodiscard]] series::Quality quality_of(const wire::Reading& reading);
[[nodiscard]] std::string_view name_of(series::Quality quality);
/// ISO 8601 in UTC, to the millisecond.
[[nodiscard]] std::string iso_time(base::TimePoint time);

}  // namespace api

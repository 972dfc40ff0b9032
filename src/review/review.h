// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "chain/transaction_submitter.h"
#include "identity/consent_keys.h"
#include "identity/directory.h"
#include "monitor/monitor.h"
#include "series/series_store.h"
#include "storage/key_value_store.h"
#include "vault/vault.h"
#include "wire/signer.h"

namespace review {

/// `submitting`: the doctor signed; the transaction is on disk and on its way into a block.
enum class ReportState : std::uint8_t { pending = 1, submitting = 2, approved = 3, refused = 4 };

/// Numbers of one vital over a report's period. Values in thousandths of the vital's unit.
struct VitalSummary {
    wire::Vital vital{};
    std::uint32_t count = 0;
    std::uint32_t implausible = 0;
    std::int64_t min_milli = 0;
    std::int64_t median_milli = 0;
    std::int64_t max_milli = 0;
    std::uint32_t outside_limits_s = 0;  ///< Seconds under an active clinical alarm of this vital.
    std::uint32_t gap_s = 0;             ///< Seconds in gaps longer than the no-data limit.
};
struct ReportView {
    std::uint64_t id = 0;  ///< Rises from 1.
    wire::LedgerId patient;
    wire::LedgerId doctor;  ///< The one responsible.
    base::TimePoint period_start;
    base::TimePoint period_end;
    std::uint32_t reading_count = 0;
    std::vector<VitalSummary> vitals;
    std::vector<monitor::Alarm> alarms;  ///< That stood in the period, as of the cut; oldest first.
    ReportState state{};
    base::TimePoint created_at;
    std::optional<base::TimePoint> decided_at;
    wire::LedgerId decided_by;
    bool decided_by_program = false;
    std::string refusal_reason;  ///< The doctor's words. Off chain.
    /// Why the last try to approve was refused by a check or a contract; it stays pending then.
    std::optional<base::Error> last_error;
    wire::TxId transaction;   ///< Once submitting or approved.
    wire::Height height = 0;  ///< Once approved.
};

struct Options {
    std::chrono::milliseconds period{std::chrono::minutes{5}};  ///< Of patient time.
    std::uint32_t readings_max = 10'000;  ///< A report is cut at this many readings too.
    std::string chain_id;
};

/// Readings become reports; a doctor decides; an approved one becomes a transaction. Nothing that
/// was acknowledged is lost or doubled by a crash. Thread-safe.
class Review {
public:
    struct Parts {  // all borrowed
        storage::KeyValueStore& store;
        series::SeriesStore& series;
        monitor::Monitor& monitor;
        const identity::Directory& directory;
        const identity::ConsentKeys& consent_keys;
        vault::Vault& vault;
        chain::TransactionSubmitter& submitter;
        const chain::BlockSource& blocks;
        const wire::Signer& cloud_server;
        std::function<base::Result<std::uint64_t>()> next_sequence;  ///< Of the cloud server.
        const base::Clock& clock;
    };
    /// Catches up with the series; submits anew what was signed but not yet in a block. Open the
    /// monitor before, so that it has seen a reading when the report with it is cut. The submitter
    /// must answer every submission before this object may end. Errors: `malformed` options;
    /// `corrupted`; those of the stores.
    [[nodiscard]] static base::Result<std::unique_ptr<Review>> open(Parts parts, Options options);
    ~Review();

    /// Newest last. `doctor`: only that doctor's, where given.
    [[nodiscard]] std::vector<ReportView> reports(std::optional<ReportState> state,
                                                  std::optional<wire::LedgerId> doctor) const;
    [[nodiscard]] std::vector<ReportView> reports_of(const wire::LedgerId& patient) const;
    /// Errors: `not_found`.
    [[nodiscard]] base::Result<ReportView> report(std::uint64_t id) const;

    /// Seals the content into the vault, signs with the cloud server's key and `doctor`'s, submits
    /// and waits for the block. Errors: `not_found`; `conflict` if decided before; `wrong_doctor`;
    /// `consent_missing`; `unauthenticated` if the key is locked; or the contract's own reason.
    /// After an error the report is pending and nothing was mined.
    [[nodiscard]] base::Result<ReportView> approve(std::uint64_t id, const wire::Signer& doctor);
    /// The reason: 1 to 500 characters. Durable when it returns. Readings are kept.
    [[nodiscard]] base::Result<ReportView> refuse(std::uint64_t id, const wire::LedgerId& doctor,
                                                  std::string reason);
    /// Waits until every cut so far is on disk and told to the listeners; not to be called by one.
    /// Errors: those of the stores; the cuts are tried again each second.
    [[nodiscard]] base::Result<void> flush();
    /// Why reports could not be written the last time, if so.
    [[nodiscard]] std::optional<base::Error> last_error() const;
    /// Cuts every open period now, also partial ones. Durable when it returns.
    [[nodiscard]] base::Result<void> close_periods();
    /// Whether every device of the directory that is not suspended said `finished`, and all that
    /// was open is a report on disk. A device that never spoke has not finished.
    [[nodiscard]] bool all_finished() const;

    void on_change(std::function<void(const ReportView&)> listener);

    struct Counts {
        std::uint64_t pending, approved, refused;
    };
    [[nodiscard]] Counts counts() const;
    struct Latency {
        double p50_ms;
        double p99_ms;
    };
    [[nodiscard]] std::optional<Latency> approval_to_commit() const;

private:
    struct State;
    explicit Review(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace review

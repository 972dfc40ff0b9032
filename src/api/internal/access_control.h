// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "chain/queries.h"
#include "identity/directory.h"
#include "readmodel/access_log.h"
#include "readmodel/read_model.h"
#include "wire/ids.h"

namespace api {

/// On what grounds someone may see a patient's vital signs.
struct Basis {
    std::optional<chain::StandingConsent> consent;  ///< Nothing: it is the patient.
};

/// Decides who may see what of a patient, by the ledger's committed state alone, and writes every
/// look to the access log before anything is handed out. Thread-safe.
class AccessControl {
public:
    struct Parts {  // all borrowed
        const identity::Directory& directory;
        const readmodel::ReadModel& read_model;
        readmodel::AccessLog& access_log;
        const chain::BlockSource& blocks;
        const base::Clock& clock;
    };
    explicit AccessControl(const Parts& parts) : parts_(parts) {}

    /// Errors: `consent_missing` if the asker has something to do with the patient but no consent
    /// stands; `not_found` if the asker may not know of the patient; `unavailable` if the ledger
    /// does not answer: then nothing is shown.
    [[nodiscard]] base::Result<Basis> basis(const identity::Person& asker,
                                            const wire::LedgerId& patient) const;
    /// The same, remembered for a second or until the next block: for streams, which ask for each
    /// event.
    [[nodiscard]] bool may_see(const identity::Person& asker, const wire::LedgerId& patient);
    /// A block came: it may hold a grant or a withdrawal.
    void forget();

    struct Look {
        const identity::Person& asker;
        wire::LedgerId patient;
        std::string_view action;
        std::string what;
    };
    /// `basis`, written to the access log, also where it was refused. Errors: also those of the
    /// log; then nothing may be shown.
    [[nodiscard]] base::Result<Basis> admit(const Look& look) const;
    /// Writes a look that another rule decided on.
    [[nodiscard]] base::Result<void> record(const Look& look, bool allowed,
                                            std::string basis_text) const;
    [[nodiscard]] readmodel::Access entry(const Look& look, bool allowed,
                                          std::string basis_text) const;

private:
    [[nodiscard]] bool knows_of(const identity::Person& asker,
                                const identity::Person& patient) const;

    struct Remembered {
        bool allowed = false;
        base::TimePoint asked_at;
    };
    Parts parts_;
    std::mutex mutex_;  // guards both below
    std::uint64_t blocks_seen_ = 0;
    std::map<std::pair<wire::LedgerId, wire::LedgerId>, Remembered> remembered_;
};

/// "self", or "consent" and the first digits of its reference.
[[nodiscard]] std::string text_of(const Basis& basis);

}  // namespace api

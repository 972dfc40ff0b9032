// SPDX-License-Identifier: Apache-2.0
#include "cli/askg_chain.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "askg/credentials.h"
#include "chain/queries.h"
#include "cli/askg_open.h"
#include "crypto/signature_verifier.h"
#include "storage/rocks_store.h"

namespace cli {

using base::ErrorCode;
using base::Result;

namespace {

/// The folder's ledger as it stands on disk, read only.
struct Ledger {
    std::unique_ptr<storage::RocksStore> store;
    std::unique_ptr<crypto::SignatureVerifier> verifier;
    std::unique_ptr<ledger::Application> application;
};
Result<Ledger> read_ledger(const DataFolder& folder) {
    if (!std::filesystem::exists(folder.database("ledger"))) {
        return base::fail(ErrorCode::not_found, "there is no ledger in " + folder.root.string() +
                                                    "; a node has one in its own folder");
    }
    Ledger out;
    auto store = storage::RocksStore::open_read_only(folder.database("ledger"));
    if (!store) return base::pass(store);
    out.store = *std::move(store);
    out.verifier = crypto::make_serial_verifier();
    auto application = ledger::Application::open(*out.store, *out.verifier);
    if (!application) return base::pass(application);
    out.application = *std::move(application);
    if (!out.application->initialised()) {
        return base::fail(ErrorCode::not_found, "the ledger is empty; start the node once");
    }
    return out;
}

Result<chain::CertificationView> shown(const ledger::Application& application,
                                       const wire::Hash256& hash) {
    const auto raw = application.query(chain::path::certification, hash.view());
    if (!raw) {
        return base::fail(raw.error().code, fmt::format("the chain does not show the record {}: {}",
                                                        hex(hash.view()), raw.error().detail));
    }
    return chain::encoding::decode_certification_view(*raw);
}

void add(std::vector<askg::Record>& out, const std::vector<askg::CloudServerEntry>& servers) {
    for (const auto& server : servers) out.push_back(server.record);
}
std::vector<askg::Record> records_of(const askg::DeviceGrant& grant) {
    std::vector<askg::Record> out{grant.certificate.record, grant.pda_record};
    add(out, grant.cloud_servers);
    return out;
}
std::vector<askg::Record> records_of(const askg::PdaGrant& grant) {
    std::vector<askg::Record> out{grant.certificate.record};
    for (const auto& device : grant.devices) {
        if (!device.revoked) out.push_back(device.record);
    }
    add(out, grant.cloud_servers);
    return out;
}
std::vector<askg::Record> records_of(const askg::CloudServerGrant& grant) {
    return {grant.certificate.record};
}
std::vector<askg::Record> records_of(const askg::UserGrant& grant) {
    std::vector<askg::Record> out;
    add(out, grant.cloud_servers);
    return out;
}

using Records = Result<std::vector<askg::Record>>;

template <class Grant>
Records read_grant(const std::filesystem::path& file) {
    const auto grant = askg::read_file<Grant>(file);
    if (!grant) return base::pass(grant);
    return records_of(*grant);
}
template <class Credentials>
Records read_credentials(const std::filesystem::path& file) {
    const auto credentials = askg::read_file<Credentials>(file);
    if (!credentials) return base::pass(credentials);
    return records_of(credentials->grant);
}

}  // namespace

Result<void> check_log(const ledger::Application& application, const askg::PublicLog& log) {
    std::map<wire::Hash256, askg::LogEvent> last;  // of each record
    for (const auto& entry : log.entries) last[hash_of(entry.record)] = entry.event;
    for (const auto& [hash, event] : last) {
        const auto view = shown(application, hash);
        if (!view) return base::pass(view);
        if ((view->revoked_height != 0) != (event == askg::LogEvent::revoked)) {
            return base::fail(ErrorCode::not_found,
                              fmt::format("record {} is {} in the log, but not on the chain",
                                          hex(hash.view()), name_of(event)));
        }
    }
    return {};
}

Result<void> check_on_chain(const askg::PublicLog& log, const DataFolder& folder) {
    const auto ledger = read_ledger(folder);
    if (!ledger) return base::pass(ledger);
    return check_log(*ledger->application, log);
}

Records records_in(const std::filesystem::path& file) {
    using Read = Records (*)(const std::filesystem::path&);
    Records last;
    for (const Read read :
         {&read_credentials<askg::DeviceCredentials>, &read_credentials<askg::PdaCredentials>,
          &read_credentials<askg::CloudServerCredentials>, &read_credentials<askg::UserCredentials>,
          &read_grant<askg::DeviceGrant>, &read_grant<askg::PdaGrant>,
          &read_grant<askg::CloudServerGrant>, &read_grant<askg::UserGrant>}) {
        last = read(file);
        // `malformed` says that it is another kind of file; all else is the answer.
        if (last || last.error().code != ErrorCode::malformed) return last;
    }
    return last;
}

Result<void> check_certified(const ledger::Application& application,
                             const std::vector<askg::Record>& records) {
    for (const auto& record : records) {
        const auto hash = hash_of(record);
        const auto view = shown(application, hash);
        if (!view) {
            return base::fail(view.error().code,
                              fmt::format("the record of a {} with key {} is not on the chain: its "
                                          "key may have been exchanged",
                                          name_of(record.role), hex(record.static_public)));
        }
        if (view->revoked_height != 0) {
            return base::fail(
                ErrorCode::key_not_valid,
                fmt::format("the record of a {} with key {} was revoked in block {}",
                            name_of(record.role), hex(record.static_public), view->revoked_height));
        }
    }
    return {};
}

Result<AskgAnswer> askg_check(const AskgCommand& command) {
    const auto records = records_in(*command.out);
    if (!records) return base::pass(records);
    const auto ledger = read_ledger(command.folder);
    if (!ledger) return base::pass(ledger);
    const auto certified = check_certified(*ledger->application, *records);
    if (!certified) return base::pass(certified);
    return AskgAnswer{
        .text = fmt::format("{}: {} record(s), each certified on the chain and not revoked",
                            command.out->string(), records->size()),
        .json = {{"file", command.out->string()}, {"certified", records->size()}}};
}

}  // namespace cli

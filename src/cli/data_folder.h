// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace cli {

/// Where each thing stands in the folder given to `--data`.
struct DataFolder {
    std::filesystem::path root;

    [[nodiscard]] std::filesystem::path genesis() const { return root / "genesis.bin"; }
    [[nodiscard]] std::filesystem::path trust() const { return root / "trust.json"; }
    [[nodiscard]] std::filesystem::path keys() const { return root / "keys"; }
    /// The newest signed checkpoints, with cosignatures: *.note.
    [[nodiscard]] std::filesystem::path checkpoints() const { return root / "checkpoints"; }
    [[nodiscard]] std::filesystem::path vault() const { return root / "vault"; }
    [[nodiscard]] std::filesystem::path broker() const { return root / "broker"; }
    /// The devices: their credentials, and what each has done.
    [[nodiscard]] std::filesystem::path fleet() const { return root / "fleet"; }
    /// The PDAs: their credentials, and the readings that wait there.
    [[nodiscard]] std::filesystem::path pda() const { return root / "pda"; }
    /// The key generator's secrets, sealed.
    [[nodiscard]] std::filesystem::path askg() const { return root / "askg"; }
    /// What the cloud server has from the key generator.
    [[nodiscard]] std::filesystem::path cloud_server_credentials() const {
        return keys() / "cloud_server.credentials";
    }
    [[nodiscard]] std::filesystem::path provision() const { return root / "provision.bin"; }
    /// Changes of devices that the node has yet to take over, a file each.
    [[nodiscard]] std::filesystem::path device_orders() const { return root / "device_orders"; }
    /// Signed enrolments and demo consents that the first start puts on the chain.
    [[nodiscard]] std::filesystem::path first_transactions() const {
        return root / "first_transactions.bin";
    }
    /// Signed while no node ran; the next one submits them.
    [[nodiscard]] std::filesystem::path waiting_transactions() const {
        return root / "waiting_transactions.bin";
    }
    /// What this folder was set up for; a start with other patients is refused.
    [[nodiscard]] std::filesystem::path setup() const { return root / "setup.json"; }
    [[nodiscard]] std::filesystem::path sequences() const { return root / "sequences"; }
    [[nodiscard]] std::filesystem::path databases() const { return root / "db"; }
    [[nodiscard]] std::filesystem::path database(std::string_view name) const {
        return databases() / name;
    }
    /// What a repair replaced, by number; nothing in it is ever deleted.
    [[nodiscard]] std::filesystem::path quarantine() const { return root / "quarantine"; }
    [[nodiscard]] std::filesystem::path logs() const { return root / "logs"; }
    [[nodiscard]] std::filesystem::path pids() const { return root / "pids.json"; }
    /// The last run of the attacks, as JSON.
    [[nodiscard]] std::filesystem::path attacks() const { return root / "attacks.json"; }
    /// What a run to the end waits for, as JSON; absent while it waits for nobody.
    [[nodiscard]] std::filesystem::path waits() const { return root / "waits.json"; }
    [[nodiscard]] std::filesystem::path node_summary() const { return root / "node_summary.json"; }
    [[nodiscard]] std::filesystem::path fleet_summary() const {
        return root / "fleet_summary.json";
    }
    [[nodiscard]] std::filesystem::path pda_summary() const { return root / "pda_summary.json"; }
};

/// The databases below `databases()`; verification reads every byte of each.
inline constexpr std::string_view database_names[] = {"ledger", "identity",  "series", "monitor",
                                                      "review", "readmodel", "access", "vault"};

}  // namespace cli

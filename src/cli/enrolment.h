// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "askg/key_generator.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "cli/data_folder.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "wire/transaction.h"

namespace cli {

/// What is known of a device before it is enrolled.
struct NewDevice {
    wire::LedgerId patient;
    std::string label;
    std::vector<wire::Vital> vitals;
    std::uint32_t interval_ms = 1000;
};
/// What a device that keeps its own secrets hands over of them.
struct DeviceKeys {
    crypto::X25519PublicKeyBytes static_public{};
    std::optional<crypto::Secret32> token_verifier;  ///< Given: it seals to the cloud.
    bool clockless = false;
};
struct EnrolledDevice {
    identity::DeviceRecord record;
    askg::DeviceGrant grant;
};

/// Changes who may speak, everywhere where that stands: with the key generator, on the chain, in
/// the directory, and in the files of those concerned. Holds the key generator open, and so its
/// secrets in memory, for its own life alone; nobody else can open it meanwhile. One thread.
class Enrolment {
public:
    /// What it works on. Borrows all but the function.
    struct Parts {
        const DataFolder& folder;
        const identity::KeyStore& keys;  ///< The node key opens the key generator's secrets.
        identity::Directory& directory;
        const base::Clock& clock;
        base::Random& random;
        /// Told by `commit` what was certified or revoked, for the chain. The same may be told
        /// again, after a call that was cut off.
        std::function<base::Result<void>(const wire::Certify&)> certify;
    };

    /// A new key generator, under a name of 1 to 64 bytes. Errors: `conflict` if there is one.
    [[nodiscard]] static base::Result<Enrolment> create(Parts parts, std::string_view name);
    /// Errors: `not_found`, `busy` while another process has it open, those of the files.
    [[nodiscard]] static base::Result<Enrolment> open(Parts parts);
    ~Enrolment();
    Enrolment(Enrolment&&) noexcept;

    /// The cloud server of this folder; draws its keys and writes its credentials.
    [[nodiscard]] base::Result<void> enrol_cloud_server(const wire::LedgerId& id);
    /// A PDA that a process of this folder plays, with keys drawn here; and its patient's domain,
    /// where there is none yet.
    [[nodiscard]] base::Result<identity::PdaRecord> enrol_pda(const wire::LedgerId& patient,
                                                              const std::string& label);
    /// A device that keeps its secrets to itself; the patient's PDA serves it. The same keys again
    /// are the same device, which never heard the answer: it gets its grant, and no further share.
    /// Where the patient's domain is full a new generation begins: the PDA and the devices that
    /// this folder plays get shares of it with the next `commit`, others by `renew_device`.
    /// Errors: `not_found` if the patient has no PDA that serves; those of
    /// `askg::KeyGenerator::enrol_device`.
    [[nodiscard]] base::Result<EnrolledDevice> enrol_device(const NewDevice& device,
                                                            const DeviceKeys& keys);
    /// A device with keys drawn here, for a process that plays it or for somebody who carries the
    /// file to it: writes its credentials to `file`.
    [[nodiscard]] base::Result<identity::DeviceRecord> enrol_device(
        const NewDevice& device, identity::SealedTo sealed_to, const std::filesystem::path& file);
    /// Revokes or retires a device or a PDA, for ever; again, where that was cut off.
    /// Errors: `not_found`, `conflict`.
    [[nodiscard]] base::Result<void> end(const wire::DeviceId& id, identity::DeviceState state,
                                         const wire::LedgerId& by);
    /// A person's client; the one that was registered before is revoked, unless it is this one.
    [[nodiscard]] base::Result<askg::KeyGenerator::Registration> register_user(
        const askg::UserApplication& application);
    /// Revokes the client that a person registered, for ever; again, where that was cut off. She
    /// may register another. Errors: `not_found` if she has none.
    [[nodiscard]] base::Result<void> revoke_user(const wire::LedgerId& id);
    /// Writes what changed for others: the credentials of PDAs, their list, and the cloud server's
    /// provision; then tells the chain. Call it once after the calls above; what it did not write,
    /// the next one does.
    [[nodiscard]] base::Result<void> commit();
    /// Takes up what a process that was killed left half done: ends with the key generator what
    /// ended in the directory alone, renews whoever is here where a generation has just begun, and
    /// tells what of the key generator's log `shown` does not affirm. Then `commit`.
    using Shown = std::function<base::Result<bool>(const wire::Certify&)>;
    [[nodiscard]] base::Result<void> take_up(const Shown& shown);
    /// What a device that is elsewhere agrees on keys with from now on. Errors: `not_found`; those
    /// of `askg::KeyGenerator::renew_device`.
    [[nodiscard]] base::Result<askg::DeviceGrant> renew_device(const wire::DeviceId& id);
    /// The same of a user's client.
    [[nodiscard]] base::Result<askg::UserGrant> renew_user(const wire::LedgerId& id);
    /// Devices that serve, seal to their PDA, and have a share of an earlier generation than it.
    [[nodiscard]] std::vector<wire::DeviceId> left_behind() const;
    /// Moves on to the running 30 days, where the key generator has not: PDAs, and devices of this
    /// folder that seal to the cloud, get what they agree on keys with. Then `commit`.
    [[nodiscard]] base::Result<void> renew_epoch();

    /// Where the credentials of a device that a process of this folder plays stand.
    [[nodiscard]] static std::filesystem::path credentials_of_device(const DataFolder& folder,
                                                                     const wire::DeviceId& id);

private:
    explicit Enrolment(Parts parts);
    void tell(const askg::Record& record, wire::CertificationEvent event);
    [[nodiscard]] base::Result<askg::DeviceGrant> granted(
        const askg::DeviceApplication& application);
    [[nodiscard]] base::Result<askg::KeyGenerator::Registration> registered_anew(
        const askg::UserApplication& application);
    /// The folder's own: who is enrolled here speaks to it, whatever other servers there are.
    [[nodiscard]] base::Result<wire::LedgerId> own_server() const;
    [[nodiscard]] base::Result<void> name_own_server_first(
        std::vector<askg::CloudServerEntry>& servers) const;
    /// Begins a new generation where the domain is full. Errors: those of the key generator.
    [[nodiscard]] base::Result<askg::DeviceGrant> enrol_with_room(
        const askg::DeviceApplication& application);
    [[nodiscard]] base::Result<void> renew_devices_here(const wire::LedgerId& patient);
    [[nodiscard]] base::Result<void> renew_device_here(const wire::DeviceId& id);
    [[nodiscard]] base::Result<bool> take_up_generation(const askg::Domain& domain);
    [[nodiscard]] base::Result<void> withdraw(askg::PartyRole role,
                                              const keyagreement::PeerName& name);
    [[nodiscard]] base::Result<identity::PdaRecord> pda_of(const wire::LedgerId& patient) const;
    [[nodiscard]] base::Result<void> write_pda(const wire::DeviceId& id);
    [[nodiscard]] base::Result<void> write_pda_list();
    [[nodiscard]] base::Result<void> write_provision();

    Parts parts_;
    std::unique_ptr<askg::KeyGenerator> generator_;
    std::map<wire::DeviceId, askg::PdaCredentials> drawn_;  // not yet written
    std::set<wire::DeviceId> changed_;                      // PDAs whose grant is another now
    std::vector<wire::Certify> untold_;                     // in the log's order
};

/// What the cloud server of a folder is, and whom it may speak to.
struct CloudServerFace {
    askg::CloudServerCredentials credentials;
    askg::Provision provision;
};
/// Errors: those of the files; `replayed` if the provision is not newer than `last_sequence`.
[[nodiscard]] base::Result<CloudServerFace> read_cloud_server(const DataFolder& folder,
                                                              std::uint64_t last_sequence);
/// Whether the provision was made in other 30 days than those of `now`: then `renew_epoch` is due.
[[nodiscard]] bool is_of_another_epoch(const askg::Provision& provision, base::TimePoint now);

}  // namespace cli

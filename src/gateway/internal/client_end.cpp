// SPDX-License-Identifier: Apache-2.0
#include "gateway/internal/client_end.h"

#include <utility>

#include "keyagreement/credentials.h"

namespace gateway::internal {
namespace {

keyagreement::Client client_of(keyagreement::PrivateKey own, const crypto::Secret32& pid_key,
                               const crypto::Secret32& psk, const LoneServer& server,
                               base::Random& random) {
    // A function that can be copied, as std::function wants it, shares what it keeps.
    const auto shared = std::make_shared<const crypto::Secret32>(psk.clone());
    return {{.profile = keyagreement::Profile::pda_cloud,
             .suite = server.suite,
             .domain = server.domain,
             .own = std::move(own),
             .responder = server.own.public_key(),
             .pid_key = pid_key.clone(),
             .psk = [shared](base::TimePoint) { return shared->clone(); }},
            random};
}

}  // namespace

LoneServer LoneServer::draw(keyagreement::Suite suite, base::Random& random) {
    return {keyagreement::PrivateKey::draw(random), base::draw<keyagreement::DomainName>(random),
            suite};
}

keyagreement::ServerSetup LoneServer::setup(base::TimePoint started_at) const {
    return {.profiles = {keyagreement::Profile::pda_cloud},
            .suite = suite,
            .domain = domain,
            .own = keyagreement::PrivateKey::from_bytes(own.to_bytes()),
            .started_at = started_at};
}

ClientEnd::ClientEnd(const wire::DeviceId& id, const LoneServer& server, base::Random& random)
    : id_(id),
      static_public_{},
      pid_key_(crypto::Secret32::draw(random)),
      psk_(crypto::Secret32::draw(random)),
      client_([&] {
          auto own = keyagreement::PrivateKey::draw(random);
          static_public_ = own.public_key();
          return client_of(std::move(own), pid_key_, psk_, server, random);
      }()) {}

askg::ProvisionedPeer ClientEnd::provisioned(base::TimePoint now) const {
    askg::ProvisionedPeer out;
    out.name.bytes = id_.bytes;
    out.profile = keyagreement::Profile::pda_cloud;
    out.role = askg::PartyRole::pda;
    out.record.role = askg::PartyRole::pda;
    out.record.static_public = static_public_;
    out.record.valid_from = now - std::chrono::days(1);
    out.record.valid_until = now + std::chrono::days(365);
    out.pid_key = pid_key_.clone();
    out.keys.push_back({keyagreement::month_of(now), psk_.clone()});
    return out;
}

}  // namespace gateway::internal

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/internal/service.h"
#include "wire/claim.h"

namespace api {

/// A receipt with the newest checkpoint that a witness cosigned, where there is one that vouches
/// for it: of the same block, or, for a transaction, of a later one. Otherwise as it is. Errors:
/// those of the block source.
[[nodiscard]] base::Result<wire::Claim> with_checkpoint(const Service& service, wire::Claim claim);

}  // namespace api

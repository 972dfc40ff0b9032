// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "chain/transaction_submitter.h"

namespace consensus {

/// Submits all at once and waits until each is on disk. Seconds it took. Errors: the first that
/// any of them got.
[[nodiscard]] base::Result<double> commit_all(chain::TransactionSubmitter& chain,
                                              std::vector<base::Bytes> envelopes);

/// Submits `per_second` evenly, whether or not the chain keeps up. Of each, in order, the
/// milliseconds from the instant at which it was due until it was on disk. Errors: as above.
[[nodiscard]] base::Result<std::vector<double>> commit_at_rate(chain::TransactionSubmitter& chain,
                                                               std::vector<base::Bytes> envelopes,
                                                               double per_second);

/// The value that a share of `share` (0 to 1) does not exceed; 0 for none.
[[nodiscard]] double quantile(std::vector<double> values, double share);

}  // namespace consensus

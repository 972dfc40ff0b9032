// SPDX-License-Identifier: Apache-2.0
#include "storage/key_value_store.h"

#include "base/check.h"

namespace storage {

base::Bytes end_of_prefix(base::ByteView prefix) {
    base::Bytes end(prefix.begin(), prefix.end());
    while (!end.empty() && end.back() == 0xff) end.pop_back();
    CHECK(!end.empty());
    ++end.back();
    return end;
}

}  // namespace storage

// SPDX-License-Identifier: Apache-2.0
#include "coap/available.h"

namespace coap {

bool available() {
    return true;
}

}  // namespace coap

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "crypto/key_wrap.h"

namespace askg {

/// Memory that is wiped before it is given back, also when a vector grows.
template <class T>
struct WipingAllocator {
    using value_type = T;
    WipingAllocator() = default;
    template <class U>
    WipingAllocator(const WipingAllocator<U>& /*other*/) {}

    [[nodiscard]] T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, std::size_t count) {
        crypto::wipe({reinterpret_cast<std::uint8_t*>(memory), count * sizeof(T)});
        std::allocator<T>().deallocate(memory, count);
    }
    friend bool operator==(const WipingAllocator&, const WipingAllocator&) = default;
};

/// Encodings that hold secrets; a `base::ByteView` can be had of them.
using SecretBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

/// Wipes bytes that another folder handed over, at the end of the scope.
class WipeAtEnd {
public:
    /// Borrows `bytes`.
    explicit WipeAtEnd(base::Bytes& bytes) : bytes_(bytes) {}
    ~WipeAtEnd() { crypto::wipe(bytes_); }
    WipeAtEnd(const WipeAtEnd&) = delete;
    WipeAtEnd& operator=(const WipeAtEnd&) = delete;

private:
    base::Bytes& bytes_;
};

}  // namespace askg

// SPDX-License-Identifier: Apache-2.0
// Looks for secrets in the memory of a process. For tests alone.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "keyagreement/names.h"

namespace keyagreement::testing {

/// A secret that is looked for, kept masked, so that the search does not find itself.
class Masked {
public:
    explicit Masked(base::ByteView secret);
    /// The secret that has this masked form.
    [[nodiscard]] static Masked of_masked(base::Bytes masked);
    [[nodiscard]] const base::Bytes& masked() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    /// Of a secret of 32 bytes.
    [[nodiscard]] Secret32 unmasked() const;
    [[nodiscard]] std::uint8_t first() const;
    [[nodiscard]] bool stands_at(const std::uint8_t* at) const;

private:
    base::Bytes bytes_;
};
using Secrets = std::map<std::string, Masked>;

/// In this process's writable memory.
[[nodiscard]] int copies_of(const Masked& secret);
[[nodiscard]] int copies_in(const std::vector<base::Bytes>& core, const Masked& secret);

/// A child process that can be looked into. What a core dump of it would hold, its memory and its
/// registers, is read with ptrace(2): a dump itself is made only where the machine allows one.
class Child {
public:
    /// `play` runs in the child, which ends with it; it stops where it calls `stop`, and `tell`s
    /// its parent secrets, 16 KiB of text at most. CHECKs that there is a child.
    explicit Child(const std::function<void(const Child&)>& play);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    static void stop();
    void tell(const Secrets& secrets) const;

    [[nodiscard]] Secrets told() const;
    /// Waits until it stops or ends.
    [[nodiscard]] bool is_stopped() const;
    void go_on() const;
    /// Of the stopped child: its writable memory and its registers, a piece each.
    [[nodiscard]] std::vector<base::Bytes> core() const;

private:
    std::array<int, 2> pipe_{};
    pid_t process_ = 0;
};

}  // namespace keyagreement::testing

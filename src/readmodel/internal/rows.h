// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "readmodel/access_log.h"
#include "readmodel/read_model.h"

namespace readmodel {

/// Reads big-endian integers, fixed bytes and short texts from a stored value; once one does not
/// fit, `ok()` stays false and all that follows is empty.
class RowReader {
public:
    explicit RowReader(base::ByteView bytes) : rest_(bytes) {}
    [[nodiscard]] std::uint8_t u8();
    [[nodiscard]] std::uint16_t u16();
    [[nodiscard]] std::uint32_t u32();
    [[nodiscard]] std::uint64_t u64();
    [[nodiscard]] base::TimePoint time() {
        return base::from_unix_ms(static_cast<std::int64_t>(u64()));
    }
    [[nodiscard]] std::string text();
    template <class Fixed>
    [[nodiscard]] Fixed fixed() {
        return Fixed::from(take(Fixed::size_bytes)).value_or(Fixed{});
    }
    /// Everything fitted and nothing is left.
    [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

private:
    [[nodiscard]] base::ByteView take(std::size_t count);
    base::ByteView rest_;
    bool ok_ = true;
};

inline void append_time(base::Bytes& out, base::TimePoint time) {
    base::append_u64(out, static_cast<std::uint64_t>(base::to_unix_ms(time)));
}
/// Two bytes of length, then the text, cut at 65,535 bytes.
void append_text(base::Bytes& out, std::string_view text);

/// docs: README.md of this folder lists the keys these stand under.
[[nodiscard]] base::Bytes encode(const BlockRow& row);
[[nodiscard]] base::Result<BlockRow> decode_block_row(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const ConsentRow& row);
[[nodiscard]] base::Result<ConsentRow> decode_consent_row(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const TransactionRow& row);
[[nodiscard]] base::Result<TransactionRow> decode_transaction_row(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const Access& access);
[[nodiscard]] base::Result<Access> decode_access(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const RefusedOperation& refusal);
[[nodiscard]] base::Result<RefusedOperation> decode_refusal(base::ByteView bytes);

}  // namespace readmodel

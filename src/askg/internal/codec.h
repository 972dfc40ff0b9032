// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "askg/credentials.h"
#include "askg/secret_bytes.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/record.h"

namespace askg::internal {

/// The layout of base::RecordWriter, into memory that is wiped.
class SecretWriter {
public:
    SecretWriter& u8(std::uint8_t value);
    SecretWriter& u32(std::uint32_t value);
    SecretWriter& u64(std::uint64_t value);
    SecretWriter& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
    SecretWriter& flag(bool value) { return u8(value ? 1 : 0); }
    SecretWriter& time(base::TimePoint value) { return i64(base::to_unix_ms(value)); }
    SecretWriter& fixed(base::ByteView bytes);
    SecretWriter& bytes(base::ByteView bytes);
    [[nodiscard]] SecretBytes take() { return std::move(out_); }

private:
    SecretBytes out_;
};

// The parts that several encodings share. Reading breaks the reader where a part is not canonical.

void write(SecretWriter& out, const Record& record);
void write(SecretWriter& out, const FieldElement& element);
void write(SecretWriter& out, const DomainShare& domain);
void write(SecretWriter& out, const std::vector<EpochSecret>& secrets);

/// base::RecordReader, and the parts.
class PartReader : public base::RecordReader {
public:
    using base::RecordReader::RecordReader;

    Record record();
    FieldElement element();
    DomainShare domain_share();
    /// Their epochs must rise.
    std::vector<EpochSecret> epoch_secrets();
    template <std::size_t N>
    std::array<std::uint8_t, N> array() {
        struct Tag;
        return fixed<base::FixedBytes<Tag, N>>().bytes;
    }
    /// For what is there in its place but wrong.
    void refuse() { refused_ = true; }
    [[nodiscard]] bool done() const { return complete() && !refused_; }

private:
    bool refused_ = false;
};

/// The body of a file or of a provision by its form alone: signatures, keys and what must belong
/// together are checked by those who call it. T is a type of credentials.h, or Provision.
/// Errors: `malformed`.
template <class T>
[[nodiscard]] base::Result<T> read_form(base::ByteView body);
template <class T>
[[nodiscard]] SecretBytes write_form(const T& content);

/// What begins every file of this folder, and tells kinds apart.
enum class FileKind : std::uint8_t {
    device_credentials = 1,
    pda_credentials = 2,
    cloud_server_credentials = 3,
    user_credentials = 4,
    device_grant = 17,
    pda_grant = 18,
    cloud_server_grant = 19,
    user_grant = 20,
};

/// "salusKA1" | kind | body | SHA-512/256 of all before.
[[nodiscard]] SecretBytes enclose(FileKind kind, base::ByteView body);
/// The body. Errors: `malformed` (no such file, another kind), `corrupted` (the checksum).
[[nodiscard]] base::Result<base::ByteView> opened(FileKind kind, base::ByteView file);

}  // namespace askg::internal

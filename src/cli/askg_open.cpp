// SPDX-License-Identifier: Apache-2.0
#include "cli/askg_open.h"

#include <iostream>

#include "cli/secret_file.h"
#include "identity/key_store.h"
#include "storage/files.h"

namespace cli {

using base::ErrorCode;
using base::Result;

namespace {

/// The first line of standard input.
Result<askg::UnlockSecret> typed_passphrase() {
    std::string line;
    std::getline(std::cin, line);
    auto secret = askg::UnlockSecret::from_passphrase(line);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
    return secret;
}

Result<askg::UnlockSecret> read_passphrase(const std::filesystem::path& file) {
    if (file == "-") return typed_passphrase();
    auto bytes = read_secret(file);
    if (!bytes) return base::pass(bytes);
    const askg::WipeAtEnd wiped(*bytes);
    return askg::UnlockSecret::from_passphrase(base::as_text(*bytes));
}

Result<askg::UnlockSecret> unlock_secret(const AskgCommand& command, OpenAskg& parts, bool make) {
    if (command.passphrase_file) return read_passphrase(*command.passphrase_file);
    if (command.key_file) {
        return make ? askg::UnlockSecret::from_or_new_key_file(*command.key_file, parts.random)
                    : askg::UnlockSecret::from_key_file(*command.key_file);
    }
    const auto keys = identity::KeyStore::open(command.folder.keys(), parts.clock, parts.random);
    if (!keys) return base::pass(keys);
    auto raw = (*keys)->derived_key(askg_key_purpose);
    const askg::WipeAtEnd wiped(raw);
    return askg::UnlockSecret::from_key(*crypto::Secret32::from(raw));
}

}  // namespace

Result<std::unique_ptr<OpenAskg>> open_askg(const AskgCommand& command) {
    auto parts = std::make_unique<OpenAskg>();
    const auto folder = askg_folder(command.folder);
    if (!std::filesystem::exists(folder)) {
        return base::fail(ErrorCode::not_found, "there is no key generator in " + folder.string() +
                                                    "; make one with: salus askg init --data " +
                                                    command.folder.root.string());
    }
    const auto unlock = unlock_secret(command, *parts, false);
    if (!unlock) return base::pass(unlock);
    auto generator = askg::KeyGenerator::open(folder, *unlock, parts->clock, parts->random);
    if (!generator) return base::pass(generator);
    parts->generator = *std::move(generator);
    return parts;
}

Result<std::unique_ptr<OpenAskg>> create_askg(const AskgCommand& command) {
    auto parts = std::make_unique<OpenAskg>();
    if (auto made = storage::make_folder(command.folder.root); !made) return base::pass(made);
    const auto unlock = unlock_secret(command, *parts, true);
    if (!unlock) return base::pass(unlock);
    auto generator =
        askg::KeyGenerator::create(askg_folder(command.folder), *unlock,
                                   {.id = base::as_bytes(command.name),
                                    .record_validity = std::chrono::days(command.validity_days)},
                                   parts->clock, parts->random);
    if (!generator) return base::pass(generator);
    parts->generator = *std::move(generator);
    return parts;
}

}  // namespace cli

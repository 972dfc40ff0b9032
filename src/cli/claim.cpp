// SPDX-License-Identifier: Apache-2.0
#include "cli/claim.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/claim_qr.h"
#include "ledger/block_store.h"
#include "ledger/claims.h"
#include "ledger/history_log.h"
#include "state/keys.h"
#include "state/tree.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "witness/checkpoint.h"
#include "witness/note.h"

namespace cli {

using base::ErrorCode;
using base::Result;

namespace {

template <class Fixed>
Result<Fixed> read_hex(std::string_view option, std::string_view text) {
    const auto read = base::fixed_from_hex<Fixed>(text);
    if (read) return *read;
    return base::fail(ErrorCode::malformed,
                      fmt::format("{} takes {} lower-case hexadecimal digits, not \"{}\"", option,
                                  2 * Fixed{}.bytes.size(), text));
}

Result<void> read_access(const ClaimCommand& command, chain::ClaimQuestion& question) {
    const auto category = wire::category_from_name(command.category);
    if (!category) {
        return base::fail(ErrorCode::malformed,
                          fmt::format("--category knows no \"{}\"", command.category));
    }
    const auto purpose = wire::purpose_from_name(command.purpose);
    if (!purpose) {
        return base::fail(ErrorCode::malformed,
                          fmt::format("--purpose knows no \"{}\"", command.purpose));
    }
    question.category = *category;
    question.purpose = *purpose;
    for (const auto& text : command.readers) {
        const auto reader = read_hex<wire::LedgerId>("--reader", text);
        if (!reader) return base::pass(reader);
        question.readers.push_back(*reader);
    }
    if (question.kind == chain::ClaimKind::consent && question.readers.size() != 1) {
        return base::fail(ErrorCode::malformed, "a consent is one --reader's");
    }
    return {};
}

/// The folder's ledger as it stands on disk.
struct Ledger {
    std::unique_ptr<storage::RocksStore> store;
    std::unique_ptr<ledger::BlockStore> blocks;
    std::unique_ptr<state::StateTree> tree;
    std::unique_ptr<ledger::HistoryLog> history;
    wire::Height newest = 0;
    [[nodiscard]] ledger::ClaimBuilder builder() const {
        return ledger::ClaimBuilder({.blocks = *blocks, .tree = *tree, .history = *history});
    }
};
Result<Ledger> open_ledger(const DataFolder& folder) {
    Ledger out;
    if (!std::filesystem::exists(folder.database("ledger"))) {
        return base::fail(
            ErrorCode::not_found,
            fmt::format("{} holds no ledger; start the node once", folder.root.string()));
    }
    auto store = storage::RocksStore::open_read_only(folder.database("ledger"));
    if (!store) return base::pass(store);
    out.store = std::move(*store);
    out.blocks = std::make_unique<ledger::BlockStore>(*out.store);
    const auto tip = out.blocks->tip();
    if (!tip) return base::pass(tip);
    if (!*tip || (*tip)->height == 0) {
        return base::fail(ErrorCode::not_found, "the ledger has no block yet");
    }
    out.newest = (*tip)->height;
    auto tree = state::StateTree::open(*out.store);
    if (!tree) return base::pass(tree);
    out.tree = std::move(*tree);
    auto history = ledger::HistoryLog::open(*out.store);
    if (!history) return base::pass(history);
    out.history = std::move(*history);
    return out;
}

Result<std::optional<std::string>> read_note(const ClaimCommand& command) {
    if (!command.checkpoint) return std::nullopt;
    const auto bytes = storage::read_file(*command.checkpoint, wire::claim_bytes_max);
    if (!bytes) return base::pass(bytes);
    return std::string(base::as_text(*bytes));
}

Result<wire::Height> height_of(std::string_view note_text) {
    const auto note = witness::decode_note(note_text);
    if (!note) return base::pass(note);
    const auto checkpoint = witness::decode_checkpoint(note->text);
    if (!checkpoint) return base::pass(checkpoint);
    const auto header = witness::header_of(*checkpoint);
    if (!header) return base::pass(header);
    return header->height;
}

/// The block that the receipt is about: the one asked for, the checkpoint's, or the newest.
Result<wire::Height> choose_height(const ClaimCommand& command, const Ledger& ledger,
                                   const std::optional<std::string>& note) {
    Result<wire::Height> height = command.height;
    if (command.height == 0) height = note ? height_of(*note) : ledger.newest;
    if (!height || *height <= ledger.newest) return height;
    return base::fail(
        ErrorCode::not_found,
        fmt::format("there is no block {} yet; the newest is {}", *height, ledger.newest));
}

Result<wire::Claim> build_destroyed(const Ledger& ledger, const chain::ClaimQuestion& question,
                                    wire::Height height) {
    const auto stored = ledger.tree->get_at(state::tombstone_of(question.content_id), height);
    if (!stored) return base::pass(stored);
    if (!*stored) {
        return base::fail(ErrorCode::not_found,
                          fmt::format("that key was not destroyed by block {}", height));
    }
    return ledger.builder().key_destroyed(question.content_id, question.patient, height);
}

Result<wire::Claim> build(const Ledger& ledger, const chain::ClaimQuestion& question,
                          wire::Height height) {
    const auto builder = ledger.builder();
    switch (question.kind) {
        case chain::ClaimKind::consent:
            return builder.consent({.patient = question.patient,
                                    .grantee = question.readers.front(),
                                    .category = question.category,
                                    .purpose = question.purpose},
                                   height);
        case chain::ClaimKind::no_consent:
            return builder.no_consent({.patient = question.patient,
                                       .category = question.category,
                                       .purpose = question.purpose,
                                       .readers = question.readers},
                                      height);
        case chain::ClaimKind::key_destroyed:
            break;
    }
    return build_destroyed(ledger, question, height);
}

Result<wire::Claim> with_checkpoint(Result<wire::Claim> claim, const ledger::ClaimBuilder& builder,
                                    const std::optional<std::string>& note) {
    if (!claim || !note) return claim;
    if (auto attached = builder.attach(*claim, *note); !attached) return base::pass(attached);
    return claim;
}

Result<wire::Claim> make_state_claim(const ClaimCommand& command, chain::ClaimKind kind) {
    const auto question = question_of(command, kind);
    if (!question) return base::pass(question);
    const auto note = read_note(command);
    if (!note) return base::pass(note);
    const auto ledger = open_ledger(command.folder);
    if (!ledger) return base::pass(ledger);
    const auto height = choose_height(command, *ledger, *note);
    if (!height) return base::pass(height);
    return with_checkpoint(build(*ledger, *question, *height), ledger->builder(), *note);
}

Result<wire::Claim> make_transaction_claim(const ClaimCommand& command) {
    const auto id = transaction_of(command);
    if (!id) return base::pass(id);
    const auto note = read_note(command);
    if (!note) return base::pass(note);
    const auto ledger = open_ledger(command.folder);
    if (!ledger) return base::pass(ledger);
    const auto place = ledger->blocks->place_of(*id);
    if (!place) return base::pass(place);
    if (!*place) return base::fail(ErrorCode::not_found, "no such transaction is in the ledger");
    const auto builder = ledger->builder();
    return with_checkpoint(builder.transaction(**place), builder, *note);
}

Result<void> print(base::ByteView bytes) {
    const bool whole = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
    if (whole && std::fflush(stdout) == 0) return {};
    return base::fail(ErrorCode::unavailable, "standard output takes no more");
}

Result<void> deliver(const ClaimCommand& command, const Result<wire::Claim>& claim) {
    if (!claim) return base::pass(claim);
    auto bytes = written_as(*claim, command.form);
    if (!bytes) return base::pass(bytes);
    std::string code;
    if (command.qr) {
        auto drawn = qr_code_of(wire::to_text(*claim));
        if (!drawn) return base::pass(drawn);
        code = std::move(*drawn);
    }
    if (command.out) {
        if (auto written = storage::write_file_synced(*command.out, *bytes); !written) {
            return written;
        }
    }
    if (command.qr) return print(base::as_bytes(code));
    if (command.out) return {};
    if (command.form == "binary" && ::isatty(STDOUT_FILENO) != 0) {
        return base::fail(ErrorCode::malformed,
                          "the binary form is not for a terminal; name a file with --out");
    }
    return print(*bytes);
}

int finish(const Result<void>& done) {
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace

Result<chain::ClaimQuestion> question_of(const ClaimCommand& command, chain::ClaimKind kind) {
    chain::ClaimQuestion question;
    question.kind = kind;
    question.height = command.height;
    if (kind != chain::ClaimKind::key_destroyed || !command.patient.empty()) {
        const auto patient = read_hex<wire::LedgerId>("--patient", command.patient);
        if (!patient) return base::pass(patient);
        question.patient = *patient;
    }
    if (kind == chain::ClaimKind::key_destroyed) {
        const auto content_id = read_hex<wire::ContentId>("--content-id", command.content_id);
        if (!content_id) return base::pass(content_id);
        question.content_id = *content_id;
        return question;
    }
    if (auto read = read_access(command, question); !read) return base::pass(read);
    return question;
}

Result<wire::TxId> transaction_of(const ClaimCommand& command) {
    return read_hex<wire::TxId>("--id", command.transaction);
}

Result<base::Bytes> written_as(const wire::Claim& claim, std::string_view form) {
    if (form == "binary") return wire::encode(claim);
    if (form != "json" && form != "text") {
        return base::fail(ErrorCode::malformed,
                          fmt::format("--form is json, binary or text, not \"{}\"", form));
    }
    const auto text = form == "json" ? wire::to_json(claim) : wire::to_text(claim) + "\n";
    return base::Bytes(text.begin(), text.end());
}

int claim_state_command(const ClaimCommand& command, chain::ClaimKind kind) {
    return finish(deliver(command, make_state_claim(command, kind)));
}

int claim_transaction_command(const ClaimCommand& command) {
    return finish(deliver(command, make_transaction_claim(command)));
}

}  // namespace cli

// SPDX-License-Identifier: Apache-2.0
#include "wire/receipt.h"

#include <algorithm>

#include "base/check.h"
#include "wire/internal/codec.h"
#include "wire/internal/json_reader.h"

namespace wire {
namespace {

namespace json = boost::json;
using internal::JsonReader;
using internal::TextForm;

constexpr std::string_view receipt_format = "salus-receipt-1";
constexpr std::string_view trust_format = "salus-trust-1";
/// The largest integer that every JSON reader holds exactly (RFC 8259 section 6).
constexpr std::uint64_t json_integer_max = (1ULL << 53) - 1;
/// A path has a step for each bit of an index, a state proof one for each bit of a key, at most.
constexpr std::size_t history_steps_max = 64;
constexpr std::size_t state_steps_max = 256;
constexpr std::size_t signers_max = 4;

// Nothing that is written below needs an escape: names are ours, values hexadecimal or base64url.
std::string quoted(std::string_view text) {
    return '"' + std::string(text) + '"';
}
std::string base64url(base::ByteView bytes) {
    return quoted(base::to_base64url(bytes));
}
std::string hexadecimal(base::ByteView bytes) {
    return quoted(base::to_hex(bytes));
}

template <class Items, class Write>
std::string list(const Items& items, Write write) {
    std::string out = "[";
    for (const auto& item : items) {
        if (out.size() > 1) out += ',';
        out += write(item);
    }
    return out + ']';
}

std::string proof_json(const StateProof& proof) {
    return "{\"key\":" + base64url(proof.key) + ",\"value\":" + base64url(proof.value) +
           ",\"steps\":" +
           list(proof.steps,
                [](const StateProofStep& step) {
                    return "{\"bit\":" + std::to_string(step.bit) +
                           ",\"sibling\":" + base64url(step.sibling.view()) + '}';
                }) +
           '}';
}
std::string proof_json(const std::optional<StateProof>& proof) {
    return proof ? proof_json(*proof) : "null";
}

StateProof read_proof(const json::value& value, JsonReader& reader) {
    StateProof out{
        .key = reader.bytes(value, "key"), .value = reader.bytes(value, "value"), .steps = {}};
    const auto& steps = reader.array(value, "steps");
    reader.require(steps.size() <= state_steps_max, "steps");
    for (const auto& step : steps) {
        out.steps.push_back({.bit = static_cast<std::uint8_t>(reader.number(step, "bit", 255)),
                             .sibling = reader.fixed<Hash256>(step, "sibling")});
    }
    return out;
}
std::optional<StateProof> read_optional_proof(const json::value& receipt, const char* name,
                                              JsonReader& reader) {
    const auto& value = reader.member(receipt, name);
    if (value.is_null()) return std::nullopt;
    return read_proof(value, reader);
}

bool is_white(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
std::string without_white(std::string_view text) {
    std::string out;
    std::ranges::remove_copy_if(text, std::back_inserter(out), is_white);
    return out;
}

bool is_verifier_key(std::string_view text) {
    return !text.empty() && text.size() <= verifier_key_bytes_max &&
           std::ranges::all_of(text,
                               [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
}
std::string witnesses_json(const Trust& trust) {
    if (trust.checkpoint_key.empty()) {
        CHECK(trust.witnesses.empty());
        return "";
    }
    CHECK(is_verifier_key(trust.checkpoint_key));
    std::string out = ",\n  \"checkpoint_key\": " + quoted(trust.checkpoint_key);
    out += ",\n  \"witnesses\": [";
    for (std::size_t i = 0; i < trust.witnesses.size(); ++i) {
        CHECK(is_verifier_key(trust.witnesses[i]));
        out += (i == 0 ? "\n    " : ",\n    ") + quoted(trust.witnesses[i]);
    }
    return out + (trust.witnesses.empty() ? "]" : "\n  ]");
}
/// The two members that files had not always: there together or not at all.
void read_witnesses(const json::value& trust, JsonReader& reader, Trust& out) {
    const auto* object = trust.if_object();
    if (object == nullptr || !object->contains("checkpoint_key")) return;
    out.checkpoint_key = reader.text(trust, "checkpoint_key");
    reader.require(is_verifier_key(out.checkpoint_key), "checkpoint_key");
    const auto& witnesses = reader.array(trust, "witnesses");
    reader.require(witnesses.size() <= trust_witnesses_max, "witnesses");
    for (const auto& witness : witnesses) {
        const auto* text = witness.if_string();
        reader.require(text != nullptr && is_verifier_key(*text), "witnesses");
        if (text != nullptr) out.witnesses.emplace_back(*text);
    }
}

bool has_twins(const std::vector<Trust::Miner>& miners) {
    std::vector<LedgerId> ids;
    for (const auto& miner : miners) ids.push_back(miner.id);
    std::ranges::sort(ids);
    return std::ranges::adjacent_find(ids) != ids.end();
}

}  // namespace

std::string to_json(const Receipt& receipt) {
    std::string out = "{\"format\":" + quoted(receipt_format);
    out += ",\"envelope\":" + base64url(receipt.envelope);
    out += ",\"history_index\":" + std::to_string(receipt.history_index);
    out += ",\"history_path\":" +
           list(receipt.history_path, [](const Hash256& hash) { return base64url(hash.view()); });
    out += ",\"header\":" + base64url(receipt.header);
    out += ",\"seal\":" + base64url(receipt.seal);
    out += ",\"signers\":" +
           list(receipt.signers, [](const StateProof& proof) { return proof_json(proof); });
    out += ",\"patient_leaf\":" + proof_json(receipt.patient_leaf);
    out += ",\"consent\":" + proof_json(receipt.consent);
    return out + "}\n";
}

base::Result<Receipt> receipt_from_json(std::string_view text) {
    constexpr std::string_view what = "receipt";
    if (text.size() > receipt_bytes_max) {
        return internal::above_bound(what, text.size(), receipt_bytes_max);
    }
    const auto parsed = JsonReader::parse(what, text);
    if (!parsed) return base::pass(parsed);
    JsonReader reader(TextForm::base64url);
    reader.require(reader.text(*parsed, "format") == receipt_format, "format");
    Receipt out;
    out.envelope = reader.bytes(*parsed, "envelope");
    out.history_index = reader.number(*parsed, "history_index", json_integer_max);
    const auto& path = reader.array(*parsed, "history_path");
    reader.require(path.size() <= history_steps_max, "history_path");
    for (const auto& hash : path) {
        out.history_path.push_back(reader.fixed_of<Hash256>(hash, "history_path"));
    }
    out.header = reader.bytes(*parsed, "header");
    out.seal = reader.bytes(*parsed, "seal");
    const auto& signers = reader.array(*parsed, "signers");
    reader.require(!signers.empty() && signers.size() <= signers_max, "signers");
    for (const auto& proof : signers) out.signers.push_back(read_proof(proof, reader));
    out.patient_leaf = read_optional_proof(*parsed, "patient_leaf", reader);
    out.consent = read_optional_proof(*parsed, "consent", reader);
    if (!reader.ok()) return reader.failure(what);
    if (to_json(out) != text) return internal::not_canonical(what);
    return out;
}

std::string to_json(const Trust& trust) {
    std::string out = "{\n  \"format\": " + quoted(trust_format);
    out += ",\n  \"chain_id\": " + quoted(trust.chain_id);
    out += ",\n  \"genesis_hash\": " + hexadecimal(trust.genesis_hash.view());
    out += ",\n  \"miners\": [";
    for (std::size_t i = 0; i < trust.miners.size(); ++i) {
        out += i == 0 ? "\n" : ",\n";
        out += "    {\"id\": " + hexadecimal(trust.miners[i].id.view());
        out += ", \"public_key\": " + hexadecimal(trust.miners[i].public_key.view()) + '}';
    }
    return out + "\n  ]" + witnesses_json(trust) + "\n}\n";
}

base::Result<Trust> trust_from_json(std::string_view text) {
    constexpr std::string_view what = "trust";
    if (text.size() > trust_bytes_max) {
        return internal::above_bound(what, text.size(), trust_bytes_max);
    }
    const auto parsed = JsonReader::parse(what, text);
    if (!parsed) return base::pass(parsed);
    JsonReader reader(TextForm::hexadecimal);
    reader.require(reader.text(*parsed, "format") == trust_format, "format");
    Trust out;
    out.chain_id = reader.text(*parsed, "chain_id");
    reader.require(is_chain_id(out.chain_id), "chain_id");
    out.genesis_hash = reader.fixed<HeaderHash>(*parsed, "genesis_hash");
    for (const auto& miner : reader.array(*parsed, "miners")) {
        out.miners.push_back({.id = reader.fixed<LedgerId>(miner, "id"),
                              .public_key = reader.fixed<PublicKeyBytes>(miner, "public_key")});
    }
    reader.require(!out.miners.empty() && !has_twins(out.miners), "miners");
    read_witnesses(*parsed, reader, out);
    if (!reader.ok()) return reader.failure(what);
    // Unknown, doubled or reordered members would be read differently by different readers.
    if (without_white(to_json(out)) != without_white(text)) {
        return base::fail(base::ErrorCode::malformed,
                          "trust: a member is unknown, doubled or out of order");
    }
    return out;
}

}  // namespace wire

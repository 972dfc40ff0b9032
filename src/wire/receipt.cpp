// SPDX-License-Identifier: Apache-2.0
#include "wire/receipt.h"

#include <algorithm>

#include "base/check.h"
#include "wire/internal/codec.h"
#include "wire/internal/json_reader.h"
#include "wire/internal/json_writer.h"

namespace wire {
namespace {

namespace json = boost::json;
using internal::hexadecimal;
using internal::JsonReader;
using internal::quoted;
using internal::TextForm;

constexpr std::string_view trust_format = "salus-trust-1";

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
std::string quorum_json(Quorum quorum) {
    if (quorum == Quorum::miner_alone) return "";
    return ",\n  \"quorum\": " + quoted(name_of(quorum));
}
/// There only where it is not the miner alone.
void read_quorum(const json::value& trust, JsonReader& reader, Trust& out) {
    const auto* object = trust.if_object();
    if (object == nullptr || !object->contains("quorum")) return;
    const auto quorum = quorum_from_name(reader.text(trust, "quorum"));
    reader.require(quorum.has_value() && quorum != Quorum::miner_alone, "quorum");
    out.quorum = quorum.value_or(Quorum::miner_alone);
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
    return out + "\n  ]" + quorum_json(trust.quorum) + witnesses_json(trust) + "\n}\n";
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
    read_quorum(*parsed, reader, out);
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

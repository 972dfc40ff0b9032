// SPDX-License-Identifier: Apache-2.0
#include "wire/receipt.h"

#include <algorithm>
#include <tuple>

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
        CHECK(trust.witnesses.empty() && trust.witnesses_required == 0);
        return "";
    }
    CHECK(is_verifier_key(trust.checkpoint_key));
    std::string out = ",\n  \"checkpoint_key\": " + quoted(trust.checkpoint_key);
    out += ",\n  \"witnesses\": [";
    for (std::size_t i = 0; i < trust.witnesses.size(); ++i) {
        CHECK(is_verifier_key(trust.witnesses[i]));
        out += (i == 0 ? "\n    " : ",\n    ") + quoted(trust.witnesses[i]);
    }
    out += trust.witnesses.empty() ? "]" : "\n  ]";
    if (trust.witnesses_required == 0) return out;
    CHECK(trust.witnesses_required <= trust.witnesses.size());
    return out + ",\n  \"witnesses_required\": " + std::to_string(trust.witnesses_required);
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
    if (!object->contains("witnesses_required")) return;
    out.witnesses_required = reader.number(trust, "witnesses_required", out.witnesses.size());
    reader.require(out.witnesses_required > 0, "witnesses_required");
}

/// A member that is there only where it says something.
Height read_height(const json::value& miner, JsonReader& reader, const char* name) {
    const auto* object = miner.if_object();
    if (object == nullptr || !object->contains(name)) return 0;
    return reader.number(miner, name, trust_height_max);
}
std::vector<Trust::Miner> read_miners(const json::value& trust, JsonReader& reader) {
    std::vector<Trust::Miner> out;
    for (const auto& miner : reader.array(trust, "miners")) {
        out.push_back({.id = reader.fixed<LedgerId>(miner, "id"),
                       .public_key = reader.fixed<PublicKeyBytes>(miner, "public_key"),
                       .from = std::max<Height>(1, read_height(miner, reader, "from")),
                       .until = read_height(miner, reader, "until")});
        reader.require(out.back().until == 0 || out.back().until > out.back().from, "until");
    }
    return out;
}
std::string miner_json(const Trust::Miner& miner) {
    CHECK(miner.from >= 1 && miner.from <= trust_height_max && miner.until <= trust_height_max);
    CHECK(miner.until == 0 || miner.until > miner.from);
    std::string out = "{\"id\": " + hexadecimal(miner.id.view());
    out += ", \"public_key\": " + hexadecimal(miner.public_key.view());
    if (miner.from > 1) out += ", \"from\": " + std::to_string(miner.from);
    if (miner.until != 0) out += ", \"until\": " + std::to_string(miner.until);
    return out + '}';
}

/// Whether one miner stands there twice for one height.
bool has_twins(std::vector<Trust::Miner> miners) {
    std::ranges::sort(miners, [](const Trust::Miner& a, const Trust::Miner& b) {
        return std::tie(a.id, a.from) < std::tie(b.id, b.from);
    });
    const auto overlap = [](const Trust::Miner& a, const Trust::Miner& b) {
        return a.id == b.id && a.active_at(b.from);
    };
    return std::ranges::adjacent_find(miners, overlap) != miners.end();
}

}  // namespace

const Trust::Miner* Trust::miner_at(const LedgerId& id, Height height) const {
    const auto found = std::ranges::find_if(
        miners, [&](const Miner& miner) { return miner.id == id && miner.active_at(height); });
    return found == miners.end() ? nullptr : &*found;
}

std::size_t Trust::active_at(Height height) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(miners, [&](const Miner& miner) { return miner.active_at(height); }));
}

std::string to_json(const Trust& trust) {
    std::string out = "{\n  \"format\": " + quoted(trust_format);
    out += ",\n  \"chain_id\": " + quoted(trust.chain_id);
    out += ",\n  \"genesis_hash\": " + hexadecimal(trust.genesis_hash.view());
    out += ",\n  \"miners\": [";
    for (std::size_t i = 0; i < trust.miners.size(); ++i) {
        out += i == 0 ? "\n" : ",\n";
        out += "    " + miner_json(trust.miners[i]);
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
    out.miners = read_miners(*parsed, reader);
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

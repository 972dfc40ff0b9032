// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "keys.h"
#include "model.h"
#include "trace.h"
#include "workload.h"

namespace sim {

/// The words of one line, taken one after another.
class Words {
public:
    explicit Words(const std::string& line) {
        std::istringstream in(line.substr(0, line.find('#')));
        for (std::string word; in >> word;) words_.push_back(word);
    }
    [[nodiscard]] bool more() const { return at_ < words_.size(); }
    [[nodiscard]] std::string next() {
        require(more(), "a word is missing");
        return words_[at_++];
    }
    [[nodiscard]] std::uint64_t number() {
        const auto word = next();
        std::uint64_t out = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
        require(error == std::errc{} && end == word.data() + word.size(),
                "'" + word + "' is no number");
        return out;
    }
    /// Whether another word stands there that begins like a number.
    [[nodiscard]] bool number_follows() const {
        return more() && words_[at_].front() >= '0' && words_[at_].front() <= '9';
    }
    /// The next word, if it is this one.
    bool skip(std::string_view word) {
        if (!more() || words_[at_] != word) return false;
        ++at_;
        return true;
    }

private:
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

/// What a scenario's commands act on; scenario.cpp has the language.
class Stage {
public:
    virtual ~Stage() = default;
    /// One line.
    virtual void play(const std::string& command, Words& words) = 0;
    /// At the script's end.
    virtual void close() const = 0;
};
[[nodiscard]] std::unique_ptr<Stage> make_abci_stage(const KeyRing& ring, Trace& trace);
[[nodiscard]] std::unique_ptr<Stage> make_committee_stage(const KeyRing& ring, Trace& trace);

/// The settings that both worlds have. False: `command` is none of them.
template <class Options>
bool take_setting(const std::string& command, Words& words, Options& options) {
    if (command == "miners") {
        options.miners = words.number();
    } else if (command == "signing") {
        const bool real = words.skip("real");
        require(real || words.skip("fake"), "fake or real");
        options.signing = real ? Signing::real : Signing::fake;
    } else if (command == "engine") {
        const auto engine = wire::engine_from_name(words.next());
        require(engine.has_value(), "there is no such engine");
        options.policy.engine = *engine;
    } else if (command == "quorum") {
        const auto quorum = wire::quorum_from_name(words.next());
        require(quorum.has_value(), "there is no such quorum");
        options.policy.quorum = *quorum;
    } else if (command == "pass_limit") {
        options.policy.pass_limit = static_cast<std::uint32_t>(words.number());
    } else {
        return false;
    }
    return true;
}

/// The people of a scenario by their names, and the transactions that they send.
class Cast {
public:
    /// Borrows all. Names those whom the genesis enrols.
    Cast(Workload& workload, const Model& model);

    [[nodiscard]] wire::LedgerId id_of(const std::string& name) const;
    /// The words after `send`.
    DraftPtr draft(Words& words, base::TimePoint now);

private:
    DraftPtr enrol(Words& words, base::TimePoint now);
    DraftPtr rotate(Words& words, base::TimePoint now);
    DraftPtr revoke(Words& words, base::TimePoint now);
    DraftPtr grant(Words& words, base::TimePoint now);
    DraftPtr withdraw(Words& words, base::TimePoint now);
    DraftPtr report(Words& words, base::TimePoint now);
    DraftPtr standing(Words& words, base::TimePoint now);
    DraftPtr destroy(Words& words, base::TimePoint now);
    DraftPtr upgrade(Words& words, base::TimePoint now);
    DraftPtr again(Words& words, base::TimePoint now);
    [[nodiscard]] const Draft& grant_of(const std::string& label) const;
    [[nodiscard]] static wire::ContentId object(std::uint64_t number);

    Workload& workload_;
    const Model& model_;
    std::map<std::string, wire::LedgerId> names_;
    std::map<std::string, DraftPtr> grants_;
    DraftPtr last_;
};

/// The words after `expect turn`.
void require_turn(Words& words, const Model& model, const Cast& cast);

}  // namespace sim

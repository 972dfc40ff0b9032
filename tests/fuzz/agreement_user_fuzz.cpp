// SPDX-License-Identifier: Apache-2.0
// The node's WebSocket for users: nothing said yet, a handshake half open, one completed, or a user
// signed in, and then whatever comes, in records under the right keys too. A session opens only
// for the login token of its own handshake, shown in a record of it, once; else all is silence.
#include <map>
#include <optional>
#include <string>

#include "agreement_script.h"
#include "api/sign_in_record.h"
#include "api/user_agreement.h"
#include "keyagreement/credentials.h"

namespace {

using keyagreement::Client;

/// One user's client, and what it said.
struct User {
    Client client;
    std::vector<base::Bytes> said;
    /// The records that may open a session each, and what that session must then bear.
    std::map<base::Bytes, std::string> sign_ins;
};

class Wire {
public:
    explicit Wire(std::uint8_t choice)
        : cast_(fuzz::cast_of(static_cast<std::uint8_t>(2 + choice * 3))) {
        cast_.enrol(2);
        keyagreement::ServerSetup setup = cast_.server_setup();
        node_.emplace(std::move(setup),
                      api::UserAgreement::Parts{cast_.peers, cast_.clock, cast_.random});
        for (const std::uint32_t number : {1U, 2U}) {
            users_.push_back({.client = cast_.client(number), .said = {}, .sign_ins = {}});
        }
    }

    void step(fuzz::Script& script);

private:
    void carry(User& user, std::vector<base::Bytes> frames) {
        for (auto& frame : frames) {
            user.said.push_back(frame);
            for (const auto& answer : send(frame)) {
                auto more = user.client.receive(answer, cast_.clock.now());
                if (!more.to_send.empty()) carry(user, std::move(more.to_send));
            }
        }
    }
    /// She says who she is; the network keeps it.
    void prepare(User& user) {
        if (!user.client.ready()) return;
        const auto plaintext = api::encode_sign_in(*user.client.login_token());
        const auto token =
            base::to_hex(keyagreement::session_token_of(*user.client.session_key()).view());
        const auto record = user.client.seal(plaintext, cast_.clock.now());
        if (!record) return;  // its session has just ended
        user.sign_ins.emplace(*record, token);
        user.said.push_back(*record);
    }
    std::vector<base::Bytes> send(const base::Bytes& frame);

    keyagreement::testing::Cast cast_;
    std::optional<api::UserAgreement> node_;
    std::vector<User> users_;
    std::set<std::string> opened_;
};

std::vector<base::Bytes> Wire::send(const base::Bytes& frame) {
    bool opens = false;
    const auto answers =
        node_->receive("source", frame, [&](const wire::LedgerId& who, const std::string& token) {
            opens = true;
            CHECK(opened_.insert(token).second);
            for (std::size_t i = 0; i < users_.size(); ++i) {
                const auto found = users_[i].sign_ins.find(frame);
                if (found == users_[i].sign_ins.end()) continue;
                const auto name =
                    keyagreement::testing::Cast::name_of(static_cast<std::uint32_t>(i + 1));
                CHECK(who.bytes == name.bytes);
                CHECK(token == found->second);
                return std::optional<std::string>("{}");
            }
            CHECK(false);  // nobody said this
            return std::optional<std::string>();
        });
    CHECK(answers.size() <= 1);
    for (const auto& answer : answers) {
        CHECK(opens || answer.size() <= std::max<std::size_t>(frame.size(), 34));
    }
    return answers;
}

void Wire::step(fuzz::Script& script) {
    auto& user = users_[script.byte() % 2];
    switch (script.byte() % 8) {
        case 0:
            cast_.clock.advance(std::chrono::milliseconds(script.byte() * 1'000) -
                                std::chrono::seconds(20));
            node_->tick();
            break;
        case 1:  // she begins, and the network carries what follows
            carry(user, user.client.start(cast_.clock.now()).to_send);
            break;
        case 2:  // she begins, and all is lost
            for (auto& frame : user.client.start(cast_.clock.now()).to_send) {
                user.said.push_back(std::move(frame));
            }
            break;
        case 3:
            prepare(user);
            break;
        case 4: {  // an enrolled user who says something else
            if (!user.client.ready()) break;
            const auto what = script.bytes();
            const auto token = api::encode_sign_in(*user.client.login_token());
            if (base::as_text(what) == base::as_text(token)) break;
            if (const auto record = user.client.seal(what, cast_.clock.now())) {
                CHECK(send(*record).empty());
            }
            break;
        }
        default: {
            const auto frame = fuzz::next_frame(script, user.said, cast_.prologue().responder);
            (void)send(frame);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Script script(data, size);
    Wire wire(script.byte());
    while (!script.done()) wire.step(script);
    return 0;
}

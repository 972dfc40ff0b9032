// SPDX-License-Identifier: Apache-2.0
// A session's end that receives records in any order, altered, and with forged sequences. What
// opens is what the other end sealed, once.
#include "agreement_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace keyagreement;
    fuzz::Script script(data, size);
    const auto choice = script.byte();
    // Other keys for each input: a record that was genuine in one is a forgery in every other.
    const auto seed = crypto::sha512({data, size});
    const auto other_seed = crypto::sha512(seed);
    const auto keys = [&] {
        constexpr std::size_t keys_bytes = 44;
        return Agreed{
            .initiator_to_responder = *DirectionKeys::from(base::ByteView(seed).first(keys_bytes)),
            .responder_to_initiator =
                *DirectionKeys::from(base::ByteView(other_seed).first(keys_bytes)),
            .session_key = {},
            .login_token = {}};
    };
    const auto names = [choice](Side side) {
        const auto i = testing::repeated<Sid>('I');
        const auto r = testing::repeated<Sid>('R');
        return Session::Names{
            .profile = Profile::pda_cloud,
            .suite = choice % 2 == 0 ? Suite::chacha20_poly1305 : Suite::aes_256_gcm,
            .side = side,
            .own = side == Side::initiator ? i : r,
            .peer = side == Side::initiator ? r : i};
    };
    auto for_sender = keys();
    auto for_receiver = keys();
    Elapsed now{0};
    Session sender(names(Side::initiator), for_sender, now);
    Session receiver(names(Side::responder), for_receiver, now);
    std::vector<base::Bytes> known;
    std::set<base::Bytes> unopened;
    while (!script.done()) {
        const auto step = script.byte();
        if (step % 4 == 0) {
            const auto text = script.bytes();
            if (auto frame = sender.seal(text, now)) {
                unopened.insert(*frame);
                known.push_back(std::move(*frame));
            }
        } else if (step % 16 == 1) {
            now += std::chrono::seconds(script.byte());
        } else {
            const auto frame = fuzz::next_frame(script, known, {});
            if (const auto opened = receiver.open(frame, now)) {
                CHECK(unopened.erase(frame) == 1);
                CHECK(opened->size() + data_overhead_bytes == frame.size());
            }
        }
    }
    return 0;
}

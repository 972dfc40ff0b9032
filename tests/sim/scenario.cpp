// SPDX-License-Identifier: Apache-2.0
// Scenarios: cases that must never be lost, as text. One command a line, words apart by spaces, `#`
// begins a comment. The checkers of random histories look after each step here too.
//
// `world abci` or `world committee` comes first. Then, in any order, before anything happens:
//   miners N                     default 3; named miner1 to minerN in order of joining
//   signing fake|real            default fake
//   engine NAME, quorum NAME     as wire::EngineKind and wire::Quorum name them
//   pass_limit N
//   replicas N                   abci; default 3, named 0 to N-1
//   two_faced                    committee: the last miner runs twice under one key
// People the genesis enrols: admin, miner1.., cloud1, doctor1, doctor2, patient1, patient2.
//
// What is sent for the next block. The verdict must be the one behind `->` (a name of
// base::ErrorCode), `accepted` without one:
//   send enrol NAME ROLE [by NAME]
//   send rotate NAME
//   send revoke NAME by NAME
//   send grant PATIENT GRANTEE LABEL [SECONDS]     for a day, or so long
//   send withdraw LABEL by PATIENT
//   send report DOCTOR LABEL [header HEIGHT] [object N]
//   send standing MINER active|suspended|left by NAME
//   send destroy PATIENT object N
//   send upgrade VERSION at HEIGHT
//   send again                                     the last one, byte for byte
//
// abci, what the engine does:
//   decide R [rounds N] [absent N]   R proposes; N rounds fail before; N miners let their turn pass
//   finalize R|all, commit R|all, catch_up R|all
//   crash R|all, start R|all     `start` is info and, where there is no chain, init_chain
//   power R WRITES lost|kept     R's disk fails at the write after WRITES more
//   full R on|off                its disk
//   snapshot R, restore R from R, prune R HEIGHT
//   version R N                  R's program knows the rules up to N, from its next start on
//   wait SECONDS
// and what must hold:
//   expect height R H            what R answers to info
//   expect down R
//   expect turn NAME [ROUND]
//   expect agreement             all running, at the tip, and the same
//
// committee (M is a miner's name), what happens:
//   close [EVENTS]               a height with what was sent, within so many messages
//   stall EVENTS                 a height with what was sent; it must not close
//   crash M, start M, crash coordinator, start coordinator
//   cut_off M, reach M           no message passes; it does again
//   other_face on|off            of the two-faced miner
//   heal                         all faults end; one more block, and all must have it
// and what must hold:
//   expect height H, expect turn NAME [ROUND]
//   expect standing M active|suspended|left
//   expect orphans M N           so many branches that ended are kept by M, or more
//   expect agreement
#include "scenario.h"

#include <fmt/format.h>

#include <fstream>

#include "stage.h"

namespace sim {

void play_scenario(const std::string& path, const KeyRing& ring, Trace& trace) {
    std::ifstream in(path);
    require(in.good(), path + " cannot be read");
    std::unique_ptr<Stage> stage;
    std::size_t number = 0;
    try {
        for (std::string line; std::getline(in, line);) {
            ++number;
            Words words(line);
            if (!words.more()) continue;
            trace.line("> " + line);
            const auto command = words.next();
            if (!stage) {
                require(command == "world", "a scenario begins with its world");
                const bool abci = words.skip("abci");
                require(abci || words.skip("committee"), "abci or committee");
                stage = abci ? make_abci_stage(ring, trace) : make_committee_stage(ring, trace);
            } else {
                stage->play(command, words);
            }
            require(!words.more(), "words are left over");
        }
        require(stage != nullptr, "the script is empty");
        stage->close();
    } catch (const Violation& violation) {
        throw Violation(fmt::format("{}:{}: {}", path, number, violation.what()));
    }
}

}  // namespace sim

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Verifpal models of IMT-AKE/1 (docs/protocol.md 2.3 and 2.4): 19 of each profile.

usage: models/verifpal/make_models.py FOLDER     writes them there, to look at or to run by hand
"""
import pathlib
import re
import sys
from dataclasses import dataclass

PROFILES = {"device_pda": ("Device", "Pda"), "pda_cloud": ("Pda", "Cloud"),
            "user_cloud": ("User", "Cloud")}
# What is new in every run of the protocol; in a model of two runs these get a suffix.
PER_RUN = ("[ir]_h[0-9]+ [ir]_ck[0-9] [ir]_k[0-9] c1 c2 c3 c4 m1 e_i e_r ge_i ge_r sid_i sid_r "
           "t_i t_r pid_seen t_i_seen t_r_seen [ir]_prk k(?:ir|ri)_[ir] exp_[ir] seckey_[ir] "
           "tok_[ir] rec0 d1 msg msg_seen pid_clear").split()


@dataclass
class Model:
    """What one model asks, and of which variant of the protocol.

    drop: parts taken out of the key schedule: es, ss, ee, se, psk.
    known / later: what the attacker has from the start / in phase 1: statics i and r, the source of
    the psk, ephemeral secrets ei and er.
    corrupt: "i": the initiator also talks to a corrupt enrolled responder; "r": the responder also
    serves a corrupt enrolled initiator.
    runs: suffixes, one a run. clear_pid: a static name stands on the wire, as in the paper.
    """
    comment: str
    queries: tuple
    known: tuple = ()
    later: tuple = ()
    drop: tuple = ()
    corrupt: str = ""
    runs: tuple = ("",)
    data: bool = True
    provision: bool = True
    clear_pid: bool = False
    first_message_only: bool = False


class Writer:
    def __init__(self, profile, model):
        self.profile, self.model = profile, model
        self.initiator, self.responder = PROFILES[profile]
        self.lines = []
        # As each side sees its peer; a corrupt peer takes these places.
        self.peer_static = {"i": "gs_r", "r": "gs_i"}
        self.psk = {"i": "psk_i", "r": "psk_r"}
        self.provisioned = model.provision and profile != "device_pda"
        self.pid_at_r = "pid_r" if self.provisioned else "pid_i"

    def add(self, text):
        self.lines += text.strip("\n").split("\n")

    def principal(self, name, *facts):
        self.lines.append(f"principal {name}[")
        self.lines += ["\t" + fact for fact in facts if fact]
        self.lines.append("]")

    def if_known(self, what, secret):
        return f"leaks {secret}" if what in self.model.known else ""

    # --- long-term secrets ------------------------------------------------------------------

    def statics(self):
        # The attacker is given every PID unless the model asks about it: nothing rests on it.
        about_pid = any("pid_i" in q or "unlink" in q for q in self.model.queries)
        self.principal(self.responder, "knows private s_r", "gs_r = PUBKEY(s_r)",
                       self.if_known("r", "s_r"))
        own = ["knows private s_i"]
        if self.profile == "user_cloud":
            own = ["knows private u, r_u", "knows public l_tkn, id_u, l_su",
                   "tkn = HKDF(r_u, HASH(u), CONCAT(l_tkn, id_u))", "s_i = HKDF(nil, tkn, l_su)"]
        self.principal(self.initiator, "knows private pid_i", "" if about_pid else "leaks pid_i",
                       *own, "gs_i = PUBKEY(s_i)", self.if_known("i", "s_i"))
        self.add(f"{self.responder} -> {self.initiator}: [gs_r]")
        self.add(f"{self.initiator} -> {self.responder}: [gs_i]")

    def shared_phi(self):
        make = ("knows private phi", "knows public l_phi, xx_gen")
        self.principal(self.initiator, *make, "psk_i = HKDF(l_phi, phi, xx_gen)",
                       self.if_known("psk", "phi"))
        self.principal(self.responder, "knows private pid_i", *make,
                       "psk_r = HKDF(l_phi, phi, xx_gen)")

    def temporary_credentials(self):
        words, v = "knows public l_v, id_cs, ep", "HKDF(nil, tempc, CONCAT(l_v, id_cs, ep))"
        self.principal(self.initiator, "knows private tempc", words, f"psk_i = {v}",
                       self.if_known("psk", "tempc"))
        if not self.provisioned:
            self.principal(self.responder, "knows private tempc, pid_i", words, f"psk_r = {v}")
            return
        self.principal("Askg", "knows private tempc, ckcs, pid_i", words, f"v = {v}",
                       "generates n_prov", "prov = AEAD_ENC(ckcs, n_prov, CONCAT(v, pid_i), id_cs)")
        self.add(f"Askg -> {self.responder}: n_prov, prov")
        self.principal(self.responder, "knows private ckcs", "knows public id_cs",
                       "prov_d = AEAD_DEC(ckcs, n_prov, prov, id_cs)?",
                       "psk_r, pid_r = SPLIT(prov_d)?")

    def corrupt_peer(self):
        side = self.model.corrupt
        if not side:
            return
        self.principal("Mallory", "knows private s_m, psk_m", "knows private pid_m",
                       "gs_m = PUBKEY(s_m)", "leaks s_m, psk_m, pid_m")
        honest = self.initiator if side == "i" else self.responder
        self.add(f"Mallory -> {honest}: [gs_m]")
        if side == "i":
            self.principal(honest, "knows public gs_peer", "knows private psk_peer, psk_m")
        else:  # a private pid_peer that leaks would make the honest case count as corrupt
            self.principal(honest, "knows public gs_peer", "knows public pid_peer",
                           "knows private psk_peer, psk_m, pid_m")
            self.pid_at_r = "pid_peer"
        self.peer_static[side], self.psk[side] = "gs_peer", "psk_peer"

    # --- one run of the protocol -------------------------------------------------------------

    def dh(self, name, side, secret, public):
        return "nil" if name in self.model.drop else f"DH_KEX({public}, {secret})"

    def public_words(self):
        exporter = ", l_sec, l_tok" if self.profile == "user_cloud" else ""
        return ("knows public proto, prof, suite, pid_askg, vt1, vt2, vt3, vt4, zero, empty, l_psk, "
                f"l_conf, l_traf, l_exp, l_mac1{exporter}")

    def key_steps(self, side, es, ss, responder_static, initiator_static):
        """Transcript and chaining key up to c2, as `side` computes them."""
        psk = "nil" if "psk" in self.model.drop else self.psk[side]
        s = side
        first = [f"{s}_h0 = HASH(proto, prof, suite, pid_askg)",
                 f"{s}_h1 = HASH({s}_h0, {responder_static})",
                 f"{s}_h2 = HASH({s}_h1, CONCAT(vt1, sid_i))", f"{s}_h3 = HASH({s}_h2, ge_i)",
                 f"{s}_ck1 = HKDF({s}_h0, ge_i, nil)",
                 f"{s}_ck2, {s}_k2 = HKDF({s}_ck1, {es}, nil)"]
        second = [f"{s}_h4 = HASH({s}_h3, c1)", f"{s}_h5 = HASH({s}_h4, {initiator_static})",
                  f"{s}_ck3 = HKDF({s}_ck2, {ss}, nil)",
                  f"{s}_ck4, {s}_k4 = HKDF({s}_ck3, {psk}, l_psk)"]
        return first, second

    def message1(self):
        peer = self.peer_static["i"]
        first, second = self.key_steps("i", self.dh("es", "i", "e_i", peer),
                                       self.dh("ss", "i", "s_i", peer), peer, "gs_i")
        self.principal(
            self.initiator, self.public_words(), "generates e_i, sid_i, t_i", "leaks t_i",
            self.if_known("ei", "e_i"), "ge_i = PUBKEY(e_i)", *first,
            "c1 = AEAD_ENC(i_k2, zero, pid_i, i_h3)", *second,
            "c2 = AEAD_ENC(i_k4, zero, t_i, i_h5)", "i_h6 = HASH(i_h5, c2)",
            f"m1 = MAC(HASH(l_mac1, {peer}), CONCAT(sid_i, ge_i, c1, c2))",
            "pid_clear = HASH(pid_i)" if self.model.clear_pid else "")
        more = ", pid_clear" if self.model.clear_pid else ""
        self.add(f"{self.initiator} -> {self.responder}: sid_i, ge_i, c1, c2, m1{more}")

    def message2(self):
        peer = self.peer_static["r"]
        first, second = self.key_steps("r", self.dh("es", "r", "s_r", "ge_i"),
                                       self.dh("ss", "r", "s_r", peer), "gs_r", peer)
        facts = [
            self.public_words(), "generates e_r, sid_r, t_r", "leaks t_r",
            self.if_known("er", "e_r"), "ge_r = PUBKEY(e_r)",
            "_ = ASSERT(MAC(HASH(l_mac1, gs_r), CONCAT(sid_i, ge_i, c1, c2)), m1)?", *first,
            "pid_seen = AEAD_DEC(r_k2, zero, c1, r_h3)?",
            f"_ = ASSERT(pid_seen, {self.pid_at_r})?",
            f"_ = ASSERT(HASH({self.pid_at_r}), pid_clear)?" if self.model.clear_pid else "",
            *second, "t_i_seen = AEAD_DEC(r_k4, zero, c2, r_h5)?", "r_h6 = HASH(r_h5, c2)"]
        if self.model.first_message_only:
            self.principal(self.responder, *facts)
            return
        self.principal(
            self.responder, *facts, "r_h7 = HASH(r_h6, CONCAT(vt2, sid_i, sid_r))",
            "r_h8 = HASH(r_h7, ge_r)", "r_ck5 = HKDF(r_ck4, ge_r, nil)",
            f"r_ck6 = HKDF(r_ck5, {self.dh('ee', 'r', 'e_r', 'ge_i')}, nil)",
            f"r_ck7, r_k7 = HKDF(r_ck6, {self.dh('se', 'r', 'e_r', peer)}, nil)",
            "c3 = AEAD_ENC(r_k7, zero, t_r, r_h8)", "r_h9 = HASH(r_h8, c3)")
        self.add(f"{self.responder} -> {self.initiator}: sid_r, ge_r, c3")

    def end_keys(self, side):
        s = side
        facts = [f"{s}_prk = MAC({s}_ck8, {s}_h11)", f"kir_{s}, kri_{s} = HKDF(nil, {s}_prk, l_traf)"]
        if self.profile == "user_cloud":
            facts += [f"exp_{s} = HKDF(nil, {s}_prk, l_exp)",
                      f"seckey_{s} = HKDF(nil, exp_{s}, l_sec)",
                      f"tok_{s} = HKDF(nil, exp_{s}, l_tok)"]
        return facts

    def message3(self):
        self.principal(
            self.initiator, "i_h7 = HASH(i_h6, CONCAT(vt2, sid_i, sid_r))",
            "i_h8 = HASH(i_h7, ge_r)", "i_ck5 = HKDF(i_ck4, ge_r, nil)",
            f"i_ck6 = HKDF(i_ck5, {self.dh('ee', 'i', 'e_i', 'ge_r')}, nil)",
            f"i_ck7, i_k7 = HKDF(i_ck6, {self.dh('se', 'i', 's_i', 'ge_r')}, nil)",
            "t_r_seen = AEAD_DEC(i_k7, zero, c3, i_h8)?", "i_h9 = HASH(i_h8, c3)",
            "i_h10 = HASH(i_h9, CONCAT(vt3, sid_r))", "i_ck8, i_k8 = HKDF(i_ck7, nil, l_conf)",
            "c4 = AEAD_ENC(i_k8, zero, empty, i_h10)", "i_h11 = HASH(i_h10, c4)",
            *self.end_keys("i"))
        self.add(f"{self.initiator} -> {self.responder}: c4")
        self.principal(
            self.responder, "r_h10 = HASH(r_h9, CONCAT(vt3, sid_r))",
            "r_ck8, r_k8 = HKDF(r_ck7, nil, l_conf)", "_ = AEAD_DEC(r_k8, zero, c4, r_h10)?",
            "r_h11 = HASH(r_h10, c4)", *self.end_keys("r"),
            "rec0 = AEAD_ENC(kri_r, zero, empty, CONCAT(vt4, sid_i))" if self.model.data else "")

    def data_records(self):
        self.add(f"{self.responder} -> {self.initiator}: rec0")
        self.principal(self.initiator, "_ = AEAD_DEC(kri_i, zero, rec0, CONCAT(vt4, sid_i))?",
                       "generates msg", "d1 = AEAD_ENC(kir_i, zero, msg, CONCAT(vt4, sid_r))")
        self.add(f"{self.initiator} -> {self.responder}: d1")
        self.principal(self.responder, "msg_seen = AEAD_DEC(kir_r, zero, d1, CONCAT(vt4, sid_r))?")

    def run(self, number, suffix):
        mark = len(self.lines)
        self.message1()
        self.message2()
        if not self.model.first_message_only:
            self.message3()
            if self.model.data:
                self.data_records()
        text = "\n".join(self.lines[mark:])
        if number:
            text = text.replace("\t" + self.public_words() + "\n", "")
        if suffix:
            text = re.sub(rf"\b({'|'.join(PER_RUN)})\b", lambda m: m.group(1) + suffix, text)
        self.lines[mark:] = [text]

    # --- the rest ------------------------------------------------------------------------------

    def later_leaks(self):
        later = self.model.later
        if not later:
            return
        own = "leaks u, r_u" if self.profile == "user_cloud" else "leaks s_i"
        source = "leaks phi" if self.profile == "device_pda" else "leaks tempc"
        self.add("phase[1]")
        self.principal(self.initiator, own if "i" in later else "", source if "psk" in later else "")
        self.principal(self.responder, "leaks s_r" if "r" in later else "",
                       "leaks ckcs" if "r" in later and self.provisioned else "")

    def scenarios(self):
        if self.model.corrupt == "i":
            honest, corrupt = "gs_peer = gs_r, psk_peer = psk_i", "gs_peer = gs_m, psk_peer = psk_m"
            name = self.initiator
        elif self.model.corrupt == "r":
            honest = "gs_peer = gs_i, psk_peer = psk_r, pid_peer = pid_i"
            corrupt = "gs_peer = gs_m, psk_peer = psk_m, pid_peer = pid_m"
            name = self.responder
        else:
            return
        self.add(f"scenarios[\n\t{name}[{honest}]\n\t{name}[{corrupt}]\n]")

    def text(self, name):
        self.add(f"// {name}: {self.model.comment}\nattacker[active]")
        self.statics()
        if self.profile == "device_pda":
            self.shared_phi()
        else:
            self.temporary_credentials()
        self.corrupt_peer()
        for number, suffix in enumerate(self.model.runs):
            self.run(number, suffix)
        self.later_leaks()
        self.scenarios()
        self.add("queries[")
        for query in self.model.queries:
            self.add("\t" + query.replace("$I", self.initiator).replace("$R", self.responder))
        self.add("]")
        return "\n".join(self.lines) + "\n"


def keys(side):
    return (f"confidentiality? kir_{side}", f"confidentiality? kri_{side}")


C3, C4 = ("authentication? $R -> $I: c3",), ("authentication? $I -> $R: c4",)
DATA = ("authentication? $R -> $I: rec0", "authentication? $I -> $R: d1", "confidentiality? msg")
FIRST = ("authentication? $I -> $R: ge_i", "authentication? $I -> $R: c2")
FRESH = ("freshness? kir_i", "freshness? kir_r", "freshness? c3", "freshness? c4")
UNLINKABLE = tuple(f"unlinkability? {x}_a, {x}_b" for x in ("c1", "c2", "c3", "c4"))
PID = ("confidentiality? pid_i",)
EVERYTHING = ("i", "r", "psk")


def models_of(profile):
    token_i = token_r = ()
    if profile == "user_cloud":
        token_i = ("confidentiality? tok_i", "confidentiality? seckey_i")
        token_r = ("confidentiality? tok_r", "confidentiality? seckey_r")
    all_keys = keys("i") + keys("r") + token_i + token_r
    alone = dict(data=False)
    two = dict(runs=("_a", "_b"), data=False, provision=False)
    first = dict(first_message_only=True)
    return {
        "": Model("the whole flow; statics and source of the psk leak later. All hold",
                  all_keys + C3 + C4 + DATA + FRESH, later=EVERYTHING),
        "_core": Model("without data, so that c3 and c4 are judged alone; the same leaks later. "
                       "All hold", all_keys + C3 + C4 + FRESH, later=EVERYTHING, **alone),
        "_m1_only": Model("responder stops after MSG1, without replay cache. In two sessions MSG1 "
                          "can be replayed", FIRST, **first),
        "_m1_kci": Model("the same with the responder's static and the psk known. MSG1 alone is "
                         "not safe then", FIRST, known=("r", "psk"), **first),
        "_kci_i": Model("initiator's static and psk known. All hold but the last: the attacker is "
                        "the initiator", keys("i") + token_i + C3 + C4, known=("i", "psk"), **alone),
        "_kci_r": Model("responder's static and psk known. All hold but the last: the attacker is "
                        "the responder", keys("r") + token_r + C4 + C3, known=("r", "psk"), **alone),
        "_esl": Model("both ephemeral secrets of every session known. All hold",
                      all_keys + C3 + C4, known=("ei", "er"), **alone),
        "_askg": Model("source of the psk known, statics leak later. All hold",
                       all_keys + C3 + C4, known=("psk",), later=("i", "r"), **alone),
        "_insider_i": Model("initiator also talks to a corrupt enrolled responder. All hold",
                            keys("i") + token_i + C3 + C4, corrupt="i", provision=False, **alone),
        "_insider_r": Model("responder also serves a corrupt enrolled initiator. All hold",
                            keys("r") + token_r + C3 + C4, corrupt="r", provision=False, **alone),
        "_unlink": Model("two handshakes of one initiator on one day. All hold but mac1, whose key "
                         "is made of the responder's public key",
                         UNLINKABLE + ("unlinkability? m1_a, m1_b",) + PID, **two),
        "_unlink_late": Model("the same; the responder's static leaks later: c1 links, the PID "
                              "falls", UNLINKABLE + PID, later=("r",), **two),
        # Controls: every query must fail.
        "_control_es": Model("control without es, initiator's static and psk known",
                             keys("i") + C3, drop=("es",), known=("i", "psk")),
        "_control_se": Model("control without se, responder's static and psk known",
                             keys("r") + C4, drop=("se",), known=("r", "psk")),
        "_control_ee": Model("control without ee, everything leaks later",
                             keys("i") + keys("r"), drop=("ee",), later=EVERYTHING),
        "_control_ss_psk": Model("control without ss and psk, ephemeral secrets known",
                                 keys("i") + keys("r") + C3 + C4, drop=("ss", "psk"),
                                 known=("ei", "er")),
        "_control_initiator": Model("control in which nothing authenticates the initiator",
                                    keys("r") + C4, drop=("ss", "psk", "se")),
        "_control_psk_only": Model("control without any Diffie-Hellman product, psk known",
                                   keys("i") + keys("r") + C3 + C4,
                                   drop=("es", "ss", "ee", "se"), known=("psk",)),
        "_control_pid": Model("control: a static name on the wire, as in the paper",
                              ("unlinkability? pid_clear_a, pid_clear_b",), clear_pid=True, **two),
    }


def all_models():
    """Name -> text."""
    return {profile + suffix: Writer(profile, model).text(profile + suffix)
            for profile in PROFILES for suffix, model in models_of(profile).items()}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for model_name, model_text in all_models().items():
        (target / f"{model_name}.vp").write_text(model_text)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent verifier of receipts, written from docs/formats (receipt, transaction, block, state,
checkpoint) alone: its own readers of JSON, protobuf, base45 and signed notes, and Debian's
python3-cryptography for the signatures.
usage: verify_receipt.py FILE [TRUST]   exit: 0 verified, 3 consistent but issuer unknown, 1 failed"""
import base64
import hashlib
import json
import re
import sys
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

import packing
import shortened
from trees import consistent, history_root, sha256

RECEIPT_MAX = 65_536
TRUST_MAX = 2 << 20
NEVER = 1 << 64  # above every height
TIME_MAX = 253_402_300_799_999
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ROLES = [None, "patient", "family", "doctor", "nurse", "pharmacist", "laboratory", "insurer",
         "researcher", "auditor", "administrator", "cloud_server", "miner", "demo_program",
         "key_generator"]
CATEGORIES = [None, "vital_signs", "laboratory", "medication", "imaging"]
PURPOSES = [None, "treatment", "research", "billing"]
ACTIONS = ["enrol", "rotate_key", "revoke_key", "grant_consent", "revoke_consent", "report",
           "change_mining", "evidence", "destroy_key", "schedule_upgrade", "certify"]


class Refused(Exception):
    """What does not hold, in words."""


def require(holds, words):
    if not holds:
        raise Refused(words)


def sha512(data):
    return hashlib.sha512(data).digest()


# ---- texts of bytes, each with one spelling ----

def from_base64url(text):
    require(isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]*", text) and len(text) % 4 != 1, "base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    require(to_base64url(data) == text, "base64url that is not canonical")
    return data


def to_base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64(text):
    require(re.fullmatch(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", text), "base64")
    data = base64.b64decode(text)
    require(base64.b64encode(data).decode() == text, "base64 that is not canonical")
    return data


def from_hex(text, size):
    require(isinstance(text, str) and re.fullmatch(r"[0-9a-f]{%d}" % (2 * size), text), "hexadecimal")
    return bytes.fromhex(text)


def from_base45(text):
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    out = bytearray()
    require(len(text) % 3 != 1, "base45")
    for i in range(0, len(text), 3):
        group = text[i:i + 3]
        require(all(c in digits for c in group), "base45")
        n = sum(digits.index(c) * 45 ** k for k, c in enumerate(group))
        size = len(group) - 1
        require(n < 256 ** size, "base45")
        out += n.to_bytes(size, "big")
    return bytes(out)


# ---- canonical protobuf: rising fields, shortest numbers, no defaults, nothing unknown ----

def varint(data, at):
    value = 0
    for i in range(10):
        require(at + i < len(data), "protobuf: cut off")
        byte = data[at + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte & 0x80:
            continue
        require(not (byte == 0 and i > 0) and value < 1 << 64, "protobuf: a number out of form")
        return value, at + i + 1
    raise Refused("protobuf: a number too long")


class Message:
    """`schema`: field -> "n" (number), "b" (bytes) or "r" (bytes, repeated)."""

    def __init__(self, data, schema):
        self.fields = {}
        at = last = 0
        while at < len(data):
            tag, at = varint(data, at)
            field, kind = tag >> 3, schema.get(tag >> 3)
            require(kind is not None, f"protobuf: field {field} is unknown")
            require(field > last or (field == last and kind == "r"), f"protobuf: field {field} out of order")
            require(tag & 7 == (0 if kind == "n" else 2), f"protobuf: field {field} of another type")
            last = field
            value, at = varint(data, at)
            if kind != "n":
                require(at + value <= len(data), "protobuf: cut off")
                value, at = data[at:at + value], at + value
            require(kind == "r" or value, f"protobuf: field {field} holds a default")
            if kind == "r":
                self.fields.setdefault(field, []).append(value)
            else:
                self.fields[field] = value

    def has(self, field):
        return field in self.fields

    def number(self, field, most=(1 << 64) - 1, least=0):
        value = self.fields.get(field, 0)
        require(least <= value <= most, f"field {field} out of range")
        return value

    def uint32(self, field):
        return self.number(field, (1 << 32) - 1)

    def time(self, field):
        return self.number(field, TIME_MAX)

    def bytes(self, field, size=None):
        value = self.fields.get(field, b"")
        require(size is None or len(value) == size, f"field {field} has not {size} bytes")
        return value

    def items(self, field):
        return self.fields.get(field, [])

    def chain_id(self, field):
        value = self.bytes(field)
        require(re.fullmatch(rb"[a-z0-9-]{1,32}", value), "chain id")
        return value.decode()


# ---- signatures ----

def is_low_s(signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return len(signature) == 64 and 0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2


def ecdsa_holds(key, message, signature):
    if not is_low_s(signature) or len(key) != 65 or key[0] != 4:
        return False
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
        der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        point.verify(der, message, ec.ECDSA(hashes.SHA512()))
        return True
    except (InvalidSignature, ValueError):
        return False


def ed25519_holds(key, message, signature):
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


# ---- trees of state ----

def bit_of(path, bit):
    return path[bit // 8] >> (7 - bit % 8) & 1


def check_state_proof(root, proof):
    key, value, steps = proof
    path = sha256(key)
    node = sha256(b"\x00", path, sha256(value))
    below = 255
    for bit, sibling in steps:
        require(bit < below, "the bits of a proof do not fall")
        below = bit
        pair = (sibling, node) if bit_of(path, bit) else (node, sibling)
        node = sha256(bytes([bit + 1]), *pair)
    require(node == root, "wrong root")


def check_absence(root, key, reached):
    path, reached_path = sha256(key), sha256(reached[0])
    require(path != reached_path, "the leaf reached is the key itself")
    require(all(bit_of(path, bit) == bit_of(reached_path, bit) for bit, _ in reached[2]), "off the way of the key")
    check_state_proof(root, reached)


# ---- the receipt in its three forms ----

def split(data, most):
    require(len(data) % 32 == 0 and len(data) // 32 <= most, "a path out of form")
    return [data[i:i + 32] for i in range(0, len(data), 32)]


PROOF = {1: "b", 2: "b", 3: "b", 4: "b", 5: "n"}


def open_proof(data, runs):
    """Key, value, bits and those of the siblings that are given. `runs`: version 4, where the last bits may be left out."""
    message = Message(data, PROOF)
    bits, run, siblings = list(message.bytes(3)), message.number(5, 256), split(message.bytes(4), 256)
    require(runs or not run, "a run of bits")
    require(not runs or not bits or bits[-1] != run, "bits of a run")
    bits += range(run - 1, -1, -1)
    require(message.has(1) and len(bits) <= 256, "a proof out of form")
    return [message.bytes(1), message.bytes(2), bits, siblings]


def closed_proof(proof):
    key, value, bits, siblings = proof
    require(len(bits) == len(siblings), "a proof out of form")
    return key, value, list(zip(bits, siblings))


def binary_proof(data, runs):
    return closed_proof(open_proof(data, runs))


def main_proofs(inner, consent, runs):
    """Those of the signers' keys, then that of the patient's leaf, with what they leave to each other."""
    proofs = [open_proof(one, runs) for one in inner.items(4)]
    if inner.has(5):
        proofs.append(open_proof(inner.bytes(5), runs))
    if inner.has(7):
        found = packing.sources(proofs)
        require(inner.number(7) == 1 and found, "its proofs share no steps")
        for proof, own in zip(proofs, found):
            given = iter(proof[3])
            require(len(proof[3]) == own.count(None), "a proof out of form")
            proof[3] = [None if source else next(given) for source in own]
        if inner.has(5) and consent and not proofs[-1][1]:
            proofs[-1][1] = packing.root_of(consent)
        for proof, whole in zip(proofs, packing.fill(proofs, found)):
            proof[3] = whole
    return [closed_proof(proof) for proof in proofs]


def leaves_out_all_it_can(inner, proofs, consent):
    """What shared steps would leave out is left out, and nothing else."""
    opened = [[key, value, [bit for bit, _ in steps], [sibling for _, sibling in steps]] for key, value, steps in proofs]
    found = packing.sources(opened)
    holds_leaf = inner.has(5)
    value = opened[-1][1] if holds_leaf else None
    if holds_leaf and consent and not value:
        found = None
    shared = bool(found) and packing.fill(opened, found) == [proof[3] for proof in opened]
    if shared != inner.has(7):
        return False
    written = Message(inner.bytes(5), PROOF).bytes(2) if holds_leaf else None
    follows = shared and holds_leaf and consent and value == packing.root_of(consent)
    return not (follows and written)


def read_binary(data):
    version = data[0] if data[:1] in (b"\x03", b"\x04") else 2
    if version == 2:
        return read_message(data, version)
    message = packing.unpack(data[1:], RECEIPT_MAX)
    require(message is not None, "not packed in the one way")
    return read_message(message, version)


def read_message(data, version):
    runs = version == 4
    message = Message(data, {1: "n", **{field: "b" for field in range(2, 10 if runs else 9)}})
    require(message.number(1) == (2 if version == 2 else 0), "version")
    kinds = [field for field in (4, 5, 6, 7) if message.has(field)]
    require(len(kinds) == 1, "not exactly one fact")
    fact = message.bytes(kinds[0])
    claim = {"header": message.bytes(2), "seal": message.bytes(3), "checkpoint": None}
    proof = lambda inner, field: binary_proof(inner.bytes(field), runs)
    optional = lambda inner, field: proof(inner, field) if inner.has(field) else None
    if kinds[0] == 4:
        inner = Message(fact, {1: "b", 2: "n", 3: "b", 4: "r", 5: "b", 6: "b", 7: "n"})
        signers = len(inner.items(4))
        require(1 <= signers <= 4, "signers")
        consent = open_proof(inner.bytes(6), runs) if inner.has(6) else None
        closed = closed_proof(consent) if consent else None
        proofs = main_proofs(inner, consent, runs)
        require(leaves_out_all_it_can(inner, proofs, consent) if version > 2 else not inner.has(7), "left out otherwise")
        claim.update(kind="transaction", envelope=inner.bytes(1), history_index=inner.number(2, (1 << 53) - 1),
                     history_path=split(inner.bytes(3), 64), signers=proofs[:signers],
                     patient_leaf=proofs[signers] if inner.has(5) else None, consent=closed)
    elif kinds[0] == 5:
        inner = Message(fact, {1: "b", 2: "b"})
        claim.update(kind="consent", patient_leaf=proof(inner, 1), consent=proof(inner, 2))
    elif kinds[0] == 6:
        inner = Message(fact, {1: "b", 2: "n", 3: "n", 4: "b", 5: "b", 6: "r"})
        require(1 <= len(inner.items(6)) <= 16, "readers")
        readers = []
        for item in inner.items(6):
            one = Message(item, {1: "b", 2: "b", 3: "b"})
            readers.append((one.bytes(1, 16), optional(one, 2), optional(one, 3)))
        claim.update(kind="no_consent", patient=inner.bytes(1, 16), category=inner.number(2, 4, 1),
                     purpose=inner.number(3, 3, 1), patient_leaf=optional(inner, 4),
                     patient_absence=optional(inner, 5), readers=readers)
    else:
        inner = Message(fact, {1: "b", 2: "b"})
        claim.update(kind="key_destroyed", content_id=inner.bytes(1, 36), tombstone=proof(inner, 2))
    link = None
    if message.has(8):
        more = {3: "n", 4: "n", 5: "b", 6: "b", 7: "n"} if runs else {}
        link = Message(message.bytes(8), {1: "b", 2: "b", **more})
        require(link.has(1) != link.has(6), "note")
        claim["checkpoint"] = (link.bytes(1), split(link.bytes(2), 128))
    return whole_claim(claim, message, link) if runs else claim


def whole_claim(claim, message, link):
    """With what version 4 leaves out."""
    gap = {**shortened.WHOLE, "rest": message.bytes(9)}
    if link:
        gap.update(size=link.number(3), height=link.number(4), hash=link.bytes(5), signatures=link.bytes(6),
                   one_path=link.number(7, 1))
    whole = shortened.restore(claim, gap, header_or_none)
    require(whole is not None, "left out otherwise")
    return whole


class Json:
    """Reads members in the order that the format gives and writes them again as it goes."""

    def __init__(self, value):
        require(isinstance(value, dict), "no object")
        self.value, self.written = value, []

    def keep(self, name, text):
        self.written.append(f'"{name}":{text}')

    def member(self, name):
        require(name in self.value, f"{name} is missing")
        return self.value[name]

    def text(self, name, among):
        value = self.member(name)
        require(isinstance(value, str) and value in among, name)
        self.keep(name, f'"{value}"')
        return value

    def integer(self, name, most):
        value = self.member(name)
        require(type(value) is int and 0 <= value <= most, name)
        self.keep(name, str(value))
        return value

    def bytes(self, name, size=None, least=0):
        data = from_base64url(self.member(name))
        require((size is None or len(data) == size) and len(data) >= least, name)
        self.keep(name, f'"{to_base64url(data)}"')
        return data

    def each(self, name, most, least, read):
        """`read` gives a value and its text."""
        items = self.member(name)
        require(isinstance(items, list) and least <= len(items) <= most, name)
        pairs = [read(item) for item in items]
        self.keep(name, "[" + ",".join(text for _, text in pairs) + "]")
        return [value for value, _ in pairs]

    def path(self, name, most):
        def read(item):
            data = from_base64url(item)
            require(len(data) == 32, name)
            return data, f'"{to_base64url(data)}"'
        return self.each(name, most, 0, read)

    def proof(self, name, optional=False):
        value = self.member(name)
        if optional and value is None:
            self.keep(name, "null")
            return None
        proof, text = json_proof(value)
        self.keep(name, text)
        return proof

    def end(self):
        return "{" + ",".join(self.written) + "}"


def json_proof(value):
    def step(item):
        inner = Json(item)
        return (inner.integer("bit", 255), inner.bytes("sibling", 32)), inner.end()
    inner = Json(value)
    proof = inner.bytes("key", least=1), inner.bytes("value"), inner.each("steps", 256, 0, step)
    return proof, inner.end()


def json_reader(value):
    inner = Json(value)
    return (inner.bytes("id", 16), inner.proof("absence", True), inner.proof("record", True)), inner.end()


def unique(pairs):
    out = dict(pairs)
    require(len(out) == len(pairs), "a member twice")
    return out


def read_json(data):
    try:
        whole = Json(json.loads(data.decode(), object_pairs_hook=unique))
    except (ValueError, RecursionError) as cause:
        raise Refused(f"no JSON: {cause}") from cause
    whole.text("format", ["salus-receipt-2"])
    claim = {"kind": whole.text("kind", ["transaction", "consent", "no_consent", "key_destroyed"]),
             "header": whole.bytes("header"), "seal": whole.bytes("seal"), "checkpoint": None}
    if claim["kind"] == "transaction":
        claim.update(envelope=whole.bytes("envelope"), history_index=whole.integer("history_index", (1 << 53) - 1),
                     history_path=whole.path("history_path", 64), signers=whole.each("signers", 4, 1, json_proof),
                     patient_leaf=whole.proof("patient_leaf", True), consent=whole.proof("consent", True))
    elif claim["kind"] == "consent":
        claim.update(patient_leaf=whole.proof("patient_leaf"), consent=whole.proof("consent"))
    elif claim["kind"] == "no_consent":
        claim.update(patient=whole.bytes("patient", 16),
                     category=CATEGORIES.index(whole.text("category", CATEGORIES[1:])),
                     purpose=PURPOSES.index(whole.text("purpose", PURPOSES[1:])),
                     patient_leaf=whole.proof("patient_leaf", True),
                     patient_absence=whole.proof("patient_absence", True),
                     readers=whole.each("readers", 16, 1, json_reader))
    else:
        claim.update(content_id=whole.bytes("content_id", 36), tombstone=whole.proof("tombstone"))
    if whole.member("checkpoint") is None:
        whole.keep("checkpoint", "null")
    else:
        link = Json(whole.member("checkpoint"))
        claim["checkpoint"] = link.bytes("note", least=1), link.path("path", 128)
        whole.keep("checkpoint", link.end())
    require((whole.end() + "\n").encode() == data, "not the one text of this receipt")
    return claim


def read_claim(data):
    require(len(data) <= RECEIPT_MAX, "larger than 64 KiB")
    if data[:1] == b"{":
        return read_json(data)
    trimmed = data.strip(b" \t\r\n")
    if trimmed.startswith(b"SALUS:"):
        return read_binary(from_base45(trimmed[6:].decode("latin-1")))
    return read_binary(data)


# ---- the anchor ----

def read_miner(value):
    names = ["id", "public_key"] + [name for name in ("from", "until") if name in value]
    require(list(value) == names, "a miner")
    for name in names[2:]:
        require(type(value[name]) is int and 1 < value[name] < 1 << 53, "a miner's height")
    first, until = value.get("from", 1), value.get("until", NEVER)
    require(until > first, "a miner that was never active")
    return {"id": from_hex(value["id"], 16), "key": from_hex(value["public_key"], 65), "from": first, "until": until}


def read_trust(data):
    require(len(data) <= TRUST_MAX, "the trust file is too large")
    value = json.loads(data.decode(), object_pairs_hook=unique)
    names = ["format", "chain_id", "genesis_hash", "miners"]
    names += ["quorum"] if "quorum" in value else []
    names += ["checkpoint_key", "witnesses"] if "checkpoint_key" in value else []
    names += ["witnesses_required"] if "checkpoint_key" in value and "witnesses_required" in value else []
    require(list(value) == names and value["format"] == "salus-trust-1", "the trust file's members")
    require(re.fullmatch(r"[a-z0-9-]{1,32}", value["chain_id"]), "chain_id")
    from_hex(value["genesis_hash"], 64)
    miners = [read_miner(miner) for miner in value["miners"]]
    require(miners, "no miners")
    rising = sorted(miners, key=lambda miner: (miner["id"], miner["from"]))
    for one, next_one in zip(rising, rising[1:]):
        require(one["id"] != next_one["id"] or one["until"] <= next_one["from"], "a miner twice")
    require(value.get("quorum", "two_thirds") in ("two_thirds", "majority"), "quorum")
    required = value.get("witnesses_required", 0)
    least = 1 if "witnesses_required" in value else 0
    require(type(required) is int and least <= required <= len(value.get("witnesses", [])), "witnesses_required")
    return {"chain_id": value["chain_id"], "miners": miners, "quorum": value.get("quorum"), "required": required,
            "checkpoint_key": value.get("checkpoint_key"), "witnesses": value.get("witnesses", [])}


# ---- transactions, blocks, values of the state ----

def read_action(index, data):
    fixed = {
        0: ({1: "b", 2: "n", 3: "n", 4: "b", 5: "n"}, {1: 16, 4: 65}, {2: 14, 3: 1, 5: 2}),
        1: ({1: "b", 2: "n"}, {1: 65}, {2: 2}),
        2: ({1: "b"}, {1: 16}, {}),
        3: ({1: "b", 2: "n", 3: "n", 4: "n", 5: "n", 6: "b"}, {1: 16, 6: 32}, {2: 4, 3: 3}),
        4: ({1: "b"}, {1: 32}, {}),
        5: ({**{field: "b" for field in (1, 2, 5, 6, 7, 8, 9, 10)}, **{field: "n" for field in (3, 4, 11, 12, 13)}},
            {1: 16, 2: 16, 5: 32, 6: 32, 7: 32, 8: 36, 9: 32, 10: 32}, {3: 4, 4: 2}),
        6: ({1: "b", 2: "n"}, {1: 16}, {2: 3}),
        7: ({1: "b", 2: "b", 3: "b", 4: "b"}, {}, {}),
        8: ({1: "b", 2: "b"}, {1: 16, 2: 36}, {}),
        9: ({1: "n", 2: "n"}, {}, {}),
        10: ({1: "b", 2: "n"}, {1: 32}, {2: 2}),
    }
    schema, sizes, enumerators = fixed[index]
    message = Message(data, schema)
    for field, size in sizes.items():
        message.bytes(field, size)
    for field, most in enumerators.items():
        message.number(field, most, 1)
    if index == 3:
        message.time(4), message.time(5)
    if index == 5:
        message.uint32(11), message.time(12), message.time(13)
    if index == 7:
        require(all(1 <= len(message.bytes(field)) <= 4096 for field in (1, 2, 3, 4)), "evidence")
    if index == 9:
        message.uint32(1)
    return message


def path_length(index, size):
    length, fn, sn = 0, index, size - 1
    while sn:
        length += 1 if fn & 1 or fn != sn else 0
        fn, sn = fn >> 1, sn >> 1
    return length


def read_transaction(envelope):
    require(len(envelope) <= 65_536, "larger than 64 KiB")
    outer = Message(envelope, {1: "b", 2: "r", 3: "b"})
    body = Message(outer.bytes(1), {1: "b", 2: "b", 3: "n", 4: "n", **{field: "r" for field in range(10, 21)}})
    actions = [(field - 10, item) for field in range(10, 21) for item in body.items(field)]
    require(len(actions) == 1, "not exactly one action")
    tx = {"body": outer.bytes(1), "chain_id": body.chain_id(1), "sender": body.bytes(2, 16),
          "action": ACTIONS[actions[0][0]], "fields": read_action(*actions[0]), "signatures": [], "batch": None}
    body.time(4)
    require(1 <= len(outer.items(2)) <= 4, "it has not 1 to 4 signatures")
    for item in outer.items(2):
        signature = Message(item, {1: "b", 2: "b", 3: "n"})
        require(is_low_s(signature.bytes(2, 64)), "a signature out of form")
        tx["signatures"].append((signature.bytes(1, 16), signature.bytes(2), signature.number(3, 1) == 1))
    signers = [signer for signer, _, _ in tx["signatures"]]
    require(len(set(signers)) == len(signers) and tx["sender"] in signers, "signers")
    require(any(over for _, _, over in tx["signatures"]) == outer.has(3), "a batch where a signature is over it")
    if outer.has(3):
        batch = Message(outer.bytes(3), {1: "n", 2: "n", 3: "r"})
        index, size = batch.uint32(1), batch.number(2, 1024, 1)
        path = batch.items(3)
        require(index < size and len(path) == path_length(index, size) and all(len(p) == 32 for p in path), "batch")
        root = history_root(sha256(b"\x00", tx["body"]), index, size, path)
        tx["batch"] = b"salus-batch-1" + root + size.to_bytes(4, "big")
    return tx


def read_header(data):
    message = Message(data, {1: "b", 2: "n", 3: "b", 4: "b", 5: "b", 6: "b", 7: "n", 8: "n", 9: "b"})
    message.bytes(3, 64), message.bytes(4, 32)
    return {"chain_id": message.chain_id(1), "height": message.number(2), "state_root": message.bytes(5, 32),
            "history_root": message.bytes(6, 32), "history_size": message.number(7), "time": message.time(8),
            "miner": message.bytes(9, 16)}


def header_or_none(data):
    try:
        return read_header(data)
    except Refused:
        return None


def read_seal(data):
    message = Message(data, {1: "n", 2: "b", 3: "r", 4: "n", 5: "n", 6: "n"})
    approvals = []
    for item in message.items(3):
        one = Message(item, {1: "b", 2: "b"})
        approvals.append((one.bytes(1, 16), one.bytes(2, 64)))
    require(len({miner for miner, _ in approvals}) == len(approvals), "one miner approved twice")
    numbers = (message.number(1).to_bytes(8, "big") + message.uint32(4).to_bytes(4, "big")
               + message.number(5).to_bytes(8, "big"))
    return {"signature": message.bytes(2, 64), "approvals": approvals, "numbers": numbers,
            "attempt": message.uint32(6).to_bytes(4, "big")}


def read_key_record(data):
    message = Message(data, {1: "n", 2: "n", 3: "b", 4: "n", 5: "n", 6: "n"})
    message.number(2, 1, 1), message.number(4, 2, 1)
    return {"role": ROLES[message.number(1, 14, 1)], "key": message.bytes(3, 65), "from": message.number(5),
            "until": message.number(6)}


def read_consent_record(data):
    message = Message(data, {1: "b", 2: "n", 3: "n", 4: "n", 5: "n", 6: "b"})
    message.bytes(6, 32)
    return {"consent": message.bytes(1, 32), "from": message.time(2), "until": message.time(3),
            "granted": message.number(4), "revoked": message.number(5)}


# ---- checkpoints ----

SPACES = {0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, *range(9, 14), *range(0x2000, 0x200B)}


def is_key_name(name):
    return bool(name) and not any(ord(c) in SPACES or c == "+" or unicodedata.category(c) == "Cs" for c in name)


def read_note(data):
    require(len(data) <= 131_072, "the note is too large")
    try:
        text = data.decode()
    except UnicodeDecodeError as cause:
        raise Refused("the note is no UTF-8") from cause
    require(all(c >= " " or c == "\n" for c in text) and text.endswith("\n"), "the note is out of form")
    body, mark, rest = text.rpartition("\n\n")
    require(mark and rest, "the note has no signatures")
    lines = []
    for line in rest[:-1].split("\n"):
        found = re.fullmatch("\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)", line)
        require(found and is_key_name(found[1]), "a signature line out of form")
        raw = from_base64(found[2])
        require(len(raw) > 4, "a signature line out of form")
        lines.append((found[1], raw[:4], raw[4:]))
    require(len(lines) <= 64, "too many signatures")
    return body + "\n", lines


def read_key(text):
    parts = text.split("+", 2)
    require(len(parts) == 3 and is_key_name(parts[0]) and re.fullmatch("[0-9a-f]{8}", parts[1]), "a verifier key")
    raw = from_base64(parts[2])
    require(len(raw) == 33 and sha256(parts[0].encode(), b"\n", raw)[:4].hex() == parts[1], "a verifier key")
    return parts[0], bytes.fromhex(parts[1]), raw[0], raw[1:]


def decimal(text):
    require(re.fullmatch("0|[1-9][0-9]*", text) and int(text) < 1 << 63, "a number of the checkpoint")
    return int(text)


def read_checkpoint(data, chain_id, trust):
    text, lines = read_note(data)
    keys = []
    if trust and trust["checkpoint_key"]:
        keys = [read_key(key) for key in [trust["checkpoint_key"], *trust["witnesses"]]]
        require(len({key[0] for key in keys}) == len({key[3] for key in keys}) == len(keys), "keys twice")
        require(keys[0][0] == f"salus/{chain_id}" and [key[2] for key in keys] == [1] + [4] * (len(keys) - 1), "keys")
    origin, size, root, *extensions = text[:-1].split("\n") + [""] * max(0, 3 - text.count("\n"))
    require(origin == f"salus/{chain_id}", "the checkpoint is of another log")
    headers = [line[7:].split(" ") for line in extensions if line.startswith("header ")]
    require(len(extensions) <= 16 and "" not in extensions, "extension lines")
    require(len(headers) == 1 and len(headers[0]) == 2, "not one header line")
    found = {"size": decimal(size), "root": from_base64(root), "height": decimal(headers[0][0]),
             "hash": from_base64(headers[0][1]), "witnesses": []}
    require(len(found["root"]) == 32 and len(found["hash"]) == 64 and found["height"] > 0, "hashes")
    for name, key_id, kind, key in keys:
        mine = [raw for other, other_id, raw in lines if (other, other_id) == (name, key_id)]
        if kind == 1:
            require(mine, "the log did not sign")
            require(all(ed25519_holds(key, text.encode(), raw) for raw in mine), "the log's signature")
            continue
        times = []
        for raw in mine:
            seconds = int.from_bytes(raw[:8], "big")
            require(len(raw) == 72 and seconds <= TIME_MAX // 1000, "a cosignature out of form")
            require(ed25519_holds(key, f"cosignature/v1\ntime {seconds}\n{text}".encode(), raw[8:]), "a cosignature")
            times.append(seconds)
        if times:
            found["witnesses"].append((name, 1000 * max(times)))
    return found


# ---- the checks, in the order of docs/formats/receipt.md ----

STEPS = {
    "transaction": ["envelope", "header", "chain", "keys", "signatures", "roles", "consent", "inclusion", "seal", "checkpoint"],
    "consent": ["header", "chain", "consent", "seal", "checkpoint"],
    "no_consent": ["header", "chain", "absence", "seal", "checkpoint"],
    "key_destroyed": ["header", "chain", "tombstone", "seal", "checkpoint"],
}


class Check:
    def __init__(self, claim, trust):
        self.claim, self.trust, self.tx = claim, trust, None
        self.agreed, self.witnesses, self.by_program = False, [], False

    def envelope(self):
        self.tx = read_transaction(self.claim["envelope"])

    def header(self):
        self.block = read_header(self.claim["header"])

    def chain(self):
        ids = {self.block["chain_id"]}
        ids |= {self.tx["chain_id"]} if self.tx else set()
        ids |= {self.trust["chain_id"]} if self.trust else set()
        require(len(ids) == 1, "of another chain")

    def keys(self):
        require(len(self.claim["signers"]) == len(self.tx["signatures"]), "as many proofs as signatures")
        self.keys_found = []
        for (signer, _, _), proof in zip(self.tx["signatures"], self.claim["signers"]):
            require(proof[0] in (b"k" + signer, b"o" + signer), "the proof of another key")
            check_state_proof(self.block["state_root"], proof)
            record = read_key_record(proof[1])
            height = self.block["height"]
            require(record["from"] <= height and (record["until"] == 0 or height < record["until"]), "not valid then")
            self.keys_found.append(record)

    def signatures(self):
        for (_, value, over_batch), record in zip(self.tx["signatures"], self.keys_found):
            message = self.tx["batch"] if over_batch else self.tx["body"]
            require(ecdsa_holds(record["key"], message, value), "a signature does not verify")

    def role_of(self, signer):
        for (one, _, _), record in zip(self.tx["signatures"], self.keys_found):
            if one == signer:
                return record["role"]
        return None

    def roles(self):
        action, fields = self.tx["action"], self.tx["fields"]
        sender = self.role_of(self.tx["sender"])
        if action == "report":
            require(fields.number(4) == 1, "personal data")
            require(sender == "cloud_server" and len(self.keys_found) == 2, "the signers of a report")
            doctor = self.role_of(fields.bytes(1))
            require(doctor in ("doctor", "demo_program"), "the receiver is no doctor")
            self.by_program = doctor == "demo_program"
            return
        if action == "destroy_key":
            require(sender == "cloud_server" and len(self.keys_found) == 2, "the signers of a destroyed key")
            require(self.role_of(fields.bytes(1)) == "patient", "the patient did not sign")
            return
        require(len(self.keys_found) == 1, "others than the sender signed")
        must = {"enrol": "administrator", "grant_consent": "patient", "revoke_consent": "patient"}.get(action)
        if action == "certify" and sender != "administrator":
            must = "key_generator"
        if action == "revoke_key" and fields.bytes(1) != self.tx["sender"]:
            must = "administrator"
        require(must is None or sender == must, "the sender has not the role")

    def own_root(self, patient, leaf):
        require(leaf is not None and leaf[0] == b"p" + patient, "the patient's leaf")
        check_state_proof(self.block["state_root"], leaf)
        require(len(leaf[1]) == 32, "the root of the patient's consents")
        return leaf[1]

    def stands(self, record):
        return record["revoked"] == 0 and record["from"] <= self.block["time"] < record["until"]

    def consent(self):
        if self.claim["kind"] == "consent":
            return self.consent_in_force()
        leaf, proof = self.claim["patient_leaf"], self.claim["consent"]
        if self.tx["action"] != "report":
            require(leaf is None and proof is None, "proofs of a consent on what is no report")
            return None
        require(leaf is not None and proof is not None, "no proof of the consent")
        fields = self.tx["fields"]
        root = self.own_root(fields.bytes(2), leaf)
        covers = fields.bytes(2) + fields.bytes(1) + bytes([fields.number(3), 1])
        require(proof[0] in (b"c" + covers, b"d" + covers), "another consent")
        check_state_proof(root, proof)
        record = read_consent_record(proof[1])
        require(record["consent"] == fields.bytes(6), "another consent is named")
        require(record["granted"] <= self.block["height"], "granted later")
        require(record["from"] <= self.block["time"] < record["until"], "not in force")
        ended = record["revoked"] != 0 or proof[0][:1] == b"d"
        require(not ended or record["revoked"] == self.block["height"], "withdrawn before")
        return None

    def consent_in_force(self):
        key = self.claim["consent"][0]
        require(len(key) == 35 and key[:1] == b"c" and 1 <= key[33] <= 4 and 1 <= key[34] <= 3, "no consent's key")
        root = self.own_root(key[1:17], self.claim["patient_leaf"])
        check_state_proof(root, self.claim["consent"])
        record = read_consent_record(self.claim["consent"][1])
        require(record["granted"] <= self.block["height"] and self.stands(record), "it did not stand")

    def absence(self):
        claim = self.claim
        ids = [reader[0] for reader in claim["readers"]]
        require(ids == sorted(set(ids)), "readers do not rise")
        require((claim["patient_leaf"] is None) != (claim["patient_absence"] is None), "leaf or absence")
        if claim["patient_absence"]:
            check_absence(self.block["state_root"], b"p" + claim["patient"], claim["patient_absence"])
            require(not any(absence or record for _, absence, record in claim["readers"]), "proofs without a leaf")
            return
        root = self.own_root(claim["patient"], claim["patient_leaf"])
        for reader, absence, record in claim["readers"]:
            key = b"c" + claim["patient"] + reader + bytes([claim["category"], claim["purpose"]])
            require((absence is None) != (record is None), "absence or record")
            if absence:
                check_absence(root, key, absence)
                continue
            require(record[0] == key, "another consent's record")
            check_state_proof(root, record)
            require(not self.stands(read_consent_record(record[1])), "it stood")

    def tombstone(self):
        key, value, _ = proof = self.claim["tombstone"]
        require(key == b"e" + sha256(self.claim["content_id"]), "another object's tombstone")
        check_state_proof(self.block["state_root"], proof)
        record = Message(value, {1: "b", 2: "b", 3: "b", 4: "n"})
        record.bytes(1, 16), record.bytes(2, 16), record.bytes(3, 32)
        require(record.number(4) <= self.block["height"], "destroyed later")

    def inclusion(self):
        claim, block = self.claim, self.block
        leaf = sha256(b"\x00", claim["envelope"])
        root = history_root(leaf, claim["history_index"], block["history_size"], claim["history_path"])
        require(root == block["history_root"], "not in the history")

    def seal(self):
        seal, header = read_seal(self.claim["seal"]), self.claim["header"]
        if not self.trust:
            return
        active = [one for one in self.trust["miners"] if one["from"] <= self.block["height"] < one["until"]]
        miners = {one["id"]: one["key"] for one in active}
        require(self.block["miner"] in miners, "a miner that the anchor does not have as active then")
        signed = [(self.block["miner"], seal["signature"], b"salus-seal-1" + seal["numbers"] + header)]
        approval = b"salus-approval-1" + seal["attempt"] + seal["numbers"] + header
        signed += [(miner, signature, approval) for miner, signature in seal["approvals"] if miner in miners]
        for miner, signature, message in signed:
            require(ecdsa_holds(miners[miner], message, signature), "a miner's signature does not verify")
        approvals = len(signed) - 1
        self.agreed = 3 * approvals > 2 * len(miners)
        enough = {None: True, "two_thirds": self.agreed, "majority": 2 * approvals > len(miners)}
        require(enough[self.trust["quorum"]], "too few approvals")

    def checkpoint(self):
        if self.claim["checkpoint"] is None:
            return
        note, path = self.claim["checkpoint"]
        block = self.block
        found = read_checkpoint(note, block["chain_id"], self.trust)
        require(found["size"] >= block["history_size"], "older than the block")
        require(consistent(block["history_size"], block["history_root"], found["size"], found["root"], path), "a fork")
        if found["height"] == block["height"]:
            require(found["hash"] == sha512(self.claim["header"]), "another block of this height")
        else:
            require(found["size"] > block["history_size"] and found["height"] > block["height"], "a fork")
            require(self.claim["kind"] == "transaction", "of another block")
        self.witnesses = found["witnesses"] if self.trust else []

    def policy(self):
        require(len(self.witnesses) >= self.trust["required"], "fewer witnesses than the anchor requires")


def verify(data, trust):
    """-> {"status", "step" (the one that fails, or None), "kind", "agreed", "witnesses", "by_program", "words"}."""
    verdict = {"status": "failed", "step": "form", "kind": None, "agreed": False, "witnesses": [],
               "by_program": False, "words": ""}
    try:
        claim = read_claim(data)
        check = Check(claim, trust)
        verdict["kind"] = claim["kind"]
        for step in STEPS[claim["kind"]] + (["policy"] if trust and trust["required"] else []):
            verdict["step"] = step
            getattr(check, step)()
    except Refused as refused:
        verdict["words"] = str(refused)
        return verdict
    verdict.update(status="verified" if trust else "issuer_unknown", step=None, agreed=check.agreed,
                   witnesses=[list(one) for one in check.witnesses], by_program=check.by_program)
    return verdict


def main():
    trust = None
    if len(sys.argv) > 2:
        with open(sys.argv[2], "rb") as file:
            trust = read_trust(file.read())
    with open(sys.argv[1], "rb") as file:
        verdict = verify(file.read(), trust)
    print(json.dumps(verdict))
    return {"verified": 0, "issuer_unknown": 3, "failed": 1}[verdict["status"]]


if __name__ == "__main__":
    sys.exit(main())

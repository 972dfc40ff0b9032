# SPDX-License-Identifier: Apache-2.0
"""What version 4 of a receipt's compact form leaves out because it follows from the rest: docs/formats/receipt.md."""
import base64
import hashlib
import re

import packing
import trees

WHOLE = {"rest": b"", "signatures": b"", "size": 0, "height": 0, "hash": b"", "one_path": 0}


def main_proof(claim):
    """One of the block's own state."""
    kind = claim["kind"]
    if kind == "transaction":
        return claim["signers"][0]
    if kind == "key_destroyed":
        return claim["tombstone"]
    return claim["patient_leaf"] or claim.get("patient_absence")


def leaf_of(claim):
    return trees.sha256(b"\x00", claim["envelope"])


def assembled(claim, gap, state_root, history_root):
    header = claim["header"] + b"\x2a\x20" + state_root
    return header + (b"\x32\x20" + history_root if history_root else b"") + gap["rest"]


def note_of(header, header_bytes, root, gap):
    digest = gap["hash"] or hashlib.sha512(header_bytes).digest()
    size, height = gap["size"] or header["history_size"], gap["height"] or header["height"]
    lines = [b"salus/" + header["chain_id"].encode(), b"%d" % size, base64.b64encode(root),
             b"header %d " % height + base64.b64encode(digest)]
    return b"".join(line + b"\n" for line in lines) + gap["signatures"]


def fill(claim, gap, read_header):
    """The whole receipt; None where what is left out does not follow. `read_header` gives None for what is none."""
    out = dict(claim)
    if gap == WHOLE:
        return out
    proof = main_proof(claim)
    if proof is None or gap["one_path"] and (claim["kind"] != "transaction" or not claim["checkpoint"]):
        return None
    steps = ([bit for bit, _ in proof[2]], [sibling for _, sibling in proof[2]])
    state_root = packing.root_of([proof[0], proof[1], *steps])
    of_transaction = claim["kind"] == "transaction"
    if gap["rest"]:
        out["header"] = assembled(claim, gap, state_root, bytes(32) if of_transaction else None)
    header = read_header(out["header"])
    if header is None:
        return None
    if gap["one_path"]:
        paths = trees.fill_paths(claim["history_index"], header["history_size"], gap["size"], leaf_of(claim),
                                 claim["history_path"], claim["checkpoint"][1])
        if paths is None:
            return None
        out["history_path"], out["checkpoint"] = paths[0], (claim["checkpoint"][0], paths[1])
    if gap["rest"] and of_transaction:
        root = trees.history_root(leaf_of(claim), claim["history_index"], header["history_size"], out["history_path"])
        if root is None:
            return None
        header["history_root"] = root
        out["header"] = assembled(claim, gap, state_root, root)
    if gap["signatures"]:
        size = header["history_size"]
        path = out["checkpoint"][1]
        root = trees.consistency_root(size, header["history_root"], gap["size"] or size, path)
        if root is None:
            return None
        out["checkpoint"] = (note_of(header, out["header"], root, gap), path)
    return out


def without_note(claim, gap, header):
    note, path = claim["checkpoint"]
    text, mark, rest = note.partition(b"\n\n")
    found = re.fullmatch(rb"[^\n]*\n([0-9]{1,20})\n[^\n]*\nheader ([0-9]{1,20}) ([^ \n]+)", text)
    if not mark or not found:
        return None
    try:
        digest = base64.b64decode(found[3], validate=True)
    except ValueError:
        return None
    own = {"size": header["history_size"], "height": header["height"],
           "hash": hashlib.sha512(claim["header"]).digest()}
    named = {"size": int(found[1]), "height": int(found[2]), "hash": digest}
    if max(named["size"], named["height"]) >= 1 << 64:
        return None
    others = {name: value for name, value in named.items() if value != own[name]}
    return {**claim, "checkpoint": (b"", path)}, {**gap, **others, "signatures": b"\n" + rest}


def without_shared_path(claim, gap, header):
    if claim["kind"] != "transaction" or not gap["signatures"] or not gap["size"]:
        return None
    note, onward = claim["checkpoint"]
    paths = trees.cut_paths(claim["history_index"], header["history_size"], gap["size"], claim["history_path"], onward)
    return paths and ({**claim, "history_path": paths[0], "checkpoint": (note, paths[1])}, {**gap, "one_path": 1})


def without_roots(claim, gap, _):
    header, at = claim["header"], 0
    while header[at] != 0x2A:  # the state root's field
        number, at = header[at] & 7 == 0, at + 1
        if number:
            while header[at] & 0x80:
                at += 1
        at += 1 if number else 1 + header[at]
    roots = 2 if claim["kind"] == "transaction" else 1
    return {**claim, "header": header[:at]}, {**gap, "rest": header[at + 34 * roots:]}


def shorten(whole, read_header):
    """The receipt without what follows, and what tells the way back."""
    short, gap = whole, WHOLE
    header = read_header(whole["header"])
    if header is None:
        return short, gap
    for cut in ([without_note, without_shared_path] if whole["checkpoint"] else []) + [without_roots]:
        found = cut(short, gap, header)
        if found and fill(*found, read_header) == whole:
            short, gap = found
    return short, gap


def restore(claim, gap, read_header):
    """The whole receipt, or None unless all that can be left out is left out and the rest is not."""
    whole = fill(claim, gap, read_header)
    return whole if whole is not None and shorten(whole, read_header) == (claim, gap) else None

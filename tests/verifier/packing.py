# SPDX-License-Identifier: Apache-2.0
"""The packing of a receipt's compact form and the steps that its proofs share: docs/formats/receipt.md."""
import base64
import hashlib

DIGITS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
REFERENCE, BASE64, UNIT_MIN, UNIT_MAX = 128, 192, 4, 67


def pack(data):
    out, literals, places, at = bytearray(), bytearray(), {}, 0

    def flush():
        for i in range(0, len(literals), 128):
            part = literals[i:i + 128]
            out.append(len(part) - 1)
            out.extend(part)
        literals.clear()

    while at < len(data):
        earlier = places.get(data[at:at + 4]) if at + 4 <= len(data) else None
        length = 0
        if earlier is not None:
            most = min(UNIT_MAX, len(data) - at)
            length = next((n for n in range(most) if data[earlier + n] != data[at + n]), most)
            flush()
            out.append(REFERENCE + length - UNIT_MIN)
            out.extend((at - earlier).to_bytes(2, "big"))
        else:
            most = min(4 * UNIT_MAX, len(data) - at)
            groups = next((n for n in range(most) if data[at + n] not in DIGITS), most) // 4
            if groups >= UNIT_MIN:
                length = 4 * groups
                flush()
                out.append(BASE64 + groups - UNIT_MIN)
                out.extend(base64.b64decode(data[at:at + length]))
            else:
                length = 1
                literals.append(data[at])
        for place in range(at, min(at + length, len(data) - 3)):
            places[data[place:place + 4]] = place
        at += length
    flush()
    return bytes(out)


def unpack(packed, most):
    """None unless `packed` is what pack() would have written of at most so many bytes."""
    out, at = bytearray(), 0
    while at < len(packed):
        first = packed[at]
        at += 1
        if first < REFERENCE:
            taken = packed[at:at + first + 1]
            if len(taken) != first + 1:
                return None
            out += taken
        elif first < BASE64:
            taken = packed[at:at + 2]
            distance = int.from_bytes(taken, "big")
            if len(taken) != 2 or not 0 < distance <= len(out):
                return None
            for _ in range(first - REFERENCE + UNIT_MIN):
                out.append(out[-distance])
        else:
            taken = packed[at:at + 3 * (first - BASE64 + UNIT_MIN)]
            if len(taken) != 3 * (first - BASE64 + UNIT_MIN):
                return None
            out += base64.b64encode(taken)
        at += len(taken)
        if len(out) > most:
            return None
    return bytes(out) if pack(bytes(out)) == packed else None


# A proof here is [key, value, bits, siblings]; a sibling that is left out is None.

def path_of(proof):
    return int.from_bytes(hashlib.sha256(proof[0]).digest(), "big")


def leaf_of(proof):
    return hashlib.sha256(b"\x00" + hashlib.sha256(proof[0]).digest() + hashlib.sha256(proof[1]).digest()).digest()


def above(path, node, bit, sibling):
    pair = sibling + node if path >> (255 - bit) & 1 else node + sibling
    return hashlib.sha256(bytes([(bit + 1) & 0xFF]) + pair).digest()


def root_of(proof):
    path, node = path_of(proof), leaf_of(proof)
    for bit, sibling in zip(proof[2], proof[3]):
        node = above(path, node, bit, sibling)
    return node


def sources(proofs):
    """For each step of each proof None (given), ("step", other) or ("node", other). None where nothing can be shared."""
    paths = [path_of(proof) for proof in proofs]
    out = []
    for mine, proof in enumerate(proofs):
        if any(low >= high for high, low in zip(proof[2], proof[2][1:])):
            return None
        out.append([source_of(bit, mine, paths) for bit in proof[2]])
    flat = [(source, bit) for one, proof in zip(out, proofs) for source, bit in zip(one, proof[2])]
    if any(source and source[0] == "step" and bit not in proofs[source[1]][2] for source, bit in flat):
        return None
    return out if any(source for source, _ in flat) else None


def source_of(bit, mine, paths):
    part = [256 - (path ^ paths[mine]).bit_length() for path in paths]
    for other in range(mine):
        if part[other] > bit:
            return "step", other
    return next((("node", other) for other, at in enumerate(part) if at == bit), None)


def fill(proofs, found):
    """The siblings of each proof, with those that follow from the others."""
    paths, nodes = [path_of(proof) for proof in proofs], [leaf_of(proof) for proof in proofs]
    whole = [list(proof[3]) for proof in proofs]
    for bit in range(255, -1, -1):
        below = list(nodes)
        for mine, proof in enumerate(proofs):
            if bit not in proof[2]:
                continue
            at = proof[2].index(bit)
            if found[mine][at]:
                kind, other = found[mine][at]
                whole[mine][at] = below[other] if kind == "node" else whole[other][proofs[other][2].index(bit)]
            nodes[mine] = above(paths[mine], nodes[mine], bit, whole[mine][at])
    return whole

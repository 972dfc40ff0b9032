# SPDX-License-Identifier: Apache-2.0
"""The history log's trees (RFC 9162), and what its paths leave to each other: docs/formats/receipt.md."""
import hashlib


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def history_root(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2; None if the path does not fit."""
    if index >= size:
        return None
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = sha256(b"\x01", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01", r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def consistency_root(old_size, old_root, new_size, path):
    """RFC 9162 section 2.1.4.2: the new root; None if the path does not fit."""
    if not 0 < old_size <= new_size or bool(path) != (old_size < new_size):
        return None
    if not path:
        return old_root
    if old_size & (old_size - 1) == 0:
        path = [old_root] + path
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01", c, fr), sha256(b"\x01", c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01", sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sr if sn == 0 and fr == old_root else None


def consistent(old_size, old_root, new_size, new_root, path):
    if old_size == 0 < new_size:
        return not path and old_root == sha256(b"")
    if old_size == new_size:
        return not path and old_root == new_root
    return consistency_root(old_size, old_root, new_size, path) == new_root


# A log of `size` leaves is made of complete trees, one for each bit of its size.

def complete_trees(index, size):
    """Of the tree that a leaf stands in: its level, the leaf's index in it, and how many trees are smaller."""
    for level in reversed(range(size.bit_length())):
        if not size >> level & 1:
            continue
        if index < 1 << level:
            return level, index, bin(size & ((1 << level) - 1)).count("1")
        index -= 1 << level
    return None


def roots_on_the_way(size, later):
    """Where in the path from a log to a later one the roots of its complete trees stand, and how long that is."""
    fn, sn, length, places = size - 1, later - 1, 1, [0]
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    while sn:
        if fn & 1 or fn == sn:
            places.append(length)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        fn, sn, length = fn >> 1, sn >> 1, length + 1
    return places, length


def fill_paths(index, size, later, leaf, path, onward):
    """Both paths whole, from what `cut_paths` leaves; None if they do not fit."""
    if not index < size < later or size & (size - 1) == 0:
        return None
    level, within, rank = complete_trees(index, size)
    places, length = roots_on_the_way(size, later)
    if len(path) != level or len(onward) + 1 != length:
        return None
    own = history_root(leaf, within, 1 << level, path)
    onward = onward[:places[rank]] + [own] + onward[places[rank]:]
    trees, behind = [onward[place] for place in places], None
    for tree in trees[:rank]:
        behind = sha256(b"\x01", tree, behind) if behind else tree
    return path + ([behind] if behind else []) + trees[rank + 1:], onward


def cut_paths(index, size, later, path, onward):
    """The paths without what they say of each other; None if they do not fit."""
    if not index < size < later or size & (size - 1) == 0:
        return None
    level, _, rank = complete_trees(index, size)
    places, length = roots_on_the_way(size, later)
    if len(onward) != length or len(path) < level:
        return None
    return path[:level], onward[:places[rank]] + onward[places[rank] + 1:]

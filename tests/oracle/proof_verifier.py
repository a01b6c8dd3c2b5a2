"""One event's proof (C2SP tlog-proof) against public keys, from the texts of RFC 9162 and C2SP alone. Shares nothing
with the product."""
import base64
import re

from cosignature_verifier import cosigned_at
from cryptography.exceptions import InvalidSignature
from ledger_verifier import checkpoint, sha


def root_of(leaf, index, size, hashes):
    """RFC 9162, 2.1.3.2: the root this path leads to; None: it is no path of that tree."""
    node, last, root = index, size - 1, leaf
    if index >= size:
        return None
    for each in hashes:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = sha(b"\1" + each + root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = sha(b"\1" + root + each)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def cosigned(note, vkey):
    try:
        return cosigned_at(note, vkey) >= 0
    except (ValueError, InvalidSignature):
        return False


def proven(text, vkey, entry=None, witness=None):
    """(index, size, entry) of what is proven, or None. `entry`: had from elsewhere."""
    proof, _, note = text.partition(b"\n\n")
    match = re.fullmatch(rb"c2sp\.org/tlog-proof@v1\n(?:extra ([\w+/=]*)\n)?index (0|[1-9]\d*)((?:\n[\w+/=]+)*)", proof)
    if not match:
        return None
    extra, index, hashes = match.groups()
    try:
        entry = base64.b64decode(extra, validate=True) if entry is None else entry
        hashes = [base64.b64decode(line, validate=True) for line in hashes.split()]
    except (TypeError, ValueError):
        return None
    size, root = checkpoint(note, vkey)
    if root is None or (witness and not cosigned(note, witness)) or any(len(each) != 32 for each in hashes):
        return None
    return (int(index), size, entry) if root_of(sha(b"\0" + entry), int(index), size, hashes) == root else None

"""`somabrain audit verify --proof` and an independent verifier, given the same genuine and forged proofs.

    SOMABRAIN=build/release/src/somabrain python -m pytest tests/oracle/proof_test.py

The log and its proofs are made here, by neither of the two.
"""
import base64
import random
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ledger_forge import KEY, OTHER, PROGRAM, Key, make_events
from ledger_verifier import mth, sha
from proof_verifier import proven

SIZE = 700
EACH = 40  # forgeries of a kind
EVENTS = make_events(SIZE)
LEAVES = [sha(b"\0" + event) for event in EVENTS]


def path(index, leaves):
    """PATH(m, D[n]) of RFC 9162, 2.1.3.1, word by word."""
    if len(leaves) < 2:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return [*path(index, leaves[:k]), mth(leaves[k:])]
    return [*path(index - k, leaves[k:]), mth(leaves[:k])]


def text(index, hashes, note, entry=None):
    extra = [b"extra " + base64.b64encode(entry)] if entry is not None else []
    lines = [b"c2sp.org/tlog-proof@v1", *extra, b"index %d" % index, *map(base64.b64encode, hashes)]
    return b"\n".join(lines) + b"\n\n" + note


class Proof:
    """A genuine one, to be bent."""

    def __init__(self, rng, size=None):
        self.size = size or rng.randrange(2, SIZE + 1)
        self.index = rng.randrange(self.size)
        self.hashes = path(self.index, LEAVES[:self.size])
        self.note = KEY.checkpoint(self.size, mth(LEAVES[:self.size]))
        self.entry = EVENTS[self.index]

    def text(self):
        return text(self.index, self.hashes, self.note, self.entry)


class Files:
    def __init__(self, folder):
        self.folder = folder
        self.write("key", KEY.public().encode() + b"\n")

    def write(self, name, data):
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def verdict(self, proof, *options):
        """What was proven, printed; or None."""
        done = subprocess.run([PROGRAM, "audit", "verify", "--proof", self.write("proof", proof), "--key",
                               self.folder / "key", *options], capture_output=True, check=False)
        assert (done.returncode == 0) == done.stdout.startswith(b"valid: leaf "), done
        assert done.returncode == 0 or done.stderr.startswith(b"somabrain: not "), done
        return done.stdout if done.returncode == 0 else None


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def flipped(data, rng):
    data = bytearray(data)
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def entry_edited(proof, rng):
    proof.entry = flipped(proof.entry, rng)


def entry_of_another_leaf(proof, rng):
    proof.entry = EVENTS[(proof.index + rng.randrange(1, SIZE)) % SIZE]


def another_index(proof, rng):
    proof.index = rng.choice([n for n in range(proof.size + 2) if n != proof.index])


def hash_edited(proof, rng):
    at = rng.randrange(len(proof.hashes))
    proof.hashes[at] = flipped(proof.hashes[at], rng)


def hash_dropped(proof, rng):
    proof.hashes.pop(rng.randrange(len(proof.hashes)))


def hash_added(proof, rng):
    proof.hashes.insert(rng.randrange(len(proof.hashes) + 1), sha(b"more"))


def hashes_reordered(proof, rng):
    proof.hashes = [*proof.hashes[1:], proof.hashes[0]] if len(proof.hashes) > 1 else [sha(b"other")]


def node_as_a_leaf(proof, _):
    """An inner node given out as an entry: the two are hashed apart for this."""
    proof.size, proof.index, proof.hashes = 2, 0, [LEAVES[2]]
    proof.entry = LEAVES[0] + LEAVES[1]
    proof.note = KEY.checkpoint(3, mth(LEAVES[:3]))


def root_of_another_tree(proof, rng):
    other = rng.choice([n for n in range(1, SIZE + 1) if n != proof.size])
    proof.note = KEY.checkpoint(proof.size, mth(LEAVES[:other]))


def checkpoint_by_another_key(proof, rng):
    root = mth(LEAVES[:proof.size])
    proof.note = OTHER.checkpoint(proof.size, root, KEY.head if rng.random() < .5 else None)


def checkpoint_of_another_log(proof, _):
    proof.note = Key(b"log", "somabrain.local/ledger/other").checkpoint(proof.size, mth(LEAVES[:proof.size]))


def checkpoint_edited(proof, rng):
    lines = proof.note.split(b"\n")
    if rng.random() < .5:
        lines[1] = b"%d" % (proof.size + 1)
    else:
        lines[2] = base64.b64encode(flipped(base64.b64decode(lines[2]), rng))
    proof.note = b"\n".join(lines)


def whole_log_forged(proof, _):
    """Consistent in itself, and signed by whoever forged it."""
    proof.entry = proof.entry.replace(b"recall", b"forget")
    leaves = [*LEAVES[:proof.index], sha(b"\0" + proof.entry), *LEAVES[proof.index + 1:]][:proof.size]
    proof.note = OTHER.checkpoint(proof.size, mth(leaves))


KINDS = [entry_edited, entry_of_another_leaf, another_index, hash_edited, hash_dropped, hash_added, hashes_reordered,
         node_as_a_leaf, root_of_another_tree, checkpoint_by_another_key, checkpoint_of_another_log, checkpoint_edited,
         whole_log_forged]


def test_genuine_proofs_are_believed_by_both(files):
    rng = random.Random(1)
    for size in [1, 2, 3, 256, 257, 511, 512, SIZE, *(rng.randrange(1, SIZE) for _ in range(40))]:
        proof = Proof(rng, size)
        printed = files.verdict(proof.text())
        assert printed == b"valid: leaf %d of %d leaves of %s\n%s\n" % (
            proof.index, size, KEY.name.encode(), proof.entry), size
        assert proven(proof.text(), KEY.public()) == (proof.index, size, proof.entry)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_forged_proofs_are_believed_by_neither(files, kind):
    rng = random.Random(kind.__name__)
    for _ in range(EACH):
        proof = Proof(rng)
        kind(proof, rng)
        assert files.verdict(proof.text()) is None
        assert proven(proof.text(), KEY.public()) is None


def test_the_entry_may_come_from_elsewhere(files):
    proof = Proof(random.Random(2))
    bare = text(proof.index, proof.hashes, proof.note)
    assert files.verdict(bare) is None, "nothing says what is proven"
    entry = files.write("entry", proof.entry)
    assert files.verdict(bare, "--entry", entry)
    assert proven(bare, KEY.public(), proof.entry) == (proof.index, proof.size, proof.entry)
    # What somebody holds counts, and not what the proof brings along.
    other = files.write("entry", EVENTS[(proof.index + 1) % SIZE])
    assert files.verdict(proof.text(), "--entry", other) is None


def test_whoever_wants_a_witness_gets_one(files):
    name, private = "somabrain.local/witness", Ed25519PrivateKey.from_private_bytes(sha(b"witness"))
    typed = b"\4" + private.public_key().public_bytes_raw()
    head = sha(name.encode() + b"\n" + typed)[:4]
    witness = f"{name}+{head.hex()}+{base64.b64encode(typed).decode()}"
    proof = Proof(random.Random(3))
    options = ("--witness-key", files.write("witness", witness.encode()))
    assert files.verdict(proof.text(), *options) is None
    assert proven(proof.text(), KEY.public(), witness=witness) is None
    body = proof.note.rpartition(b"\n\n")[0] + b"\n"
    for seconds, by, good in ((1_700_000_000, private, True), (1_700_000_001, OTHER.private, False)):
        signature = by.sign(b"cosignature/v1\ntime %d\n" % seconds + body)
        line = base64.b64encode(head + seconds.to_bytes(8, "big") + signature).decode()
        both = text(proof.index, proof.hashes, proof.note + f"— {name} {line}\n".encode(), proof.entry)
        assert (files.verdict(both, *options) is not None) == good
        assert (proven(both, KEY.public(), witness=witness) is not None) == good


def test_bad_use_says_what_is_missing(files):
    def refused(*words):
        done = subprocess.run([PROGRAM, "audit", "verify", *words], capture_output=True, text=True, check=False)
        assert done.returncode != 0 and done.stdout == ""
        return done.stderr
    key = ("--key", files.folder / "key")
    assert "--dir" in refused(*key) and "--proof" in refused(*key)
    proof = files.write("proof", Proof(random.Random(4)).text())
    assert "--dir" in refused(*key, "--dir", files.folder, "--proof", proof)
    assert "cannot read" in refused(*key, "--proof", files.folder / "none")
    assert "tlog-proof" in refused(*key, "--proof", files.write("p", b"c2sp.org/tlog-proof@v2\n"))
    assert "131072" in refused(*key, "--proof", files.write("p", b"x" * 200_000))

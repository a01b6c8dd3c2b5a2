"""`somabrain audit verify` and an independent verifier, given the same forgeries of a ledger's files.

    SOMABRAIN=build/release/src/somabrain python -m pytest tests/oracle/ledger_test.py

The log is made here, by neither of the two. Each forgery comes with the leaf that must be named: the first
that was touched, or where only a range can be known to be bad, the first leaf that no checkpoint before proves.
"""
import base64
import random
import time

import pytest
from ledger_forge import KEY, OTHER, STREAMS, Folder, bundle, log_files, make_events, name, tiles
from ledger_verifier import mth, sha

SIZE = 700
SIZES = [1, 100, 256, 300, 511, 640, SIZE]  # of the checkpoints
EACH = 56  # forgeries of a kind


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    genuine = Folder(tmp_path_factory.mktemp("ledger"), make_events(SIZE), SIZES)
    yield genuine
    genuine.close()


def before(size):
    """The largest checkpoint of at most that many leaves."""
    return max([s for s in SIZES if s <= size], default=0)


def bundle_of(n):
    """The widest file with leaf n's entry, which is the one that is read, and where it begins."""
    begin = n // 256 * 256
    return name("entries", n // 256, min(256, SIZE - begin)), begin, min(begin + 256, SIZE)


def with_entries(n, change):
    file, begin, end = bundle_of(n)
    entries = EVENTS[begin:end]
    change(entries, n - begin)
    return {file: bundle(entries)}


EVENTS = make_events(SIZE)


def edited(n):
    return EVENTS[:n] + [EVENTS[n].replace(b"recall", b"forget")] + EVENTS[n + 1:]


def edit(rng):
    n = rng.randrange(SIZE)
    return with_entries(n, lambda entries, i: entries.__setitem__(i, edited(n)[n])), n


def flip(rng):
    n = rng.randrange(SIZE)
    entry = bytearray(EVENTS[n])
    entry[rng.randrange(len(entry))] ^= 1 << rng.randrange(8)
    return with_entries(n, lambda entries, i: entries.__setitem__(i, bytes(entry))), n


def backdate(rng):
    n = rng.randrange(SIZE)
    older = EVENTS[n].replace(b"2026-11-23", b"2026-11-22")
    return with_entries(n, lambda entries, i: entries.__setitem__(i, older)), n


def drop(rng):
    n = rng.randrange(SIZE)
    return with_entries(n, lambda entries, i: entries.pop(i)), n


def drop_and_close_up(rng):
    n = rng.randrange(SIZE)
    rest = EVENTS[:n] + EVENTS[n + 1:]
    return {bundle_of(at)[0]: bundle(rest[at:at + 256]) for at in range(n // 256 * 256, SIZE, 256)}, n


def insert(rng):
    n = rng.randrange(SIZE)
    forged = EVENTS[n].replace(b"recall", b"insert")
    return with_entries(n, lambda entries, i: entries.insert(i, forged)), n


def append(rng):
    last = rng.choice([255, 511, SIZE - 1])
    return with_entries(last, lambda entries, _: entries.append(EVENTS[0])), last + 1


def reorder(rng):
    n = rng.randrange(SIZE)
    _, begin, end = bundle_of(n)
    first, second = sorted(rng.sample(range(begin, end), 2))

    def swap(entries, _):
        entries[first - begin], entries[second - begin] = EVENTS[second], EVENTS[first]
    return with_entries(n, swap), first


def truncate(rng):
    n = rng.randrange(SIZE)
    file, begin, _ = bundle_of(n)
    return {file: bundle(EVENTS[begin:n + 1])[:-rng.randrange(1, len(EVENTS[n]))]}, n


def tile_hash(rng):
    n = rng.randrange(SIZE)
    file = bundle_of(n)[0].replace("entries", "0")
    data = bytearray(GENUINE[file])
    data[n % 256 * 32 + rng.randrange(32)] ^= 1 << rng.randrange(8)
    return {file: bytes(data)}, n


def upper_tile(rng):
    block = rng.randrange(SIZE // 256)
    data = bytearray(GENUINE[f"tile/1/000.p/{SIZE // 256}"])
    data[block * 32 + rng.randrange(32)] ^= 1 << rng.randrange(8)
    return {f"tile/1/000.p/{SIZE // 256}": bytes(data)}, max(block * 256, before(block * 256 + 255))


def entry_with_its_tile(rng):
    """Entry and leaf agree: what is above them shows it, the nearer of a checkpoint and the block's end."""
    n = rng.randrange(SIZE)
    files = {file: data for file, data in tiles(edited(n), SIZES).items() if not file.startswith("tile/1/")}
    seen_at = min(s for s in [*SIZES, (n // 256 + 1) * 256] if s > n)
    checked_by_tile = seen_at % 256 == 0
    return files, max(n // 256 * 256, before(n)) if checked_by_tile else before(n)


def all_tiles(rng):
    n = rng.randrange(SIZE)
    return tiles(edited(n), SIZES), before(n)


def fork(rng):
    """By the holder of the key: written anew from a leaf on and signed again. One old checkpoint was kept."""
    n = rng.randrange(SIZE)
    kept = rng.choice([s for s in SIZES if s > n])
    return log_files(edited(n), SIZES), max([s for s in SIZES if s < kept], default=0), [
        GENUINE[f"checkpoints/{kept:020}"]]


def older_backup(rng):
    """The folder as it was, and the newest checkpoint kept elsewhere."""
    keep = rng.randrange(len(SIZES) - 1)
    old = log_files(EVENTS[:SIZES[keep]], SIZES[:keep + 1])
    gone = dict.fromkeys(file for file in GENUINE if file not in old)
    return gone, SIZES[keep], [GENUINE[f"checkpoints/{SIZE:020}"]]


def replaced_key(rng):
    """One checkpoint, or all from one on, by another key; half of them claim the genuine key's id."""
    first = rng.randrange(len(SIZES))
    sizes = SIZES[first:] if rng.random() < .5 else [SIZES[first]]
    leaves = [sha(b"\0" + event) for event in EVENTS]
    head = KEY.head if rng.random() < .5 else None
    return {f"checkpoints/{size:020}": OTHER.checkpoint(size, mth(leaves[:size]), head) for size in sizes}, (
        SIZES[first - 1] if first else 0)


def checkpoint_edited(rng):
    """Size or root changed, the signature left."""
    index = rng.randrange(len(SIZES))
    file = f"checkpoints/{SIZES[index]:020}"
    lines = GENUINE[file].split(b"\n")
    root = bytearray(base64.b64decode(lines[2]))
    root[rng.randrange(32)] ^= 1 << rng.randrange(8)
    lines[2] = base64.b64encode(root)
    return {file: b"\n".join(lines)}, SIZES[index - 1] if index else 0


def signed_gap(rng):
    """An event left out before it was signed: the next of its stream shows it."""
    n = rng.randrange(8, SIZE - 8)
    events = EVENTS[:n] + EVENTS[n + 1:]
    stream = STREAMS[(n * 7 // 3) % 4]
    shows = next(m for m in range(n + 1, SIZE) if STREAMS[(m * 7 // 3) % 4] == stream) - 1
    sizes = [size for size in SIZES if size < SIZE] + [SIZE - 1]
    return {**dict.fromkeys(GENUINE), **log_files(events, sizes)}, shows


GENUINE = log_files(EVENTS, SIZES)
KINDS = [edit, flip, backdate, drop, drop_and_close_up, insert, append, reorder, truncate, tile_hash, upper_tile,
         entry_with_its_tile, all_tiles, fork, older_backup, replaced_key, checkpoint_edited, signed_gap]


def test_the_genuine_log_raises_no_alarm(folder):
    assert folder.verdicts([])[:2] == (None, None)
    assert folder.program() == (0, None)
    assert folder.verdicts([GENUINE[f"checkpoints/{511:020}"]])[:2] == (None, None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_forgery_is_found_by_both_at_its_first_leaf(folder, kind):
    assert EACH * len(KINDS) >= 1_000
    rng = random.Random(kind.__name__)
    for turn in range(EACH):
        files, leaf, *kept = kind(rng)
        folder.forge(files)
        product, independent, reason = folder.verdicts(kept[0] if kept else [])
        program = folder.program(kept[0] if kept else []) if turn == 0 else (1, leaf)
        folder.restore()
        assert (product, independent, program) == (leaf, leaf, (1, leaf)), reason


def test_100_000_genuine_events_raise_no_alarm(tmp_path):
    sizes = [1, 1_000, 65_536, 65_537, 99_000, 100_000]
    large = Folder(tmp_path, make_events(100_000), sizes)
    begin = time.monotonic()
    assert large.verdicts([])[:2] == (None, None)
    large.close()
    print(f"both verified 100,000 events in {time.monotonic() - begin:.1f} s")

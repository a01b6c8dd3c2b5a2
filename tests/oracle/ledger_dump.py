"""What an auditor copied out of PostgreSQL or Kafka, as the files that `audit verify` reads.

An event that is missing, disputed or out of its order is left out, and so are all behind it: the log that is
verified then ends with the event before. Shares nothing with the product.
"""
import json

from ledger_verifier import mth

# Columns of `events` that repeat what the body says.
COLUMNS = ("tenant", "stream", "stream_sequence", "time", "actor", "action")


def of_postgres(rows, first_index):
    """(entries, their hashes) of rows as COPY gives them, which need be in no order."""
    entries, hashes = [], []
    for row in sorted(rows, key=lambda row: row["log_index"]):
        body = json.loads(row["body"])
        if row["log_index"] != first_index + len(entries) or any(row[name] != body[name] for name in COLUMNS):
            break
        entries.append(row["body"])
        hashes.append(row["leaf"])
    return entries, hashes


def of_kafka(records, first_index):
    """Entries of a topic's records (partition, log_index, body), in the order of their offsets. A record may
    come again, as it was; in a partition new ones have ever higher indexes; a stream is in one partition."""
    bodies, highest, home, bad = {}, {}, {}, set()
    for record in records:
        partition, index, body = record["partition"], record["log_index"], record["body"]
        if index in bodies:
            if bodies[index] != body:
                bad.add(index)
            continue
        event = json.loads(body)
        if index < highest.get(partition, index) or partition != home.setdefault(
                (event["tenant"], event["stream"]), partition):
            bad.add(index)
        highest[partition] = max(index, highest.get(partition, index))
        bodies[index] = body
    entries = []
    while (index := first_index + len(entries)) in bodies and index not in bad:
        entries.append(bodies[index])
    return entries


def tile(kind, at, size, data):
    width = min(256, size - at)
    return {f"tile/{kind}/{at // 256:03}" + (f".p/{width}" if width < 256 else ""): data}


def entry_tiles(entries, size):
    """Of a log of that size: of events that are missing there is nothing."""
    out = {}
    for at in range(0, size, 256):
        part = entries[at:min(at + 256, size)]
        out |= tile("entries", at, size, b"".join(len(entry).to_bytes(2, "big") + entry for entry in part))
    return out


def hash_tiles(hashes, size):
    """Of level 0, where what is missing is zeros, and those above by hashing."""
    out, level = {}, 0
    hashes = hashes[:size] + [bytes(32)] * (size - len(hashes))
    while hashes:
        for at in range(0, len(hashes), 256):
            out |= tile(level, at, len(hashes), b"".join(hashes[at:at + 256]))
        hashes, level = [mth(hashes[at:at + 256]) for at in range(0, len(hashes) - 255, 256)], level + 1
    return out


def newest(files):
    return max(int(name.rsplit("/", 1)[1]) for name in files if name.startswith("checkpoints/"))


def postgres_files(rows, checkpoints, first_index):
    """What no checkpoint covers is not proven, and left out."""
    entries, hashes = of_postgres(rows, first_index)
    size = newest(checkpoints)
    return {**entry_tiles(entries, size), **hash_tiles(hashes, size), **checkpoints}


def kafka_files(records, archive, first_index):
    """Beside the hashes and checkpoints of the archive."""
    kept = {name: data for name, data in archive.items() if not name.startswith("tile/entries/")}
    return {**kept, **entry_tiles(of_kafka(records, first_index), newest(archive))}

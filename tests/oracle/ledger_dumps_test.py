"""A ledger copied out of PostgreSQL, and out of Kafka, with everything somebody may do to it there: found by
`somabrain audit verify` and by the independent verifier, at the same leaf.

In the auditor's hands: of PostgreSQL the rows of `events` and `checkpoints`; of Kafka the records of soma.audit, with
the log's hashes and checkpoints from object storage; the log's public key; where a test says so a checkpoint that
was kept elsewhere, which is what a witness is for. The last tests say what nobody finds without that.
"""
import json
import random

import pytest
from ledger_dump import kafka_files, postgres_files
from ledger_forge import KEY, OTHER, Folder, log_files, make_events
from ledger_verifier import mth, sha

FIRST = 65_536  # log_index of leaf 0: a log that began anew after a restore
SIZE = 560
SIZES = [1, 90, 256, 310, 480, SIZE]
EACH = 24
EVENTS = make_events(SIZE)
GENUINE = log_files(EVENTS, SIZES)
CHECKPOINTS = {name: data for name, data in GENUINE.items() if name.startswith("checkpoints/")}
PARTITION = {"a": 3, "b": 9, None: 0}


def row(n, body):
    event = json.loads(body)
    return {"log_index": FIRST + n, "body": body, "leaf": sha(b"\0" + body),
            **{name: event[name] for name in ("tenant", "stream", "stream_sequence", "time", "actor", "action")}}


def rows(events):
    return [row(n, body) for n, body in enumerate(events)]


def record(n, body):
    return {"partition": PARTITION[json.loads(body)["tenant"]], "log_index": FIRST + n, "body": body}


def records(events):
    return [record(n, body) for n, body in enumerate(events)]


def note(size):
    return GENUINE[f"checkpoints/{size:020}"]


def before(n):
    """Leaves that a checkpoint of at most n proves."""
    return max([size for size in SIZES if size <= n], default=0)


def stumbles(events, n):
    """The leaf that is named when all rows agree with each other from n on, but not with what was signed: where
    a stream's numbers go wrong, unless a checkpoint comes first."""
    last, wrong = {}, len(events)
    for m, body in enumerate(events):
        event = json.loads(body)
        stream, sequence = (event["tenant"], event["stream"]), event["stream_sequence"]
        if last.get(stream, sequence - 1) + 1 != sequence:
            wrong = m
            break
        last[stream] = sequence
    return before(n) if any(n < size <= wrong for size in SIZES) else wrong


def changed(n, old=b"recall", new=b"forget"):
    return EVENTS[:n] + [EVENTS[n].replace(old, new)] + EVENTS[n + 1:]


# PostgreSQL: each returns (rows, checkpoints, the leaf to be named, checkpoints kept elsewhere).

def pg_edit(rng):
    """The body alone."""
    n, found = rng.randrange(SIZE), rows(EVENTS)
    found[n]["body"] = EVENTS[n].replace(b"agent-", b"admin-")
    found[n]["actor"] = found[n]["actor"].replace("agent-", "admin-")
    return found, CHECKPOINTS, n


def pg_edit_with_its_leaf(rng):
    n = rng.randrange(SIZE)
    return rows(changed(n)), CHECKPOINTS, before(n)


def pg_column(rng):
    """A column that repeats the body, which the service's own answers are read from."""
    n, found = rng.randrange(SIZE), rows(EVENTS)
    name = rng.choice(["actor", "action", "time", "stream_sequence"])
    found[n][name] = 7_000 if name == "stream_sequence" else "another"
    return found, CHECKPOINTS, n


def pg_leaf(rng):
    n, found = rng.randrange(SIZE), rows(EVENTS)
    found[n]["leaf"] = sha(b"\0another")
    return found, CHECKPOINTS, n


def pg_drop(rng):
    n, found = rng.randrange(SIZE), rows(EVENTS)
    del found[n]
    return found, CHECKPOINTS, n


def pg_drop_and_close_up(rng):
    """And the rows behind it are numbered anew."""
    n = rng.randrange(SIZE)
    events = EVENTS[:n] + EVENTS[n + 1:]
    return rows(events), CHECKPOINTS, stumbles(events, n)


def pg_insert(rng):
    n = rng.randrange(SIZE)
    events = EVENTS[:n] + [EVENTS[n].replace(b"recall", b"insert")] + EVENTS[n:]
    return rows(events), CHECKPOINTS, stumbles(events, n)


def pg_reorder(rng):
    """Two rows exchange their numbers."""
    first, second = sorted(rng.sample(range(SIZE), 2))
    events = list(EVENTS)
    events[first], events[second] = events[second], events[first]
    return rows(events), CHECKPOINTS, stumbles(events, first)


def pg_backdate(rng):
    n = rng.randrange(SIZE)
    return rows(changed(n, b"2026-11-23", b"2026-11-22")), CHECKPOINTS, before(n)


def pg_truncate(rng):
    """The newest rows are gone, the checkpoints over them are not."""
    n = rng.randrange(SIZE)
    return rows(EVENTS)[:n], CHECKPOINTS, n


def pg_fork(rng):
    """Written anew from n on, and signed by whoever has the key; one old checkpoint was kept."""
    n = rng.randrange(SIZE)
    kept = rng.choice([size for size in SIZES if size > n])
    forged = log_files(changed(n), SIZES)
    return rows(changed(n)), {name: forged[name] for name in CHECKPOINTS}, before(kept - 1), note(kept)


def pg_older_backup(rng):
    size = rng.choice(SIZES[:-1])
    return rows(EVENTS[:size]), {f"checkpoints/{s:020}": note(s) for s in SIZES if s <= size}, size, note(SIZE)


def pg_replaced_key(rng):
    """Checkpoints from one on, signed by another, who may claim the genuine key's id."""
    first, head = rng.randrange(len(SIZES)), rng.choice([None, KEY.head])
    leaves = [sha(b"\0" + event) for event in EVENTS]
    forged = {f"checkpoints/{size:020}": OTHER.checkpoint(size, mth(leaves[:size]), head)
              for size in SIZES[first:]}
    return rows(EVENTS), {**CHECKPOINTS, **forged}, SIZES[first - 1] if first else 0


# Kafka: each returns (records, archive, the leaf to be named).

def kafka_edit(rng):
    n = rng.randrange(SIZE)
    return records(changed(n)), GENUINE, n


def kafka_backdate(rng):
    n = rng.randrange(SIZE)
    return records(changed(n, b"2026-11-23", b"2026-11-22")), GENUINE, n


def kafka_drop(rng):
    n, found = rng.randrange(SIZE), records(EVENTS)
    del found[n]
    return found, GENUINE, n


def kafka_drop_and_close_up(rng):
    n = rng.randrange(SIZE)
    return records(EVENTS[:n] + EVENTS[n + 1:]), GENUINE, n


def kafka_insert(rng):
    """A second record of an index, with another body, anywhere behind or before the genuine one."""
    n, found = rng.randrange(SIZE), records(EVENTS)
    found.insert(rng.randrange(SIZE), record(n, changed(n)[n]))
    # Before the genuine one it also stands before its elders, which then come too late.
    position = next(i for i, each in enumerate(found) if each["body"] == changed(n)[n])
    late = [each["log_index"] - FIRST for each in found[position + 1:]
            if each["log_index"] < FIRST + n and each["partition"] == found[position]["partition"]]
    return found, GENUINE, min([n, *late])


def kafka_reorder(rng):
    """Two neighbours of a partition exchange their offsets."""
    found = records(EVENTS)
    partition = rng.choice(list(PARTITION.values()))
    places = [i for i, each in enumerate(found) if each["partition"] == partition]
    at = rng.randrange(len(places) - 1)
    first, second = places[at], places[at + 1]
    found[first], found[second] = found[second], found[first]
    return found, GENUINE, first


def kafka_renumber(rng):
    """Two records exchange their numbers."""
    first, second = sorted(rng.sample(range(SIZE), 2))
    events = list(EVENTS)
    events[first], events[second] = events[second], events[first]
    return records(events), GENUINE, first


def kafka_another_partition(rng):
    """A record is moved to where its stream is not."""
    n, found = rng.randrange(8, SIZE), records(EVENTS)
    found[n]["partition"] = (found[n]["partition"] + 1) % 64
    return found, GENUINE, n


def kafka_truncate(rng):
    n = rng.randrange(SIZE)
    return records(EVENTS)[:n], GENUINE, n


def kafka_fork(rng):
    """The topic was filled from a database that was forked."""
    n = rng.randrange(SIZE - 1)
    return records(EVENTS[:n] + [body.replace(b"agent-", b"admin-") for body in EVENTS[n:]]), GENUINE, n


POSTGRES = [pg_edit, pg_edit_with_its_leaf, pg_column, pg_leaf, pg_drop, pg_drop_and_close_up, pg_insert,
            pg_reorder, pg_backdate, pg_truncate, pg_fork, pg_older_backup, pg_replaced_key]
KAFKA = [kafka_edit, kafka_backdate, kafka_drop, kafka_drop_and_close_up, kafka_insert, kafka_reorder,
         kafka_renumber, kafka_another_partition, kafka_truncate, kafka_fork]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    genuine = Folder(tmp_path_factory.mktemp("dumps"), EVENTS, SIZES)
    yield genuine
    genuine.close()


def verdicts(folder, files, kept=()):
    folder.forge({**dict.fromkeys(GENUINE), **files})
    answer = folder.verdicts(kept)
    folder.restore()
    return answer


def test_what_was_copied_raises_no_alarm(folder):
    assert verdicts(folder, postgres_files(rows(EVENTS), CHECKPOINTS, FIRST))[:2] == (None, None)
    assert verdicts(folder, kafka_files(records(EVENTS), GENUINE, FIRST))[:2] == (None, None)
    twice = records(EVENTS)[:300] + records(EVENTS)[250:]
    assert verdicts(folder, kafka_files(twice, GENUINE, FIRST))[:2] == (None, None), "records that came again"


@pytest.mark.parametrize("kind", POSTGRES, ids=lambda kind: kind.__name__)
def test_what_was_done_in_postgres_is_found(folder, kind):
    rng = random.Random(kind.__name__)
    for _ in range(EACH):
        found, checkpoints, leaf, *kept = kind(rng)
        product, independent, reason = verdicts(folder, postgres_files(found, checkpoints, FIRST), kept)
        assert (product, independent) == (leaf, leaf), reason


@pytest.mark.parametrize("kind", KAFKA, ids=lambda kind: kind.__name__)
def test_what_was_done_in_kafka_is_found(folder, kind):
    rng = random.Random(kind.__name__)
    for _ in range(EACH):
        found, archive, leaf = kind(rng)
        product, independent, reason = verdicts(folder, kafka_files(found, archive, FIRST))
        assert (product, independent) == (leaf, leaf), reason


# What only somebody else's checkpoint shows.

def test_a_log_cut_back_to_an_older_checkpoint_is_a_shorter_log(folder):
    size = SIZES[-2]
    shorter = postgres_files(rows(EVENTS[:size]), {f"checkpoints/{s:020}": note(s) for s in SIZES[:-1]}, FIRST)
    assert verdicts(folder, shorter)[:2] == (None, None)
    assert verdicts(folder, shorter, [note(SIZE)])[:2] == (size, size)


def test_a_log_written_anew_by_the_keys_holder_is_another_log(folder):
    forged = log_files(changed(7), SIZES)
    anew = postgres_files(rows(changed(7)), {name: forged[name] for name in CHECKPOINTS}, FIRST)
    assert verdicts(folder, anew)[:2] == (None, None)
    assert verdicts(folder, anew, [note(90)])[:2] == (1, 1)


def test_what_no_checkpoint_covers_yet_is_not_proven(folder):
    owed = rows([*EVENTS, make_events(SIZE + 1)[-1].replace(b"recall", b"forget")])
    assert verdicts(folder, postgres_files(owed, CHECKPOINTS, FIRST))[:2] == (None, None)

#!/usr/bin/env python3
"""kill -9 in the middle of writing: is every acknowledged memory there, none twice, no gap?

    ./dev test crash              10,000 writes by 16 clients, 5 rounds for each victim

Each round has a tenant of its own. Every write carries an Idempotency-Key and is repeated until it is
acknowledged. The victim (`serve`, then `postgres`) is killed just after the committer's trace says
that a COMMIT has been sent, again and again until a kill has hit the time before its answer."""
import argparse
import dataclasses
import hashlib
import http.client
import itertools
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))

from api import Client
from private_stack import PrivateStack, alive, wait_until
from tokens import Issuer

VECTOR = json.dumps([round(random.Random(5).gauss(0, 1), 4) for _ in range(384)])
PATIENCE = 180  # seconds a single write may take, kills and restarts included


class Writers:
    """Clients that write numbers 0 .. count - 1, each until acknowledged."""

    def __init__(self, port, token, count, clients):
        self.port, self.token = port, token
        self.count = count
        self.numbers = iter(range(count))
        self.lock = threading.Lock()
        self.acknowledged = {}  # number -> (id, sequence)
        self.repeats = 0
        self.troubles = []
        self.threads = [threading.Thread(target=self.work) for _ in range(clients)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def join(self):
        for thread in self.threads:
            thread.join()

    @property
    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def work(self):
        client = Client(self.port, self.token, timeout=30)
        try:
            while (number := self.take()) is not None:
                self.write(client, number)
        except Exception as error:  # the main thread reports it
            self.troubles.append(repr(error))
        finally:
            client.close()

    def take(self):
        with self.lock:
            return next(self.numbers, None)

    def write(self, client, number):
        body = f'{{"text":"drill {number}","kind":"drill-{number}","embedding":{VECTOR}}}'
        key = {"Idempotency-Key": f"drill-{number}"}
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                reply = client.post("/v1/memories", body, headers=key)
            except (OSError, http.client.HTTPException):
                reply = None
            if reply is not None and reply.status == 201:
                answer = reply.json
                with self.lock:
                    self.acknowledged[number] = (answer["id"], answer["sequence"])
                return
            if reply is not None and reply.status not in (503, 504):
                raise AssertionError(f"write {number}: {reply}")
            with self.lock:
                self.repeats += 1
            time.sleep(0.05)
        raise AssertionError(f"write {number} was not acknowledged within {PATIENCE} s")


def verify(acknowledged, rows, events, state_sequence):
    """What is wrong, in words; nothing when all is well. Pure, so that seeded faults can test it.

    acknowledged: number -> (id, sequence) · rows: (kind, id, sequence) of table memories ·
    events: (log_index, stream, stream_sequence, body, leaf) of the tenant, by log_index."""
    wrong = []
    by_id = {row[1]: row for row in rows}
    for number, (memory_id, sequence) in acknowledged.items():
        row = by_id.get(memory_id)
        if row is None:
            wrong.append(f"lost: write {number}, {memory_id}")
        elif row[0] != f"drill-{number}" or row[2] != sequence:
            wrong.append(f"changed: write {number} is {row}, acknowledged as {sequence}")
    kinds = [row[0] for row in rows]
    doubled = {kind for kind in kinds if kinds.count(kind) > 1} if len(set(kinds)) < len(kinds) else ()
    wrong += [f"doubled: {kind}" for kind in sorted(doubled)]
    state = [event[2] for event in events if event[1] == "state"]
    if state != list(range(1, len(state) + 1)):
        wrong.append("the state stream is not dense in the order of the log")
    if state_sequence != len(state):
        wrong.append(f"the stream says {state_sequence}, it has {len(state)} events")
    if sorted(row[2] for row in rows) != state:
        wrong.append("memories and state events do not pair up")
    for index, _, sequence, body, leaf in events:
        if hashlib.sha256(b"\0" + body).digest() != leaf:
            wrong.append(f"leaf {index} is not its body's")
        if json.loads(body)["stream_sequence"] != sequence:
            wrong.append(f"event {index} tells another sequence than its column")
    return wrong


def seeded_faults():
    """(faults the verifier was shown, faults it caught)."""
    def body(sequence):
        return json.dumps({"stream_sequence": sequence}).encode()

    def state():
        rows = [(f"drill-{n}", f"id-{n}", n + 1) for n in range(20)]
        events = [(n, "state", n + 1, body(n + 1), hashlib.sha256(b"\0" + body(n + 1)).digest())
                  for n in range(20)]
        return {n: (f"id-{n}", n + 1) for n in range(20)}, rows, events, 20

    def lost(acked, rows, events, size):
        return {**acked, 99: ("id-99", 21)}, rows, events, size

    def lost_row(acked, rows, events, size):
        return acked, rows[:7] + rows[8:], events, size

    def doubled(acked, rows, events, size):
        more = (20, "state", 21, body(21), hashlib.sha256(b"\0" + body(21)).digest())
        return acked, rows + [("drill-3", "id-x", 21)], events + [more], 21

    def gap(acked, rows, events, size):
        return acked, rows, events[:5] + events[6:], size

    def swapped(acked, rows, events, size):
        return acked, rows, events[:5] + [events[6], events[5]] + events[7:], size

    def renumbered(acked, rows, events, size):
        return {**acked, 4: ("id-4", 6)}, rows, events, size

    def edited(acked, rows, events, size):
        changed = events[3][:3] + (body(4) + b" ", events[3][4])
        return acked, rows, events[:3] + [changed] + events[4:], size

    faults = (lost, lost_row, doubled, gap, swapped, renumbered, edited)
    assert verify(*state()) == [], "false alarm"
    return len(faults), sum(bool(verify(*fault(*state()))) for fault in faults)


def log_is_dense(stack):
    size, count, most = stack.rows(
        "SELECT (SELECT size FROM log), count(*), max(log_index) FROM events")[0]
    return size == count and (count == 0 or most == count - 1)


def check(stack, tenant, client, writers, sample):
    """verify() over what the database holds, and over HTTP for a sample."""
    rows = [(kind, str(i), sequence) for kind, i, sequence in stack.rows(
        "SELECT kind, id, sequence FROM memories WHERE tenant = %s", tenant)]
    events = [(i, stream, number, bytes(body), bytes(leaf)) for i, stream, number, body, leaf in
              stack.rows("SELECT log_index, stream, stream_sequence, body, leaf FROM events "
                         "WHERE tenant = %s ORDER BY log_index", tenant)]
    sequence = stack.rows("SELECT sequence FROM streams WHERE tenant = %s AND name = 'state'",
                          tenant)[0][0]
    wrong = verify(writers.acknowledged, rows, events, sequence) + writers.troubles
    if len(rows) != writers.count:
        wrong.append(f"{len(rows)} memories for {writers.count} writes")
    if not log_is_dense(stack):
        wrong.append("the log is not dense")
    numbers = random.sample(sorted(writers.acknowledged),
                            min(sample, len(writers.acknowledged)))
    for number in numbers:
        reply = client.get(writers.acknowledged[number][0])
        if reply.status != 200 or reply.json["text"] != f"drill {number}":
            wrong.append(f"not readable: write {number}: {reply}")
    token = client.recall(embedding=json.loads(VECTOR), top_k=1)
    if not token["results"]:
        wrong.append("the index found nothing")
    return wrong


KILLER = """
import os, signal, sys, time
trace, delay, limit = open(sys.argv[1], 'rb'), float(sys.argv[2]), float(sys.argv[3])
pids = [int(word) for word in sys.argv[4:]]
trace.seek(0, 2)
end = time.monotonic() + limit
while time.monotonic() < end:
    text = trace.read()
    if text and b' sent' in text.rstrip().rsplit(b'\\n', 1)[-1]:
        break
if delay:
    time.sleep(delay)
for pid in pids:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


def kill_at_commit(stack, victim, delay):
    """Kills the victim right after a COMMIT is sent; True when it died before the answer.

    A process of its own does it: beside sixteen writing threads nobody here would be quick enough."""
    pids = stack.pids(victim)
    if not stack.trace_file.exists():
        raise RuntimeError("the service writes no commit trace")
    begin = stack.trace_file.stat().st_size
    subprocess.run([sys.executable, "-S", "-c", KILLER, str(stack.trace_file), str(delay), "30",
                    *map(str, pids)], check=True)
    wait_until(lambda: not any(alive(pid) for pid in pids), 30, f"the end of {victim}")

    def last_word():
        with open(stack.trace_file, "rb") as trace:
            trace.seek(begin)
            lines = trace.read().decode().strip().splitlines()
        return lines[-1] if lines else ""

    if victim == "serve":
        return " sent" in last_word()
    # The service outlives PostgreSQL and notes the COMMIT that was lost, or none was under way.
    end = time.monotonic() + 2
    while time.monotonic() < end and " lost " not in last_word():
        time.sleep(0.02)
    return " lost " in last_word()


@dataclasses.dataclass
class Round:
    victim: str
    writes: int
    kills: int = 0
    inside: int = 0  # kills between COMMIT sent and answered
    repeats: int = 0
    recovery: float = 0.0  # seconds from the kill to the next acknowledged write, the longest
    wrong: list = dataclasses.field(default_factory=list)


def run_round(stack, issuer, victim, writes, clients, kills_wanted, name):
    """One tenant, `writes` writes, kills spread over them, everything checked at the end."""
    tenant = stack.create_tenant(name)
    token = issuer.mint(tenant)
    result = Round(victim, writes)
    writers = Writers(stack.http_port, token, writes, clients).start()
    step = writes // (kills_wanted + 3)
    for attempt in itertools.count(1):
        while writers.running and len(writers.acknowledged) < attempt * step:
            time.sleep(0.01)
        if not writers.running or (result.kills >= kills_wanted and result.inside >= kills_wanted):
            break
        delay = random.choice((0, 0, 0.002, 0.006))
        result.inside += kill_at_commit(stack, victim, delay)
        result.kills += 1
        before, fell = len(writers.acknowledged), time.monotonic()
        stack.start(victim)
        while writers.running and len(writers.acknowledged) <= before:
            time.sleep(0.01)
        result.recovery = max(result.recovery, time.monotonic() - fell)
    writers.join()
    result.repeats = writers.repeats
    client = Client(stack.http_port, token)
    result.wrong = check(stack, tenant, client, writers, 200)
    client.close()
    return result


def slow_commits(stack):
    """Widens the time between COMMIT and its answer to some milliseconds, so that kills can hit it."""
    with stack.connect() as connection:
        connection.execute("ALTER SYSTEM SET commit_delay = 8000")
        connection.execute("ALTER SYSTEM SET commit_siblings = 0")
        connection.execute("SELECT pg_reload_conf()")


def print_table(results):
    print(f"{'victim':10} {'writes':>7} {'kills':>6} {'in commit':>10} {'repeated':>9} "
          f"{'recovery':>9} {'wrong':>6}")
    for r in results:
        print(f"{r.victim:10} {r.writes:7} {r.kills:6} {r.inside:10} {r.repeats:9} "
              f"{r.recovery:7.1f} s {len(r.wrong):6}")
    for r in results:
        for line in r.wrong[:10]:
            print(f"  {r.victim}: {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5, help="for each victim")
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    shown, caught = seeded_faults()
    print(f"the verifier caught {caught} of {shown} seeded faults", flush=True)
    results = []
    with PrivateStack.temporary("crash") as stack:
        stack.up()
        slow_commits(stack)
        issuer = Issuer(stack)
        for victim in ("serve", "postgres"):
            for number in range(options.rounds):
                results.append(run_round(stack, issuer, victim, options.writes, options.clients, 1,
                                         f"drill-{victim}-{number}"))
                print_table(results[-1:])
                sys.stdout.flush()
    print_table(results)
    failed = sum(bool(r.wrong) or not r.kills for r in results) + (caught < shown)
    for victim in ("serve", "postgres"):
        inside = sum(r.inside for r in results if r.victim == victim)
        print(f"{victim}: {inside} kills between COMMIT and its answer")
        failed += inside < options.rounds
    print(f"{len(results) + 3 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())

"""Requests whose events are carried to Kafka while services, relays, the broker and sessions with PostgreSQL
are killed in the middle of what they do; what they recorded is the trace."""
import contextlib
import http.client
import json
import os
import random
import re
import socket
import subprocess
import threading
import time

import kafka
from api import Client
from private_stack import PrivateStack, wait_until
from tokens import Issuer

VECTOR = [round(random.Random(7).gauss(0, 1), 4) for _ in range(384)]
ROWS = ("SELECT e.log_index, e.id::text, coalesce(t.shard, 0), e.stream, e.action FROM events e "
        "LEFT JOIN tenants t ON t.id = e.tenant ORDER BY e.log_index")
SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "


class Writer:
    """Writes under a key until it is answered, batches and single memories in turn."""

    def __init__(self, story):
        self.story, self.stopping, self.answered, self.trouble = story, False, 0, None
        self.thread = threading.Thread(target=self.work)

    def work(self):
        number = 0
        try:
            while not self.stopping:
                number += 1
                items = [{"text": f"n {number} {i}", "embedding": VECTOR} for i in range(1 + number % 2 * 2)]
                while not self.done(number, {"items": items}) and not self.stopping:
                    time.sleep(0.05)
                time.sleep(0.12)  # a trace of some hundred events
        except Exception as error:  # the story reports it
            self.trouble = repr(error)

    def done(self, number, body):
        client = Client(self.story.stack.http_port, self.story.token, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(client):
            reply = client.call("POST", "/v1/memories:batch", body, {"Idempotency-Key": f"story-{number}"})
            assert reply.status in (201, 503, 504), reply
            self.answered += reply.status == 201
            return reply.status == 201
        return False

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()


class Story:
    """`files` is what trace2tla is given."""

    def __init__(self, folder):
        (folder / "stack").mkdir(exist_ok=True)
        self.stack = PrivateStack(folder / "stack", kafka=True)
        self.folder = folder
        self.commits, self.relay = self.stack.trace_file, self.stack.root / "relay.trace"
        self.second = self.stack.root / "second.trace"
        self.rows, self.records = folder / "ledger.jsonl", folder / "kafka.jsonl"

    def tell(self):
        self.stack.up()
        self.token = Issuer(self.stack).mint(self.stack.create_tenant("story"), ("agent",))
        with Writer(self) as writer:
            for chapter in (self.the_relay_dies, self.the_broker_dies, self.the_service_dies,
                            self.a_session_is_cut, self.the_relay_fails, self.the_relay_sleeps):
                chapter()
            self.goes_on(self.commits, "answered")
        assert writer.trouble is None and writer.answered > 20, writer.trouble
        self.drain()

    # The chapters

    def the_relay_dies(self):
        """At least three times, and until a transaction was under way."""
        for turn in range(12):
            self.kill_when(self.relay, "send ", "relay")
            if turn >= 2 and unanswered(self.text(self.relay).splitlines()):
                return

    def the_broker_dies(self):
        self.kill_when(self.relay, "send ", "kafka")

    def the_service_dies(self):
        for _ in range(3):
            self.kill_when(self.commits, " sent: ", "serve")

    def a_session_is_cut(self):
        """While the transaction waits for the ledger: COMMIT has left, and nobody hears what became of it."""
        for _ in range(2):
            self.goes_on(self.commits, "answered", 2)
            with self.stack.connect() as database:
                with database.transaction():
                    database.execute("SELECT FROM log FOR UPDATE")
                    with contextlib.suppress(AssertionError):
                        self.wait_for_last(self.commits, " sent: ", 5)
                    self.stack.rows(SESSIONS + "'soma_app'")
            self.goes_on(self.commits, "answered")

    def the_relay_fails(self):
        self.stack.rows(SESSIONS + "'soma_relay'")
        self.goes_on(self.relay, "resume")

    def the_relay_sleeps(self):
        """PostgreSQL gives its turn away; when it wakes up, another has fenced it."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        second = subprocess.Popen(
            [self.stack.root / "build/release/src/somabrain", "relay"],
            env={**os.environ, **self.stack.env(), "SOMABRAIN_RELAY_PORT": str(port),
                 "SOMABRAIN_RELAY_TRACE_FILE": str(self.second)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_for_last(self.relay, "send ", 60)
            with self.stack.frozen("relay"):
                self.stack.rows(SESSIONS + "'soma_relay' AND pid IN (SELECT pid FROM pg_locks "
                                "WHERE locktype = 'advisory' AND granted)")
                self.goes_on(self.second, "sent ", 3)
            self.goes_on(self.second, "sent ", 3)
        finally:
            second.terminate()
            second.wait()
        self.goes_on(self.relay, "sent ")

    # How they are told

    def text(self, trace):
        return trace.read_text("ascii") if trace.exists() else ""

    def wait_for_last(self, trace, word, seconds=60):
        """From now on, a line with the word that is the last."""
        start = len(self.text(trace))
        wait_until(lambda: word in self.text(trace)[start:].rstrip("\n").rsplit("\n", 1)[-1], seconds,
                   f"{word} in {trace.name}")

    def goes_on(self, trace, word, times=1):
        before = self.text(trace).count(word)
        wait_until(lambda: self.text(trace).count(word) >= before + times, 60, f"{word} in {trace.name}")

    def kill_when(self, trace, word, victim):
        self.wait_for_last(trace, word)
        self.stack.kill(victim)
        self.stack.start(victim)
        self.goes_on(trace, "sent")

    def drain(self):
        """Until the relay has carried all there is; then what there is."""
        size = self.stack.rows("SELECT size FROM log")[0][0]
        wait_until(lambda: f" {size} @" in self.text(self.relay).rsplit("\nsent ", 1)[-1], 60,
                   "the relay to have carried everything")
        names = ("log_index", "id", "shard", "stream", "action")
        self.write(self.rows, [dict(zip(names, row)) for row in self.stack.rows(ROWS)])
        self.write(self.records, [
            {"topic": topic, "partition": record.partition, "log_index": record.log_index,
             "complete_below": int(record.headers["complete_below"])}
            for topic in kafka.TOPICS for record in kafka.read_topic(self.stack, topic)])

    @staticmethod
    def write(path, objects):
        path.write_text("".join(json.dumps(each) + "\n" for each in objects))

    @property
    def files(self):
        return {"commits": self.commits, "relay": self.relay, "second": self.second, "ledger": self.rows,
                "kafka": self.records}


def arguments(files):
    """As trace2tla wants them."""
    return [files["commits"], "--relay", files["relay"], "--relay", files["second"],
            "--ledger", files["ledger"], "--kafka", files["kafka"]]


def unanswered(lines):
    """Places of a relay's "send" that left nothing: the next finds no record of it, nor behind it."""
    found = []
    for number, line in enumerate(lines[:-2]):
        resume = next((text for text in lines[number + 1:number + 4] if text.startswith("resume")), "")
        marks = [int(mark) for mark in re.findall(r"=(\d+)", resume)]
        if line.startswith("send ") and marks and max(marks) < int(line.split()[1]):
            found.append(number)
    return found


class Copy:
    """Lines of each file that may be changed."""

    def __init__(self, files):
        self.names = {name: path.name for name, path in files.items()}
        self.lines = {name: path.read_text().splitlines() for name, path in files.items()}

    def write(self, folder):
        for name, lines in self.lines.items():
            (folder / self.names[name]).write_text("".join(f"{line}\n" for line in lines))
        return {name: folder / file for name, file in self.names.items()}

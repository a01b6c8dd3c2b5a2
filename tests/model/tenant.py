"""One tenant under test: its model, its connection, and what every answer must agree on."""
import dataclasses
import json
import typing

import ranking
import times
from api import parse_token
from facts import Facts
from world import World


class Difference(Exception):
    """The service answered what the model does not."""


def expect(holds, *said):
    if not holds:
        raise Difference(" ".join(str(part) for part in said)[:4000])


def close(a, b, tolerance=1e-6):
    return abs(a - b) <= tolerance


@dataclasses.dataclass
class Link:
    weight: float
    created: tuple  # between these instants
    said: tuple
    sequence: int

    def at(self, now):
        return self.weight * 0.99 ** (max(now - self.said[1], 0) / times.DAY)


@dataclasses.dataclass
class Evaluation:
    id: str
    session: str
    subject: str
    order: int
    query: str
    memories: list
    feedback: typing.Optional[tuple] = None  # (body, reply)


class Tenant:
    """All state of an episode. `others` is another tenant's (memory ids, tokens): never to be met."""

    def __init__(self, client, tenant_id, rows, others):
        self.client, self.id, self.rows, self.others = client, tenant_id, rows, others
        self.facts = Facts()
        self.world = World(self.facts)
        self.sequence = 0
        self.epoch = None
        self.order = 0          # of what a session's working memory may hold
        self.entries = []       # (order, kind, id, session, ...) of sessions
        self.ended = {}         # session -> order of its last end
        self.links = {}         # (from, to, type) -> Link
        self.evaluations = {}
        self.weights, self.temperature = ranking.START.copy(), 0.1  # feedback moves them
        self.keyed = []         # writes under an Idempotency-Key: (verb, path, body, key, reply)
        self.tokens = []        # (token, sequence)
        self.sealed = set()     # subjects written under since they were last erased
        self.touched = set()    # subjects that got a new key from a write that wrote nothing
        self.receipts = {}      # subject -> the last answer to its erasure
        self.erasing = None     # the subject that a request in flight erases
        self.erased_rows = None
        self.sent = []          # what a replay shows
        self.asked_at = self.answered_at = 0
        self.turn_before = {}   # last turns before the expirations that the next write met
        self.loose_turns = set()

    # What goes over the wire -------------------------------------------------------------------

    def call(self, verb, path, body=None, key=None):
        self.asked_at = times.now()
        reply = self.client.call(verb, path, body, headers={"Idempotency-Key": key} if key else None)
        self.answered_at = times.now()
        self.sent.append((verb, path, body, key, reply.status))
        expect(reply.status < 500, "status", reply)
        return reply

    def answer(self, verb, path, body=None, status=200, key=None):
        reply = self.call(verb, path, body, key)
        expect(reply.status == status, "status", reply, "expected", status)
        return reply.json

    def write(self, rng, verb, path, body, status):
        """An acknowledged write; now and then under an Idempotency-Key, to be repeated later."""
        key = f"{rng.random()}" if rng.random() < 0.25 else None
        reply = self.answer(verb, path, body, status, key)
        if key:
            self.keyed.append((verb, path, body, key, status, reply))
        return reply

    def refused(self, verb, path, status, body=None, field=None):
        reply = self.call(verb, path, body)
        expect(reply.status == status, "status", reply, "expected", status)
        expect(field is None or reply.json.get("field") == field, "field", reply, "expected", field)

    def learn(self):
        """How feedback moves weights has tests of its own: here they are what the service says of them."""
        said = self.answer("GET", "/v1/brain/weights")["weights"]
        self.weights = {one["view"]: one["weight"] for one in said["views"]}
        self.temperature = said["temperature"]

    # Sequences ---------------------------------------------------------------------------------

    def meet(self, token, changes=0):
        """The state a write left or a read saw: `changes` of our own, and what expired before it."""
        epoch, sequence = parse_token(token)
        self.epoch = self.epoch or epoch
        expect(epoch == self.epoch, "epoch", epoch, self.epoch)
        self.advance(sequence - changes)
        self.sequence = sequence
        self.tokens.append((token, sequence))

    def advance(self, sequence):
        """Housekeeping removes what has expired, each with an event and a number of its own."""
        self.turn_before = {}
        expect(sequence >= self.sequence, "state", sequence, "is before", self.sequence)
        if sequence == self.sequence:
            return
        self.turn_before = {s: self.facts.last_turn(s) for s in World.pools["session_id"]}
        events = self.rows("SELECT stream_sequence, body FROM events WHERE tenant = %s AND stream ="
                           " 'state' AND stream_sequence > %s AND stream_sequence <= %s ORDER BY 1",
                           self.id, self.sequence, sequence)
        expect([e[0] for e in events] == list(range(self.sequence + 1, sequence + 1)),
               "events", events, "after", self.sequence, "to", sequence)
        for _, body in events:
            event = json.loads(bytes(body))
            if event["action"] in ("subject.erase", "subject.erased"):
                self.forget_subject(self.erasing)
                continue
            expect(event["action"] == "memory.expire", "an event nobody caused", event)
            memory = self.facts.memories.get(event["targets"][0])
            expect(memory and memory.expires and memory.expires <= times.parse(event["time"]),
                   "expired too early, or twice", event)
            self.forget(memory.id)
        self.sequence = sequence

    def forget(self, memory):
        self.facts.remove(memory)
        self.links = {k: v for k, v in self.links.items() if memory not in k[:2]}

    def forget_subject(self, subject):
        """With the first of its events; the second finds nothing left."""
        gone = [m.id for m in self.facts.memories.values() if m.text("subject") == subject]
        links = [key for key in self.links if set(key[:2]) & set(gone)]
        asked = {e.id for e in self.evaluations.values() if e.subject == subject}
        if self.erased_rows is None:
            self.erased_rows = (len(gone), len(links), len(asked))
        for memory in gone:
            self.forget(memory)
        self.entries = [entry for entry in self.entries if not (
            entry[1] == "query" and entry[2] in asked or entry[1] == "response" and entry[5].id in asked)]
        self.evaluations = {id: e for id, e in self.evaluations.items() if id not in asked}
        self.sealed.discard(subject)
        self.touched.discard(subject)

    # Time --------------------------------------------------------------------------------------

    def moments(self):
        """The service's now lies between asking and answering; only these can matter."""
        edges = {t for t in self.facts.edges() if self.asked_at < t <= self.answered_at}
        return [self.asked_at, *sorted(edges)]

    def agree(self, differs):
        """`differs(now)` is None at one of the moments that the service may have taken for now."""
        said = [differs(now) for now in self.moments()]
        expect(None in said, said[0])
        return [now for now, what in zip(self.moments(), said) if what is None]

    def is_there(self, memory, now):
        known = self.facts.memories.get(memory)
        return known is not None and (known.expires is None or now < known.expires)

    def pick(self, rng):
        """A memory's id: mostly one that is here, else one that is gone, foreign or never was."""
        here = list(self.facts.memories)
        gone = sorted(self.facts.removed)
        chance = rng.random()
        if here and chance < 0.9:
            return rng.choice(here)
        if gone and chance < 0.95:
            return rng.choice(gone)
        if self.others["memories"] and chance < 0.98:
            return rng.choice(self.others["memories"])
        return "01900000-0000-7000-8000-%012d" % rng.randrange(10 ** 6)

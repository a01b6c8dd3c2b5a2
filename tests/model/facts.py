"""The naive model of one tenant: a dictionary of memories, and brute force for every question."""
import copy
import dataclasses
import typing

import times
import words


@dataclasses.dataclass
class Memory:
    """One memory as its caller gave it, and what became of it."""
    id: str
    sequence: int
    created: int
    given: dict
    valid_from: typing.Optional[int]
    valid_to: typing.Optional[int]
    expires: typing.Optional[int]
    turn: typing.Optional[int]
    codes: list
    terms: tuple
    superseded_by: typing.Optional[str] = None
    superseded_sequence: int = 0
    superseded_at: int = 0
    given_valid_to: typing.Optional[int] = None

    def text(self, name):
        return self.given.get(name) or ""

    @property
    def occurred(self):
        return times.parse(self.given.get("occurred_at"))


@dataclasses.dataclass
class Scope:
    """Which memories a question is put to. as_of: ("time", instant) or ("token", sequence)."""
    now: int
    valid_at: typing.Optional[int] = None
    as_of: typing.Optional[tuple] = None
    any_time: bool = False

    def had_been_recorded(self, sequence, at):
        if self.as_of is None:
            return True
        kind, limit = self.as_of
        return at <= limit if kind == "time" else sequence <= limit

    @property
    def valid_time(self):
        if self.valid_at is not None:
            return self.valid_at
        return self.as_of[1] if self.as_of and self.as_of[0] == "time" else self.now


class Facts:
    """A tenant's memories. `removed` is everything that was ever here and is not."""

    def __init__(self):
        self.memories = {}
        self.removed = set()

    def add(self, reply, item, last_turn_of=None):
        """What recording `item` did, by the service's id, sequence and time of recording."""
        created = times.parse(reply["created_at"])
        valid_from, valid_to = (times.parse(item.get(n)) for n in ("valid_from", "valid_to"))
        turn = item.get("turn")
        if turn is None and item.get("session_id"):
            turn = (last_turn_of or self.last_turn)(item["session_id"]) + 1
        holder = self.holder(item.get("key"))
        if holder:
            ends = created if valid_from is None else valid_from
            holder.given_valid_to = holder.valid_to
            ends = ends if holder.valid_to is None else min(ends, holder.valid_to)
            holder.valid_to = ends if holder.valid_from is None else max(ends, holder.valid_from)
            holder.superseded_by, holder.superseded_at = reply["id"], created
            holder.superseded_sequence = reply["sequence"]
            if valid_from is None and (valid_to is None or created < valid_to):
                valid_from = created
        ttl = item.get("ttl_seconds")
        occurred = times.parse(item.get("occurred_at"))
        spoken = words.lexical_text(times.moment(occurred) if occurred is not None else None,
                                    item.get("speaker"), item["text"])
        self.memories[reply["id"]] = Memory(
            id=reply["id"], sequence=reply["sequence"], created=created, given=item,
            valid_from=valid_from, valid_to=valid_to,
            expires=created + ttl * times.SECOND if ttl else None, turn=turn,
            codes=words.int8_codes(item["embedding"]), terms=words.terms(spoken))

    def remove(self, memory):
        del self.memories[memory]
        self.removed.add(memory)

    def holder(self, key):
        """Of a key: its memory that nothing superseded."""
        for memory in self.memories.values():
            if key and memory.text("key") == key and not memory.superseded_by:
                return memory
        return None

    def last_turn(self, session):
        turns = [m.turn for m in self.memories.values()
                 if m.text("session_id") == session and m.turn is not None]
        return max(turns, default=-1)

    def is_recorded(self, memory, scope):
        return (memory.expires is None or scope.now < memory.expires) and \
            scope.had_been_recorded(memory.sequence, memory.created)

    def as_recorded(self, memory, scope):
        """The memory without a supersession that had not been recorded."""
        if memory.superseded_by and not scope.had_been_recorded(memory.superseded_sequence,
                                                                memory.superseded_at):
            memory = copy.copy(memory)
            memory.valid_to, memory.superseded_by = memory.given_valid_to, None
        return memory

    def is_valid(self, memory, scope):
        seen = self.as_recorded(memory, scope)
        begins = times.NEVER if seen.valid_from is None else seen.valid_from
        ends = times.ALWAYS if seen.valid_to is None else seen.valid_to
        return begins <= scope.valid_time < ends

    def gives_way(self, memory, scope):
        """Of a key's memories that are valid then, the one recorded last counts."""
        return bool(memory.text("key")) and any(
            other.text("key") == memory.text("key") and other.sequence > memory.sequence
            and self.is_recorded(other, scope) and self.is_valid(other, scope)
            for other in self.memories.values())

    def in_scope(self, scope, holds=None):
        """The memories meant, in the order of recording; `holds` is a filter's meaning."""
        last = max((m.created for m in self.memories.values()), default=times.NEVER)
        scope = dataclasses.replace(scope, now=max(scope.now, last))
        found = [m for m in self.memories.values() if self.is_recorded(m, scope)
                 and (scope.any_time or (self.is_valid(m, scope) and not self.gives_way(m, scope)))]
        found = [m for m in found if holds is None or holds(self.as_recorded(m, scope))]
        return sorted(found, key=lambda m: m.sequence)

    def edges(self):
        """The instants at which a memory comes into scope or leaves it."""
        for m in self.memories.values():
            yield from (t for t in (m.valid_from, m.valid_to, m.given_valid_to, m.expires) if t)


def record(memory):
    """As GET and list answer it; members that are not there are left out."""
    given = memory.given
    plain = {name: given.get(name) or "" for name in
             ("text", "subject", "kind", "speaker", "session_id", "key")}
    plain |= {"id": memory.id, "sequence": memory.sequence, "tags": given.get("tags") or [],
              "metadata": given.get("metadata") or {}, "turn": memory.turn,
              "importance": given.get("importance"), "created_at": times.text(memory.created),
              "occurred_at": times.text(memory.occurred), "valid_from": times.text(memory.valid_from),
              "valid_to": times.text(memory.valid_to), "expires_at": times.text(memory.expires),
              "superseded_by": memory.superseded_by}
    return {name: value for name, value in plain.items() if value is not None}

"""Does a consumer hold each acknowledged request's event exactly once, in stream order? Pure, so that lies put
into its input show that it can say no."""
import collections
import dataclasses


@dataclasses.dataclass(frozen=True)
class Event:
    """What a consumer got, in the order in which it got it."""
    partition: int
    log_index: int
    stream: tuple  # (tenant, name)
    sequence: int
    ref: str  # the request's Soma-Telemetry-Ref; empty: not one of the drill's
    status: int


@dataclasses.dataclass
class Verdict:
    lost: list = dataclasses.field(default_factory=list)
    doubled: list = dataclasses.field(default_factory=list)
    out_of_order: list = dataclasses.field(default_factory=list)
    false: list = dataclasses.field(default_factory=list)  # another answer, or nobody's request

    @property
    def clean(self):
        return not (self.lost or self.doubled or self.out_of_order or self.false)


def check(acknowledged, unanswered, events):
    """`acknowledged`: ref -> HTTP status of each request that was answered below 500 · `unanswered`: refs of
    those that were not · `events`: of one consumer, as they came.

    Of a request that was not acknowledged there may be an event that it was done (its COMMIT was lost on the way
    back), one that it was answered 503, both or none; never two of one of these."""
    verdict = Verdict()
    events_of = collections.defaultdict(list)
    indices, last_index, last_sequence = set(), {}, {}
    for event in events:
        if event.log_index in indices:
            verdict.doubled.append(f"index {event.log_index}")
        indices.add(event.log_index)
        if event.log_index <= last_index.get(event.partition, -1):
            verdict.out_of_order.append(f"index {event.log_index} in partition {event.partition}")
        last_index[event.partition] = event.log_index
        expected = last_sequence.get(event.stream, 0) + 1
        if event.sequence != expected:
            verdict.out_of_order.append(f"{event.stream}: {event.sequence} instead of {expected}")
        last_sequence[event.stream] = event.sequence
        if event.ref:
            events_of[event.ref].append(event)
            if event.ref not in acknowledged and event.ref not in unanswered:
                verdict.false.append(f"{event.ref} was never sent")
            elif acknowledged.get(event.ref, event.status) != event.status:
                verdict.false.append(f"{event.ref}: {event.status}, answered {acknowledged[event.ref]}")
    verdict.lost += [f"{ref}, answered {status}" for ref, status in acknowledged.items()
                     if ref not in events_of]
    verdict.doubled += [f"{ref}, answered {acknowledged.get(ref, 'not')}: {found}"
                        for ref, found in events_of.items()
                        if len({event.status < 500 for event in found}) < len(found) or
                        ref in acknowledged and len(found) > 1]
    return verdict


def _replace(events, index, **changes):
    return [*events[:index], dataclasses.replace(events[index], **changes), *events[index + 1:]]


def lie(kind, acknowledged, events, rng):
    """The same events with one lie in them."""
    index = rng.choice([i for i, event in enumerate(events) if event.ref in acknowledged])
    event = events[index]
    if kind == "lost":
        return events[:index] + events[index + 1:]
    if kind == "doubled":
        return [*events, event]
    if kind == "doubled under another number":
        last = max(e.sequence for e in events if e.stream == event.stream)
        return [*events, dataclasses.replace(event, log_index=max(e.log_index for e in events) + 1,
                                             sequence=last + 1)]
    if kind == "swapped":
        others = [i for i, other in enumerate(events) if other.stream == event.stream and i != index]
        other = min(others, key=lambda i: abs(i - index))
        copy = list(events)
        copy[index], copy[other] = copy[other], copy[index]
        return copy
    if kind == "another answer":
        return _replace(events, index, status=event.status + 1)
    assert kind == "a stranger's request"
    return _replace(events, index, ref="never-sent")


LIES = ("lost", "doubled", "doubled under another number", "swapped", "another answer", "a stranger's request")


def seeded_lies(acknowledged, unanswered, events, rng, count):
    """(lies told, lies caught), of every kind in turn, each alone in the input."""
    caught = 0
    for number in range(count):
        told = lie(LIES[number % len(LIES)], acknowledged, events, rng)
        caught += not check(acknowledged, unanswered, told).clean
    return count, caught

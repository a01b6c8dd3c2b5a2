"""The chaos drill's checker can say no, and its plan of faults has what it promises."""
import collections
import random

import pytest

import chaos_check
import chaos_faults


def honest(rng, requests=400):
    """What a consumer of four streams in two partitions gets: acknowledged, unanswered with and without event."""
    acknowledged, unanswered, events, sequences = {}, set(), [], collections.Counter()
    for number in range(requests):
        ref, stream = f"r{number}", (f"t{rng.randrange(2)}", rng.choice(("state", "access")))
        if rng.random() < 0.1:
            unanswered.add(ref)
            statuses = rng.choice(((), (201,), (503,), (201, 503)))
        else:
            acknowledged[ref] = rng.choice((200, 201, 403))
            statuses = (acknowledged[ref],)
        for status in statuses:
            sequences[stream] += 1
            events.append(chaos_check.Event(int(stream[0][1]), len(events), stream, sequences[stream], ref,
                                            status))
    return acknowledged, unanswered, events


def test_no_false_alarm():
    for seed in range(50):
        assert chaos_check.check(*honest(random.Random(seed))).clean


@pytest.mark.parametrize("kind", chaos_check.LIES)
def test_every_lie_is_caught(kind):
    for seed in range(50):
        rng = random.Random(seed)
        acknowledged, unanswered, events = honest(rng)
        told = chaos_check.lie(kind, acknowledged, events, rng)
        assert not chaos_check.check(acknowledged, unanswered, told).clean, seed


@pytest.mark.parametrize("answered, statuses, clean", [
    (200, (200,), True), (200, (200, 200), False), (200, (200, 503), False), (200, (), False),
    (None, (201, 503), True), (None, (201, 201), False), (None, (503, 503), False)])
def test_how_many_events_a_request_may_have(answered, statuses, clean):
    events = [chaos_check.Event(0, number, ("t", "access"), number + 1, "r", status)
              for number, status in enumerate(statuses)]
    verdict = chaos_check.check({"r": answered} if answered else {}, set() if answered else {"r"}, events)
    assert verdict.clean == clean


def test_a_lie_is_called_by_its_name():
    rng = random.Random(1)
    acknowledged, unanswered, events = honest(rng)

    def verdict(kind):
        return chaos_check.check(acknowledged, unanswered,
                                 chaos_check.lie(kind, acknowledged, events, rng))

    assert verdict("lost").lost
    assert verdict("doubled").doubled and verdict("doubled under another number").doubled
    assert verdict("swapped").out_of_order
    assert verdict("another answer").false and verdict("a stranger's request").false


@pytest.mark.parametrize("count", [12, 54, 100])
def test_a_plan_has_every_fault_in_turn_and_is_the_seeds(count):
    parts = ("serve", "postgres", "leader")
    plan = chaos_faults.plan(random.Random(3), count, parts)
    assert plan == chaos_faults.plan(random.Random(3), count, parts)
    assert plan != chaos_faults.plan(random.Random(4), count, parts)
    found = collections.Counter(plan)
    assert sum(found.values()) == count
    assert set(found) == {(part, way) for part in parts for way in ("kill", "freeze")} | {
        ("serve", "kill at commit"), ("postgres", "kill at commit")}
    assert max(found.values()) - min(found.values()) <= 1

"""The ledger in Kafka, read by a stranger: every event once, in order, whatever dies meanwhile."""
import contextlib
import dataclasses
import json
import os
import random
import signal
import socket
import subprocess
import time

import jsonschema
import pytest

import kafka
from private_stack import alive, wait_until
from relaying import VECTOR, Writer, check_topics, metrics, wait_until_drained
from stack import ROOT


def test_every_event_reaches_its_topics_as_it_is(stack, tenant):
    agent = tenant.agent
    made = agent.post("/v1/memories", {"text": "relayed", "embedding": VECTOR})
    agent.post("/v1/recall", {"query": "relayed"})
    agent.get(made.json["id"])
    assert agent.post("/v1/memories", {"text": ""}).status == 400
    wait_until_drained(stack)
    # Other tests write meanwhile; of this tenant everything must be there.
    ledger = [row for row in stack.rows(kafka.LEDGER) if tenant.id in bytes(row[3]).decode()]
    assert len(ledger) >= 3
    for topic in kafka.TOPICS[:2]:
        records = [record for record in kafka.read_topic(stack, topic)
                   if record.key == tenant.id]
        assert records
        assert kafka.differences(ledger, records, kafka.BELONGS[topic]) == []
        for record in records:
            assert set(record.headers) == {"log_id", "log_index", "complete_below"}
            assert int(record.headers["complete_below"]) <= record.log_index


@pytest.mark.parametrize("topic", kafka.TOPICS)
def test_what_is_written_is_what_the_schema_says(stack, topic):
    schema = json.loads((ROOT / f"api/events/{topic}/v1.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    records = kafka.read_topic(stack, topic)
    assert records, "the stack's first law alone has been proposed, signed and activated"
    known = set(schema["properties"])
    for record in records:
        event = json.loads(record.value)
        check.validate(event)
        assert set(event) <= known, "a member that the schema does not speak of"


def test_the_differences_that_are_looked_for_are_found():
    """The check itself: lost, doubled, reordered, edited, strange and misplaced records are seen."""
    ledger = [("log", i, i % 2, b"body %d" % i, "state", "memory.remember") for i in range(10)]
    good = [kafka.Record(i % 2, i, "k", b"body %d" % i, {"log_id": "log", "log_index": str(i)})
            for i in range(10)]
    assert kafka.differences(ledger, good) == []
    swapped = [*good[:4], good[6], good[5], good[4], *good[7:]]
    edited = [*good[:4], dataclasses.replace(good[4], value=b"other"), *good[5:]]
    moved = [dataclasses.replace(good[0], partition=1), *good[1:]]
    stranger = [*good, dataclasses.replace(good[9], headers={"log_id": "log", "log_index": "10"})]
    for seeded, words in ((good[:-1], "lost"), (good + good[-1:], "doubled"), (swapped, "order"),
                          (edited, "body"), (moved, "partition"), (stranger, "not in")):
        found = kafka.differences(ledger, seeded)
        assert found and any(words in line for line in found), words


def kill_in_a_batch(stack, victim, rng):
    """kill -9 of `victim` while the relay's trace says that a transaction is under way."""
    trace = stack.root / "relay.trace"
    pids = stack.pids(victim)
    start = trace.stat().st_size if trace.exists() else 0

    def last():
        with open(trace, encoding="ascii") as file:
            file.seek(start)
            lines = [line for line in file.read().split("\n") if line]
        return lines[-1] if lines else ""

    wait_until(lambda: trace.exists() and last().startswith("send "), 60, "a batch to begin")
    time.sleep(rng.random() * 0.02)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    inside = last().startswith("send ")
    wait_until(lambda: not any(alive(pid) for pid in pids), 20, f"the end of {victim}")
    stack.start(victim)
    return inside


def test_killed_in_the_middle_of_batches_nothing_is_lost_or_doubled(private_stack, private_tenant):
    rng = random.Random(7)
    inside, kills = {"relay": 0, "kafka": 0}, {"relay": 0, "kafka": 0}
    with Writer(private_tenant.new_client("agent")) as writer:
        while sum(inside.values()) < 20 and sum(kills.values()) < 60:
            victim = "kafka" if kills["relay"] >= 5 * (kills["kafka"] + 1) else "relay"
            inside[victim] += kill_in_a_batch(private_stack, victim, rng)
            kills[victim] += 1
    assert writer.trouble is None, "requests wait neither for the relay nor for Kafka"
    assert check_topics(private_stack) == []
    print(f"{writer.written} writes, kills {kills}, in a transaction {inside}")
    assert sum(inside.values()) >= 20


def test_while_kafka_is_down_requests_go_on_and_the_lag_drains(private_stack, private_tenant):
    wait_until_drained(private_stack)
    with private_stack.without("kafka"):
        for number in range(30):
            reply = private_tenant.agent.post("/v1/memories", {"text": f"n {number}", "embedding": VECTOR})
            assert reply.status == 201, reply
        wait_until(lambda: metrics(private_stack)["somabrain_relay_lag_events"] >= 30, 60, "the lag")
        wait_until(lambda: metrics(private_stack)["somabrain_relay_lag_seconds"] > 10, 60, "its age")
        assert private_stack.ready()[0] == 200, "the service itself asks nothing of Kafka"
    wait_until_drained(private_stack)
    assert metrics(private_stack)["somabrain_relay_late_events_total"] >= 30
    assert check_topics(private_stack) == []


def test_a_frozen_relay_that_wakes_up_is_fenced(private_stack, private_tenant):
    """It still believes to be the one: PostgreSQL has ended its session, another has taken over."""
    trace = private_stack.root / "second.trace"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    second = subprocess.Popen(
        [private_stack.root / "build/release/src/somabrain", "relay"],
        env={**os.environ, **private_stack.env(), "SOMABRAIN_RELAY_PORT": str(port),
             "SOMABRAIN_RELAY_TRACE_FILE": str(trace)},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Writer(private_tenant.new_client("agent")):
            with private_stack.frozen("relay"):
                private_stack.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                   "WHERE usename = 'soma_relay' AND pid IN "
                                   "(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)")
                wait_until(lambda: trace.exists() and trace.read_text().count("sent ") > 3, 60,
                           "the second to take over")
            sent = trace.read_text().count("sent ")
            wait_until(lambda: trace.read_text().count("sent ") > sent + 5, 60, "the second to go on")
    finally:
        second.terminate()
        second.wait()
    assert check_topics(private_stack) == []

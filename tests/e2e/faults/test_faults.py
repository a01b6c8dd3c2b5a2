"""The stack loses a part: what goes on, what says 503, and that it all comes back by itself.

Runs on a private stack, one part at a time; each test leaves the stack whole."""
import contextlib
import os
import signal
import time

import pytest

from api import Client, assert_problem
from private_stack import alive, wait_until

BOUND = 60  # seconds a recovery may take before the test gives up: not a goal, a bound


def eventually(act, what):
    """The first reply under 500; refused connections and 503s are waited out."""
    end = time.monotonic() + BOUND
    last = None
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            last = act()
            if last.status < 500:
                return last
        time.sleep(0.1)
    raise AssertionError(f"{what} did not recover: {last}")


def assert_unavailable(reply):
    assert_problem(reply, 503)
    assert int(reply.headers["retry-after"]) >= 1


def health(stack):
    client = Client(stack.http_port)
    try:
        return client.call("GET", "/health").status
    finally:
        client.close()


@pytest.fixture
def filled(private_tenant):
    """A tenant with ten memories; (tenant, ids)."""
    made = private_tenant.agent.remember_batch(
        [{"text": f"Locker {n} holds the {what}.", "session_id": "s"}
         for n, what in enumerate(["rope", "lamp", "map", "tent", "stove", "axe", "flute", "drum",
                                   "net", "anchor"])])
    return private_tenant, [m["id"] for m in made]


def all_there(tenant, ids):
    client = tenant.new_client("agent")
    try:
        assert [client.get(i).status for i in ids] == [200] * len(ids)
        assert set(client.recalled_ids("locker", top_k=100)) == set(ids)
        assert client.recall("anchor", top_k=1)["results"][0]["id"] == ids[9]
    finally:
        client.close()


def test_the_service_is_killed(private_stack, filled):
    tenant, ids = filled
    before = tenant.agent.post("/v1/recall", {"query": "tent"})
    digest = tenant.agent.evaluate("stove?")["digest"]
    with private_stack.without("serve"):
        pass
    all_there(tenant, ids)
    client = tenant.new_client("agent")
    again = client.post("/v1/recall", {"query": "tent"})
    assert again.body == before.body, "the rebuilt index answers the same bytes"
    assert client.evaluate("stove?")["digest"] == digest
    made = client.remember("after the restart")
    assert made["sequence"] == 11
    client.close()


def test_postgres_is_killed(private_stack, filled):
    tenant, ids = filled
    client = tenant.new_client("agent")
    client.recall("loaded")
    said = {"evaluation_id": client.evaluate("locker")["evaluation_id"], "reward": 1}
    with private_stack.without("postgres"):
        for act in (lambda: client.post("/v1/memories", {"text": "x"}),
                    lambda: client.post("/v1/memories:batch", {"items": [{"text": "x"}]}),
                    lambda: client.post("/v1/brain/evaluate", {"query": "locker"}),
                    lambda: client.post("/v1/brain/feedback", said),
                    lambda: client.call("DELETE", "/v1/sessions/s"),
                    lambda: client.post("/v1/links", {"from": ids[0], "to": ids[1],
                                                      "type": "next"}),
                    lambda: client.call("GET", f"/v1/memories/{ids[0]}/links"),
                    lambda: client.get(ids[0]), lambda: tenant.operator.delete(ids[0])):
            assert_unavailable(act())
        # What is in memory is answered on, and what is refused is refused: their events wait in the buffer.
        assert set(client.recalled_ids("locker", top_k=100)) == set(ids)
        assert_problem(client.post("/v1/recall", {"query": ""}), 400)
        assert_problem(client.post("/v1/recall", {"query": "x"}, token="forged"), 401)
        assert health(private_stack) == 200
        status, document = private_stack.ready()
        assert (status, document["status"]) == (200, "degraded")
        assert document["parts"]["postgres"]["status"] == "degraded"
    eventually(lambda: client.post("/v1/recall", {"query": "back"}), "recall")
    wait_until(lambda: private_stack.ready()[1]["status"] == "ok", BOUND, "/ready")
    all_there(tenant, ids)
    assert tenant.sequence() == 10, "what was answered 503 is not there"
    assert client.ask("/v1/brain/feedback", said, 201)["sequence"] == 11
    assert client.remember("after")["sequence"] == 12
    client.close()


def test_postgres_stops_for_a_while(private_stack, filled):
    tenant, ids = filled
    client = tenant.new_client("agent")
    client.recall("loaded")
    answers = []
    with private_stack.frozen("postgres"):
        end = time.monotonic() + 5
        number = 0
        while time.monotonic() < end:
            reply = client.post("/v1/memories", {"text": f"while frozen {number}"},
                                headers={"Idempotency-Key": f"frozen-{number}"})
            answers.append(reply)
            number += 1
            assert health(private_stack) == 200
    assert answers
    for number, reply in enumerate(answers):
        assert reply.status in (201, 503, 504), str(reply)
        # Repeating with the same key settles what became of it, once and for all.
        again = eventually(lambda n=number: client.post(
            "/v1/memories", {"text": f"while frozen {n}"},
            headers={"Idempotency-Key": f"frozen-{n}"}), "remember")
        assert again.status == 201
        assert reply.status != 201 or reply.json["id"] == again.json["id"]
    assert tenant.memory_count() == 10 + len(answers)
    assert set(ids) <= set(client.recalled_ids("locker", top_k=100))
    client.close()


def test_reads_of_a_frozen_postgres(private_stack, filled):
    """Who reads has no Idempotency-Key to repeat: plainly unavailable, and when to come back."""
    tenant, ids = filled
    client = tenant.new_client("agent")
    client.recall("loaded")
    with private_stack.frozen("postgres"):
        for act in (lambda: client.get(ids[0]),
                    lambda: client.post("/v1/brain/evaluate", {"query": "locker"})):
            reply = act()
            assert_unavailable(reply)
            assert "Idempotency-Key" not in reply.json["detail"], str(reply)
    eventually(lambda: client.post("/v1/recall", {"query": "back"}), "recall")
    all_there(tenant, ids)
    client.close()


def test_redis_is_killed(private_stack, filled):
    tenant, ids = filled
    client = tenant.new_client("agent")
    client.evaluate("first question", session_id="s")
    with private_stack.without("redis"):
        made = client.remember("said without a cache", session_id="s")
        assert client.get(made["id"]).status == 200
        assert made["id"] in client.recalled_ids("said without a cache")
        bundle = client.evaluate("second question", session_id="s")
        texts = [item["text"] for item in bundle["working_memory"]]
        assert texts[-2:] == ["first question", "said without a cache"]
        assert tenant.operator.delete(ids[0]).status == 200
        assert health(private_stack) == 200
        status, document = private_stack.ready()
        assert (status, document["status"]) == (200, "degraded")
        assert document["parts"]["redis"]["status"] == "degraded"
    wait_until(lambda: private_stack.ready()[1]["status"] == "ok", BOUND, "/ready")
    # Nothing stale comes back with the cache.
    texts = [item["text"] for item in client.evaluate("third question", session_id="s")
             ["working_memory"]]
    assert texts[-3:] == ["first question", "said without a cache", "second question"]
    assert "Locker 0 holds the rope." not in texts
    client.close()


@pytest.mark.parametrize("damage", [b"", b"[", b"{}", b"[1]", b'[{"subject":"xx","sealed":"!"}]',
                                    b'[{"subject":"00","sealed":"AAAA"}]', b"\xff" * 100])
def test_values_in_redis_are_damaged(private_stack, private_tenant, damage):
    client = private_tenant.agent
    client.remember("said first", session_id="s")
    client.evaluate("asked next", session_id="s")
    client.evaluate("asked last", session_id="s")
    keys = private_stack.redis("KEYS", f"session:{{{private_tenant.id}}}:*")
    assert keys
    for key in keys:
        private_stack.redis("SET", key, damage)
    texts = [item["text"] for item in client.evaluate("now", session_id="s")["working_memory"]]
    assert texts == ["said first", "asked next", "asked last"]


def test_openbao_is_killed(private_stack, filled):
    tenant, ids = filled
    client = tenant.new_client("agent")
    client.recall("loaded")
    with private_stack.without("openbao"):
        # Keys at hand keep working; a subject nobody has met needs OpenBao.
        assert client.remember("with the cached key")["sequence"] == 11
        assert client.get(ids[0]).status == 200
        assert_unavailable(client.post("/v1/memories", {"text": "x", "subject": "stranger"}))
        assert_unavailable(client.post("/v1/recall", {"query": "x", "subject": "stranger"}))
        assert health(private_stack) == 200
        status, document = private_stack.ready()
        assert (status, document["status"]) == (200, "degraded")
        assert document["parts"]["openbao"]["status"] == "degraded"
        assert tenant.memory_count() == 11
    reply = eventually(lambda: client.post("/v1/memories", {"text": "x", "subject": "stranger"}),
                       "remember")
    assert reply.status == 201 and reply.json["sequence"] == 12
    wait_until(lambda: private_stack.ready()[1]["status"] == "ok", BOUND, "/ready")
    client.close()


def test_openbao_is_sealed(private_stack, filled):
    tenant, _ = filled
    client = tenant.new_client("agent")
    assert private_stack.bao("PUT", "sys/seal")[0] == 204
    try:
        assert_unavailable(client.post("/v1/memories", {"text": "x", "subject": "new to all"}))
        assert client.remember("known subject")["sequence"] == 11
        assert private_stack.ready()[1]["parts"]["openbao"]["status"] == "degraded"
    finally:
        private_stack.kill("openbao")
        private_stack.start("openbao")  # the static seal opens it
    reply = eventually(
        lambda: client.post("/v1/memories", {"text": "x", "subject": "new to all"}), "remember")
    assert reply.status == 201
    client.close()


def test_both_stores_of_copies_and_keys_are_gone(private_stack, filled):
    tenant, _ = filled
    client = tenant.new_client("agent")
    client.recall("loaded")
    with private_stack.without("redis"), private_stack.without("openbao"):
        assert client.remember("still here")["sequence"] == 11
        assert client.recall("still here", top_k=1)["results"]
    client.close()


def test_the_service_ends_on_a_signal_and_loses_nothing(private_stack, filled):
    tenant, ids = filled
    pid = private_stack.pid("serve")
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not alive(pid), BOUND, "the end of serve")
    private_stack.start("serve")
    all_there(tenant, ids)

"""Feedback over HTTP: what is stored, what it says of a session, and what is refused."""
import threading

import pytest

from api import assert_problem

PATH = "/v1/brain/feedback"
ABSENT = "019f0000-0000-7000-8000-000000000000"


@pytest.fixture
def asked(agent):
    """An evaluation of a session that returned two memories."""
    agent.remember_batch([{"text": "The ferry leaves at nine."}, {"text": "Bring the tickets."}])
    return agent.evaluate("When does the ferry leave?", session_id="trip")


def stored(tenant):
    return tenant.stack.rows("SELECT count(*) FROM feedback_events WHERE tenant = %s",
                             tenant.id)[0][0]


def test_it_is_stored_once_and_sealed(tenant, agent, asked):
    said = {"evaluation_id": asked["evaluation_id"], "reward": -0.5, "session_id": "trip",
            "used_memory_ids": [m["id"] for m in asked["memories"]],
            "response_text": "The unmistakable quokka leaves at nine.", "tokens": 77,
            "model": "an axolotl of a model", "metadata": {"quokka": True}}
    first = agent.post(PATH, said)
    assert first.status == 201, str(first)
    answer = first.json
    assert set(answer) == {"feedback_id", "evaluation_id", "sequence", "state_token", "created_at"}
    assert answer["sequence"] == tenant.sequence() == 3
    assert agent.recall("ferry", at_least=answer["state_token"])["results"]
    for headers in ({}, {"Idempotency-Key": "any"}, {"Idempotency-Key": "other"}):
        again = agent.post(PATH, said, headers=headers)
        assert (again.status, again.body) == (201, first.body)
    for change in ({"reward": 0.5}, {"tokens": 78}, {"session_id": None}, {"used_memory_ids": []}):
        assert_problem(agent.post(PATH, {**said, **change}), 409, "/evaluation_id", "feedback")
    rows = tenant.stack.rows("SELECT * FROM feedback_events WHERE tenant = %s", tenant.id)
    usage = tenant.stack.rows("SELECT * FROM token_usage WHERE tenant = %s", tenant.id)
    assert len(rows) == len(usage) == 1 and 77 in usage[0]
    everything = b"".join(bytes(cell) if isinstance(cell, (bytes, memoryview))
                          else str(cell).encode() for cell in (*rows[0], *usage[0]))
    assert b"quokka" not in everything and b"axolotl" not in everything
    assert tenant.sequence() == 3


def test_two_threads_say_the_same(tenant, asked):
    said = {"evaluation_id": asked["evaluation_id"], "reward": 1}
    replies, threads = [], []
    for client in [tenant.new_client("agent") for _ in range(8)]:
        def act(client=client):
            replies.append(client.post(PATH, said))
            client.close()
        threads.append(threading.Thread(target=act))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(reply.status, reply.body) for reply in replies} == {(201, replies[0].body)}
    assert stored(tenant) == 1


def test_the_response_joins_working_memory(agent, asked):
    agent.feedback(asked["evaluation_id"], 1, response_text="At nine.")
    items = agent.evaluate("From where?", session_id="trip")["working_memory"]
    assert [(item["kind"], item["text"]) for item in items] == [
        ("query", "When does the ferry leave?"), ("response", "At nine.")]
    weights = [item["weight"] for item in items]
    assert weights == pytest.approx([0.16, 0.2])
    bundle = agent.evaluate("And back?", session_id="trip")
    assert 'answered "At nine."' in bundle["prompt"]
    assert agent.evaluate("Elsewhere?", session_id="other")["working_memory"] == []


@pytest.mark.parametrize("change, field, fragment", [
    ({"evaluation_id": None}, "/evaluation_id", "required"),
    ({"evaluation_id": "x"}, "/evaluation_id", "UUID"),
    ({"reward": None}, "/reward", "required"),
    ({"reward": 1.0001}, "/reward", "at most 1"),
    ({"reward": -1.0001}, "/reward", "at least -1"),
    ({"reward": "good"}, "/reward", "number"),
    ({"used_memory_ids": [ABSENT]}, "/used_memory_ids/0", "returned"),
    ({"used_memory_ids": ["x"]}, "/used_memory_ids/0", "UUID"),
    ({"used_memory_ids": [ABSENT] * 21}, "/used_memory_ids", "20"),
    ({"used_memory_ids": ABSENT}, "/used_memory_ids", "list"),
    ({"response_text": "é" * 1025}, "/response_text", "1024"),
    ({"response_text": "a\0"}, "/response_text", "U+0000"),
    ({"model": "m" * 1025}, "/model", "1024"),
    ({"tokens": -1}, "/tokens", "at least 0"),
    ({"tokens": 1.5}, "/tokens", "integer"),
    ({"metadata": {"m": "x" * 8185}}, "/metadata", "8192"),
    ({"metadata": [1]}, "/metadata", "object"),
    ({"session_id": "another"}, "/session_id", "evaluation's"),
    ({"session_id": "s" * 257}, "/session_id", "256"),
    ({"rating": 5}, "/rating", "not a field"),
])
def test_bad_feedback(tenant, agent, asked, change, field, fragment):
    before = tenant.sequence()
    body = {"evaluation_id": asked["evaluation_id"], "reward": 0, **change}
    assert_problem(agent.post(PATH, body), 400, field, fragment)
    assert stored(tenant) == 0 and tenant.sequence() == before


def test_a_memory_counts_once(tenant, agent, asked):
    used = [asked["memories"][0]["id"]] * 2
    body = {"evaluation_id": asked["evaluation_id"], "reward": 0, "used_memory_ids": used}
    assert_problem(agent.post(PATH, body), 400, "/used_memory_ids/1", "twice")
    assert stored(tenant) == 0


def test_the_longest_is_taken(agent, asked):
    text = "é" * 1024
    agent.feedback(asked["evaluation_id"], 1, response_text=text, model=text,
                   metadata={"m": "x" * 8184}, tokens=10**9,
                   used_memory_ids=[m["id"] for m in asked["memories"]])
    items = agent.evaluate("next?", session_id="trip")["working_memory"]
    assert items[-1]["text"] == text


def test_another_tenants_evaluation_is_not_found(tenant, asked, make_tenant):
    other = make_tenant()
    body = {"evaluation_id": asked["evaluation_id"], "reward": 1}
    foreign = other.agent.post(PATH, body)
    unknown = other.agent.post(PATH, {**body, "evaluation_id": ABSENT})
    assert_problem(foreign, 404, "/evaluation_id", "no such evaluation")
    strip = lambda reply: {**reply.json, "request_id": None}  # noqa: E731
    assert strip(foreign) == strip(unknown)
    assert stored(tenant) == stored(other) == 0
    other.close()


def test_it_ends_with_its_evaluation(tenant, agent, asked):
    agent.feedback(asked["evaluation_id"], 1, response_text="Soon forgotten.", tokens=5)
    rows = tenant.stack.rows(
        "SELECT e.expires_at = f.expires_at FROM evaluations e JOIN feedback_events f"
        " ON f.tenant = e.tenant AND f.evaluation_id = e.id WHERE e.tenant = %s", tenant.id)
    assert rows == [(True,)]

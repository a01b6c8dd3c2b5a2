"""Ending a session over HTTP."""
import pytest

from api import assert_problem


def texts(client, session, query="now?"):
    return [item["text"] for item in client.evaluate(query, session_id=session)["working_memory"]]


def end(client, path, **how):
    return client.call("DELETE", f"/v1/sessions/{path}", **how)


def test_a_session_ends_and_starts_anew(tenant, agent):
    kept = agent.remember("one", session_id="talk")
    agent.remember("two", session_id="talk")
    question = agent.evaluate("three?", session_id="talk")
    agent.remember("beside", session_id="other")
    reply = end(agent, "talk")
    assert reply.status == 200, str(reply)
    assert reply.json["id"] == "talk" and reply.json["sequence"] == tenant.sequence()
    assert agent.recall("one", at_least=reply.json["state_token"])["results"]
    assert texts(agent, "talk") == []
    assert texts(agent, "other") == ["beside"]
    assert agent.get(kept["id"]).status == 200, "its turns stay memories"
    agent.feedback(question["evaluation_id"], 1, response_text="late")
    agent.remember("four", session_id="talk")
    assert texts(agent, "talk") == ["now?", "four"]
    assert agent.get(agent.remember("five", session_id="talk")["id"]).json["turn"] == 3


def test_ending_is_idempotent(tenant, agent):
    first = end(agent, "s", headers={"Idempotency-Key": "k"})
    again = end(agent, "s", headers={"Idempotency-Key": "k"})
    assert again.body == first.body and tenant.sequence() == 1
    assert_problem(end(agent, "t", headers={"Idempotency-Key": "k"}), 422, "Idempotency-Key")
    assert end(agent, "s").json["sequence"] == 2
    assert end(agent, "never-seen").status == 200


@pytest.mark.parametrize("session, path", [
    ("a/b", "a%2Fb"), ("ü ?#", "%C3%BC%20%3F%23"), ("x" * 256, "x" * 256), ("a+b", "a+b")])
def test_any_name_can_be_ended(agent, session, path):
    agent.remember("here", session_id=session)
    assert end(agent, path).json["id"] == session
    assert texts(agent, session) == []


@pytest.mark.parametrize("path, status, field, fragment", [
    ("x" * 257, 400, "/id", "256"), ("%00", 400, "/id", "U+0000"), ("%ff", 400, "/id", "UTF-8"),
    ("", 404, None, None), ("a/b", 404, None, None), ("a?b=1", 400, "/b", "parameter")])
def test_bad_names(tenant, agent, path, status, field, fragment):
    assert_problem(end(agent, path), status, field, fragment)
    assert tenant.sequence() == 0


def test_other_tenants_sessions_stay(tenant, agent, make_tenant):
    agent.remember("mine", session_id="talk")
    other = make_tenant()
    assert end(other.agent, "talk").status == 200
    assert texts(agent, "talk") == ["mine"]
    other.close()


def test_the_name_is_in_no_column(tenant, agent):
    name = "wombat-session-name"
    reply = end(agent, name, headers={"Idempotency-Key": "kept"})
    assert reply.json["id"] == name
    for table in ("ended_sessions", "idempotency_keys", "events"):
        rows = tenant.stack.rows(f"SELECT * FROM {table} WHERE tenant = %s", tenant.id)
        assert rows
        for cell in (cell for row in rows for cell in row):
            assert b"wombat" not in (bytes(cell) if isinstance(cell, (bytes, memoryview))
                                     else str(cell).encode())

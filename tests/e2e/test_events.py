"""The ledger from outside: every answer to a known caller has its event, numbered without a gap."""
import hashlib
import json
import re
import uuid

import pytest

from api import Client

MARKER = "zanzibar-7f3a91c4"


def events_of(tenant, stream=None):
    """Events of the tenant in order of the log, each with its parsed body."""
    rows = tenant.stack.rows(
        "SELECT log_index, id, stream, stream_sequence, actor, action, telemetry_ref, body, leaf "
        "FROM events WHERE tenant = %s ORDER BY log_index", tenant.id)
    names = ("log_index", "id", "stream", "stream_sequence", "actor", "action", "telemetry_ref",
             "body", "leaf")
    events = [dict(zip(names, row)) for row in rows]
    for event in events:
        event["body"], event["leaf"] = bytes(event["body"]), bytes(event["leaf"])
        event["json"] = json.loads(event["body"])
    return [event for event in events if stream in (None, event["stream"])]


def canonical(value):
    """RFC 8785 of what event bodies hold: strings, integers, lists, objects."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def told(make_tenant):
    """A tenant after one of everything: (tenant, replies by name)."""
    tenant = make_tenant()
    agent = tenant.agent
    ref = {"Soma-Telemetry-Ref": "run-42/step 7"}
    trace = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    key = {"Idempotency-Key": "once"}
    replies = {}
    replies["remember"] = agent.post("/v1/memories", {
        "text": f"{MARKER} in the text", "speaker": MARKER, "session_id": MARKER, "key": MARKER,
        "tags": [MARKER], "subject": MARKER, "metadata": {MARKER: MARKER}}, headers={**ref, **key})
    replies["replay"] = agent.post("/v1/memories", {
        "text": f"{MARKER} in the text", "speaker": MARKER, "session_id": MARKER, "key": MARKER,
        "tags": [MARKER], "subject": MARKER, "metadata": {MARKER: MARKER}}, headers=key)
    replies["reused"] = agent.post("/v1/memories", {"text": "other"}, headers=key)
    replies["supersede"] = agent.post("/v1/memories", {"text": "newer", "key": MARKER})
    replies["batch"] = agent.post("/v1/memories:batch", {"items": [{"text": "a"}, {"text": "b"}]})
    replies["recall"] = agent.post("/v1/recall", {"query": MARKER}, headers=trace)
    replies["get"] = agent.get(replies["remember"].json["id"])
    by_tag = json.dumps({"field": "tags", "op": "contains", "value": MARKER})
    replies["list"] = agent.list(filter=by_tag)
    replies["history"] = agent.history(replies["remember"].json["id"])
    replies["evaluate"] = agent.post("/v1/brain/evaluate",
                                     {"query": MARKER, "session_id": MARKER})
    said = {"evaluation_id": replies["evaluate"].json["evaluation_id"], "reward": 1, "model": MARKER,
            "response_text": MARKER, "metadata": {MARKER: MARKER}, "session_id": MARKER,
            "used_memory_ids": [m["id"] for m in replies["evaluate"].json["memories"]]}
    replies["feedback"] = agent.post("/v1/brain/feedback", said)
    replies["feedback again"] = agent.post("/v1/brain/feedback", said)
    replies["other feedback"] = agent.post("/v1/brain/feedback", {**said, "reward": 0})
    ends = [one["id"] for one in replies["batch"].json["results"]]
    replies["link"] = agent.post("/v1/links", {"from": ends[0], "to": ends[1], "type": "next"})
    replies["links"] = agent.call("GET", f"/v1/memories/{ends[0]}/links")
    replies["end session"] = agent.call("DELETE", f"/v1/sessions/{MARKER}")
    operator = tenant.client("operator")
    replies["to be erased"] = agent.post("/v1/memories", {"text": MARKER,
                                                          "subject": f"erased {MARKER}"})
    replies["erase"] = operator.call("DELETE", f"/v1/subjects/erased%20{MARKER}")
    replies["erase again"] = operator.call("DELETE", f"/v1/subjects/erased%20{MARKER}")
    replies["erasure"] = operator.call("GET", f"/v1/erasures/{replies['erase'].json['id']}")
    replies["erase nobody"] = operator.call("DELETE", f"/v1/subjects/never-{MARKER}")
    replies["review"] = agent.delete(replies["batch"].json["results"][0]["id"])
    replies["denied"] = agent.post("/v1/memories", {"text": f"{MARKER} " + "AKIA" + "A" * 16})
    replies["delete"] = operator.delete(replies["batch"].json["results"][0]["id"])
    replies["missing"] = agent.get(uuid.UUID(int=7))
    replies["missing delete"] = operator.delete(uuid.UUID(int=7))
    replies["bad field"] = agent.post("/v1/memories", {"text": ""})
    replies["bad json"] = agent.post("/v1/recall", b"{")
    replies["bad header"] = agent.post("/v1/recall", {"query": "q"},
                                       headers={"Soma-Telemetry-Ref": "x" * 257})
    replies["conflict"] = agent.post("/v1/recall", {"query": "q", "at_least": "A" * 22})
    replies["bad type"] = agent.post("/v1/recall", {"query": "q"},
                                     headers={"Content-Type": "text/plain"})
    replies["forbidden"] = tenant.client("auditor").post("/v1/recall", {"query": MARKER}, headers=ref)
    statuses = {name: reply.status for name, reply in replies.items()}
    assert statuses == {
        "remember": 201, "replay": 201, "reused": 422, "supersede": 201, "batch": 201,
        "recall": 200, "get": 200, "list": 200, "history": 200, "evaluate": 200,
        "feedback": 201, "feedback again": 201, "other feedback": 409, "end session": 200,
        "link": 201, "links": 200, "delete": 200, "missing": 404,
        "to be erased": 201, "erase": 200, "erase again": 200, "erasure": 200, "erase nobody": 404,
        "missing delete": 404, "bad field": 400, "bad json": 400, "bad header": 400,
        "conflict": 409, "bad type": 415, "forbidden": 403, "review": 403, "denied": 403}
    nobody = Client(tenant.stack.http_port)
    for how in ({"token": "forged"}, {}):
        assert nobody.post("/v1/recall", {"query": "q"}, **how).status == 401
    nobody.close()
    yield tenant, replies
    tenant.close()


def by_request(tenant):
    found = {}
    for event in events_of(tenant):
        found.setdefault(event["json"]["request_id"], []).append(event)
    return found


def test_every_answer_has_its_event_and_nothing_else_has(told):
    tenant, replies = told
    found = by_request(tenant)
    assert set(found) == {reply.request_id for reply in replies.values()}
    counts = {name: len(found[reply.request_id]) for name, reply in replies.items()}
    assert counts == {name: 2 if name in ("batch", "erase") else 1 for name in replies}


@pytest.mark.parametrize("name, stream, action, decision", [
    ("remember", "state", "memory.remember", "allowed"),
    ("supersede", "state", "memory.remember", "allowed"),
    ("batch", "state", "memory.remember_batch", "allowed"),
    ("link", "state", "memory.link", "allowed"),
    ("links", "access", "memory.links", "allowed"),
    ("end session", "state", "session.end", "allowed"),
    ("delete", "state", "memory.delete", "allowed"),
    ("erase again", "access", "subject.erase", "allowed"),
    ("erasure", "access", "subject.erasure", "allowed"),
    ("erase nobody", "access", "subject.erase", "refused"),
    ("replay", "access", "memory.remember", "allowed"),
    ("recall", "access", "memory.recall", "allowed"),
    ("get", "access", "memory.get", "allowed"),
    ("list", "access", "memory.list", "allowed"),
    ("history", "access", "memory.history", "allowed"),
    ("evaluate", "access", "brain.evaluate", "allowed"),
    ("feedback", "state", "brain.feedback", "allowed"),
    ("feedback again", "access", "brain.feedback", "allowed"),
    ("other feedback", "access", "brain.feedback", "refused"),
    ("reused", "access", "memory.remember", "refused"),
    ("missing", "access", "memory.get", "refused"),
    ("missing delete", "access", "memory.delete", "refused"),
    ("bad field", "access", "memory.remember", "refused"),
    ("bad json", "access", "memory.recall", "refused"),
    ("bad header", "access", "memory.recall", "refused"),
    ("conflict", "access", "memory.recall", "refused"),
    ("bad type", "access", "memory.recall", "refused"),
    ("forbidden", "access", "memory.recall", "refused"),
    ("review", "access", "memory.delete", "refused"),
    ("denied", "access", "memory.remember", "refused"),
])
def test_what_an_event_says(told, name, stream, action, decision):
    tenant, replies = told
    for event in by_request(tenant)[replies[name].request_id]:
        body = event["json"]
        assert (event["stream"], event["action"]) == (stream, action)
        assert (body["decision"], body["status"]) == (decision, replies[name].status)
        assert body["tenant"] == tenant.id and body["actor"] == event["actor"] == "e2e"


def test_every_event_names_the_law_it_happened_under(told):
    tenant, replies = told
    version = replies["evaluate"].json["constitution_version"]
    assert version >= 1
    laws = {(event["json"].get("constitution_version"), event["json"].get("constitution_hash"))
            for event in events_of(tenant)}
    assert len(laws) == 1, "one version was in force all the time"
    (named, digest), = laws
    assert named == version and re.fullmatch("[0-9a-f]{128}", digest)


@pytest.mark.parametrize("name, article", [
    ("review", "human-review"), ("denied", "no-secrets-or-pii"), ("forbidden", None),
    ("bad field", None), ("remember", None)])
def test_a_refusal_by_the_law_is_recorded_with_its_article(told, name, article):
    tenant, replies = told
    for event in by_request(tenant)[replies[name].request_id]:
        assert event["json"].get("article") == article
        if name in ("review", "denied"):
            assert replies[name].json["article"] == article


def test_an_erasure_has_an_event_for_its_beginning_and_its_end(told):
    tenant, replies = told
    events = by_request(tenant)[replies["erase"].request_id]
    assert [event["action"] for event in events] == ["subject.erase", "subject.erased"]
    assert {event["stream"] for event in events} == {"state"}
    answer = replies["erase"].json
    assert {event["json"]["details"]["erasure_id"] for event in events} == {answer["id"]}
    assert answer["receipt"]["event"] == {
        "log_id": str(tenant.stack.rows("SELECT log_id FROM log")[0][0]),
        "log_index": events[0]["log_index"], "leaf": events[0]["leaf"].hex()}
    assert events[1]["stream_sequence"] == answer["sequence"]


def test_columns_and_body_agree(told):
    tenant, _ = told
    for event in events_of(tenant):
        body = event["json"]
        assert body["id"] == str(event["id"])
        assert body["stream"] == event["stream"]
        assert body["stream_sequence"] == event["stream_sequence"]
        assert body["action"] == event["action"]
        assert body.get("telemetry_ref", "") == (event["telemetry_ref"] or "")


def test_streams_are_dense(told):
    tenant, replies = told
    for stream in ("state", "access"):
        numbers = [event["stream_sequence"] for event in events_of(tenant, stream)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert tenant.sequence(stream) == len(numbers)
    # The sequences that callers were told are those of their events.
    found = by_request(tenant)
    for name in ("remember", "supersede", "feedback", "link", "end session", "delete"):
        assert found[replies[name].request_id][0]["stream_sequence"] == replies[name].json["sequence"]
    assert sorted(e["stream_sequence"] for e in found[replies["batch"].request_id]) == [
        result["sequence"] for result in replies["batch"].json["results"]]


def test_the_log_is_dense(stack, told):
    size, count, least, most, distinct = stack.rows(
        "SELECT (SELECT size FROM log), count(*), min(log_index), max(log_index), "
        "count(DISTINCT id) FROM events")[0]
    # Other tests may be writing: what one statement saw is consistent in itself.
    assert (least, most) == (0, count - 1) and distinct == count and size == count


def test_leaves_and_canonical_bodies(told):
    tenant, _ = told
    for event in events_of(tenant):
        assert event["leaf"] == hashlib.sha256(b"\0" + event["body"]).digest()
        assert event["body"] == canonical(event["json"])
        assert "log_index" not in event["json"] and "log_id" not in event["json"]
        assert len(event["body"]) <= 65535


def test_events_hold_no_content(told):
    tenant, _ = told
    for event in events_of(tenant):
        assert MARKER.encode() not in event["body"]
        assert MARKER not in f"{event['actor']}{event['action']}{event['telemetry_ref']}"
    # The check can fail: the reference, which the caller gave for the ledger, is found.
    assert any(b"run-42/step 7" in event["body"] for event in events_of(tenant))


def test_references_and_targets(told):
    tenant, replies = told
    found = by_request(tenant)

    def body(name):
        return found[replies[name].request_id][0]["json"]

    for name in ("remember", "forbidden"):
        assert body(name)["telemetry_ref"] == "run-42/step 7"
    assert body("recall")["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert body("remember")["targets"] == [replies["remember"].json["id"]]
    assert body("supersede")["supersedes"] == [replies["remember"].json["id"]]
    assert body("delete")["targets"] == [replies["delete"].json["id"]]
    returned = [hit["id"] for hit in replies["recall"].json["results"]]
    assert sorted(body("recall")["targets"]) == sorted(returned)
    for name in ("remember", "recall", "evaluate", "get"):
        for digest in ("request_digest", "answer_digest"):
            assert len(body(name)[digest]) == 64, name


def test_equal_requests_of_two_tenants_have_unlike_digests(make_tenant):
    digests = set()
    for _ in range(2):
        tenant = make_tenant()
        tenant.agent.recall("the same question")
        digests.add(events_of(tenant)[0]["json"]["request_digest"])
        tenant.close()
    assert len(digests) == 2


def test_row_level_security_holds_in_the_database(stack, told):
    import psycopg
    tenant, _ = told
    login = {"host": "127.0.0.1", "port": stack.port("POSTGRES_PORT"), "dbname": "soma",
             "user": "soma_app", "password": stack.secret("postgres-app"), "autocommit": True}
    with psycopg.connect(**login) as connection:
        for table in ("memories", "embeddings", "evaluations", "idempotency_keys", "events"):
            count = f"SELECT count(*) FROM {table}"
            assert connection.execute(count).fetchone() == (0,), table
            connection.execute("SELECT set_config('soma.tenant', %s, false)", (tenant.id,))
            assert connection.execute(count).fetchone()[0] > 0, table
            others = f"SELECT count(*) FROM {table} WHERE tenant <> %s"
            assert connection.execute(others, (tenant.id,)).fetchone() == (0,), table
            connection.execute("SELECT set_config('soma.tenant', '', false)")
        for forbidden in ("UPDATE events SET actor = 'x'", "DELETE FROM events",
                          "TRUNCATE events", "UPDATE log SET log_id = gen_random_uuid()",
                          "DELETE FROM streams", "SELECT * FROM events_0",
                          "SELECT events_drop_partition(0)", "SET ROLE soma_owner"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)

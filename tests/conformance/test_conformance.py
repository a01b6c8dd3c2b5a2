"""The same calls over HTTP and over gRPC: the same answers, the same refusals."""
import grpc
import pytest

import cases
import contract

# kind of a problem: gRPC's code; HTTP's number is in the problem itself
CODES = {"invalid_argument": "INVALID_ARGUMENT", "unauthenticated": "UNAUTHENTICATED",
         "permission_denied": "PERMISSION_DENIED", "not_found": "NOT_FOUND", "already_exists": "ALREADY_EXISTS",
         "conflict": "FAILED_PRECONDITION", "idempotency_reused": "FAILED_PRECONDITION",
         "payload_too_large": "RESOURCE_EXHAUSTED", "resource_exhausted": "RESOURCE_EXHAUSTED",
         "unavailable": "UNAVAILABLE", "deadline_exceeded": "DEADLINE_EXCEEDED"}
VARIES = {"sequence", "state_token", "version", "evaluation_id", "feedback_id", "id", "created_at", "from", "to"}


def listed(table):
    return [pytest.param(method, *rest, id=f"{method}: {what}")
            for method, rows in table.items() for what, *rest in rows]


def masked(value):
    """What every write has anew, as its type."""
    if isinstance(value, dict):
        return {k: type(v).__name__ if k in VARIES else masked(v) for k, v in value.items()}
    return [masked(one) for one in value] if isinstance(value, list) else value


def settled(value):
    """What a moment between two questions moves: weights that fade, cursors that hold the time."""
    if isinstance(value, dict):
        return {k: "a cursor" if k == "next_cursor" else settled(v) for k, v in value.items()}
    if isinstance(value, list):
        return [settled(one) for one in value]
    return pytest.approx(value, rel=1e-5) if isinstance(value, float) else value


def without(fields, *names):
    return {name: value for name, value in fields.items() if name not in names}


def worded(problem):
    """A free object is JSON in a body, and a text that is JSON elsewhere: that shows in one word."""
    return {name: value.replace("must be a JSON object", "must be an object") if name == "detail" else value
            for name, value in problem.items() if name != "request_id"}


def assert_same_problem(one, other):
    """`one` came over HTTP."""
    assert one.problem and other.problem, (one, other)
    assert worded(one.problem) == worded(other.problem)
    assert one.status == one.problem["status"]
    assert other.status == getattr(grpc.StatusCode, CODES[one.kind])
    assert one.retry_after == other.retry_after
    for answer in (one, other):
        assert answer.problem["request_id"] == answer.request_id


@pytest.mark.parametrize("method, kind, fields", listed(cases.GOOD))
def test_the_same_answer(world, http, rpc, method, kind, fields):
    said = fields(world)
    token = world.token_for(method)
    one = http.call(method, said, token)
    other = rpc.call(method, said if kind == cases.READ else fields(world), token)
    assert one.problem is None and other.problem is None, (one, other)
    assert one.request_id and other.request_id and one.request_id != other.request_id
    if kind == cases.WRITE:
        assert masked(one.fields) == masked(other.fields)
    else:
        assert settled(without(one.fields, "evaluation_id")) == without(other.fields, "evaluation_id") | (
            {"next_cursor": "a cursor"} if "next_cursor" in other.fields else {})


@pytest.mark.parametrize("method, fields", listed(cases.REFUSED))
def test_the_same_refusal(world, http, rpc, method, fields):
    said = fields(world)
    assert_same_problem(http.call(method, said, world.token), rpc.call(method, said, world.token))


@pytest.mark.parametrize("method, fields, pointer", [
    pytest.param(method, fields, pointer, id=f"{method} {what}")
    for method, what, fields, pointer in cases.every_broken_limit()])
def test_the_same_limit(world, http, rpc, method, fields, pointer):
    one, other = (transport.call(method, fields, world.token) for transport in (http, rpc))
    assert one.kind == "invalid_argument" and one.problem["field"] == pointer, one
    assert_same_problem(one, other)


def test_both_services_are_covered():
    assert set(cases.GOOD) == set(contract.METHODS)
    for module, service in contract.SERVED.items():
        assert contract.MODULES[module].DESCRIPTOR.services_by_name[service].methods
    nothing_to_refuse = {"Memory.RememberBatch", "Brain.EndSession", "Brain.GetWeights", "Brain.WeightsHistory"}
    assert set(cases.REFUSED) | nothing_to_refuse == set(contract.METHODS)


@pytest.mark.parametrize("method", sorted(contract.METHODS))
def test_who_may_call(world, http, rpc, method):
    fields = cases.minimal(contract.METHODS[method].input_type)
    expired = world.mint(exp=1_700_000_000)
    for token in (None, "", "x.y.z", expired, world.token[:-4] + "AAAA"):
        one, other = (transport.call(method, fields, token) for transport in (http, rpc))
        assert one.kind == "unauthenticated"
        assert_same_problem(one, other)
    signer = world.mint("signer")
    one, other = (transport.call(method, fields, signer) for transport in (http, rpc))
    assert one.kind == "permission_denied"
    assert_same_problem(one, other)


def test_what_http_wrote_grpc_reads_and_the_reverse(world, http, rpc):
    said = cases.GOOD["Memory.Remember"][1][2]
    for writer, reader in ((http, rpc), (rpc, http)):
        fields = said(world)
        written = writer.call("Memory.Remember", fields, world.token).fields
        read = reader.call("Memory.GetMemory", {"id": written["id"]}, world.token).fields
        for name in ("text", "metadata", "tags", "importance", "turn", "key", "session_id"):
            assert read[name] == fields[name]
        assert read["occurred_at"] == "2026-01-01T21:34:05.678901Z"


def test_one_key_for_both(world, http, rpc):
    """A write is repeated over the other transport: one memory, one answer."""
    for first, second in ((http, rpc), (rpc, http)):
        headers = {"Idempotency-Key": world.unique("key")}
        fields = {"text": world.unique("once"), "metadata": {"b": 1, "a": 2}}
        one = first.call("Memory.Remember", fields, world.token, headers)
        assert one.problem is None and second.call("Memory.Remember", fields, world.token, headers).fields == one.fields
        other = {**fields, "text": "another"}
        answers = {t.name: t.call("Memory.Remember", other, world.token, headers) for t in (http, rpc)}
        assert answers["http"].kind == "idempotency_reused"
        assert_same_problem(answers["http"], answers["grpc"])


@pytest.mark.parametrize("name, value", [
    ("Idempotency-Key", "k" * 129), ("Idempotency-Key", ""), ("Soma-Telemetry-Ref", "r" * 257),
    ("Soma-Telemetry-Ref", "")])
def test_the_same_headers(world, http, rpc, name, value):
    one, other = (t.call("Memory.Remember", {"text": "x"}, world.token, {name: value}) for t in (http, rpc))
    assert one.problem["field"] == name
    assert_same_problem(one, other)


def test_the_ledger_tells_them_alike(world, http, rpc):
    events = []
    for transport in (http, rpc):
        reference = world.unique("run")
        answer = transport.call("Brain.Evaluate", {"query": "Go?", "confidence": .01}, world.token,
                                {"Soma-Telemetry-Ref": reference,
                                 "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
        assert answer.kind == "permission_denied" and answer.problem["utility"]["utility"] < 0
        ((event,),) = world.stack.rows(
            "SELECT convert_from(body, 'UTF8')::jsonb FROM events WHERE tenant = %s AND telemetry_ref = %s",
            world.tenant, reference)
        assert event["request_id"] == answer.request_id
        assert event["details"]["utility"] == answer.problem["utility"]
        events.append(event)
    different = {"id", "time", "request_id", "telemetry_ref", "stream_sequence", "sequence"}
    assert without(events[0], *different) == without(events[1], *different)

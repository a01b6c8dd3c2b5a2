"""Bad input: a problem+json that names field and limit, and nothing stored. One table a request."""
import json
import socket

import pytest

from api import Client, assert_problem

REMEMBER, BATCH, RECALL, EVALUATE = ("/v1/memories", "/v1/memories:batch", "/v1/recall",
                                     "/v1/brain/evaluate")


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


# Any path with a body: (what, body, field, fragment of the detail)
MALFORMED = [
    ("cut short", b'{"text":', "", "JSON"),
    ("empty body", b"", "", "JSON"),
    ("only blanks", b"  \n ", "", "JSON"),
    ("trailing comma", b'{"text":"a",}', "", "JSON"),
    ("single quotes", b"{'text':'a'}", "", "JSON"),
    ("bare words", b"{text:1}", "", "JSON"),
    ("a comment", b'{/* no */"text":"a"}', "", "JSON"),
    ("two values", b'{"text":"a"}{"text":"b"}', "", "JSON"),
    ("something after", b'{"text":"a"} x', "", "JSON"),
    ("a byte order mark", b'\xef\xbb\xbf{"text":"a"}', "", "byte order mark"),
    ("UTF-16", '{"text":"a"}'.encode("utf-16"), "", "JSON"),
    ("a list", b"[]", "", "object"),
    ("a string", b'"text"', "", "object"),
    ("null", b"null", "", "object"),
    ("a number", b"1", "", "object"),
    ("a raw NUL", b'{"text":"a\x00b"}', None, "JSON"),
    ("a raw control", b'{"text":"a\nb"}', None, "JSON"),
    ("a leading zero", b'{"text":"a","turn":01}', None, "JSON"),
    ("NaN", b'{"text":"a","importance":NaN}', None, "JSON"),
    ("Infinity", b'{"text":"a","importance":-Infinity}', None, "JSON"),
    ("hexadecimal", b'{"text":"a","turn":0x10}', None, "JSON"),
    ("deep", b'{"text":"x","metadata":' + nested(40) + b"}", None, "32"),
    ("very deep", b"[" * 100000, None, None),
    ("deep and open", b'{"text":"x","metadata":' + b'{"a":' * 50000, None, "32"),
]

FIELDS = [
    ("no text", {}, "/text", "required"),
    ("null text", {"text": None}, "/text", "required"),
    ("empty text", {"text": ""}, "/text", "must not be empty"),
    ("over-long text", {"text": "x" * 32769}, "/text", "32768"),
    ("over-long text in bytes", {"text": "é" * 16385}, "/text", "32768"),
    ("text a number", {"text": 5}, "/text", "string"),
    ("text a list", {"text": ["a"]}, "/text", "string"),
    ("unknown field", {"text": "x", "txet": "y"}, "/txet", "not a field"),
    ("camel case", {"text": "x", "sessionId": "y"}, "/sessionId", "not a field"),
    ("pointer escapes", {"text": "x", "a/b~c": 1}, "/a~1b~0c", "not a field"),
    ("NUL in text", {"text": "a\0b"}, "/text", "U+0000"),
    ("NUL alone", {"text": "\0"}, "/text", "U+0000"),
    ("NUL in a tag", {"text": "x", "tags": ["ok", "a\0"]}, "/tags/1", "U+0000"),
    ("NUL in metadata", {"text": "x", "metadata": {"k": "\0"}}, None, "U+0000"),
    ("NUL in a metadata name", {"text": "x", "metadata": {"\0": 1}}, None, "U+0000"),
    ("subject", {"text": "x", "subject": "s" * 257}, "/subject", "256"),
    ("kind", {"text": "x", "kind": "s" * 257}, "/kind", "256"),
    ("speaker", {"text": "x", "speaker": "é" * 129}, "/speaker", "256"),
    ("session_id", {"text": "x", "session_id": "s" * 257}, "/session_id", "256"),
    ("key", {"text": "x", "key": "s" * 257}, "/key", "256"),
    ("33 tags", {"text": "x", "tags": ["t"] * 33}, "/tags", "32"),
    ("empty tag", {"text": "x", "tags": ["a", ""]}, "/tags/1", "must not be empty"),
    ("long tag", {"text": "x", "tags": ["t" * 257]}, "/tags/0", "256"),
    ("null tag", {"text": "x", "tags": [None]}, "/tags/0", None),
    ("tags a string", {"text": "x", "tags": "a,b"}, "/tags", "list"),
    ("importance below", {"text": "x", "importance": -0.001}, "/importance", "at least 0"),
    ("importance above", {"text": "x", "importance": 1.001}, "/importance", "at most 1"),
    ("importance a string", {"text": "x", "importance": "0.5"}, "/importance", "number"),
    ("turn below", {"text": "x", "turn": -1}, "/turn", "at least 0"),
    ("turn above", {"text": "x", "turn": 2**31}, "/turn", "2147483647"),
    ("turn a fraction", {"text": "x", "turn": 1.5}, "/turn", "integer"),
    ("turn true", {"text": "x", "turn": True}, "/turn", "integer"),
    ("turn a huge integer", {"text": "x", "turn": 10**30}, "/turn", None),
    ("ttl 0", {"text": "x", "ttl_seconds": 0}, "/ttl_seconds", "at least 1"),
    ("ttl too long", {"text": "x", "ttl_seconds": 3153600001}, "/ttl_seconds", "3153600000"),
    ("ttl past 2^53", {"text": "x", "ttl_seconds": 2**53}, "/ttl_seconds", None),
    ("metadata a list", {"text": "x", "metadata": [1]}, "/metadata", "object"),
    ("metadata a string", {"text": "x", "metadata": "{}"}, "/metadata", "object"),
    ("big metadata", {"text": "x", "metadata": {"m": "x" * 8185}}, "/metadata", "8192"),
    ("metadata past 2^53", {"text": "x", "metadata": {"n": 2**53}}, "/metadata/n", "2^53"),
    ("reversed validity", {"text": "x", "valid_from": "2024-02-01T00:00:00Z",
                           "valid_to": "2024-01-01T00:00:00Z"}, "/valid_to", "after"),
    ("empty validity", {"text": "x", "valid_from": "2024-02-01T00:00:00Z",
                        "valid_to": "2024-02-01T00:00:00Z"}, "/valid_to", "after"),
    ("nanoseconds", {"text": "x", "occurred_at": "2024-01-01T00:00:00.123456789Z"},
     "/occurred_at", "microseconds"),
    ("nanoseconds of zero", {"text": "x", "valid_from": "2024-01-01T00:00:00.0000001Z"},
     "/valid_from", "microseconds"),
    ("no offset", {"text": "x", "valid_to": "2024-01-01T00:00:00"}, "/valid_to", "RFC 3339"),
    ("a date", {"text": "x", "occurred_at": "2024-01-01"}, "/occurred_at", "RFC 3339"),
    ("30 February", {"text": "x", "occurred_at": "2024-02-30T00:00:00Z"}, "/occurred_at",
     "RFC 3339"),
    ("a time as a number", {"text": "x", "occurred_at": 1700000000}, "/occurred_at", "string"),
    ("embedding too short", {"text": "x", "embedding": [0.1] * 383}, "/embedding", "384"),
    ("embedding too long", {"text": "x", "embedding": [0.1] * 385}, "/embedding", "384"),
    ("embedding past the limit", {"text": "x", "embedding": [0.1] * 2049}, "/embedding", "2048"),
    ("embedding of zeros", {"text": "x", "embedding": [0] * 384}, "/embedding", None),
    ("embedding of strings", {"text": "x", "embedding": ["0.1"] * 384}, "/embedding/0", "number"),
    ("embedding with null", {"text": "x", "embedding": [None] * 384}, "/embedding/0", None),
    ("embedding past float", {"text": "x", "embedding": [1e39] + [0] * 383}, "/embedding/0",
     "float"),
]

BYTES = [
    ("a repeated name", b'{"text":"a","text":"b"}', "/text", "twice"),
    ("a name repeated by escape", b'{"text":"a","t\\u0065xt":"b"}', "/text", "twice"),
    ("a repeated metadata name", b'{"text":"a","metadata":{"k":1,"k":2}}', "/metadata/k", "twice"),
    ("invalid UTF-8", b'{"text":"\xff\xfe"}', None, "UTF-8"),
    ("overlong UTF-8", b'{"text":"\xc0\xaf"}', None, "UTF-8"),
    ("a surrogate in UTF-8", b'{"text":"\xed\xa0\x80"}', None, "UTF-8"),
    ("truncated UTF-8", b'{"text":"\xe2\x82"}', None, "UTF-8"),
    ("a lone surrogate escape", b'{"text":"\\ud800"}', None, None),
    ("a reversed pair", b'{"text":"\\udc00\\ud800"}', None, None),
    ("a NUL escape", b'{"text":"a\\u0000b"}', "/text", "U+0000"),
    ("NaN in an embedding", b'{"text":"a","embedding":[0.5,NaN]}', "/embedding/1", "no NaN"),
    ("the least integer", b'{"text":"a","turn":-9223372036854775808}', "/turn", "2^53"),
    ("the least integer in metadata", b'{"text":"a","metadata":{"n":-9223372036854775808}}',
     "/metadata/n", "2^53"),
    ("a number past double", b'{"text":"a","importance":1e999}', "/importance", None),
    ("a bad escape", b'{"text":"\\x41"}', None, "JSON"),
]

ITEMS = [
    ("no items", {}, "/items", "required"),
    ("empty items", {"items": []}, "/items", "at least 1"),
    ("1,001 items", {"items": [{"text": "x"}] * 1001}, "/items", "1000"),
    ("items an object", {"items": {"text": "x"}}, "/items", "list"),
    ("an item that is text", {"items": [{"text": "a"}, "b"]}, "/items/1", "object"),
    ("a null item", {"items": [None]}, "/items/0", None),
    ("an empty item", {"items": [{"text": "a"}, {}]}, "/items/1/text", "required"),
    ("the last of a thousand", {"items": [{"text": "x"}] * 999 + [{"text": ""}]},
     "/items/999/text", "must not be empty"),
]

QUESTIONS = [
    (RECALL, "nothing to look for", {}, "/query", "embedding"),
    (RECALL, "empty query", {"query": ""}, "/query", None),
    (RECALL, "long query", {"query": "q" * 4097}, "/query", "4096"),
    (RECALL, "top_k 0", {"query": "q", "top_k": 0}, "/top_k", "at least 1"),
    (RECALL, "top_k 101", {"query": "q", "top_k": 101}, "/top_k", "at most 100"),
    (RECALL, "top_k text", {"query": "q", "top_k": "5"}, "/top_k", "integer"),
    (RECALL, "unknown view", {"query": "q", "views": ["dense", "taste"]}, "/views/1", "one of"),
    (RECALL, "eleven views", {"query": "q", "views": ["dense"] * 11}, "/views", "10"),
    (RECALL, "explain a word", {"query": "q", "explain": "yes"}, "/explain", "true or false"),
    (RECALL, "short embedding", {"embedding": [1.0]}, "/embedding", "384"),
    (RECALL, "zero embedding", {"embedding": [0.0] * 384}, "/embedding", None),
    (RECALL, "long token", {"query": "q", "at_least": "A" * 65}, "/at_least", "64"),
    (RECALL, "no token", {"query": "q", "at_least": "not a token"}, "/at_least", None),
    (RECALL, "NUL", {"query": "a\0"}, "/query", "U+0000"),
    (RECALL, "limit", {"query": "q", "limit": 5}, "/limit", "not a field"),
    (RECALL, "valid_at", {"query": "q", "valid_at": "now"}, "/valid_at", "RFC 3339"),
    (RECALL, "as_of", {"query": "q", "as_of": "2024"}, "/as_of", "RFC 3339 time or a state_token"),
    (RECALL, "long as_of", {"query": "q", "as_of": "2" * 65}, "/as_of", "64"),
    (RECALL, "filter a text", {"query": "q", "filter": "kind"}, "/filter", "object"),
    (RECALL, "filter a list", {"query": "q", "filter": []}, "/filter", "object"),
    (RECALL, "large filter", {"query": "q", "filter": {"x": "y" * 32768}}, "/filter", "32768"),
    (EVALUATE, "no query", {}, "/query", "required"),
    (EVALUATE, "empty query", {"query": ""}, "/query", "must not be empty"),
    (EVALUATE, "long query", {"query": "q" * 4097}, "/query", "4096"),
    (EVALUATE, "vector alone", {"embedding": [0.1] * 384}, "/query", "required"),
    (EVALUATE, "top_k 0", {"query": "q", "top_k": 0}, "/top_k", "at least 1"),
    (EVALUATE, "top_k 101", {"query": "q", "top_k": 101}, "/top_k", "at most 100"),
    (EVALUATE, "budget 0", {"query": "q", "token_budget": 0}, "/token_budget", "at least 1"),
    (EVALUATE, "budget past", {"query": "q", "token_budget": 1000001}, "/token_budget", "1000000"),
    (EVALUATE, "session", {"query": "q", "session_id": "s" * 257}, "/session_id", "256"),
    (EVALUATE, "wrong embedding", {"query": "q", "embedding": [0.1] * 3}, "/embedding", "384"),
    (EVALUATE, "confidence 0", {"query": "q", "confidence": 0}, "/confidence", "above 0"),
    (EVALUATE, "confidence -0", {"query": "q", "confidence": -0.0}, "/confidence", "above 0"),
    (EVALUATE, "confidence below", {"query": "q", "confidence": -.1}, "/confidence", "at least 0"),
    (EVALUATE, "confidence above", {"query": "q", "confidence": 1.1}, "/confidence", "at most 1"),
    (EVALUATE, "huge confidence", {"query": "q", "confidence": 1e308}, "/confidence", "at most 1"),
    (EVALUATE, "confidence a word", {"query": "q", "confidence": "high"}, "/confidence", "number"),
    (EVALUATE, "tokens below", {"query": "q", "cost_tokens": -1, "price": 1}, "/cost_tokens",
     "at least 0"),
    (EVALUATE, "tokens above", {"query": "q", "cost_tokens": 10**9 + 1, "price": 1}, "/cost_tokens",
     "1000000000"),
    (EVALUATE, "tokens alone", {"query": "q", "cost_tokens": 5}, "/price", "beside cost_tokens"),
    (EVALUATE, "price alone", {"query": "q", "price": 5}, "/cost_tokens", "beside price"),
    (EVALUATE, "price below", {"query": "q", "cost_tokens": 1, "price": -.5}, "/price", "at least 0"),
    (EVALUATE, "price above", {"query": "q", "cost_tokens": 1, "price": 1e308}, "/price", "1000000"),
    (EVALUATE, "latency below", {"query": "q", "predicted_latency_seconds": -1},
     "/predicted_latency_seconds", "at least 0"),
    (EVALUATE, "latency above", {"query": "q", "predicted_latency_seconds": 1e308},
     "/predicted_latency_seconds", "1000000"),
    (EVALUATE, "explain a word", {"query": "q", "explain": "yes"}, "/explain", "true or false"),
    (EVALUATE, "unknown form", {"query": "q", "render": "markdown"}, "/render", "one of"),
    (EVALUATE, "views", {"query": "q", "views": ["dense"]}, "/views", "not a field"),
]


@pytest.fixture
def stores_nothing(shared):
    """Fails when the test changed the tenant's state."""
    before = shared.sequence(), shared.memory_count()
    yield
    assert (shared.sequence(), shared.memory_count()) == before


def named(table):
    return [pytest.param(*row[1:], id=row[0]) for row in table]


@pytest.mark.parametrize("path", [REMEMBER, BATCH, RECALL, EVALUATE])
@pytest.mark.parametrize("body, field, fragment", named(MALFORMED))
def test_malformed_json(shared, stores_nothing, path, body, field, fragment):
    if path != REMEMBER and b"text" in body:
        field = fragment = None  # elsewhere the unknown member is met first
    assert_problem(shared.agent.post(path, body), 400, field, fragment)


@pytest.mark.parametrize("body, field, fragment", named(FIELDS) + named(BYTES))
def test_bad_memories(shared, stores_nothing, body, field, fragment):
    reply = shared.agent.post(REMEMBER, body)
    assert_problem(reply, 400, field, fragment)
    if isinstance(body, dict) and (field or "").count("/") == 1:
        reply = shared.agent.post(BATCH, {"items": [{"text": "fine"}, body]})
        assert_problem(reply, 400, "/items/1" + field, fragment)


@pytest.mark.parametrize("body, field, fragment", named(ITEMS))
def test_bad_batches(shared, stores_nothing, body, field, fragment):
    assert_problem(shared.agent.post(BATCH, body), 400, field, fragment)


@pytest.mark.parametrize("path, body, field, fragment",
                         [pytest.param(p, *rest, id=f"{p[4:]} {name}")
                          for p, name, *rest in QUESTIONS])
def test_bad_questions(shared, stores_nothing, path, body, field, fragment):
    assert_problem(shared.agent.post(path, body), 400, field, fragment)


@pytest.mark.parametrize("bad", ["x", "123", "019f0000-0000-7000-8000-00000000000g",
                                 "019f0000-0000-7000-8000-0000000000001", "%00", "%ff", "%20",
                                 "{019f0000-0000-7000-8000-000000000000}", "a" * 2000])
@pytest.mark.parametrize("verb", ["GET", "DELETE"])
def test_ids_that_are_none(shared, stores_nothing, verb, bad):
    reply = shared.agent.call(verb, f"/v1/memories/{bad}")
    assert_problem(reply, reply.status)
    assert reply.status in (400, 404), str(reply)
    if bad.isalnum():
        assert_problem(reply, 400, "/id", "UUID")


def test_query_parameters(shared, stores_nothing):
    made_up = "019f0000-0000-7000-8000-000000000000"
    agent = shared.agent
    assert_problem(agent.call("GET", f"/v1/memories/{made_up}?verbose=1"), 400, "/verbose")
    assert_problem(agent.call("GET", f"/v1/memories/{made_up}?id={made_up}"), 400, "/id", "twice")
    assert_problem(agent.post(REMEMBER + "?text=x", {"text": "x"}), 400)


@pytest.mark.parametrize("header, value, fragment", [
    ("Idempotency-Key", "k" * 129, "128"), ("Idempotency-Key", "", "empty"),
    ("Idempotency-Key", "caf\xe9", "ASCII"), ("Idempotency-Key", "a\tb", "ASCII"),
    ("Soma-Telemetry-Ref", "t" * 257, "256"), ("Soma-Telemetry-Ref", "\xff", "ASCII"),
])
def test_bad_headers(shared, stores_nothing, header, value, fragment):
    reply = shared.agent.post(REMEMBER, {"text": "x"}, headers={header: value})
    assert_problem(reply, 400, header, fragment)


def raw(shared, lines, body=b""):
    """The status and body of a request whose header lines are sent as they are written."""
    head = [*lines, f"Authorization: Bearer {shared.token()}", f"Content-Length: {len(body)}",
            "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", shared.stack.http_port), 30) as link:
        link.sendall("\r\n".join(head).encode("latin-1") + body)
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]


def test_a_header_given_twice(shared, stores_nothing):
    status, body = raw(shared, ["POST /v1/memories HTTP/1.1", "Host: x",
                                "Content-Type: application/json", "Idempotency-Key: a",
                                "Idempotency-Key: b"], b'{"text":"x"}')
    assert status == 400 and json.loads(body)["field"] == "Idempotency-Key", body


@pytest.mark.parametrize("host", ["", "a\tb", "a b", "x/y", "user@x", "caf\xe9", "[::1", "x:port"])
def test_odd_hosts(shared, stores_nothing, host):
    status, body = raw(shared, ["GET /health HTTP/1.1", f"Host: {host}"])
    assert status == 400 and b"Host" in body, body


@pytest.mark.parametrize("verb", ["GET", "DELETE"])
def test_a_body_where_none_belongs(shared, stores_nothing, verb):
    client = Client(shared.stack.http_port, shared.token())
    reply = client.call(verb, "/v1/memories/019f0000-0000-7000-8000-000000000000", {"why": "x"})
    assert_problem(reply, 400, None, "takes no body")
    client.close()


def test_strangers_learn_nothing_of_media_types(shared, stores_nothing):
    client = Client(shared.stack.http_port)
    reply = client.post(REMEMBER, b"text", headers={"Content-Type": "text/plain"})
    assert_problem(reply, 401)
    client.close()


@pytest.mark.parametrize("headers", [
    {"Content-Type": None}, {"Content-Type": "text/plain"}, {"Content-Type": "application/jsonp"},
    {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Encoding": "gzip"},
    {"Content-Type": "application/json; charset=latin-1"},
])
def test_other_media_types(shared, stores_nothing, headers):
    reply = shared.agent.post(REMEMBER, b'{"text":"x"}', headers=headers)
    assert_problem(reply, 415, None, "Content")


def test_paths_and_verbs(shared, stores_nothing):
    agent = shared.agent
    for path in ("/", "/v1", "/v1/memory", "/v1/memories/", "/v1/memories/a/b", "/V1/memories",
                 "/v1/recall/", "/v1//recall", "/../etc/passwd", "/metrics", "/ready"):
        assert_problem(agent.call("GET", path), 404)
    for verb, path, allow in (("PUT", REMEMBER, "POST"), ("PUT", RECALL, "POST"),
                              ("PATCH", "/v1/memories/x", "GET"), ("DELETE", EVALUATE, "POST"),
                              ("POST", "/health", "GET"), ("BREW", RECALL, "POST")):
        reply = agent.call(verb, path)
        assert_problem(reply, 405)
        assert allow in reply.headers["allow"]


def test_a_body_over_its_limit(shared, stores_nothing):
    client = Client(shared.stack.http_port, shared.token())
    big = b'{"text":"' + b"x" * (1 << 20) + b'"}'
    for path in (REMEMBER, RECALL, EVALUATE):
        try:
            reply = client.post(path, big)
        except (BrokenPipeError, ConnectionResetError):
            continue  # answered and closed before all was sent
        assert_problem(reply, 413, None, "1048576")
    # The batch has a limit of its own: 16 MiB.
    items = {"items": [{"text": "y" * 32000, "wrong": 1}] * 40}
    assert len(json.dumps(items)) > 1 << 20
    assert_problem(client.post(BATCH, items), 400, "/items/0/wrong")
    client.close()


def test_text_to_embed_has_a_limit_a_request(shared, stores_nothing):
    items = {"items": [{"text": "y" * 32_768}] * 33}
    assert_problem(shared.agent.post(BATCH, items), 400, "/items", "1048576")


def test_errors_do_not_repeat_content(shared, stores_nothing):
    secret = "pomegranate-7261"
    for body in ({"text": secret, "turn": "x"}, {"text": secret, "importance": 7},
                 {"text": "x", "metadata": {"m": secret * 600}}, {"text": secret, "kind": 5}):
        assert secret not in shared.agent.post(REMEMBER, body).body.decode()
    reply = shared.agent.post(REMEMBER, b'{"text":"' + secret.encode() + b'" oops}')
    assert secret not in reply.body.decode()

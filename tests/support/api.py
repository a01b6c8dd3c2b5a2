"""A client of the HTTP API on nothing but http.client: what is sent is what a test wrote."""
import base64
import dataclasses
import http.client
import json
import struct
import urllib.parse

UNSET = object()


@dataclasses.dataclass
class Reply:
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def request_id(self):
        return self.headers["request-id"]

    def __str__(self):
        return f"{self.status} {self.body[:600]!r}"


class Client:
    """One keep-alive connection, so not for several threads at once. Never repeats a request."""

    def __init__(self, port, token=None, timeout=30):
        self.port, self.token, self.timeout = port, token, timeout
        self.connection = None

    def call(self, verb, path, body=None, headers=None, token=UNSET):
        """`body`: bytes and text are sent as they are, anything else as JSON."""
        sent = {}
        if body is not None:
            sent["Content-Type"] = "application/json"
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode("utf-8")
        token = self.token if token is UNSET else token
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                         timeout=self.timeout)
        try:
            self.connection.request(verb, path, body, sent)
            answer = self.connection.getresponse()
            reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()},
                          answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        return reply

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def get(self, memory_id, **how):
        return self.call("GET", f"/v1/memories/{memory_id}", **how)

    def list(self, **parameters):
        return self.call("GET", "/v1/memories" + _query(parameters))

    def history(self, memory_id, **parameters):
        return self.call("GET", f"/v1/memories/{memory_id}/history{_query(parameters)}")

    def delete(self, memory_id, **how):
        return self.call("DELETE", f"/v1/memories/{memory_id}", **how)

    def post(self, path, body, **how):
        return self.call("POST", path, body, **how)

    def ask(self, path, body, status=200, **how):
        """The answer's JSON; anything but `status` fails."""
        reply = self.call("POST", path, body, **how)
        assert reply.status == status, f"{path}: {reply}"
        return reply.json

    def remember(self, text, **fields):
        return self.ask("/v1/memories", {"text": text, **fields}, 201)

    def remember_batch(self, items):
        return self.ask("/v1/memories:batch", {"items": items}, 201)["results"]

    def recall(self, query=None, **fields):
        if query is not None:
            fields["query"] = query
        return self.ask("/v1/recall", fields)

    def evaluate(self, query, **fields):
        return self.ask("/v1/brain/evaluate", {"query": query, **fields})

    def feedback(self, evaluation_id, reward=0, **fields):
        return self.ask("/v1/brain/feedback",
                        {"evaluation_id": evaluation_id, "reward": reward, **fields}, 201)

    def recalled_ids(self, query, **fields):
        return [hit["id"] for hit in self.recall(query, **fields)["results"]]


def _query(parameters):
    return "?" + urllib.parse.urlencode(parameters) if parameters else ""


def assert_problem(reply, status, field=None, fragment=None):
    """A problem+json of RFC 9457 that says what was wrong, and where."""
    assert reply.status == status, str(reply)
    assert reply.headers["content-type"] == "application/problem+json", str(reply)
    problem = reply.json
    assert problem["status"] == status
    assert problem["type"] and problem["title"]
    assert problem["request_id"] == reply.request_id
    if field is not None:
        assert problem.get("field", "") == field, str(reply)
    if fragment is not None:
        assert fragment in problem.get("detail", ""), str(reply)
    return problem


def without_request_id(reply):
    """The body's bytes as if every request had the same id."""
    return reply.body.replace(reply.request_id.encode(), b"REQUEST-ID")


def parse_token(token):
    """state_token -> (epoch, sequence)."""
    return struct.unpack(">QQ", base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))


def make_token(epoch, sequence):
    packed = struct.pack(">QQ", epoch, sequence)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

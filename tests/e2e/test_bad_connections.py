"""What a socket can do that http.client will not: broken, slow and half-open HTTP."""
import socket
import threading

import pytest

from api import Client

LIMIT = 1 << 20


class Raw:
    def __init__(self, stack, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", stack.http_port), timeout)

    def send(self, data):
        self.socket.sendall(data)
        return self

    def all(self):
        """Everything until the server closes; a reset counts as the end."""
        parts = []
        while True:
            try:
                part = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not part:
                break
            parts.append(part)
        self.socket.close()
        return b"".join(parts)


def status(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer.split(b" ", 2)[1])


def head(shared, path="/v1/memories", extra=b"", verb=b"POST"):
    return (verb + b" " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + shared.token().encode() + b"\r\nContent-Type: application/json\r\n" + extra)


@pytest.fixture(scope="module", autouse=True)
def slow(shared):
    """Connections that only time can end, opened first and judged last: the others' company."""
    cut_head = Raw(shared.stack, 120).send(b"POST /v1/memories HTTP/1.1\r\nHost: x\r\nAccep")
    cut_body = Raw(shared.stack, 120).send(
        head(shared, extra=b"Content-Length: 500\r\n\r\n") + b'{"text":"never to be rem')
    drip = Raw(shared.stack, 120).send(b"GET /health HTTP/1.1\r\n")
    stop = threading.Event()

    def feed():
        number = 0
        while not stop.wait(0.5):
            try:
                drip.socket.sendall(b"X-%d: y\r\n" % number)
            except OSError:
                return
            number += 1

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    yield {"head": cut_head, "body": cut_body, "drip": drip}
    stop.set()
    feeder.join()


@pytest.fixture(autouse=True)
def still_well(shared):
    before = shared.sequence(), shared.memory_count()
    yield
    client = Client(shared.stack.http_port)
    assert client.call("GET", "/health").status == 200
    client.close()
    assert (shared.sequence(), shared.memory_count()) == before


MALFORMED = [
    b"GARBAGE\r\n\r\n", b"\r\n\r\n\r\n\r\n", b"GET /health\r\n\r\n", b"\x00\x01\x02\x03\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",  # TLS hello
    b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nX: a\r\n folded: b\r\nno-colon\r\n\r\n",
    b"POST /v1/recall HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/recall HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
    b"POST /v1/recall HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /v1/recall HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
]


@pytest.mark.parametrize("bytes_sent", MALFORMED)
def test_malformed_http_is_refused_and_closed(shared, bytes_sent):
    raw = Raw(shared.stack).send(bytes_sent)
    raw.socket.shutdown(socket.SHUT_WR)
    answer = raw.all()
    if answer:  # nothing at all is an answer too: the connection is over
        assert 400 <= status(answer) < 600, answer[:300]
        assert b"application/problem+json" in answer


def test_length_and_chunks_together_are_no_request(shared):
    smuggled = (head(shared, extra=b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
                + b'0\r\n\r\nPOST /v1/memories HTTP/1.1\r\nHost: x\r\n\r\n')
    raw = Raw(shared.stack).send(smuggled)
    raw.socket.shutdown(socket.SHUT_WR)
    answer = raw.all()
    assert b" 201 " not in answer and answer.count(b"HTTP/1.1 ") <= 1


def test_too_many_headers(shared):
    raw = Raw(shared.stack)
    try:
        raw.send(b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-Filler: yyyyyyyyyyyy\r\n" * 2000)
    except OSError:
        pass
    answer = raw.all()
    assert not answer or status(answer) == 431


def test_a_long_target(shared):
    raw = Raw(shared.stack)
    try:
        raw.send(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    except OSError:
        pass
    answer = raw.all()
    assert not answer or 400 <= status(answer) < 500


def test_a_declared_body_over_the_limit_is_refused_unread(shared):
    answer = Raw(shared.stack).send(
        head(shared, extra=b"Content-Length: 104857600\r\n\r\n")).all()
    assert status(answer) == 413 and b"1048576" in answer


def test_a_chunked_body_over_the_limit_is_refused(shared):
    raw = Raw(shared.stack).send(head(shared, extra=b"Transfer-Encoding: chunked\r\n\r\n"))
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    try:
        for _ in range(2 * LIMIT // 65536):
            raw.send(chunk)
        raw.send(b"0\r\n\r\n")
    except OSError:
        pass
    answer = raw.all()
    assert not answer or status(answer) == 413


def test_a_chunked_body_within_the_limit_is_read(shared):
    body = b'{"query":"chunks"}'
    raw = Raw(shared.stack).send(
        head(shared, "/v1/recall", b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"))
    for byte in body:
        raw.send(b"1\r\n" + bytes([byte]) + b"\r\n")
    assert status(raw.send(b"0\r\n\r\n").all()) == 200


def test_a_broken_chunk(shared):
    raw = Raw(shared.stack).send(
        head(shared, extra=b"Transfer-Encoding: chunked\r\n\r\n") + b"zz\r\n{}\r\n0\r\n\r\n")
    answer = raw.all()
    assert not answer or status(answer) == 400


@pytest.mark.parametrize("cut", [10, 60, 1_000_000])
def test_a_half_open_request_stores_nothing(shared, cut):
    body = b'{"text":"half a request"}'
    whole = head(shared, extra=b"Content-Length: %d\r\n\r\n" % (len(body) + 1)) + body
    raw = Raw(shared.stack).send(whole[:cut])
    raw.socket.shutdown(socket.SHUT_WR)
    answer = raw.all()
    assert b" 201 " not in answer


def test_gone_without_a_word(shared):
    for _ in range(50):
        raw = Raw(shared.stack).send(
            head(shared, extra=b"Content-Length: 100\r\n\r\n") + b'{"text":"')
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        raw.socket.close()  # a reset


def test_many_idle_connections_leave_room(shared):
    idle = [Raw(shared.stack) for _ in range(300)]
    assert shared.agent.recall("room")["results"] == []
    for raw in idle:
        raw.socket.close()


def test_pipelined_requests_are_answered_in_order(shared):
    one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /v1/nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = Raw(shared.stack).send(one + two + last).all()
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]


def test_expectations(shared):
    body = b'{"query":"continue"}'
    raw = Raw(shared.stack).send(head(
        shared, "/v1/recall",
        b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)))
    first = raw.socket.recv(1000)
    assert first.startswith(b"HTTP/1.1 100"), first
    assert status(raw.send(body).all()) == 200
    raw = Raw(shared.stack).send(head(
        shared, "/v1/recall", b"Expect: miracles\r\nContent-Length: 2\r\n\r\n"))
    assert status(raw.all()) == 417


def test_slow_clients_are_cut_off(slow):
    """Last in the file: their limits (10 s for headers, 30 s for a body) have been running."""
    for name in ("head", "drip", "body"):
        answer = slow[name].all()
        assert not answer or status(answer) == 408, (name, answer[:200])

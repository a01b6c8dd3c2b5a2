"""What only gRPC can be told: broken bytes, deadlines, cancelled calls, connections that say nothing."""
import concurrent.futures
import itertools
import socket
import threading
import time

import grpc
import pytest

import contract
from transports import Grpc, failure, problem_of

MEMORY, CODE = "/somabrain.v1.Memory/", grpc.StatusCode


@pytest.fixture(autouse=True)
def still_well(world, rpc):
    yield
    assert rpc.call("Memory.GetMemory", {"id": world.memory}, world.token).kind == "ok"


def raw(channel, path):
    return channel.unary_unary(path, request_serializer=lambda data: data, response_deserializer=lambda data: data)


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x7ftoo short", b"\x0a\x02\xc3\x28", b"\x00", b"\x0c"],
                         ids=["no tag", "cut", "no UTF-8", "field 0", "an end without a beginning"])
def test_bytes_that_are_no_message(world, rpc, data):
    answer = rpc.send("Memory.Remember", data, world.token)
    assert answer.kind == "invalid_argument" and answer.status == CODE.INVALID_ARGUMENT
    assert "somabrain.v1.RememberRequest" in answer.problem["detail"]


def test_a_field_of_a_later_contract(world, rpc):
    message = contract.request("Memory.Recall", {"query": "x"}).SerializeToString() + b"\xf8\x3f\x01"
    answer = rpc.send("Memory.Recall", message, world.token)
    assert answer.kind == "invalid_argument" and "1023" in answer.problem["detail"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_numbers(world, rpc, value):
    for method, fields, pointer in (
            ("Brain.Feedback", {"evaluation_id": world.evaluation, "reward": value}, "/reward"),
            ("Brain.Evaluate", {"query": "x", "confidence": value}, "/confidence"),
            ("Memory.Recall", {"embedding": [0.5, value]}, "/embedding/1")):
        answer = rpc.call(method, fields, world.token)
        assert answer.kind == "invalid_argument" and answer.problem["field"] == pointer


def test_messages_too_large(world, rpc):
    for method, size in (("Memory.Remember", (1 << 20) + 1), ("Memory.GetMemory", 65537)):
        answer = rpc.send(method, b"x" * size, world.token)
        assert answer.kind == "payload_too_large" and answer.status == CODE.RESOURCE_EXHAUSTED
        assert str(size - 1) in answer.problem["detail"]
    assert rpc.send("Memory.RememberBatch", b"x" * ((16 << 20) + 1), world.token).status == CODE.RESOURCE_EXHAUSTED


def test_compressed_messages_are_not_unfolded(world, stack):
    with grpc.insecure_channel(f"127.0.0.1:{stack.grpc_port}", compression=grpc.Compression.Gzip) as channel:
        with pytest.raises(grpc.RpcError) as error:
            raw(channel, MEMORY + "Remember")(contract.request("Memory.Remember", {"text": "x" * 1000}).SerializeToString(),
                                             metadata=[("authorization", f"Bearer {world.token}")], timeout=10)
    assert error.value.code() == CODE.UNIMPLEMENTED


@pytest.mark.parametrize("path", [MEMORY + "Forget", "/somabrain.v1.Subjects/EraseSubject", "/no.Such/Thing"])
def test_methods_nobody_has(world, rpc, path):
    with pytest.raises(grpc.RpcError) as error:
        raw(rpc.channel, path)(b"", metadata=[("authorization", f"Bearer {world.token}")], timeout=10)
    assert error.value.code() == CODE.UNIMPLEMENTED
    assert failure(error.value).request_id


def test_a_deadline_that_is_over(world, rpc):
    before = world.stack.rows("SELECT count(*) FROM memories WHERE tenant = %s", world.tenant)
    for timeout in (0, 0.00001):
        assert rpc.call("Memory.Remember", {"text": "late"}, world.token, timeout=timeout).status == CODE.DEADLINE_EXCEEDED
    time.sleep(.3)
    assert world.stack.rows("SELECT count(*) FROM memories WHERE tenant = %s", world.tenant) == before


def test_cancelled_calls(world, rpc):
    data = contract.request("Memory.Recall", {"query": "x"}).SerializeToString()
    for _ in range(50):
        call = raw(rpc.channel, MEMORY + "Recall").future(
            data, metadata=[("authorization", f"Bearer {world.token}")], timeout=10)
        call.cancel()
        assert call.code() in (CODE.CANCELLED, CODE.OK)  # OK: the answer was there already


def test_metadata_too_large(world, rpc):
    answer = rpc.call("Memory.Recall", {"query": "x"}, world.token, {"x-much": "y" * 20000})
    assert answer.status in (CODE.RESOURCE_EXHAUSTED, CODE.UNAVAILABLE, CODE.INTERNAL), answer


def test_two_authorizations(world, rpc):
    with pytest.raises(grpc.RpcError) as error:
        raw(rpc.channel, MEMORY + "Recall")(b"\x0a\x01x", timeout=10, metadata=[
            ("authorization", f"Bearer {world.token}"), ("authorization", f"Bearer {world.token}")])
    assert error.value.code() == CODE.UNAUTHENTICATED and problem_of(error.value)


def test_bytes_that_are_no_http2(stack):
    for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 4096, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64):
        with socket.create_connection(("127.0.0.1", stack.grpc_port), 10) as link:
            link.sendall(data)
            link.settimeout(20)
            try:
                while link.recv(65536):
                    pass
            except ConnectionResetError:
                pass


def test_a_client_that_says_nothing_is_let_go(stack):
    with socket.create_connection(("127.0.0.1", stack.grpc_port), 10) as link:
        link.settimeout(25)
        begin = time.monotonic()
        try:
            while link.recv(65536):
                pass
        except ConnectionResetError:
            pass
        assert time.monotonic() - begin < 25


def test_a_thousand_connections(world, stack):
    """All are there at once, each asks and is answered."""
    channels = [Grpc(stack) for _ in range(8)]
    links = [socket.create_connection(("127.0.0.1", stack.grpc_port), 10) for _ in range(992)]
    try:
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            kinds = list(pool.map(lambda n: channels[n % 8].call(
                "Memory.GetMemory", {"id": world.memory}, world.token).kind, range(400)))
        assert set(kinds) == {"ok"}
    finally:
        for one in itertools.chain(channels, links):
            one.close()


def test_many_callers_at_once(world, stack):
    failures, done = [], itertools.count()

    def work():
        transport = Grpc(stack)
        for _ in range(25):
            answer = transport.call("Memory.Recall", {"query": "tea", "top_k": 1}, world.token)
            if answer.kind not in ("ok", "unavailable"):
                failures.append(answer)
            next(done)
        transport.close()

    workers = [threading.Thread(target=work) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == [] and next(done) == 16 * 25

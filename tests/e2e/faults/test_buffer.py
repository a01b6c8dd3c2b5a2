"""PostgreSQL is away: reads of loaded tenants go on, their events wait in the Redis server `buffer` and come into
the ledger once, in order, when it is back."""
import collections
import contextlib
import http.client
import json
import threading
import time

import pytest

import private_stack as private
from api import assert_problem
from conftest import Tenant
from private_stack import wait_until
from tokens import Issuer

BOUND = 60  # seconds; a bound, not a goal
STREAM = "soma:audit:buffer"


def assert_unavailable(reply):
    assert_problem(reply, 503)
    assert int(reply.headers["retry-after"]) >= 1


def events(tenant):
    """The tenant's access events as they lie in the ledger, in the order of their sequence."""
    return [json.loads(bytes(body)) for (body,) in tenant.stack.rows(
        "SELECT body FROM events WHERE tenant = %s AND stream = 'access' ORDER BY stream_sequence", tenant.id)]


def ids_in_order(tenant, wanted):
    """The request ids of `wanted`, in the ledger's order, each as often as it is there."""
    return [event["request_id"] for event in events(tenant) if event["request_id"] in wanted]


def wait_for_events(tenant, wanted):
    def there():
        with contextlib.suppress(Exception):
            return set(ids_in_order(tenant, set(wanted))) == set(wanted)
        return False
    wait_until(lambda: tenant.stack.buffer("XLEN", STREAM) == 0, BOUND, "an empty buffer")
    wait_until(there, BOUND, "the buffer's events in the ledger")


@pytest.fixture
def loaded(private_tenant):
    """A tenant whose memories are in memory, and a client of its own."""
    client = private_tenant.new_client("agent")
    ids = [m["id"] for m in client.remember_batch([{"text": f"Locker {n} holds a rope."} for n in range(5)])]
    client.recall("locker")
    yield private_tenant, client, ids
    client.close()


def recalls(client, count):
    replies = [client.post("/v1/recall", {"query": f"locker {n}"}) for n in range(count)]
    assert [reply.status for reply in replies] == [200] * count, str(replies[-1])
    assert all(reply.json["results"] for reply in replies)
    return [reply.request_id for reply in replies]


@pytest.mark.parametrize("away", ["without", "frozen"])
def test_reads_go_on_and_their_events_come_once_and_in_order(private_stack, loaded, away):
    tenant, client, ids = loaded
    before = recalls(client, 3)
    with getattr(private_stack, away)("postgres"):
        during = recalls(client, 20)
        refused = client.post("/v1/recall", {"query": ""})
        assert_problem(refused, 400)
        during.append(refused.request_id)
        assert private_stack.buffer("XLEN", STREAM) >= len(during)
        for act in (lambda: client.post("/v1/memories", {"text": "x"}), lambda: tenant.operator.delete(ids[0])):
            assert_unavailable(act())
    wait_for_events(tenant, during)
    after = recalls(client, 3)
    wait_for_events(tenant, after)
    wanted = before + during + after
    assert sorted(ids_in_order(tenant, set(wanted))) == sorted(wanted)
    assert ids_in_order(tenant, set(during)) == during
    marked = {event["request_id"] for event in events(tenant) if event.get("buffered")}
    # What a frozen server had been sent it carries out when it goes on: the buffer's entry is then known.
    assert len(set(during) - marked) <= (1 if away == "frozen" else 0)
    numbers = [event["stream_sequence"] for event in events(tenant)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert tenant.memory_count() == 5
    metrics = private_stack.metrics()
    assert metrics["somabrain_ledger_buffered_total"] >= len(during)
    assert metrics["somabrain_ledger_events_total"] > 0
    assert metrics['somabrain_ledger_replayed_total{outcome="written"}'] >= len(during) - 1
    assert metrics["somabrain_ledger_set_aside_entries_count"] == 0


def test_what_is_not_in_memory_is_unavailable(private_stack, loaded, make_private_tenant):
    tenant, client, ids = loaded
    stranger = make_private_tenant()
    with private_stack.without("postgres"):
        assert_unavailable(stranger.agent.post("/v1/recall", {"query": "x"}))
        for act in (lambda: client.get(ids[0]), lambda: client.list(), lambda: client.history(ids[0]),
                    lambda: client.post("/v1/brain/evaluate", {"query": "locker"})):
            assert_unavailable(act())
        recalls(client, 1)
    stranger.close()


def test_both_stores_are_down(private_stack, loaded):
    tenant, client, _ = loaded
    with private_stack.without("postgres"):
        during = recalls(client, 2)
        with private_stack.without("buffer"):
            for _ in range(3):
                assert_unavailable(client.post("/v1/recall", {"query": "locker"}))
            status, document = private_stack.ready()
            assert (status, document["parts"]["postgres"]["status"]) == (503, "down")
            assert document["parts"]["buffer"]["status"] == "degraded"
        wait_until(lambda: client.post("/v1/recall", {"query": "locker"}).status == 200, BOUND, "the buffer")
    wait_for_events(tenant, during)


def test_without_the_buffer_nothing_is_missed_while_postgres_answers(private_stack, loaded):
    tenant, client, _ = loaded
    with private_stack.without("buffer"):
        wanted = recalls(client, 3)
        assert client.remember("said without a buffer")["sequence"] == 6
        wait_until(lambda: private_stack.ready()[1]["status"] == "degraded", BOUND, "/ready")
    assert ids_in_order(tenant, set(wanted)) == wanted
    wait_until(lambda: private_stack.ready()[1]["parts"]["buffer"]["status"] == "ok", BOUND, "/ready")


def test_a_full_buffer_refuses_and_keeps_what_it_has(private_stack, loaded):
    tenant, client, _ = loaded
    with private_stack.without("postgres"):
        during = recalls(client, 3)
        private_stack.buffer("CONFIG", "SET", "maxmemory", 1)  # less than it holds already
        try:
            for _ in range(3):
                assert_unavailable(client.post("/v1/recall", {"query": "locker"}))
            assert private_stack.buffer("XLEN", STREAM) >= len(during)
        finally:
            private_stack.buffer("CONFIG", "SET", "maxmemory", "256mb")
    wait_for_events(tenant, during)
    assert sorted(ids_in_order(tenant, set(during))) == sorted(during)


def test_serve_dies_while_postgres_is_away(private_stack, loaded):
    tenant, client, _ = loaded
    with private_stack.without("postgres"):
        during = recalls(client, 10)
        private_stack.kill("serve")
        private_stack.kill("buffer")
        private_stack.start("buffer")
        assert private_stack.buffer("XLEN", STREAM) >= 10
    private_stack.start("serve")
    wait_for_events(tenant, during)
    assert ids_in_order(tenant, set(during)) == during


def test_an_operator_replays(private_stack, loaded):
    tenant, client, _ = loaded
    with private_stack.without("postgres"):
        during = recalls(client, 5)
        failed = private_stack.run("audit", "replay", check=False)
        assert failed.returncode == 1 and len(failed.stderr.strip().splitlines()) == 1, failed.stderr
        private_stack.kill("serve")
    done = private_stack.run("audit", "replay").stdout
    assert int(done.split()[0]) >= 5 and done.endswith("0 entries set aside\n"), done
    assert private_stack.run("audit", "replay").stdout == \
        "0 events written, 0 were in the ledger, 0 entries set aside\n"
    private_stack.start("serve")
    assert ids_in_order(tenant, set(during)) == during


def test_what_is_no_event_is_set_aside_and_seen(private_stack, loaded):
    tenant, client, _ = loaded
    with private_stack.without("postgres"):
        first = recalls(client, 1)
        private_stack.buffer("XADD", STREAM, "*", "event", b'{"v":2}')
        private_stack.buffer("XADD", STREAM, "*", "event", b"x" * 70000)
        private_stack.buffer("XADD", STREAM, "*", "noise", b"\xff")
        second = recalls(client, 1)
    wait_for_events(tenant, first + second)
    try:
        wait_until(lambda: private_stack.buffer("XLEN", "soma:audit:aside") == 3, BOUND, "three aside")
        wait_until(lambda: private_stack.metrics()["somabrain_ledger_set_aside_entries_count"] == 3, BOUND,
                   "the alarm")
        part = private_stack.ready()[1]["parts"]["buffer"]
        assert part["status"] == "degraded" and "3 entries" in part["reason"]
        assert "3 entries put back" in private_stack.run("audit", "replay", "--put-back").stdout
    finally:
        private_stack.buffer("DEL", "soma:audit:aside", STREAM)
    wait_until(lambda: private_stack.ready()[1]["status"] == "ok", BOUND, "/ready")


def test_the_law_ends_reads_when_its_time_is_over(tmp_path_factory):
    """Nobody may go on for ever by a law that cannot be verified again."""
    stack = private.PrivateStack(tmp_path_factory.mktemp("short-law"), SOMABRAIN_LAW_MAX_AGE_SECONDS=15)
    try:
        stack.up()
        tenant = Tenant(stack, Issuer(stack))
        tenant.agent.remember("known")
        tenant.agent.recall("known")
        with stack.without("postgres"):
            assert tenant.agent.post("/v1/recall", {"query": "known"}).status == 200
            # A refusal is recorded too: a buffer that is late for once makes it another 503.
            wait_until(lambda: "no law is in force" in tenant.agent.post("/v1/recall", {"query": "known"}).json.get(
                "detail", ""), BOUND, "the end of the law")
            assert_unavailable(tenant.agent.post("/v1/recall", {"query": "known"}))
            assert stack.ready()[1]["parts"]["postgres"]["status"] == "down"
        tenant.close()
    finally:
        stack.destroy()


class Readers:
    """Clients that read in several ways until they are stopped; what was acknowledged to whom."""

    def __init__(self, tenant, ids, count):
        self.tenant, self.ids = tenant, ids
        self.acknowledged = []  # request ids
        self.refused = 0
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work, args=(n,)) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def work(self, number):
        client = self.tenant.new_client("agent")
        ways = (lambda: client.post("/v1/recall", {"query": f"locker {number}"}),
                lambda: client.post("/v1/recall", {"query": ""}),
                lambda: client.get(self.ids[number % 5]),
                lambda: client.post("/v1/recall", {"query": "rope", "top_k": 2}),
                lambda: client.list(limit=2))
        turn = number
        while not self.stopping.is_set():
            turn += 1
            try:
                reply = ways[turn % len(ways)]()
            except (OSError, http.client.HTTPException):
                continue
            with self.lock:
                if reply.status < 500:
                    self.acknowledged.append(reply.request_id)
                else:
                    self.refused += 1
        client.close()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def test_postgres_dies_under_sixteen_readers(private_stack, loaded):
    tenant, _, ids = loaded
    readers = Readers(tenant, ids, 16)
    try:
        for _ in range(3):
            time.sleep(1)
            with private_stack.without("postgres"):
                time.sleep(1)
        time.sleep(1)
    finally:
        readers.stop()
    wanted = readers.acknowledged
    assert len(set(wanted)) == len(wanted) > 100
    wait_for_events(tenant, wanted)
    rows = events(tenant)
    seen = collections.Counter(event["request_id"] for event in rows)
    assert {seen[request] for request in wanted} == {1}, "each once"
    assert len({event["id"] for event in rows}) == len(rows)
    numbers = [event["stream_sequence"] for event in rows]
    assert numbers == list(range(1, len(numbers) + 1))
    buffered = sum(bool(event.get("buffered")) for event in rows)
    assert buffered > 0
    print(f"{len(wanted)} acknowledged, {buffered} by way of the buffer, {readers.refused} times 503")

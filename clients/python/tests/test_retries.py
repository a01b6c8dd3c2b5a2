"""Connections that break for real, and stores that are away: a write still happens once."""
import concurrent.futures
import json
import socket
import threading
import time

import pytest

import somabrain
from conftest import Tenant
from forwarder import Forwarder
from somabrain._retry import Attempts, is_retried, parse_retry_after
from somabrain.errors import api_error

QUICK = somabrain.RetryPolicy(first_wait_seconds=0.01)


@pytest.mark.parametrize("plan", [("swallow",), ("swallow", "swallow", "swallow"),
                                  ("refuse", "swallow", "refuse")])
def test_a_write_whose_answer_is_lost_happens_once(tenant, plan):
    with Forwarder(tenant.stack.http_port, *plan) as between:
        brain = tenant.client(between.url, retry=QUICK)
        made = brain.remember("said once")
        keys = between.headers("Idempotency-Key")
    assert len(between.requests) == len(plan) + 1
    assert len(keys) == sum(word != "refuse" for word in plan) + 1
    assert len(set(keys)) == 1, "one key for all attempts"
    assert tenant.memory_count() == 1
    assert tenant.client().get(made.id).text == "said once"


def test_batches_and_deletes_too(tenant):
    with Forwarder(tenant.stack.http_port, "swallow", "pass") as between:
        brain = tenant.client(between.url, retry=QUICK)
        made = brain.remember_batch([{"text": "a"}, {"text": "b"}])
    assert [one.sequence for one in made.results] == [1, 2] and tenant.memory_count() == 2
    with Forwarder(tenant.stack.http_port, "swallow", "pass") as between:
        gone = tenant.operator(between.url, retry=QUICK).delete(made.results[0].id)
    assert gone.sequence == 3, "the answer of the first attempt, not 404"
    assert tenant.memory_count() == 1


def test_each_write_has_a_key_of_its_own_and_reads_have_none(tenant):
    with Forwarder(tenant.stack.http_port) as between:
        brain = tenant.client(between.url)
        brain.remember("the same")
        brain.remember("the same")
        brain.recall("the same")
        keys = between.headers("Idempotency-Key")
        assert len(between.requests) == 1, "one connection serves them all"
    assert len(set(keys)) == len(keys) == 2
    assert tenant.memory_count() == 2


def test_an_answer_that_never_comes_is_asked_for_again(tenant):
    policy = somabrain.RetryPolicy(timeout_seconds=1.0, first_wait_seconds=0.01)
    with Forwarder(tenant.stack.http_port, "silence") as between:
        tenant.client(between.url, retry=policy).remember("into the silence")
        assert len(set(between.headers("Idempotency-Key"))) == 1
        assert len(between.requests) == 2
    assert tenant.memory_count() == 1


def test_reads_are_repeated(tenant):
    tenant.client().remember("found at the second attempt")
    with Forwarder(tenant.stack.http_port, "swallow", "refuse") as between:
        brain = tenant.client(between.url, retry=QUICK)
        assert len(brain.recall("attempt").results) == 1


def test_attempts_are_bounded_and_the_key_can_go_on(tenant):
    with Forwarder(tenant.stack.http_port, *["swallow"] * 3) as between:
        brain = tenant.client(between.url, retry=somabrain.RetryPolicy(
            max_attempts=3, first_wait_seconds=0.01))
        with pytest.raises(somabrain.ConnectionFailed) as caught:
            brain.remember("told later")
        assert caught.value.attempts == 3 and caught.value.__cause__ is not None
        made = brain.remember("told later", idempotency_key=caught.value.idempotency_key)
    assert tenant.memory_count() == 1 and made.sequence == 1


def test_time_is_bounded(make_client):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        brain = make_client(f"http://127.0.0.1:{mute.getsockname()[1]}", "t", retry=(
            somabrain.RetryPolicy(max_attempts=1000, max_seconds=0.5, first_wait_seconds=0.01)))
        with pytest.raises(somabrain.ConnectionFailed) as caught:
            brain.recall("x")
    assert 1 <= caught.value.attempts < 1000


@pytest.mark.parametrize("size, seconds", [(0, 15), (4000, 16), (1 << 24, 15 + 262.144)])
def test_much_text_is_given_time(stack, make_client, size, seconds):
    """As the service gives itself more for text that it has to embed, up to 1 MiB."""
    with Forwarder(stack.http_port, "refuse") as between:
        brain = make_client(between.url, "t", retry=somabrain.RetryPolicy(max_attempts=1))
        with pytest.raises(somabrain.ConnectionFailed) as caught:
            brain.remember("x" * size)
    silence = caught.value.__cause__.request.extensions["timeout"]["read"]
    assert silence == pytest.approx(seconds, abs=0.01)


def test_never_is_once(tenant):
    with Forwarder(tenant.stack.http_port, "refuse") as between:
        brain = tenant.client(between.url, retry=somabrain.RetryPolicy.never())
        with pytest.raises(somabrain.ConnectionFailed):
            brain.remember("x")
        assert len(between.requests) == 1
    assert tenant.memory_count() == 0


def test_a_refusal_is_not_repeated(tenant):
    with Forwarder(tenant.stack.http_port) as between:
        with pytest.raises(somabrain.InvalidArgumentError):
            tenant.client(between.url, retry=QUICK).remember("")
        assert len(between.headers("Idempotency-Key")) == 1


def test_what_is_repeated_and_when():
    """429 has no endpoint yet that sends it: the decision alone."""
    retried = {status: is_retried(api_error(status, None, "", None))
               for status in (400, 401, 404, 408, 409, 422, 429, 500, 502, 503, 504)}
    assert {status for status, again in retried.items() if again} == {429, 503, 504}
    attempts = Attempts(somabrain.RetryPolicy(max_attempts=3, first_wait_seconds=1.0))
    waits = [attempts.wait_seconds(api_error(429, None, "", after)) for after in (2.0, None, 0.0)]
    assert 2.5 <= waits[0] <= 3.0 and 1.0 <= waits[1] <= 2.0 and waits[2] is None
    patient = Attempts(somabrain.RetryPolicy())
    assert patient.wait_seconds(api_error(503, None, "", 31.0)) is None, "longer than the call has"
    assert [parse_retry_after(text) for text in ("7", "", "-1", "soon", None)] == [
        7.0, None, None, None, None]


@pytest.mark.parametrize("how", ["without", "frozen"])
def test_postgres_is_away_for_a_while(private_stack, make_client, how):
    """Killed: 503 with Retry-After. Frozen: 504, or 503 "outcome unknown"."""
    tenant = Tenant(private_stack, make_client)
    tenant.client().remember("before")
    patient = somabrain.RetryPolicy(max_attempts=100, max_seconds=90, first_wait_seconds=0.1)
    with Forwarder(private_stack.http_port) as between, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        brain = tenant.client(between.url, retry=patient)
        with getattr(private_stack, how)("postgres"):
            writing = pool.submit(brain.remember, "during")
            end = time.monotonic() + 60
            while len(between.headers("Idempotency-Key")) < 2:
                assert time.monotonic() < end and not writing.done(), "repeated while it is away"
                time.sleep(0.05)
        assert writing.result(timeout=120).sequence == 2
        assert len(set(between.headers("Idempotency-Key"))) == 1
    assert tenant.memory_count() == 2


def test_a_store_that_stays_away_is_an_error(private_stack, make_client):
    tenant = Tenant(private_stack, make_client)
    brain = tenant.client(retry=somabrain.RetryPolicy(max_attempts=2, first_wait_seconds=0.01))
    brain.remember("before")
    with private_stack.without("postgres"):
        with pytest.raises(somabrain.UnavailableError) as caught:
            brain.remember("during")
    assert caught.value.attempts == 2 and caught.value.retry_after >= 1
    assert json.loads(json.dumps(caught.value.idempotency_key))


def test_threads_share_a_client(stack):
    tenant = Tenant(stack, somabrain.SomaBrain)
    with tenant.client() as brain:
        gate = threading.Barrier(8)

        def write(number):
            gate.wait(30)
            return brain.remember(f"by thread {number}", session_id="threads").sequence

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(write, range(8))) == list(range(1, 9))

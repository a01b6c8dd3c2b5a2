"""Reading one's own writes: which state a client asks for."""
import base64
import json
import struct

import anyio
import pytest

import somabrain
from conftest import Tenant
from forwarder import Forwarder
from somabrain._state import SeenState


def token(epoch, sequence):
    return base64.urlsafe_b64encode(struct.pack(">QQ", epoch, sequence)).rstrip(b"=").decode()


def sent_bodies(between):
    """The JSON bodies that passed, in order, of a client that has one connection."""
    decoder, text = json.JSONDecoder(), bytes(between.requests[0]).decode()
    bodies = []
    while "{" in text:
        value, end = decoder.raw_decode(text, text.index("{"))
        bodies.append(value)
        text = text[end:]
    return bodies


def test_the_newest_state_is_asked_for(tenant):
    with Forwarder(tenant.stack.http_port) as between:
        brain = tenant.client(between.url)
        brain.recall("nothing yet")
        first = brain.remember("one")
        brain.recall("one")
        gone = brain.end_session("none")
        brain.evaluate("one")
        brain.recall("one", at_least=first.state_token)
        brain.recall("one", at_least="")
        assert brain.state_token == gone.state_token
    asked = [body.get("at_least") for body in sent_bodies(between) if "query" in body]
    assert asked == [None, first.state_token, gone.state_token, first.state_token, ""]


def test_it_can_be_switched_off(tenant):
    with Forwarder(tenant.stack.http_port) as between:
        brain = tenant.client(between.url, read_your_writes=False)
        made = brain.remember("one")
        brain.recall("one")
        assert brain.state_token == made.state_token, "it is known all the same"
    assert all("at_least" not in body for body in sent_bodies(between))


def test_a_state_is_handed_on(tenant):
    writer, reader = tenant.client(), tenant.client()
    writer.remember("from the one to the other")
    reader.state_token = writer.state_token
    assert len(reader.recall("other").results) == 1
    assert reader.state_token == writer.state_token


def test_a_state_of_another_epoch_fails_once(tenant):
    brain = tenant.client()
    brain.remember("after a restore")
    brain.state_token = token(12345, 1)
    with pytest.raises(somabrain.ConflictError):
        brain.recall("restore")
    assert len(brain.recall("restore").results) == 1


def test_a_state_that_nobody_wrote_fails_once(tenant):
    brain = tenant.client()
    made = brain.remember("one")
    epoch, sequence = struct.unpack(">QQ", base64.urlsafe_b64decode(made.state_token + "=="))
    brain.state_token = token(epoch, sequence + 5)
    with pytest.raises(somabrain.ConflictError):
        brain.recall("one")
    assert len(brain.recall("one").results) == 1


def test_order_of_arrival_does_not_matter():
    seen = SeenState()
    for answer in ({"state_token": token(7, 3)}, {"state_token": token(7, 2)}, {}, [], None,
                   {"results": []}, {"results": [{"id": "x"}]}):
        seen.see(answer)
    assert seen.token == token(7, 3)
    seen.see({"results": [{"state_token": token(7, 4)}, {"state_token": token(7, 5)}]})
    assert seen.token == token(7, 5)
    seen.see({"state_token": token(8, 1)})
    assert seen.token == token(8, 1), "a restore began another epoch"
    seen.forget(token(7, 5))
    assert seen.token == token(8, 1)
    seen.see({"state_token": "not of our making"})
    assert seen.token == "not of our making"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_twenty_writes_at_once_are_all_read(stack, backend):
    tenant = Tenant(stack, somabrain.AsyncSomaBrain)
    made = []

    async def write(brain, number):
        made.append(await brain.remember(f"Lamp {number} is lit."))

    async def main():
        # The first answer of each connection is lost: waiting between attempts is async, too.
        with Forwarder(stack.http_port, *["swallow"] * 20) as between:
            async with tenant.client(between.url) as brain:
                async with anyio.create_task_group() as group:
                    for number in range(20):
                        group.start_soon(write, brain, number)
                found = await brain.recall("Which lamps are lit?", top_k=100)
                assert brain.state_token == found.state_token
        return found.results

    found = anyio.run(main, backend=backend)
    assert sorted(one.sequence for one in made) == list(range(1, 21))
    assert {one.id for one in made} == {hit.id for hit in found}
    assert max(made, key=lambda one: one.sequence).state_token == tenant_state(tenant)


def tenant_state(tenant):
    with somabrain.SomaBrain(tenant.url, tenant.token) as other:
        return other.recall("x", top_k=1).state_token

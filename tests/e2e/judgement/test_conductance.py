"""The module `conductance`, seen from outside: what is of use together is found together."""
import json
import math

import pytest

from private_stack import wait_until

WAIT = 60
LAKE, CANOE, TENT = "The lake is calm at dawn.", "Paddles hang in the shed.", "Pegs lie in the attic."


@pytest.fixture
def learning(tenant):
    """A tenant with the module on, before a request of it has been served, and three memories."""
    tenant.stack.run("tenant", "modules", tenant.name, "--set", "pagerank,conductance")
    return tenant, [tenant.agent.remember(text)["id"] for text in (LAKE, CANOE, TENT)]


def credit(tenant, ids, reward=1):
    """A verdict on an evaluation that ranks the lake first."""
    bundle = tenant.agent.evaluate("Is the lake calm at dawn?", confidence=.9)
    assert bundle["memories"][0]["text"] == LAKE
    return tenant.agent.feedback(bundle["evaluation_id"], reward, used_memory_ids=ids)


def graph(tenant):
    """The graph view's values by memory, asked from the lake."""
    answer = tenant.agent.recall("Is the lake calm at dawn?", explain=True, top_k=10)
    return {one["id"]: one["view_values"]["graph"] for one in answer["results"]}


def owed(tenant):
    return tenant.stack.rows("SELECT count(*) FROM flow_verdicts WHERE tenant = %s", tenant.id)[0][0]


def edges(tenant):
    return tenant.stack.rows("SELECT weight, gain FROM links WHERE tenant = %s AND type = 'co_used'"
                             " ORDER BY from_id, to_id", tenant.id)


def flown(tenant):
    wait_until(lambda: owed(tenant) == 0, WAIT, "a batch of currents")


def test_what_is_credited_together_rises_in_the_graph_view(learning):
    tenant, (lake, canoe, tent) = learning
    assert graph(tenant)[canoe] == 0
    credit(tenant, [lake, canoe], .5)
    after = graph(tenant)
    assert after[lake] == 1 and 0 < after[canoe] < 1 and after[tent] == 0
    assert edges(tenant)[0][0] == pytest.approx(.05, rel=1e-6)
    links = tenant.agent.call("GET", f"/v1/memories/{canoe}/links").json["links"]
    assert [(one["from"], one["to"], one["type"]) for one in links] == [(lake, canoe, "co_used")]
    assert tenant.agent.post("/v1/links", {"from": lake, "to": tent, "type": "co_used"}).status == 400


def test_currents_flow_in_batches_and_the_invariants_hold(learning):
    tenant, (lake, canoe, tent) = learning
    tenant.agent.ask("/v1/links", {"from": lake, "to": canoe, "type": "related", "weight": .1}, 201)
    tenant.agent.ask("/v1/links", {"from": lake, "to": tent, "type": "related", "weight": .1}, 201)
    before = graph(tenant)
    for _ in range(5):
        credit(tenant, [tent])  # from the lake, ranked first, to the tent
    flown(tenant)
    after = graph(tenant)
    assert after[tent] > before[tent] and after[canoe] < before[canoe]
    gains = dict(tenant.stack.rows("SELECT to_id::text, gain FROM links WHERE tenant = %s", tenant.id))
    assert gains[tent] > 1 > gains[canoe] > .99
    events = tenant.client("auditor").call("GET", "/v1/audit/events?action=memory.flow").json["events"]
    told = [event["body"]["details"] for event in events]
    assert sum(one["verdicts"] for one in told) == sum(one["flowed"] for one in told) == 5
    assert events[0]["body"]["actor"] == "somabrain"
    done = tenant.stack.run("check", "math", "--tenant", tenant.id, "--json")
    checks = {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert checks["gains or conductances outside [1e-9, 1e3]"]["ok"]
    assert checks["Kirchhoff's law holds on the links"]["ok"]


def test_with_the_module_off_nothing_is_written(tenant):
    tenant.stack.run("tenant", "modules", tenant.name, "--set", "pagerank")
    ids = [tenant.agent.remember(text)["id"] for text in (LAKE, CANOE)]
    credit(tenant, ids)
    assert tenant.stack.rows("SELECT count(*) FROM links WHERE tenant = %s", tenant.id) == [(0,)]
    assert owed(tenant) == 0 and graph(tenant)[ids[1]] == 0


def test_erasure_leaves_no_edge(learning):
    tenant, (lake, canoe, _) = learning
    hers = tenant.agent.remember("Ada rows at noon.", subject="ada")["id"]
    credit(tenant, [lake, hers, canoe])
    assert len(edges(tenant)) == 3
    reply = tenant.operator.call("DELETE", "/v1/subjects/ada")
    assert reply.status == 200 and reply.json["receipt"]["tiers"]["postgresql"]["rows"]["links"] == 2
    assert len(edges(tenant)) == 1
    assert tenant.agent.call("GET", f"/v1/memories/{lake}/links").json["links"][0]["to"] == canoe
    tenant.operator.delete(canoe)
    assert edges(tenant) == []


def test_weights_are_hebbs_whatever_the_order(learning):
    tenant, (lake, canoe, tent) = learning
    for reward in (.2, 1, .4):
        credit(tenant, [tent, lake, canoe], reward)
    for weight, _ in edges(tenant):
        assert math.isclose(weight, .16, rel_tol=1e-4)

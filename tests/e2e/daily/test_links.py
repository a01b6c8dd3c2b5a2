"""Links over HTTP: stored, read from both ends, growing and fading, refused with a reason."""
import threading

import pytest

from api import assert_problem

PATH = "/v1/links"
ABSENT = "019f0000-0000-7000-8000-000000000000"
TYPES = ("related", "causes", "contrasts", "part_of", "depends_on", "motivates", "summary_of",
         "next")


@pytest.fixture
def pair(agent):
    return [one["id"] for one in agent.remember_batch([{"text": "It rains."},
                                                       {"text": "The street is wet."}])]


def link(client, source, target, kind="related", **fields):
    return client.ask(PATH, {"from": source, "to": target, "type": kind, **fields}, 201)


def links(client, memory, query=""):
    reply = client.call("GET", f"/v1/memories/{memory}/links{query}")
    assert reply.status == 200, str(reply)
    return reply.json


def stored(tenant):
    return tenant.stack.rows("SELECT count(*) FROM links WHERE tenant = %s", tenant.id)[0][0]


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_read_from_both_ends(tenant, agent, pair, kind):
    made = link(agent, *pair, kind, weight=0.25)
    assert {**made, "state_token": 0} == {
        "from": pair[0], "to": pair[1], "type": kind, "weight": 0.25, "sequence": 3,
        "state_token": 0}
    assert agent.recall("rain", at_least=made["state_token"])["results"]
    for end in pair:
        found = links(tenant.client("reader"), end)
        assert found["capped"] == [] and len(found["links"]) == 1
        one = found["links"][0]
        assert (one["from"], one["to"], one["type"]) == (*pair, kind)
        assert one["weight"] == pytest.approx(0.25, rel=1e-4)
        assert one["created_at"] == one["reinforced_at"] and one["sequence"] == 3


def test_it_grows_and_never_passes_one(agent, pair):
    weights = [link(agent, *pair)["weight"] for _ in range(60)]
    assert weights[:3] == pytest.approx([0.5, 0.75, 0.875], rel=1e-4)
    assert weights[:9] == sorted(weights[:9]) and max(weights) <= 1, "near 1 it fades as fast"
    assert len(links(agent, pair[0])["links"]) == 1


def test_it_fades(tenant, agent, pair):
    link(agent, *pair, weight=0.8)
    with tenant.stack.connect() as connection:
        connection.execute("UPDATE links SET reinforced_at = reinforced_at - interval '10 days',"
                           " created_at = created_at - interval '10 days'")
    assert links(agent, pair[1])["links"][0]["weight"] == pytest.approx(0.8 * 0.99**10, rel=1e-4)
    faded = 0.8 * 0.99**10
    assert link(agent, *pair, weight=0.1)["weight"] == pytest.approx(faded + 0.1 * (1 - faded),
                                                                     rel=1e-4)


def test_a_replay_reinforces_nothing(tenant, agent, pair):
    body = {"from": pair[0], "to": pair[1], "type": "next"}
    replies = [agent.post(PATH, body, headers={"Idempotency-Key": "k"}) for _ in range(3)]
    assert {reply.body for reply in replies} == {replies[0].body}
    assert tenant.sequence() == 3
    other = agent.post(PATH, {**body, "weight": 1}, headers={"Idempotency-Key": "k"})
    assert_problem(other, 422, "Idempotency-Key")


def test_from_many_threads_each_counts_once(tenant, pair):
    def act(client):
        link(client, *pair, weight=0.1)
        client.close()
    threads = [threading.Thread(target=act, args=(tenant.new_client("agent"),)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    weight = links(tenant.agent, pair[0])["links"][0]["weight"]
    assert weight == pytest.approx(1 - 0.9**16, rel=1e-3)


def test_cycles_are_stored(agent, pair):
    link(agent, *pair, "depends_on")
    link(agent, *reversed(pair), "depends_on")
    assert len(links(agent, pair[0])["links"]) == 2


def test_a_deleted_memory_takes_its_links_along(tenant, agent, pair):
    third = agent.remember("Take an umbrella.")["id"]
    link(agent, *pair)
    link(agent, pair[1], third)
    tenant.operator.delete(pair[0])
    assert stored(tenant) == 1
    assert [one["to"] for one in links(agent, pair[1])["links"]] == [third]
    assert_problem(agent.call("GET", f"/v1/memories/{pair[0]}/links"), 404, "/id")


def test_limit(agent, pair):
    for kind in TYPES:
        link(agent, *pair, kind)
    some = links(agent, pair[0], "?limit=3")
    assert [one["type"] for one in some["links"]] == ["next", "summary_of", "motivates"]
    assert some["capped"] == ["links"]
    assert links(agent, pair[0], "?limit=8")["capped"] == []


@pytest.mark.parametrize("change, status, field, fragment", [
    ({"to": "same"}, 400, "/to", "another memory"),
    ({"to": ABSENT}, 404, "/to", "no such memory"),
    ({"from": ABSENT}, 404, "/from", "no such memory"),
    ({"from": None}, 400, "/from", "required"),
    ({"to": "x"}, 400, "/to", "UUID"),
    ({"type": "likes"}, 400, "/type", "one of"),
    ({"type": None}, 400, "/type", "required"),
    ({"weight": 0}, 400, "/weight", "at least 0.001"),
    ({"weight": 1.01}, 400, "/weight", "at most 1"),
    ({"weight": "much"}, 400, "/weight", "number"),
    ({"strength": 1}, 400, "/strength", "not a field"),
])
def test_bad_links(tenant, agent, pair, change, status, field, fragment):
    body = {"from": pair[0], "to": pair[1], "type": "next", **change}
    if body["to"] == "same":
        body["to"] = pair[0]
    assert_problem(agent.post(PATH, body), status, field, fragment)
    assert stored(tenant) == 0 and tenant.sequence() == 2


@pytest.mark.parametrize("query, field, fragment", [
    ("?limit=0", "/limit", "at least 1"), ("?limit=1001", "/limit", "at most 1000"),
    ("?limit=x", "/limit", "integer"), ("?cursor=x", "/cursor", "parameter")])
def test_bad_listings(agent, pair, query, field, fragment):
    assert_problem(agent.call("GET", f"/v1/memories/{pair[0]}/links{query}"), 400, field, fragment)


def test_another_tenants_memory_is_not_there(tenant, agent, pair, make_tenant):
    other = make_tenant()
    own = other.agent.remember("mine")["id"]
    for ends, field in (((own, pair[0]), "/to"), ((pair[0], own), "/from")):
        reply = other.agent.post(PATH, {"from": ends[0], "to": ends[1], "type": "next"})
        assert_problem(reply, 404, field, "no such memory")
    assert_problem(other.agent.call("GET", f"/v1/memories/{pair[0]}/links"), 404, "/id")
    assert stored(tenant) == stored(other) == 0
    other.close()


def test_explain_shows_what_links_lead_to(agent, pair):
    agent.remember("The moon is full.")
    link(agent, *pair, "causes")
    values = {hit["text"]: hit["view_values"]["graph"]
              for hit in agent.recall("Does it rain?", explain=True)["results"]}
    assert max(values.values()) == 1 and values["The moon is full."] == 0
    assert all(0 < values[text] <= 1 for text in ("It rains.", "The street is wet."))
    scores = [hit["score"] for hit in agent.recall("Does it rain?")["results"]]
    assert scores == [hit["score"] for hit in agent.recall("Does it rain?", explain=True)["results"]]


def test_a_list_shows_the_links_of_its_page(agent, pair):
    first, second = pair
    agent.ask("/v1/links", {"from": first, "to": second, "type": "causes", "weight": 0.25}, 201)
    agent.ask("/v1/links", {"from": second, "to": first, "type": "next"}, 201)
    assert agent.list().json["links"] == []
    page = agent.list(include_links="true", limit=1).json
    assert [memory["id"] for memory in page["memories"]] == [first]
    link, = page["links"]
    assert (link["from"], link["to"], link["type"]) == (first, second, "causes")
    assert link["stated_weight"] == 0.25 and 0.2499 < link["weight"] <= 0.25
    rest = agent.list(include_links="true", limit=1, cursor=page["next_cursor"]).json
    assert [link["type"] for link in rest["links"]] == ["next"]

"""Facts in time: what is true now, then, and as it had been recorded; lists and histories."""
import json
from datetime import datetime, timedelta, timezone

import pytest

from api import Client, assert_problem, make_token, parse_token

FAR = "2999-01-01T00:00:00.000000Z"


def ids_of(reply):
    assert reply.status == 200, str(reply)
    return [memory["id"] for memory in reply.json["memories"]]


def both(client, query, **scope):
    """Recall and list must mean the same memories."""
    recalled = set(client.recalled_ids(query, top_k=100, **scope))
    listed = client.list(limit=1000, **scope)
    assert set(ids_of(listed)) == recalled
    return recalled


def test_a_holder_stays_until_its_successor_is_valid(agent):
    old = agent.remember("Mira lives in Lisbon.", key="home")["id"]
    new = agent.remember("Mira lives in Porto.", key="home", valid_from=FAR)["id"]
    assert both(agent, "Mira") == {old}
    record = agent.get(old).json
    assert record["superseded_by"] == new and record["valid_to"] == FAR
    assert both(agent, "Mira", valid_at="2999-06-01T00:00:00Z") == {new}
    # Plans change: a fact that holds from now on overtakes both.
    third = agent.remember("Mira lives in Braga.", key="home")["id"]
    assert both(agent, "Mira") == {third}
    assert both(agent, "Mira", valid_at="2999-06-01T00:00:00Z") == {third}


def test_valid_at(agent):
    moved = [("Turin", "2020-01-01T00:00:00Z"), ("Lyon", "2021-01-01T00:00:00Z"),
             ("Bergen", "2022-01-01T00:00:00Z")]
    made = [agent.remember(f"She lives in {city}.", key="home", valid_from=since)["id"]
            for city, since in moved]
    for n, memory in enumerate(made):
        assert both(agent, "lives", valid_at=f"202{n}-06-01T00:00:00Z") == {memory}
        assert both(agent, "lives", valid_at=moved[n][1]) == {memory}, "from is inclusive"
    assert both(agent, "lives", valid_at="2019-12-31T23:59:59.999999Z") == set()
    assert both(agent, "lives") == {made[2]}


def test_as_of_a_token(agent, operator):
    first = agent.remember("The code is 1111.", key="code")
    second = agent.remember("The code is 2222.", key="code")
    other = agent.remember("The code is on the fridge.")
    assert both(agent, "code") == {second["id"], other["id"]}
    assert both(agent, "code", as_of=other["state_token"]) == {second["id"], other["id"]}
    assert both(agent, "code", as_of=second["state_token"]) == {second["id"]}
    assert both(agent, "code", as_of=first["state_token"]) == {first["id"]}
    shown = agent.list(as_of=first["state_token"]).json["memories"][0]
    assert "superseded_by" not in shown and "valid_to" not in shown, "as it was recorded"
    assert operator.delete(other["id"]).status == 200
    assert both(agent, "code", as_of=other["state_token"]) == {second["id"]}, "gone from everywhere"


def test_as_of_a_time(agent):
    first = agent.remember("The code is 1111.", key="code", valid_to=FAR)
    second = agent.remember("The code is 2222.", key="code")

    def before(memory):
        time = datetime.fromisoformat(memory["created_at"].replace("Z", "+00:00"))
        return (time - timedelta(microseconds=1)).isoformat()

    assert both(agent, "code", as_of=before(first)) == set()
    assert both(agent, "code", as_of=first["created_at"]) == {first["id"]}
    assert both(agent, "code", as_of=before(second)) == {first["id"]}
    assert both(agent, "code", as_of=second["created_at"]) == {second["id"]}
    # What was then held to be true of a later day.
    assert both(agent, "code", as_of=before(second), valid_at="2998-01-01T00:00:00Z") == {
        first["id"]}
    assert both(agent, "code", valid_at="2998-01-01T00:00:00Z") == {second["id"]}
    assert agent.get(first["id"]).json["valid_to"] == second["created_at"]


def test_tokens_of_as_of(agent, make_tenant):
    epoch, sequence = parse_token(agent.remember("x")["state_token"])
    foreign = make_tenant().agent.remember("y")["state_token"]
    for token in (foreign, make_token(epoch, sequence + 1), make_token(epoch, 2**63)):
        assert_problem(agent.post("/v1/recall", {"query": "q", "as_of": token}), 409, "/as_of")
        assert_problem(agent.list(as_of=token), 409, "/as_of")
    for broken in ("yesterday", "A" * 23, "2024-01-01"):
        assert_problem(agent.list(as_of=broken), 400, "/as_of", "state_token")


def test_include_superseded(agent):
    old = agent.remember("one", key="k")["id"]
    new = agent.remember("two", key="k")["id"]
    later = agent.remember("three", valid_from=FAR)["id"]
    assert ids_of(agent.list(include_superseded="true")) == [old, new, later]
    assert ids_of(agent.list()) == [new]
    assert_problem(agent.list(include_superseded="true", valid_at=FAR), 400, "/valid_at")


def test_a_list_has_whole_memories_in_order(agent):
    made = [agent.remember(f"record {n} " + "word " * 600, tags=["t"], speaker="S")
            for n in range(5)]
    reply = agent.list()
    assert reply.json["memories"] == [agent.get(one["id"]).json for one in made]
    assert reply.json["state_token"] == made[-1]["state_token"]
    assert "next_cursor" not in reply.json
    assert agent.list(limit=5).json.keys() == {"memories", "state_token", "links"}


def pages(client, between, **parameters):
    """The ids of each page; `between` is called after every page."""
    while True:
        reply = client.list(**parameters)
        yield ids_of(reply)
        if "next_cursor" not in reply.json:
            return
        between()
        parameters["cursor"] = reply.json["next_cursor"]


def test_writes_between_pages_neither_add_nor_take_away(agent):
    made = [agent.remember(f"note {n}", key=f"k{n}")["id"] for n in range(10)]
    number = iter(range(10))

    def write():
        n = next(number)
        agent.remember(f"newer {n}", key=f"k{9 - n}")  # supersedes what is still to come
        agent.remember(f"extra {n}")

    found = list(pages(agent, write, limit=3))
    assert [len(page) for page in found] == [3, 3, 3, 1]
    assert sum(found, []) == made, "what the first page saw"
    assert len(ids_of(agent.list())) == 13, "asked anew, all that was written is there"


def test_what_is_deleted_between_pages_is_gone(agent, operator):
    made = [agent.remember(f"note {n}")["id"] for n in range(9)]
    left = iter(made[::-1])
    found = sum(pages(agent, lambda: operator.delete(next(left)), limit=4), [])
    assert found == made[:8]  # one deletion before the second page, which is the last


def test_a_page_ends_at_its_bytes(agent):
    vector = [1.0] + [0.0] * 383
    made = agent.remember_batch([{"text": "\u0001" * 32768, "embedding": vector}
                                 for _ in range(12)])
    found = list(pages(agent, lambda: None, limit=1000))
    assert sum(found, []) == [one["id"] for one in made] and len(found) == 3
    reply = agent.list(limit=1000)
    assert len(reply.body) <= 1 << 20 and len(reply.json["memories"]) == 5


def test_cursors_belong_to_their_request(agent, make_tenant):
    for n in range(3):
        agent.remember(f"note {n}", kind="a")
    cursor = agent.list(limit=1).json["next_cursor"]
    assert len(ids_of(agent.list(limit=2, cursor=cursor))) == 2, "the limit may change"
    for other in ({"valid_at": FAR}, {"as_of": FAR}, {"include_superseded": "true"},
                  {"filter": json.dumps({"field": "kind", "op": "eq", "value": "a"})}):
        assert_problem(agent.list(cursor=cursor, **other), 400, "/cursor", "other parameters")
    for broken in ("x", cursor[:-2], cursor + "A", "A" * 54):
        assert_problem(agent.list(cursor=broken), 400, "/cursor")
    assert_problem(agent.list(cursor="A" * 129), 400, "/cursor", "128")
    stranger = make_tenant().agent
    stranger.remember("mine")
    assert_problem(stranger.list(cursor=cursor), 409, "/cursor", "epoch")
    memory = ids_of(agent.list())[0]
    assert_problem(agent.history(memory, cursor=cursor), 400, "/cursor")


@pytest.mark.parametrize("parameters,field,said", [
    ({"limit": 0}, "/limit", "at least 1"), ({"limit": 1001}, "/limit", "at most 1000"),
    ({"limit": "x"}, "/limit", "integer"), ({"offset": 1}, "/offset", "not a parameter"),
    ({"valid_at": "now"}, "/valid_at", "RFC 3339"), ({"at_least": "x"}, "/at_least", "state_token"),
    ({"include_superseded": "yes"}, "/include_superseded", "true or false"),
])
def test_bad_parameters(shared, parameters, field, said):
    assert_problem(shared.agent.list(**parameters), 400, field, said)


def test_history(agent, operator):
    made = [agent.remember(f"version {n}", key="doc") for n in range(4)]
    agent.remember("another", key="other")
    for one in made:  # from any of them
        memories = agent.history(one["id"]).json["memories"]
        assert memories == [agent.get(each["id"]).json for each in made], "oldest first"
    for older, newer in zip(memories, memories[1:]):
        assert older["superseded_by"] == newer["id"]
        assert older["valid_to"] == newer["valid_from"] == newer["created_at"]
    assert "superseded_by" not in memories[-1] and "valid_to" not in memories[-1]
    first = agent.history(made[0]["id"], limit=3)
    rest = agent.history(made[0]["id"], limit=3, cursor=first.json["next_cursor"])
    assert first.json["memories"] + rest.json["memories"] == memories
    assert "next_cursor" not in rest.json
    assert_problem(agent.history(made[1]["id"], cursor=first.json["next_cursor"]), 400, "/cursor")
    assert operator.delete(made[1]["id"]).status == 200
    assert [m["text"] for m in agent.history(made[3]["id"]).json["memories"]] == [
        "version 0", "version 2", "version 3"]
    assert_problem(agent.history(made[1]["id"]), 404, "/id")


def test_a_memory_without_a_key_is_its_own_history(agent, make_tenant):
    alone = agent.remember("alone")["id"]
    assert agent.history(alone).json == {"memories": [agent.get(alone).json]}
    assert_problem(make_tenant().agent.history(alone), 404, "/id")
    assert_problem(agent.history("nothing"), 400, "/id", "UUID")
    assert_problem(agent.history(alone, limit=0), 400, "/limit")


def test_lists_read_ones_own_writes(tenant, agent):
    reader = Client(tenant.stack.http_port, tenant.token("reader"))
    for n in range(10):
        made = agent.remember(f"note {n}")
        assert made["id"] in ids_of(reader.list(at_least=made["state_token"]))
    now = datetime.now(timezone.utc).isoformat()
    assert len(ids_of(reader.list(as_of=now))) == 10
    reader.close()

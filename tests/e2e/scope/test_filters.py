"""Filters on recall and on listing, equal to what Python says; bad ones are named."""
import json
import random

import pytest

from api import assert_problem

DIMENSION = 384


def vector(number):
    values = [0.0] * DIMENSION
    values[number % DIMENSION] = 1.0
    return values


def made_of(rng, number):
    """Few values each, so that conditions hold for some."""
    item = {"text": f"note {number}", "embedding": vector(number), "turn": rng.randrange(5),
            "occurred_at": f"2024-05-{1 + rng.randrange(20):02}T10:00:00.000000Z"}
    for name in ("kind", "speaker", "session_id", "subject"):
        if rng.random() < 0.7:
            item[name] = rng.choice(["a", "ab", "b", "ba"])
    if rng.random() < 0.5:
        item["importance"] = rng.randrange(5) / 4
    item["tags"] = rng.sample(["red", "blue", "reddish", "green"], rng.randrange(4))
    item["metadata"] = {"n": rng.randrange(6), "deep": {"x": rng.choice(["p", "q", True, None])},
                        "list": rng.sample([1, 2, "p"], rng.randrange(3))}
    if rng.random() < 0.3:
        del item["metadata"]["n"]
    return item


@pytest.fixture(scope="module")
def notes(make_tenant):
    """A tenant of 120 notes: (client, records as GET gives them, in order)."""
    tenant = make_tenant()
    rng = random.Random(7)
    made = tenant.agent.remember_batch([made_of(rng, number) for number in range(120)])
    return tenant.agent, [tenant.agent.get(one["id"]).json for one in made]


def condition(field, op, value):
    return {"field": field, "op": op, "value": value}


def meta(record, *path):
    value = record["metadata"]
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


SOME = [
    (condition("kind", "eq", "a"), lambda r: r["kind"] == "a"),
    (condition("kind", "ne", "a"), lambda r: r["kind"] != "a"),
    (condition("speaker", "in", ["a", "ba"]), lambda r: r["speaker"] in ("a", "ba")),
    (condition("session_id", "prefix", "a"), lambda r: r["session_id"].startswith("a")),
    (condition("subject", "contains", "b"), lambda r: "b" in r["subject"]),
    (condition("key", "exists", True), lambda r: False),
    (condition("speaker", "exists", False), lambda r: r["speaker"] == ""),
    (condition("tags", "contains", "red"), lambda r: "red" in r["tags"]),
    (condition("tags", "prefix", "red"), lambda r: any(t.startswith("red") for t in r["tags"])),
    (condition("tags", "in", ["green", "x"]), lambda r: "green" in r["tags"]),
    (condition("tags", "exists", False), lambda r: not r["tags"]),
    (condition("turn", "gte", 3), lambda r: r["turn"] >= 3),
    (condition("turn", "in", [0, 4]), lambda r: r["turn"] in (0, 4)),
    (condition("importance", "lt", 0.5), lambda r: r.get("importance", 1) < 0.5),
    (condition("importance", "ne", 0.5), lambda r: r.get("importance") != 0.5),
    (condition("occurred_at", "lt", "2024-05-10T12:00:00+02:00"),
     lambda r: r["occurred_at"] < "2024-05-10T10"),
    (condition("created_at", "gt", "2024-01-01T00:00:00Z"), lambda r: True),
    (condition("valid_to", "exists", True), lambda r: False),
    (condition("metadata.n", "lte", 2), lambda r: meta(r, "n") in (0, 1, 2)),
    (condition("metadata.n", "ne", 2), lambda r: meta(r, "n") != 2),
    (condition("metadata.n", "eq", "2"), lambda r: False),
    (condition("metadata.deep.x", "eq", "p"), lambda r: meta(r, "deep", "x") == "p"),
    (condition("metadata.deep.x", "eq", True), lambda r: meta(r, "deep", "x") is True),
    (condition("metadata.deep.x", "exists", False), lambda r: meta(r, "deep", "x") is None),
    (condition("metadata.deep", "exists", True), lambda r: True),
    (condition("metadata.list", "contains", "p"), lambda r: "p" in meta(r, "list")),
    (condition("metadata.list", "in", [2, 9]), lambda r: 2 in meta(r, "list")),
    (condition("metadata.absent", "exists", True), lambda r: False),
]


def trees():
    rng = random.Random(11)
    for _ in range(40):
        (a, f), (b, g), (c, h) = rng.sample(SOME, 3)
        yield {"or": [{"and": [a, {"not": b}]}, c]}, lambda r, f=f, g=g, h=h: (
            f(r) and not g(r)) or h(r)


def listed(client, **parameters):
    """Every page's memories."""
    found = []
    while True:
        reply = client.list(**parameters)
        assert reply.status == 200, str(reply)
        found += reply.json["memories"]
        if "next_cursor" not in reply.json:
            return found
        parameters["cursor"] = reply.json["next_cursor"]


@pytest.mark.parametrize("which", range(len(SOME) + 40))
def test_equal_to_brute_force(notes, which):
    agent, records = notes
    body, holds = [*SOME, *trees()][which]
    expected = [record for record in records if holds(record)]
    assert listed(agent, filter=json.dumps(body), limit=50) == expected
    hits = agent.recall("note", filter=body, top_k=100)["results"]
    ids = {record["id"] for record in expected}
    assert {hit["id"] for hit in hits} <= ids and len(hits) == min(100, len(ids))


def test_a_filter_changes_neither_scores_nor_order(notes):
    """Only who may answer: no view but those of sessions looks at other memories."""
    agent, records = notes
    keep = {r["id"] for r in records if "red" in r["tags"]}
    views = ["dense", "lexical"]
    whole = agent.recall("note 3", embedding=vector(3), top_k=100, views=views)["results"]
    some = agent.recall("note 3", embedding=vector(3), top_k=100, views=views,
                        filter=condition("tags", "contains", "red"))["results"]
    ranks = [(hit["id"], hit["score"]) for hit in some]
    assert ranks[:5] == [(hit["id"], hit["score"]) for hit in whole if hit["id"] in keep][:5]


KIND = condition("kind", "eq", "a")
SHAPE = "must be an object of and, or, not alone, or of field, op and value"


def nested(depth, what="not"):
    filter = KIND
    for _ in range(depth):
        filter = {what: filter} if what == "not" else {what: [filter]}
    return filter


BAD = [
    ("empty", {}, "/filter", SHAPE),
    ("two at once", {"and": [KIND], "or": [KIND]}, "/filter", SHAPE),
    ("no value", {"field": "kind", "op": "eq"}, "/filter", SHAPE),
    ("one too many", {**KIND, "case": 1}, "/filter", SHAPE),
    ("unknown joint", {"xor": [KIND]}, "/filter", SHAPE),
    ("and of nothing", {"and": []}, "/filter/and", "at least 1"),
    ("and of one", {"and": KIND}, "/filter/and", "list"),
    ("a bad part", {"and": [KIND, {"or": [KIND, 7]}]}, "/filter/and/1/or/1", SHAPE),
    ("unknown field", condition("colour", "eq", "a"), "/filter/field", "one of tags, kind"),
    ("no path", condition("metadata", "eq", "a"), "/filter/field", "metadata.<path>"),
    ("field a number", condition(1, "eq", "a"), "/filter/field", "one of"),
    ("unknown op", condition("kind", "like", "a"), "/filter/op", "eq, ne, in"),
    ("an op of others", condition("tags", "lt", "a"), "/filter/op", "contains"),
    ("a type of others", {"not": condition("turn", "eq", "3")}, "/filter/not/value", "integer"),
    ("a fraction", condition("turn", "lt", 0.5), "/filter/value", "integer"),
    ("no time", condition("created_at", "lt", "noon"), "/filter/value", "RFC 3339"),
    ("no list", condition("kind", "in", "a"), "/filter/value", "1 to 256"),
    ("long list", condition("turn", "in", [1] * 257), "/filter/value", "1 to 256"),
    ("a bad item", condition("kind", "in", ["a", None]), "/filter/value/1", "string"),
    ("exists what", condition("kind", "exists", "yes"), "/filter/value", "true or false"),
    ("null", condition("metadata.x", "eq", None), "/filter/value", "string, a number"),
    ("long text", condition("kind", "eq", "x" * 1025), "/filter/value", "1024"),
    ("long path", condition("metadata." + "x" * 248, "eq", 1), "/filter/field", "256"),
    ("65 conditions", {"or": [KIND] * 65}, "/filter", "64"),
    ("17 deep", nested(16), "/filter" + "/not" * 16, "16"),
    ("50 deep", nested(50), None, "levels deep"),
    ("50 lists deep", nested(50, "or"), None, "levels deep"),
]


@pytest.mark.parametrize("what,body,field,said", BAD, ids=[row[0] for row in BAD])
def test_bad_filters(shared, what, body, field, said):
    before = shared.sequence()
    assert_problem(shared.agent.post("/v1/recall", {"query": "q", "filter": body}), 400, field,
                   said)
    if len(json.dumps(body)) < 6000:
        assert_problem(shared.agent.list(filter=json.dumps(body)), 400, field, said)
    assert shared.sequence() == before


@pytest.mark.parametrize("text,field,said", [
    ("", "/filter", "JSON"), ("kind", "/filter", "JSON"), ("[]", "/filter", "object"),
    ("null", "/filter", "object"), ("7", "/filter", "object"), ('{"a":1', "/filter", "JSON"),
    ('{"a":1}{}', "/filter", "JSON"), ('{"not":{"a":1,"a":2}}', "/filter/not/a", "twice"),
    ('{"field":"metadata.n","op":"eq","value":9007199254740993}', "/filter/value", "2^53"),
    ('{"field":"kind","op":"eq","value":"\\u0000"}', "/filter/value", "U+0000"),
    ("{}" + " " * 2000 + "x", "/filter", "JSON"),
])
def test_filters_that_are_no_json(shared, text, field, said):
    assert_problem(shared.agent.list(filter=text), 400, field, said)


def test_the_limits_are_reached(shared):
    for body in (nested(15), nested(14, "or"), {"or": [KIND] * 64},
                 condition("turn", "in", list(range(256))),
                 condition("metadata." + "x" * 247, "eq", "y" * 1024)):
        assert shared.agent.recall("q", filter=body)["results"] == []

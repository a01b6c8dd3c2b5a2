"""Remembering, reading back, superseding, expiring and forgetting, over HTTP."""
import concurrent.futures
import datetime
import time
import uuid

import pytest

from api import assert_problem, parse_token, without_request_id

FULL = {
    "text": "Ada moved the observatory's spare lens to the cellar.",
    "subject": "person:ada", "kind": "fact", "speaker": "Ada", "session_id": "s-1", "turn": 7,
    "occurred_at": "2024-05-08T10:11:12.123456Z", "valid_from": "2024-05-01T00:00:00Z",
    "valid_to": "2999-01-01T00:00:00Z", "ttl_seconds": 86400, "importance": 0.75,
    "tags": ["lens", "cellar"], "key": "spare-lens",
    "metadata": {"z": [1, 2.5, None, True, {"deep": "yes"}], "a": "first"},
}
TIMES = ("occurred_at", "valid_from", "valid_to")

UNICODE = {
    "emoji": "👩‍👩‍👧‍👦 family 🏳️‍🌈 flags 🇺🇦 and 🧠",
    "right to left": "ذهبت ليلى إلى السوق וחזרה הביתה",
    "combining": "Z̸̢̛a̷l̴g̵o e\u0301 e\u0302\u0323 \u0928\u093f",
    "noncharacters": "a\uffffb\ufffec\ufdd0d\U0010ffff",
    "controls": "bell\u0007 tab\t newline\n return\r delete\u007f nel\u0085",
    "separators": "line\u2028paragraph\u2029nbsp\u00a0zwsp\u200bbom\ufeff",
    "private use": "\ue000\U000f0000",
    "bidi controls": "abc\u202edef\u2066ghi\u2069",
    "cjk": "東京タワーへ行きました。서울에서 만났다",
    "one astral": "𝕊",
    "quotes": "\"\\/'`</script><!-- ${x} {{y}} %s %00",
}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_every_field_comes_back(agent):
    made = agent.remember(**FULL)
    assert uuid.UUID(made["id"]).version == 7
    assert parse_token(made["state_token"])[1] == made["sequence"] == 1
    reply = agent.get(made["id"])
    assert reply.status == 200, str(reply)
    record = reply.json
    for name, value in FULL.items():
        if name in TIMES:
            assert instant(record[name]) == instant(value), name
        elif name != "ttl_seconds":
            assert record[name] == value, name
    assert record["id"] == made["id"] and record["sequence"] == made["sequence"]
    assert record["created_at"] == made["created_at"]
    lifetime = instant(record["expires_at"]) - instant(record["created_at"])
    assert lifetime == datetime.timedelta(seconds=FULL["ttl_seconds"])
    assert "superseded_by" not in record


def test_the_least_memory_has_empty_fields(agent):
    record = agent.get(agent.remember("only this")["id"]).json
    assert record["text"] == "only this"
    assert (record["subject"], record["kind"], record["speaker"], record["key"]) == ("",) * 4
    assert record["tags"] == [] and record["metadata"] == {}
    for absent in ("turn", "importance", "occurred_at", "valid_from", "valid_to", "expires_at"):
        assert absent not in record


def test_null_means_absent(agent):
    made = agent.remember("with nulls", speaker=None, turn=None, metadata=None, tags=None,
                          occurred_at=None)
    record = agent.get(made["id"]).json
    assert record["speaker"] == "" and "turn" not in record and record["tags"] == []


def test_times_with_an_offset_are_kept_as_utc(agent):
    made = agent.remember("offset", occurred_at="2024-05-08T12:00:00.5+02:00")
    assert instant(agent.get(made["id"]).json["occurred_at"]) == instant(
        "2024-05-08T10:00:00.500000+00:00")


def test_sequences_and_ids_rise(agent):
    made = [agent.remember(f"number {n}") for n in range(5)]
    assert [m["sequence"] for m in made] == [1, 2, 3, 4, 5]
    ids = [m["id"] for m in made]
    assert ids == sorted(ids) and len(set(ids)) == 5


def test_turn_defaults_to_the_sessions_last_plus_one(agent):
    agent.remember("opening", session_id="talk", turn=41)
    second = agent.remember("no turn given", session_id="talk")
    third = agent.remember("none here either", session_id="talk")
    other = agent.remember("another session", session_id="other")
    turns = [agent.get(m["id"]).json.get("turn") for m in (second, third)]
    assert turns == [42, 43]
    first_of_other = agent.get(other["id"]).json["turn"]
    assert first_of_other in (0, 1)


def test_a_key_supersedes(tenant, agent):
    old = agent.remember("Mira lives in Lisbon.", key="home:mira")
    new = agent.remember("Mira lives in Porto.", key="home:mira")
    record = agent.get(old["id"]).json
    assert record["superseded_by"] == new["id"]
    assert instant(record["valid_to"]) == instant(new["created_at"])
    assert record["text"] == "Mira lives in Lisbon."
    assert "superseded_by" not in agent.get(new["id"]).json
    assert agent.recalled_ids("Where does Mira live?") == [new["id"]]
    newest = agent.remember("Mira lives in Braga.", key="home:mira")
    assert agent.recalled_ids("Where does Mira live?") == [newest["id"]]
    assert agent.get(old["id"]).json["superseded_by"] == new["id"], "a chain, not a star"
    assert tenant.memory_count() == 3


def test_deleting_the_holder_frees_the_key(agent, operator):
    old = agent.remember("the first answer", key="k")
    new = agent.remember("the second answer", key="k")
    assert operator.delete(new["id"]).status == 200
    third = agent.remember("the third answer", key="k")
    assert "superseded_by" not in agent.get(third["id"]).json
    assert agent.get(old["id"]).json["superseded_by"] == new["id"]
    assert agent.recalled_ids("answer") == [third["id"]]


def test_a_time_to_live_hides(agent):
    kept = agent.remember("The gate code is written on the fridge.")
    brief = agent.remember("The gate code is four two four two.", ttl_seconds=1)
    end = time.monotonic() + 30
    while brief["id"] in agent.recalled_ids("gate code"):
        assert time.monotonic() < end, "still recalled long after its time to live"
        time.sleep(0.1)
    assert agent.recalled_ids("gate code") == [kept["id"]]


def test_validity_hides(agent):
    agent.remember("The shop was closed on Mondays.", valid_to="2001-01-01T00:00:00Z")
    agent.remember("The shop will close on Fridays.", valid_from="2999-01-01T00:00:00Z")
    now = agent.remember("The shop is closed on Sundays.", valid_from="2001-01-01T00:00:00Z",
                         valid_to="2999-01-01T00:00:00Z")
    assert agent.recalled_ids("When is the shop closed?") == [now["id"]]


def test_delete_forgets_everywhere(tenant, agent, operator):
    kept = agent.remember("The cat is called Juniper.")
    gone = agent.remember("The dog is called Barnaby.", session_id="pets")
    reply = operator.delete(gone["id"])
    assert reply.status == 200, str(reply)
    assert reply.json["id"] == gone["id"] and reply.json["sequence"] == 3
    assert parse_token(reply.json["state_token"])[1] == 3
    assert_problem(agent.get(gone["id"]), 404)
    assert_problem(operator.delete(gone["id"]), 404)
    found = agent.recalled_ids("What is the dog called?", at_least=reply.json["state_token"])
    assert found == [kept["id"]]
    assert agent.evaluate("anything about pets?", session_id="pets")["working_memory"] == []
    assert tenant.sequence() == 3
    assert tenant.stack.rows("SELECT count(*) FROM embeddings WHERE memory_id = %s",
                             gone["id"]) == [(0,)]


def test_a_batch_keeps_its_order(agent):
    items = [{"text": f"item {n}", "session_id": "b", "turn": n} for n in range(25)]
    results = agent.remember_batch(items)
    assert [r["sequence"] for r in results] == list(range(1, 26))
    assert [agent.get(r["id"]).json["text"] for r in results] == [i["text"] for i in items]
    assert parse_token(results[-1]["state_token"])[1] == 25


def test_a_thousand_items_are_one_batch(tenant, agent):
    items = [{"text": f"Crate {n} holds {n * 3} bolts."} for n in range(1000)]
    results = agent.remember_batch(items)
    assert len({r["id"] for r in results}) == 1000
    assert tenant.sequence() == 1000 and tenant.memory_count() == 1000
    assert agent.recall("Crate 617 bolts", top_k=1)["results"][0]["text"] == items[617]["text"]


@pytest.mark.parametrize("broken, field, fragment", [
    ({"text": ""}, "/items/3/text", "must not be empty"),
    ({"text": "x" * 32769}, "/items/3/text", "32768"),
    ({"text": "x", "importance": 2}, "/items/3/importance", "at most 1"),
    ({"text": "x", "embedding": [1.0, 2.0]}, "/items/3/embedding", "384"),
    ({"text": "x", "valid_from": "2024-02-02T00:00:00Z", "valid_to": "2024-02-01T00:00:00Z"},
     "/items/3/valid_to", "after"),
    ({"text": "x", "colour": "red"}, "/items/3/colour", "not a field"),
])
def test_one_bad_item_stores_nothing(tenant, agent, broken, field, fragment):
    items = [{"text": f"good {n}"} for n in range(3)] + [broken, {"text": "good"}]
    reply = agent.post("/v1/memories:batch", {"items": items})
    assert_problem(reply, 400, field, fragment)
    assert tenant.sequence() == 0 and tenant.memory_count() == 0
    assert agent.recall("good")["results"] == []


def test_a_key_twice_in_one_batch(agent):
    first, second = agent.remember_batch([{"text": "tea at four", "key": "tea"},
                                          {"text": "tea at five", "key": "tea"}])
    assert agent.get(first["id"]).json["superseded_by"] == second["id"]
    assert agent.recalled_ids("tea") == [second["id"]]


def test_repeating_a_write_with_its_key(tenant, agent):
    body = {"text": "counted once", "key": "c"}
    headers = {"Idempotency-Key": "order 17/a"}
    first = agent.post("/v1/memories", body, headers=headers)
    again = agent.post("/v1/memories", body, headers=headers)
    assert first.status == again.status == 201
    assert first.body == again.body
    other = agent.post("/v1/memories", {**body, "text": "counted twice"}, headers=headers)
    assert_problem(other, 422, "Idempotency-Key")
    assert tenant.memory_count() == 1 and tenant.sequence() == 1


def test_repeating_a_batch_and_a_delete(tenant, agent, operator):
    headers = {"Idempotency-Key": "batch"}
    body = {"items": [{"text": "one"}, {"text": "two"}]}
    first = agent.post("/v1/memories:batch", body, headers=headers)
    assert first.status == 201
    assert agent.post("/v1/memories:batch", body, headers=headers).body == first.body
    target = first.json["results"][0]["id"]
    gone = operator.delete(target, headers={"Idempotency-Key": "delete"})
    assert gone.status == 200
    assert operator.delete(target, headers={"Idempotency-Key": "delete"}).body == gone.body
    # The key belongs to the whole request, not to its body alone.
    assert_problem(agent.post("/v1/memories", {"text": "one"}, headers=headers), 422)
    assert tenant.sequence() == 3 and tenant.memory_count() == 1


def test_idempotency_keys_are_a_tenants_own(agent, make_tenant):
    headers = {"Idempotency-Key": "the same"}
    mine = agent.post("/v1/memories", {"text": "mine"}, headers=headers).json
    other = make_tenant()
    theirs = other.agent.post("/v1/memories", {"text": "theirs"}, headers=headers)
    assert theirs.status == 201 and theirs.json["id"] != mine["id"]
    assert other.agent.get(theirs.json["id"]).json["text"] == "theirs"


def test_a_refused_write_does_not_use_up_its_key(tenant, agent):
    headers = {"Idempotency-Key": "second try"}
    assert_problem(agent.post("/v1/memories", {"text": ""}, headers=headers), 400, "/text")
    assert agent.post("/v1/memories", {"text": "better"}, headers=headers).status == 201
    assert tenant.memory_count() == 1


def test_sixty_four_at_once_with_one_key_make_one_memory(tenant):
    headers = {"Idempotency-Key": "stampede"}
    clients = [tenant.new_client("agent") for _ in range(64)]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        replies = list(pool.map(
            lambda c: c.post("/v1/memories", {"text": "all at once"}, headers=headers), clients))
    assert {r.status for r in replies} == {201}, [str(r) for r in replies if r.status != 201]
    assert len({r.body for r in replies}) == 1
    assert tenant.memory_count() == 1 and tenant.sequence() == 1
    assert tenant.sequence("access") == 63, "each replay is on record"


def test_concurrent_writers_get_dense_sequences(tenant):
    clients = [tenant.new_client("agent") for _ in range(8)]

    def write(client):
        return [client.remember(f"by {id(client)}, {n}")["sequence"] for n in range(10)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sequences = [s for part in pool.map(write, clients) for s in part]
    assert sorted(sequences) == list(range(1, 81))


def test_one_key_field_written_by_many_has_one_holder(tenant):
    clients = [tenant.new_client("agent") for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda c: c.remember("the colour is blue", key="colour"), clients))
    last = max(made, key=lambda m: m["sequence"])
    records = {m["id"]: tenant.agent.get(m["id"]).json for m in made}
    holders = [i for i, record in records.items() if "superseded_by" not in record]
    assert holders == [last["id"]]
    assert tenant.agent.recalled_ids("colour") == [last["id"]]


@pytest.mark.parametrize("name", UNICODE)
def test_any_unicode_is_kept(shared, name):
    text = UNICODE[name]
    agent = shared.agent
    made = agent.remember(text, speaker=text, session_id=text, subject=text, kind="unicode",
                          tags=[text], key=text, metadata={text: text})
    record = agent.get(made["id"]).json
    for field in ("text", "speaker", "session_id", "subject", "key"):
        assert record[field] == text, field
    assert record["tags"] == [text] and record["metadata"] == {text: text}
    hits = agent.recall(text, at_least=made["state_token"], top_k=100)["results"]
    assert text in [hit["text"] for hit in hits]


def test_limits_are_inclusive(shared):
    agent = shared.agent
    exact = "é" * 16384  # 32,768 bytes
    made = agent.remember(exact, subject="s" * 256, kind="k" * 256, speaker="p" * 256,
                          session_id="i" * 256, key="y" * 256, tags=["t" * 256] * 32,
                          turn=2**31 - 1, importance=1, metadata={"m": "x" * 8184})
    record = agent.get(made["id"]).json
    assert record["text"] == exact and record["turn"] == 2**31 - 1
    assert len(record["tags"]) == 32


def test_another_tenants_id_looks_absent(tenant, agent, operator, make_tenant):
    theirs = make_tenant().agent.remember("nobody else's business", key="k")
    absent = str(uuid.UUID(int=uuid.UUID(theirs["id"]).int ^ 0xFF))
    for act in (agent.get, operator.delete):
        foreign, missing = act(theirs["id"]), act(absent)
        assert_problem(foreign, 404)
        assert without_request_id(foreign) == without_request_id(missing)
        assert foreign.headers.keys() == missing.headers.keys()
    assert tenant.sequence() == 0
    agent.remember("mine", key="k")
    assert agent.recalled_ids("nobody else's business") != [theirs["id"]]


def test_text_is_data_not_a_command(agent):
    text = "'; DROP TABLE memories; -- \\x00 $1 %s"
    made = agent.remember(text, key=text, speaker=text)
    assert agent.get(made["id"]).json["text"] == text

"""POST /v1/brain/evaluations/{id}/replay: the same bytes, or why not."""
import json
import os
import random
import time
import uuid

import pytest

from api import assert_problem

REPLAYS = int(os.environ.get("SOMABRAIN_REPLAYS", "300"))
FORMS = ["plain", "openai_messages", "anthropic_messages"]


def replay(client, evaluation):
    return client.post(f"/v1/brain/evaluations/{evaluation}/replay", None)


def asked(client, query, **fields):
    reply = client.post("/v1/brain/evaluate", {"query": query, **fields})
    assert reply.status == 200, str(reply)
    return reply


def assert_same(client, reply):
    again = replay(client, reply.json["evaluation_id"])
    assert again.status == 200, str(again)
    assert again.body == reply.body


def assert_unreplayable(client, reply, fragment):
    problem = assert_problem(replay(client, reply.json["evaluation_id"]), 409, "/id", "unreplayable")
    assert fragment in problem["detail"], problem
    return problem


def test_many_evaluations_byte_for_byte(tenant):
    agent, rng = tenant.agent, random.Random(8)
    agent.remember_batch([{"text": f"Entry {n}: {rng.choice(['ships', 'maps', 'hens'])} and more. " * rng.randrange(1, 60),
                           "speaker": rng.choice(["", "Ada", "Ben"]), "kind": rng.choice(["", "fact"]),
                           "tags": ["a", "ü"][:rng.randrange(3)], "metadata": {"n": n, "x": .1 * n},
                           "subject": rng.choice(["", "ada"]), "session_id": rng.choice(["", "s", "t"])}
                          for n in range(40)])
    answers = []
    for n in range(REPLAYS):
        fields = {"top_k": rng.randrange(1, 40), "render": rng.choice(FORMS),
                  "session_id": rng.choice(["", "s", "t"]), "subject": rng.choice(["", "ada", "ben"]),
                  "confidence": rng.uniform(.5, 1)}
        if rng.random() < .3:
            fields["explain"] = True
        if rng.random() < .5:
            fields["token_budget"] = rng.randrange(1, 1500)
        if rng.random() < .3:
            fields |= {"cost_tokens": rng.randrange(900), "price": rng.random() / 50}
        if rng.random() < .2:
            fields["embedding"] = [rng.gauss(0, 1) for _ in range(384)]
        answers.append(asked(agent, f"Question {n} about ships and {rng.choice(['hens', 'maps'])}?", **fields))
        if fields["session_id"] and rng.random() < .3:
            agent.feedback(answers[-1].json["evaluation_id"], .9, response_text=f"Answer {n}.")
        if rng.random() < .1:
            agent.remember(f"Meanwhile {n}: more ships.", session_id="s")
    rng.shuffle(answers)
    for answer in answers:
        assert_same(agent, answer)


def test_what_changes_later_changes_no_replay(agent):
    agent.remember("The hall is blue.", key="hall", session_id="s")
    before = asked(agent, "Which colour is the hall?", session_id="s")
    agent.remember("The hall is green.", key="hall")
    agent.remember_batch([{"text": f"Hall number {n}."} for n in range(30)])
    assert_same(agent, before)
    assert agent.call("DELETE", "/v1/sessions/s").status == 200
    assert_same(agent, before)


def test_a_deleted_memory_makes_it_unreplayable(agent, operator):
    gone, kept = agent.remember("The key is under the mat."), agent.remember("The mat is red.")
    both, one = asked(agent, "Where is the key?"), asked(agent, "mat", top_k=1)
    operator.delete(gone["id"])
    problem = assert_unreplayable(agent, both, "deleted or erased")
    assert gone["id"] in problem["detail"]
    if one.json["memories"][0]["id"] == kept["id"]:
        assert_same(agent, one)


def test_an_erased_subject_makes_it_unreplayable(tenant, agent, operator):
    agent.remember("Ada likes tea.", subject="ada")
    agent.remember("The kettle is old.")
    of_ada = asked(agent, "Who likes tea?")
    under_ada = asked(agent, "kettle", top_k=1, subject="ada")
    agent.remember("Tea is served at four.", session_id="s", subject="ada")
    in_session = asked(agent, "kettle", top_k=1, session_id="s")
    assert operator.call("DELETE", "/v1/subjects/ada").status == 200
    assert_unreplayable(agent, of_ada, "deleted or erased")
    assert_unreplayable(agent, in_session, "turn")
    assert_problem(replay(agent, under_ada.json["evaluation_id"]), 404, "/id")
    assert_same(agent, asked(agent, "kettle"))


def test_an_expired_memory_makes_it_unreplayable(agent):
    agent.remember("The code is 1-2-3.", ttl_seconds=2)
    answer = asked(agent, "What is the code?")
    assert len(answer.json["memories"]) == 1
    time.sleep(2.1)
    assert_unreplayable(agent, answer, "expired")


def test_nobody_elses(agent, make_tenant):
    answer = asked(agent, "Mine?")
    other = make_tenant()
    try:
        assert_problem(replay(other.agent, answer.json["evaluation_id"]), 404, "/id")
        theirs = replay(other.agent, uuid.uuid4()).json["detail"]
        assert theirs == replay(other.agent, answer.json["evaluation_id"]).json["detail"]
    finally:
        other.close()


@pytest.mark.parametrize("bad", ["x", "123", "019f0000-0000-7000-8000-00000000000g"])
def test_ids_that_are_none(agent, bad):
    assert_problem(replay(agent, bad), 400, "/id", "UUID")


def test_a_replay_is_on_record(tenant, agent):
    made = agent.remember("It rains.")
    evaluation = agent.evaluate("weather?")["evaluation_id"]
    done = replay(agent, evaluation)
    rows = tenant.stack.rows("SELECT body FROM events WHERE tenant = %s ORDER BY log_index", tenant.id)
    first, again = [json.loads(bytes(body)) for body, in rows][-2:]
    assert (again["action"], again["status"]) == ("brain.replay", 200)
    assert again["details"]["evaluation_id"] == evaluation and again["targets"] == [made["id"]]
    assert again["answer_digest"] == first["answer_digest"] and again["request_id"] == done.request_id

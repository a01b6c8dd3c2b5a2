"""GET /v1/brain/weights, its history, POST …/rollback: what feedback teaches, seen from outside."""
import concurrent.futures
import math

import pytest

from api import assert_problem

WEIGHTS, HISTORY, ROLLBACK = "/v1/brain/weights", "/v1/brain/weights/history", "/v1/brain/weights/rollback"


def taught(tenant, rewards):
    """A tenant of three memories, and these verdicts on one of them."""
    ids = [tenant.agent.remember(text)["id"] for text in
           ("The ferry leaves at nine.", "Ferries are white.", "Nine is a number.")]
    for reward in rewards:
        bundle = tenant.agent.evaluate("When does the ferry leave?", confidence=.5)
        tenant.agent.feedback(bundle["evaluation_id"], reward, used_memory_ids=ids[:1])
    return ids


def weights(client):
    reply = client.call("GET", WEIGHTS)
    assert reply.status == 200, str(reply)
    return reply.json["weights"]


def history(client, **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    reply = client.call("GET", f"{HISTORY}?{query}" if query else HISTORY)
    assert reply.status == 200, str(reply)
    return reply.json


def test_feedback_moves_the_weights_that_serve_the_next_request(tenant):
    before = weights(tenant.agent)
    assert before["version"] == 0
    assert {v["view"]: v["weight"] for v in before["views"]} == {
        "dense": .5, "lexical": .5, "facet": .3, "previous": .2, "next": .1, "session": .4,
        "graph": 0, "recency": 0, "density": 0, "bridge": 0}
    taught(tenant, [.5])
    after = weights(tenant.agent)
    assert after["version"] == 1 and after["lambda"] != before["lambda"]
    figures = tenant.agent.evaluate("When?", confidence=.5)["utility"]
    assert figures["lambda"] == after["lambda"]
    changes = history(tenant.client("auditor"))["changes"]
    assert [(c["version"], c["kind"], c["reward"]) for c in changes] == [(1, "step", .5)]
    events = tenant.client("auditor").call("GET", "/v1/audit/events?action=brain.feedback").json["events"]
    learning = events[0]["body"]["learning"]
    assert learning["weights_version"] == 1 and learning["kinds"] == ["step"]
    assert learning["deltas"]["lambda"] == changes[0]["after"][0] - changes[0]["before"][0]


def test_history_in_pages_and_the_way_back(tenant):
    taught(tenant, [.9, .8, .7])
    first = history(tenant.operator, limit=2)
    assert [c["version"] for c in first["changes"]] == [3, 2] and first["next"] == 2
    rest = history(tenant.operator, limit=2, below=2)
    assert [c["version"] for c in rest["changes"]] == [1] and "next" not in rest
    key = {"headers": {"Idempotency-Key": "once"}}
    back = tenant.operator.post(ROLLBACK, {"steps": 3}, **key)
    assert back.status == 200, str(back)
    assert (back.json["restored_version"], back.json["weights"]["version"]) == (0, 4)
    assert tenant.operator.post(ROLLBACK, {"steps": 3}, **key).json == back.json
    assert_problem(tenant.operator.post(ROLLBACK, {"steps": 1}, **key), 422)
    assert weights(tenant.agent) == back.json["weights"]
    newest = history(tenant.operator, limit=1)["changes"][0]
    assert (newest["kind"], newest["restored_version"], newest["version"]) == ("rollback", 0, 4)


def test_verdicts_at_once_are_a_step_each(tenant):
    ids = taught(tenant, [])
    evaluations = [tenant.agent.evaluate("When does the ferry leave?")["evaluation_id"] for _ in range(24)]

    def say(numbers):
        client = tenant.new_client("agent")
        for n in numbers:
            client.feedback(evaluations[n], n / 24, used_memory_ids=ids[:1])
            client.feedback(evaluations[n], n / 24, used_memory_ids=ids[:1])
        client.close()

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(say, [range(n, 24, 6) for n in range(6)]))
    rewards = [c["reward"] for c in history(tenant.operator)["changes"] if c["kind"] == "step"]
    assert sorted(rewards) == [n / 24 for n in range(24)]


@pytest.mark.parametrize("name, rewards, alarm", [
    ("constant", lambda n: 1, "fixity"), ("flips", lambda n: (-1) ** n, "split")])
def test_hostile_streams_are_taken_back(tenant, name, rewards, alarm):
    before = weights(tenant.agent)
    taught(tenant, [rewards(n) for n in range(50)])
    alarms = [c for c in history(tenant.operator)["changes"] if c["kind"] == "alarm"]
    assert alarms and {c["alarm"] for c in alarms} == {alarm}, name
    assert alarms[-1]["restored_version"] == 0
    assert alarms[-1]["after"][0] == before["lambda"]


def test_feedback_calibrates_the_probability_that_nobody_states(tenant):
    asked = "When does the ferry leave?"
    ids = taught(tenant, [])
    needed = weights(tenant.agent)["calibration"]["needed"]
    sources = set()
    for n in range(needed):
        bundle = tenant.agent.evaluate(asked)
        sources.add((bundle["utility"]["probability_source"], bundle["utility"]["probability"]))
        tenant.agent.feedback(bundle["evaluation_id"], (.9, .4, 0, .7, .1)[n % 5], used_memory_ids=ids[:1])
    assert sources == {("assumed", 1)}
    bundle = tenant.agent.evaluate(asked)
    figures = bundle["utility"]
    assert figures["probability_source"] == "calibrated" and 0 < figures["probability"] < 1
    assert figures["utility"] == pytest.approx(1 + figures["lambda"] * math.log(figures["probability"]))
    replay = tenant.agent.post(f"/v1/brain/evaluations/{bundle['evaluation_id']}/replay", None)
    assert (replay.status, replay.json) == (200, bundle)
    calibration = weights(tenant.agent)["calibration"]
    assert calibration["verdicts"] == needed and calibration["features"][1]["feature"] == "coverage"
    assert tenant.agent.evaluate(asked, confidence=.5)["utility"]["probability_source"] == "caller"
    newest = history(tenant.operator, limit=1)
    named = dict(zip(newest["coordinates"], newest["changes"][0]["after"]))
    assert named["calibration.coverage"] == calibration["features"][1]["weight"]
    back = tenant.operator.post(ROLLBACK, {"to_version": 0})
    assert back.status == 200 and back.json["weights"]["calibration"].get("verdicts", 0) == 0
    assert tenant.agent.evaluate(asked)["utility"]["probability_source"] == "assumed"


@pytest.mark.parametrize("reward", ["1e308", "-1e308", "1e309", "NaN", "Infinity", "1.0000001", "-1.5", "null", '"1"'])
def test_a_reward_outside_is_refused_and_teaches_nothing(tenant, reward):
    taught(tenant, [])
    evaluation = tenant.agent.evaluate("When?")["evaluation_id"]
    body = f'{{"evaluation_id":"{evaluation}","reward":{reward}}}'.encode()
    assert_problem(tenant.agent.post("/v1/brain/feedback", body), 400)
    assert weights(tenant.agent)["version"] == 0


@pytest.mark.parametrize("body, status, field", [
    ({}, 400, "/to_version"), ({"to_version": 0, "steps": 1}, 400, "/to_version"),
    ({"to_version": -1}, 400, "/to_version"), ({"steps": 0}, 400, "/steps"),
    ({"steps": 1.5}, 400, "/steps"), ({"to_version": "0"}, 400, "/to_version"),
    ({"to_version": 0}, 404, "/to_version"), ({"steps": 1000000000}, 404, "/to_version"),
    ({"version": 0}, 400, "/version")])
def test_bad_rollbacks(tenant, body, status, field):
    assert_problem(tenant.operator.post(ROLLBACK, body), status, field)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "below=0", "below=-1", "before=3"])
def test_bad_pages(tenant, query):
    assert_problem(tenant.operator.call("GET", f"{HISTORY}?{query}"), 400)


def test_another_tenants_feedback_moves_nothing_here(tenant, make_tenant):
    other = make_tenant()
    ids = taught(other, [.5])
    assert weights(tenant.agent)["version"] == 0
    evaluation = other.agent.evaluate("When?")["evaluation_id"]
    body = {"evaluation_id": evaluation, "reward": 1, "used_memory_ids": ids[:1]}
    assert_problem(tenant.agent.post("/v1/brain/feedback", body), 404, "/evaluation_id")
    assert weights(tenant.agent)["version"] == 0


def test_the_command(stack, tenant):
    taught(tenant, [.5, .6])

    def run(*words):
        return stack.run("weights", *words, token=tenant.token("operator")).stdout

    assert run("show").startswith("version 2\n") and "dense" in run("show")
    lines = run("history", "--limit", "1").splitlines()
    assert len(lines) == 1 and lines[0].split("\t")[::2] == ["2", "step"]
    assert "as after version 0\n" in run("rollback", "--to-version", "0")
    assert "back to 0" in run("history").splitlines()[0]

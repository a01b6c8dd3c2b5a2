"""The utility gate: U = b + lambda ln p - mu c - nu l less penalties, under the sandbox's law (b 1, u_min 0,
lambda 1, mu and nu 0.01, a penalty of 1 from a cost of 100 on)."""
import json
import math
import os
import random
import threading

import pytest

from api import assert_problem

# ./dev test e2e takes seconds; the figure of 100,000 is a matter of patience.
REFUSALS = int(os.environ.get("SOMABRAIN_LOW_UTILITIES", "2000"))


def utility(p=1.0, cost=0.0, latency=0.0):
    return 1 + math.log(p) - .01 * cost - .01 * latency - (1 if cost >= 100 else 0)


def events(tenant, **wanted):
    rows = tenant.stack.rows("SELECT body FROM events WHERE tenant = %s ORDER BY log_index", tenant.id)
    bodies = [json.loads(bytes(body)) for body, in rows]
    return [b for b in bodies if all(b.get(name) == value for name, value in wanted.items())]


def evaluations(tenant):
    return tenant.stack.rows("SELECT count(*) FROM evaluations WHERE tenant = %s", tenant.id)[0][0]


def test_the_figures_recompute(tenant, agent):
    bundle = agent.evaluate("Book it?", confidence=.5, cost_tokens=200, price=.1,
                            predicted_latency_seconds=3)
    figures = bundle["utility"]
    assert figures["utility"] == pytest.approx(utility(.5, 20, 3), abs=1e-12)
    assert (figures["probability"], figures["probability_source"]) == (.5, "caller")
    assert (figures["cost"], figures["latency_seconds"], figures["penalty"]) == (20, 3, 0)
    assert [figures[n] for n in ("minimum", "baseline", "lambda", "mu", "nu")] == [0, 1, 1, .01, .01]
    (event,) = events(tenant, action="brain.evaluate")
    assert event["details"]["utility"] == figures["utility"]


def test_without_a_confidence_cost_and_latency_alone_count(agent):
    figures = agent.evaluate("Book it?")["utility"]
    assert (figures["utility"], figures["probability"]) == (1, 1)
    assert figures["probability_source"] == "assumed"
    figures = agent.evaluate("Book it?", cost_tokens=50, price=1)["utility"]
    assert figures["utility"] == pytest.approx(.5)
    assert_problem(agent.post("/v1/brain/evaluate", {
        "query": "Book it?", "predicted_latency_seconds": 101}), 403)


def test_a_low_utility_is_refused_with_its_figures_and_recorded(tenant, agent):
    agent.remember("The hall costs 80.", session_id="s")
    before = tenant.sequence()
    reply = agent.post("/v1/brain/evaluate", {"query": "Book it?", "session_id": "s",
                                              "confidence": .3, "cost_tokens": 10, "price": 2})
    problem = assert_problem(reply, 403, "", "minimum 0")
    assert problem["article"] == "utility" and "u_min" in problem["article_text"]
    assert problem["utility"]["utility"] == pytest.approx(utility(.3, 20), abs=1e-12)
    assert problem["utility"]["utility"] < problem["utility"]["minimum"] == 0
    assert problem["utility"]["cost"] == 20
    (event,) = events(tenant, request_id=problem["request_id"])
    assert (event["decision"], event["status"], event["stream"]) == ("refused", 403, "access")
    assert event["article"] == "utility" and event["constitution_version"] >= 1
    assert event["details"]["utility"] == problem["utility"]
    assert evaluations(tenant) == 0 and tenant.sequence() == before
    kinds = [item["kind"] for item in agent.evaluate("And now?", session_id="s")["working_memory"]]
    assert kinds == ["turn"], "a refused question is no part of the session"


def test_a_penalty_that_decides_names_its_article(agent):
    dear = {"query": "Book it?", "cost_tokens": 100, "price": 1}
    problem = assert_problem(agent.post("/v1/brain/evaluate", dear), 403)
    assert problem["article"] == "human-review"
    assert problem["utility"]["penalty"] == 1 and problem["utility"]["utility"] == pytest.approx(-1)
    hopeless = {**dear, "confidence": .1}
    assert assert_problem(agent.post("/v1/brain/evaluate", hopeless), 403)["article"] == "utility"
    just = agent.evaluate("Book it?", cost_tokens=99, price=1)["utility"]
    assert just["penalty"] == 0 and just["utility"] == pytest.approx(.01)


def test_the_edge_passes(agent):
    """p = 1/e leaves exactly nothing over, up to the last bit of a logarithm."""
    over, under = math.exp(-1) * (1 + 1e-12), math.exp(-1) * (1 - 1e-12)
    assert agent.evaluate("Go?", confidence=over)["utility"]["utility"] >= 0
    assert_problem(agent.post("/v1/brain/evaluate", {"query": "Go?", "confidence": under}), 403)


def negative(rng):
    """A plan worth less than nothing, by doubt, cost, latency or all of them."""
    while True:
        plan = {"confidence": 10 ** rng.uniform(-300, 0) if rng.random() < .3 else rng.uniform(1e-9, 1),
                "cost_tokens": rng.randrange(0, 10 ** rng.randrange(1, 10)),
                "price": 10 ** rng.uniform(-6, 6),
                "predicted_latency_seconds": 10 ** rng.uniform(-3, 6)}
        cost = plan["cost_tokens"] * plan["price"]
        if utility(plan["confidence"], cost, plan["predicted_latency_seconds"]) < -1e-9:
            return plan


def test_of_many_negative_utilities_none_passes(tenant):
    passed, statuses = [], []

    def ask(seed):
        rng, client = random.Random(seed), tenant.new_client("agent")
        for _ in range(REFUSALS // 4):
            plan = negative(rng)
            status = client.post("/v1/brain/evaluate", {"query": "Go?", **plan}).status
            statuses.append(status)
            if status == 200:
                passed.append(plan)

    workers = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert passed == []
    assert set(statuses) == {403} and len(statuses) == REFUSALS // 4 * 4
    assert evaluations(tenant) == 0
    assert len(events(tenant, decision="refused")) == len(statuses)

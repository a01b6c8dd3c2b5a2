"""POST /v1/brain/plan: steps over depends_on links, each after what it needs."""
import json
import math
import random
import uuid

import pytest

from api import assert_problem

PLAN = "/v1/brain/plan"


def remember(agent, *texts, **fields):
    return [one["id"] for one in agent.remember_batch([{"text": text, **fields} for text in texts])]


def depend(agent, one, other, **fields):
    agent.ask("/v1/links", {"from": one, "to": other, "type": "depends_on", **fields}, 201)


def ids(plan):
    return [step["id"] for step in plan["steps"]]


def test_a_dinner(agent):
    dinner, cook, shop, list_, table = remember(
        agent, "Serve the dinner.", "Cook.", "Go shopping.", "Write the list.", "Lay the table.")
    for one, other in ((dinner, cook), (dinner, table), (cook, shop), (shop, list_)):
        depend(agent, one, other)
    agent.ask("/v1/links", {"from": dinner, "to": remember(agent, "Music.")[0], "type": "related"}, 201)
    plan = agent.ask(PLAN, {"goals": [dinner]})
    order = ids(plan)
    assert set(order) == {dinner, cook, shop, list_, table} and order[-1] == dinner
    assert order.index(list_) < order.index(shop) < order.index(cook)
    by_id = {step["id"]: step for step in plan["steps"]}
    assert by_id[dinner]["text"] == "Serve the dinner." and by_id[dinner]["is_goal"]
    assert set(by_id[dinner]["depends_on"]) == {cook, table} and by_id[dinner]["depth"] == 3
    assert (by_id[table]["depth"], by_id[table]["is_goal"]) == (0, False)
    assert plan["utility"]["utility"] == 1 and plan["constitution_version"] >= 1
    assert agent.ask(PLAN, {"goals": [dinner]}) == plan, "the same question, the same plan"
    assert set(ids(agent.ask(PLAN, {"goals": [shop, table]}))) == {shop, list_, table}


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs_are_ordered(agent, seed):
    rng = random.Random(seed)
    steps = remember(agent, *(f"Step {n}." for n in range(30)))
    links = {(rng.randrange(n), n) for n in range(1, 30)} | {
        tuple(sorted(rng.sample(range(30), 2))) for _ in range(40)}
    for one, other in links:
        depend(agent, steps[one], steps[other], weight=rng.uniform(.1, 1))
    plan = agent.ask(PLAN, {"goals": [steps[0]]})
    order = ids(plan)
    assert sorted(order) == sorted(steps)
    for one, other in links:
        assert order.index(steps[other]) < order.index(steps[one])
    for step in plan["steps"]:
        assert {steps.index(need) for need in step["depends_on"]} == {
            other for one, other in links if steps[one] == step["id"]}


def test_a_ring_is_named(agent):
    goal, a, b, c = remember(agent, "goal", "a", "b", "c")
    for one, other in ((goal, a), (a, b), (b, c), (c, a)):
        depend(agent, one, other)
    problem = assert_problem(agent.post(PLAN, {"goals": [goal]}), 409, "/goals")
    assert all(one in problem["detail"] for one in (a, b, c)) and goal not in problem["detail"]
    assert_problem(agent.post(PLAN, {"goals": [b, goal]}), 409, "/goals")


def test_the_limit_of_steps(agent):
    steps = remember(agent, *(f"Step {n}." for n in range(101)))
    for one, other in zip(steps, steps[1:]):
        depend(agent, one, other)
    assert len(agent.ask(PLAN, {"goals": [steps[1]]})["steps"]) == 100
    assert_problem(agent.post(PLAN, {"goals": [steps[0]]}), 400, "/goals", "100 steps")


def test_the_utility_gate_judges_plans_too(tenant, agent):
    (goal,) = remember(agent, "goal")
    figures = agent.ask(PLAN, {"goals": [goal], "confidence": .5, "cost_tokens": 10, "price": .5,
                               "predicted_latency_seconds": 1})["utility"]
    assert figures["utility"] == pytest.approx(1 - .6931471805599453 - .05 - .01)
    problem = assert_problem(agent.post(PLAN, {"goals": [goal], "confidence": .3}), 403)
    assert problem["article"] == "utility" and problem["utility"]["utility"] < 0
    rows = tenant.stack.rows("SELECT body FROM events WHERE tenant = %s ORDER BY log_index", tenant.id)
    made, refused = [json.loads(bytes(body)) for body, in rows][-2:]
    assert (made["action"], made["status"], made["targets"]) == ("brain.plan", 200, [goal])
    assert (refused["status"], refused["details"]["utility"]) == (403, problem["utility"])


def test_what_is_gone_is_no_step(agent, operator, make_tenant):
    goal, gone, kept = remember(agent, "goal", "gone", "kept")
    depend(agent, goal, gone)
    depend(agent, goal, kept)
    operator.delete(gone)
    assert ids(agent.ask(PLAN, {"goals": [goal]})) == [kept, goal]
    operator.delete(goal)
    assert_problem(agent.post(PLAN, {"goals": [kept, goal]}), 404, "/goals/1")
    other = make_tenant()
    try:
        assert_problem(other.agent.post(PLAN, {"goals": [kept]}), 404, "/goals/0")
    finally:
        other.close()


def test_long_texts_keep_the_limit(agent):
    steps = remember(agent, *("\u0001" * 4000 for _ in range(100)))
    for step in steps[1:]:
        depend(agent, steps[0], step)
    reply = agent.post(PLAN, {"goals": [steps[0]]})
    assert reply.status == 200 and len(reply.body) <= 1 << 20
    assert reply.json["capped"] == ["text"] and all(s["truncated"] for s in reply.json["steps"])


def recomputed(figures, candidate, price=0):
    return (figures["baseline"] + figures["lambda"] * math.log(figures["probability"] * candidate["coverage"])
            - figures["mu"] * (figures["cost"] + candidate["tokens"] * price)
            - figures["nu"] * figures["latency_seconds"] - figures["penalty"])


def expect_chosen(plan, price=0):
    """The losers are listed with figures that recompute, and none of them is better."""
    (chosen,) = [one for one in plan["candidates"] if one["chosen"]]
    assert ids(plan) == chosen["step_ids"][:chosen["quoted"]]
    for one in plan["candidates"]:
        if "utility" not in one:
            assert one["quoted"] == 0
            continue
        assert one["utility"] == pytest.approx(recomputed(plan["utility"], one, price))
        assert one["utility"] <= chosen["utility"]
    return chosen


@pytest.fixture
def two_goals(agent):
    """A goal with one long need, and a short one; another goal with a need as short."""
    long, short, dear, cheap = remember(
        agent, "Serve the dinner.", "Greet the guests.", "Cook this: " + "a leek, " * 100, "Open the door.")
    depend(agent, long, dear, weight=1)
    depend(agent, short, cheap, weight=1)
    return long, short, dear, cheap


def test_without_budget_and_price_all_is_planned(agent, two_goals):
    long, short, *_ = two_goals
    plan = agent.ask(PLAN, {"goals": [long, short], "explain": True})
    assert expect_chosen(plan)["name"] == "bridge" and len(ids(plan)) == 4
    assert {one["name"] for one in plan["candidates"]} >= {"bridge", "half"}
    silent = agent.ask(PLAN, {"goals": [long, short]})
    assert silent["candidates"] == [] and ids(silent) == ids(plan) and silent["capped"] == []


def test_a_budget_takes_the_order_that_covers_most(agent, two_goals):
    long, short, dear, cheap = two_goals
    plan = agent.ask(PLAN, {"goals": [long, short], "token_budget": 50, "explain": True})
    chosen = expect_chosen(plan)
    assert ids(plan) == [cheap, short] and plan["capped"] == ["steps"]
    assert chosen["tokens"] <= 50 and chosen["coverage"] == pytest.approx(.5)
    nothing = agent.ask(PLAN, {"goals": [long], "token_budget": 1, "explain": True})
    assert nothing["steps"] == [] and nothing["capped"] == ["steps"]
    assert all("utility" not in one and one["quoted"] == 0 for one in nothing["candidates"])


def test_a_price_makes_plans_shallow(agent, two_goals):
    long, short, dear, cheap = two_goals
    asked = {"goals": [short], "cost_tokens": 0, "explain": True}
    assert len(ids(agent.ask(PLAN, {**asked, "price": .001}))) == 2
    plan = agent.ask(PLAN, {**asked, "price": 40})
    assert expect_chosen(plan, 40)["step_ids"] == [cheap] == ids(plan)


def test_the_gate_judges_a_plan_whole(agent):
    """Whatever of it fits a budget."""
    (goal,) = remember(agent, "goal " * 40)
    assert_problem(agent.post(PLAN, {"goals": [goal], "confidence": .2, "token_budget": 1}), 403)


def test_budgets_are_never_exceeded(agent):
    rng = random.Random(3)
    steps = remember(agent, *("word " * rng.randrange(1, 40) for _ in range(25)))
    for n in range(1, 25):
        depend(agent, steps[rng.randrange(n)], steps[n], weight=rng.uniform(.1, 1))
    for _ in range(100):
        budget = rng.randrange(1, 900)
        plan = agent.ask(PLAN, {"goals": [steps[0]], "token_budget": budget, "explain": True})
        assert all(one["tokens"] <= budget for one in plan["candidates"])
        done = set()
        for step in plan["steps"]:
            assert set(step["depends_on"]) <= done
            done.add(step["id"])


GOAL = str(uuid.UUID(int=7))


@pytest.mark.parametrize("body, field, fragment", [
    ({}, "/goals", "required"), ({"goals": []}, "/goals", "at least 1"),
    ({"goals": [GOAL] * 21}, "/goals", "20"), ({"goals": ["x"]}, "/goals/0", "UUID"),
    ({"goals": [GOAL, GOAL]}, "/goals/1", "twice"), ({"goals": GOAL}, "/goals", "list"),
    ({"goals": [GOAL], "confidence": 0}, "/confidence", "above 0"),
    ({"goals": [GOAL], "confidence": 1.5}, "/confidence", "at most 1"),
    ({"goals": [GOAL], "cost_tokens": 1}, "/price", "beside cost_tokens"),
    ({"goals": [GOAL], "predicted_latency_seconds": 1e308}, "/predicted_latency_seconds", "1000000"),
    ({"goals": [GOAL], "token_budget": 0}, "/token_budget", "at least 1"),
    ({"goals": [GOAL], "explain": "yes"}, "/explain", "true or false"),
    ({"goals": [GOAL], "query": "x"}, "/query", "not a field"),
    ({"goals": [GOAL], "subject": "s" * 257}, "/subject", "256")])
def test_bad_input(shared, body, field, fragment):
    assert_problem(shared.agent.post(PLAN, body), 400, field, fragment)

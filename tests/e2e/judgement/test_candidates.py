"""Prompts compared: coverage against the price of their tokens; explain shows all of them."""
import math

import pytest


@pytest.fixture
def filled(agent):
    agent.remember_batch([{"text": f"Lamp {n} is lit in room {n}, and has been for long."}
                          for n in range(12)])
    agent.remember("Who lights the lamps? Ada lights the lamps.")
    return agent


def recomputed(figures, candidate, price):
    return (figures["baseline"] + figures["lambda"] * math.log(figures["probability"] * candidate["coverage"])
            - figures["mu"] * (figures["cost"] + candidate["tokens"] * price)
            - figures["nu"] * figures["latency_seconds"] - figures["penalty"] - candidate["penalty"])


@pytest.mark.parametrize("price", [0, .001, .1, 1, 50])
def test_the_best_is_chosen_and_the_losers_are_listed(filled, price):
    bundle = filled.evaluate("Who lights the lamps?", top_k=12, explain=True, confidence=.9,
                             cost_tokens=0, price=price, predicted_latency_seconds=.5)
    candidates = bundle["candidates"]
    (chosen,) = [one for one in candidates if one["chosen"]]
    assert [memory["id"] for memory in bundle["memories"]] == chosen["memory_ids"]
    assert sum(memory["weight"] for memory in bundle["memories"]) == pytest.approx(1)
    assert {one["name"] for one in candidates} == {"all", "half", "three", "one"}
    assert [len(one["memory_ids"]) for one in candidates] == [12, 6, 3, 1]
    assert candidates[0]["coverage"] == pytest.approx(1)
    for one in candidates:
        assert one["vetoed_by"] == "" and one["penalty"] == 0
        assert one["utility"] == pytest.approx(recomputed(bundle["utility"], one, price))
        assert one["utility"] <= chosen["utility"]
    tokens = [one["tokens"] for one in candidates]
    assert tokens == sorted(tokens, reverse=True) and tokens[-1] > 5


def test_a_price_makes_prompts_shorter(filled):
    sizes = [len(filled.evaluate("Who lights the lamps?", top_k=12, cost_tokens=0, price=price)["memories"])
             for price in (0, 1000)]
    assert sizes == [12, 1]


@pytest.mark.parametrize("form", ["plain", "openai_messages"])
def test_within_a_budget_order_decides_what_is_quoted(agent, form):
    agent.remember("Who lights the lamps of the harbour? Ada lights the lamps of the harbour, " + "and again " * 40)
    agent.remember_batch([{"text": f"Bo lights lamp {n} of the harbour."} for n in range(6)])
    asked = dict(query="Who lights the lamps of the harbour?", top_k=7, explain=True, render=form)
    whole = agent.evaluate(**asked)
    assert [one["name"] for one in whole["candidates"] if one["chosen"]] == ["all"]
    budget = 160 if form == "plain" else 560
    bundle = agent.evaluate(**asked, token_budget=budget)
    by_name = {one["name"]: one for one in bundle["candidates"]}
    (chosen,) = [one for one in bundle["candidates"] if one["chosen"]]
    assert chosen["utility"] == max(one.get("utility", -math.inf) for one in by_name.values())
    assert chosen["coverage"] >= by_name["all"]["coverage"] and chosen["quoted"] < 7
    assert all(one["tokens"] <= budget for one in by_name.values())
    assert [memory["id"] for memory in bundle["memories"]] == chosen["memory_ids"]
    text = bundle.get("prompt") or bundle["rendering"]["messages"][-1]["content"]
    quoted = [memory for memory in bundle["memories"] if memory["text"].strip()[-25:] in text]
    assert len(quoted) == chosen["quoted"]
    if chosen["name"] == "densest":
        assert chosen["memory_ids"] != by_name["all"]["memory_ids"]
    again = agent.ask(f"/v1/brain/evaluations/{bundle['evaluation_id']}/replay", None)
    assert again == bundle


def test_without_explain_nothing_is_listed(filled):
    bundle = filled.evaluate("lamps?", top_k=12)
    assert bundle["candidates"] == [] and len(bundle["memories"]) == 12


def test_nothing_to_compare(agent):
    (only,) = agent.evaluate("Anything?", explain=True)["candidates"]
    assert only == {"name": "all", "memory_ids": [], "utility": 1, "coverage": 1, "tokens": 0,
                    "penalty": 0, "vetoed_by": "", "chosen": True, "quoted": 0}

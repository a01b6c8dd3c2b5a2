"""somabrain check math: the invariants, measured on what a tenant remembers."""
import json
import random

import pytest


@pytest.fixture
def check(stack):
    def run(*args, **how):
        return stack.run("check", "math", *args, check=False, **how)
    return run


def figures(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def filled(tenant):
    """Memories with links of every type, some long enough for several passages."""
    rng = random.Random(5)
    ids = [one["id"] for one in tenant.agent.remember_batch(
        [{"text": f"Entry {n} speaks of {rng.choice(['ships', 'maps', 'hens'])}. " * rng.choice([1, 1, 60])}
         for n in range(80)])]
    for n in range(1, 60):
        kind = rng.choice(["related", "causes", "depends_on", "part_of", "next"])
        tenant.agent.ask("/v1/links", {"from": ids[rng.randrange(n)], "to": ids[n], "type": kind,
                                       "weight": rng.uniform(.01, 1)}, 201)
    return tenant


def test_a_live_tenant(check, filled):
    checks = figures(check("--tenant", filled.id, "--json"))
    assert all(one["ok"] and one["figure"] <= one["tolerance"] for one in checks), checks
    names = " ".join(one["name"] for one in checks)
    for words in ("trace", "smallest eigenvalue", "PageRank over the links sums to 1", "Kirchhoff",
                  "there and back", "triangle", "outside (0, 1]"):
        assert words in names, words
    assert {one["room"] for one in checks} == {"vectors", "density", "graph", "frgo", "hebbian"}
    assert figures(check("--tenant", filled.name, "--json"))[1]["name"] == checks[1]["name"]
    table = check("--tenant", filled.id)
    assert table.returncode == 0 and table.stdout.count("ok ") == len(checks)


def test_learnt_weights_are_within_the_bounds_of_their_law(check, stack, filled):
    def bounds():
        checks = json.loads("[" + ",".join(check("--tenant", filled.id, "--json").stdout.split("\n")[:-1]) + "]")
        return [one for one in checks if one["room"] == "convex"]
    assert bounds() == [], "nothing was learnt yet"
    found = filled.agent.evaluate("ships")
    filled.agent.feedback(found["evaluation_id"], .9, used_memory_ids=[found["memories"][0]["id"]])
    assert [(one["figure"], one["ok"]) for one in bounds()] == [(0, True)]
    stack.rows("UPDATE learning_weights SET after[1] = 1e9, after[13] = -1 WHERE tenant = %s RETURNING 1", filled.id)
    assert [(one["figure"], one["ok"]) for one in bounds()] == [(2, False)]
    assert check("--tenant", filled.id).returncode == 1


def test_it_reads_and_writes_nothing(check, filled):
    before = filled.sequence("state"), filled.sequence("access")
    check("--tenant", filled.id)
    assert (filled.sequence("state"), filled.sequence("access")) == before


def test_what_is_removed_is_not_measured(check, filled):
    for memory in filled.agent.ask("/v1/recall", {"query": "ships", "top_k": 40})["results"]:
        filled.operator.delete(memory["id"])
    assert all(one["ok"] for one in figures(check("--tenant", filled.id, "--json")))


def test_little_to_measure(check, make_tenant):
    empty = make_tenant()
    try:
        assert figures(check("--tenant", empty.id, "--json")) == [], "nothing to measure"
        empty.agent.remember("One memory, no link.")
        assert {one["room"] for one in figures(check("--tenant", empty.id, "--json"))} == {
            "vectors", "density"}
    finally:
        empty.close()


@pytest.mark.parametrize("tenant_name", ["01981f9e-0000-7000-8000-000000000001", "nobody", "' OR 1=1"])
def test_a_tenant_that_is_not_there(check, tenant_name):
    done = check("--tenant", tenant_name)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.strip() == f"somabrain: no such tenant: {tenant_name}"

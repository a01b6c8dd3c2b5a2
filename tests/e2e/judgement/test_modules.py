"""Advanced modules, on and off by tenant: what recall, evaluate and replay make of them."""
import os

import pytest

from api import assert_problem

CONFIGURED = os.environ.get("SOMABRAIN_MODULES", "pagerank")
SECOND_LOOK = ("density", "bridge")
VIEWS = {"density": "density", "bridge": "bridge", "pagerank": "graph"}


@pytest.fixture
def modules(stack):
    def run(*args, check=True):
        return stack.run("tenant", "modules", *args, check=check)
    return run


@pytest.fixture
def with_modules(modules, make_tenant):
    """Tenants that no node has asked for yet: what is set is known at their first request."""
    made = []

    def make(names):
        made.append(make_tenant())
        modules(made[-1].name, "--set", names)
        return made[-1]
    yield make
    for tenant in made:
        tenant.close()


def filled(tenant):
    ids = [one["id"] for one in tenant.agent.remember_batch(
        [{"text": text} for text in (
            "The ferry to the island leaves at seven.", "Tickets are sold on the ferry.",
            "The island has a lighthouse.", "Invoices are paid on Fridays.",
            "The lighthouse keeper sells maps of the island.")])]
    tenant.agent.ask("/v1/links", {"from": ids[0], "to": ids[1], "type": "related"}, 201)
    return tenant


def values_of(tenant, query="When does the ferry to the island leave?"):
    return [hit["view_values"] for hit in tenant.agent.recall(query, explain=True)["results"]]


def test_a_tenant_follows_the_configuration_until_it_has_its_own(modules, tenant):
    assert modules(tenant.name).stdout == f"{CONFIGURED} (by configuration)\n"
    assert modules(tenant.name, "--set", "bridge,density").stdout == "density,bridge (the tenant's own)\n"
    assert modules(tenant.name).stdout == "density,bridge (the tenant's own)\n"
    assert modules(tenant.name, "--set", "none").stdout == "none (the tenant's own)\n"
    assert modules(tenant.name, "--default").stdout == f"{CONFIGURED} (by configuration)\n"


@pytest.mark.parametrize("names", ["rho", "", "density,density", "none,density", "density,", "Density"])
def test_bad_names_change_nothing(modules, tenant, names):
    done = modules(tenant.name, "--set", names, check=False)
    assert done.returncode != 0 and done.stdout == "" and "--set" in done.stderr
    assert modules(tenant.name).stdout == f"{CONFIGURED} (by configuration)\n"


def test_bad_commands(modules, tenant):
    assert "no such tenant: nobody" in modules("nobody", check=False).stderr
    assert modules(tenant.name, "--default", "--set", "none", check=False).returncode != 0


@pytest.mark.parametrize("names, message", [
    ("rho", "must be one of"), ("density,density", "each module once"), ("none,bridge", "each module once"),
    ("", "must name at least one")])
def test_a_configuration_that_names_no_set_starts_nothing(stack, names, message):
    done = stack.run("serve", check=False, environment={"SOMABRAIN_MODULES": names})
    assert done.returncode == 1 and "SOMABRAIN_MODULES" in done.stderr and message in done.stderr


@pytest.mark.parametrize("names", ["none", "density", "bridge", "pagerank", "density,bridge,pagerank,conductance"])
def test_a_view_is_worth_something_where_its_module_is_on(with_modules, names):
    tenant = filled(with_modules(names))
    values = values_of(tenant)
    for module, view in VIEWS.items():
        on = module in names.split(",")
        greatest = max(one[view] for one in values)
        assert greatest == (1 if on else 0), (view, values)
        assert all(0 <= one[view] <= 1 for one in values)
        reply = tenant.agent.post("/v1/recall", {"query": "ferry", "views": ["dense", view]})
        if on:
            assert reply.status == 200, str(reply)
        else:
            assert_problem(reply, 400, "/views/1", "module is off")


def test_they_weigh_nothing_until_they_are_taught(with_modules):
    answers = []
    for names in ("none", "density,bridge,pagerank,conductance"):
        hits = filled(with_modules(names)).agent.recall("Where is the lighthouse?", explain=True)["results"]
        first_pass = ("dense", "lexical", "facet", "previous", "next", "session")
        answers.append([(hit["text"], hit["score"], [hit["view_values"][v] for v in first_pass])
                        for hit in hits])
    assert answers[0] == answers[1]


def test_feedback_teaches_a_view_that_is_on_and_no_other(with_modules):
    for names, moved in (("density,bridge", True), ("none", False)):
        tenant = filled(with_modules(names))
        for _ in range(8):
            found = tenant.agent.evaluate("When does the ferry to the island leave?")
            used = [found["memories"][0]["id"]]
            tenant.agent.feedback(found["evaluation_id"], .9, used_memory_ids=used)
        learnt = tenant.agent.call("GET", "/v1/brain/weights").json["weights"]
        weights = {one["view"]: one["weight"] for one in learnt["views"]}
        assert any(weights[view] > 0 for view in SECOND_LOOK) is moved, (names, weights)


def test_replay_is_the_same_bytes_after_the_switch(modules, with_modules):
    tenant = filled(with_modules("density,bridge,pagerank,conductance"))
    replies = [tenant.agent.post("/v1/brain/evaluate", {"query": query})
               for query in ("When does the ferry leave?", "Who sells maps?")]
    for names in ("none", "pagerank", "density"):
        modules(tenant.name, "--set", names)
        for reply in replies:
            again = tenant.agent.post(f"/v1/brain/evaluations/{reply.json['evaluation_id']}/replay", None)
            assert again.status == 200 and again.body == reply.body


def test_their_errors_are_metrics(stack, with_modules):
    import urllib.request
    tenant = filled(with_modules("density,bridge,pagerank"))
    values_of(tenant)
    text = urllib.request.urlopen(f"http://127.0.0.1:{stack.ops_port}/metrics", timeout=10).read().decode()
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("somabrain_math_"))
    for name, most in (("density_trace_error_ratio", 1e-12), ("density_negative_eigenvalue_ratio", 1e-12),
                       ("pagerank_residual_ratio", 1e-10), ("pagerank_sum_error_ratio", 1e-12),
                       ("bridge_margin_error_ratio", 1e-9), ("out_of_bounds_count", 0)):
        assert 0 <= float(found[f"somabrain_math_{name}"]) <= most, name
    assert float(found["somabrain_math_bridge_margin_error_ratio"]) > 0, "it was measured"

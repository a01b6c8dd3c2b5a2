"""What a change of the law, and its end, mean for requests: on a stack of its own."""
import datetime
import json
import os

import pytest

from api import Client, assert_problem
from legislature import law  # noqa: F401 (a fixture)
from private_stack import wait_until
from tokens import Issuer

UUID = "019f0000-0000-7000-8000-000000000000"


class Governed:
    """A stack whose law a test may change, and a tenant under it."""

    def __init__(self, law):
        self.law, self.stack = law, law.stack
        self.tenant = self.stack.create_tenant(f"law-{os.urandom(4).hex()}")
        token = Issuer(self.stack).mint(self.tenant, ("admin",))
        self.admin = Client(self.stack.http_port, token)

    def change(self, bend):
        """The next version, bent, by three of its holders. Its number."""
        text = self.law.draft()
        bend(text)
        proposal = self.law.propose(text)
        self.law.sign(proposal, 1, 2, 3)
        self.law.do("activate", proposal)
        return text["version"]

    def answers(self):
        """Every path and verb of the contract: (of the constitution?, reply)."""
        paths = self.admin.call("GET", "/openapi.json").json["paths"]
        for path, verbs in paths.items():
            for verb, operation in verbs.items():
                if path.startswith("/v1/") and verb != "parameters":
                    body = {} if "requestBody" in operation else None
                    target = path.replace("{id}", UUID).replace("{version}", "1")
                    yield (path.startswith("/v1/constitution"),
                           self.admin.call(verb.upper(), target, body))


@pytest.fixture(scope="module")
def governed(law):
    return Governed(law)


def test_a_change_is_felt_at_the_next_request(governed):
    admin = governed.admin
    body = {"from": UUID, "to": UUID[:-1] + "1", "type": "next"}
    assert_problem(admin.post("/v1/links", body), 404)

    def forbid(law):
        law["rules"].append({"id": "no-links", "article": "bounded-adaptation",
                             "match": {"endpoints": ["memory.link"]}, "effect": {"type": "deny"}})

    version = governed.change(forbid)
    problem = assert_problem(admin.post("/v1/links", body), 403, fragment="no-links")
    assert problem["article"] == "bounded-adaptation"
    assert admin.evaluate("q")["constitution_version"] == version
    assert governed.change(lambda law: law["rules"].pop()) == version + 1
    assert_problem(admin.post("/v1/links", body), 404)


def test_a_narrower_law_projects_what_was_learnt_and_records_it(governed):
    admin = governed.admin
    memory = admin.remember("The ferry leaves at nine.")["id"]
    bundle = admin.evaluate("When does the ferry leave?", confidence=.5)
    admin.feedback(bundle["evaluation_id"], .5, used_memory_ids=[memory])
    learnt = admin.call("GET", "/v1/brain/weights").json["weights"]
    assert learnt["version"] == 1 and learnt["lambda"] != 1

    def pin(law):
        law["bounds"]["lambda"] = {"min": 1, "max": 1}

    def newest():
        return admin.call("GET", "/v1/brain/weights/history?limit=1").json["changes"][0]

    version = governed.change(pin)
    assert admin.call("GET", "/v1/brain/weights").json["weights"]["lambda"] == 1, "at once"
    wait_until(lambda: newest()["kind"] == "projection", 60, "the row of the narrower law")
    row = newest()
    assert (row["version"], row["constitution_version"], row["after"][0]) == (2, version, 1)
    assert "feedback_id" not in row
    (event,) = admin.call("GET", "/v1/audit/events?action=weights.project").json["events"]
    assert event["body"]["actor"] == "somabrain"
    assert event["body"]["learning"] == {"weights_version": 2, "kinds": ["projection"],
                                         "deltas": {"lambda": 1 - learnt["lambda"]}}
    governed.change(lambda law: law["bounds"].update({"lambda": {"min": .1, "max": 10}}))


def test_without_a_law_nothing_but_its_own_routes_is_served(governed):
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=12)

    def end_soon(law):
        law["expires_at"] = ends.strftime("%Y-%m-%dT%H:%M:%SZ")

    governed.change(end_soon)
    assert governed.admin.recall("q")
    wait_until(lambda: governed.stack.ready()[0] == 503, 60, "the end of the law's term")
    status, document = governed.stack.ready()
    assert document["parts"]["constitution"]["status"] == "down"
    seen = 0
    for is_its_own, reply in governed.answers():
        if is_its_own:
            assert reply.status != 503, str(reply)
            continue
        assert_problem(reply, 503, fragment="no law is in force")
        assert "expired" in reply.json["detail"] and int(reply.headers["retry-after"]) > 0
        rows = governed.stack.rows("SELECT body FROM events WHERE tenant = %s"
                                   " ORDER BY log_index DESC LIMIT 1", governed.tenant)
        event = json.loads(bytes(rows[0][0]))
        assert (event["decision"], event["status"]) == ("error", 503)
        seen += 1
    assert seen >= 14

    def go_on(law):
        law["expires_at"] = "2035-12-31T00:00:00Z"

    governed.change(go_on)
    wait_until(lambda: governed.stack.ready()[0] == 200, 60, "/ready")
    assert governed.admin.recall("q")

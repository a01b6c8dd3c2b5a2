"""Erasing a subject over HTTP, and checking the receipt."""
import base64
import copy
import json
import urllib.parse

import pytest

from api import assert_problem

ABSENT = "019f0000-0000-7000-8000-000000000000"


def erase(tenant, subject, **how):
    return tenant.client("operator").call("DELETE", f"/v1/subjects/{urllib.parse.quote(subject, safe='')}",
                                          **how)


@pytest.fixture
def filled(tenant, agent):
    """Two subjects with a memory, an evaluation and feedback each: (tenant, id by subject)."""
    made = {}
    for subject in ("ada", "bob"):
        made[subject] = agent.remember(f"{subject} likes tea", subject=subject, session_id="talk")["id"]
        asked = agent.evaluate(f"what does {subject} like?", subject=subject, session_id="talk")
        agent.feedback(asked["evaluation_id"], 1, response_text=f"{subject} likes tea", tokens=3)
    agent.ask("/v1/links", {"from": made["ada"], "to": made["bob"], "type": "related"}, 201)
    return tenant, made


def test_a_subject_is_forgotten_everywhere_and_others_stay(filled, agent):
    tenant, made = filled
    reply = erase(tenant, "ada")
    assert reply.status == 200, str(reply)
    answer = reply.json
    assert answer["state"] == "done" and answer["sequence"] == tenant.sequence()
    assert agent.recall("tea", at_least=answer["state_token"])["results"][0]["id"] == made["bob"]
    assert agent.recalled_ids("tea", top_k=10) == [made["bob"]]
    assert [one["id"] for one in agent.list().json["memories"]] == [made["bob"]]
    assert_problem(agent.get(made["ada"]), 404)
    assert agent.call("GET", f"/v1/memories/{made['bob']}/links").json["links"] == []
    session = agent.evaluate("and now?", session_id="talk")["working_memory"]
    assert [item["text"] for item in session] == [
        "bob likes tea", "what does bob like?", "bob likes tea"]
    rows = answer["receipt"]["tiers"]["postgresql"]["rows"]
    assert rows == {"memories": 1, "embeddings": 1, "links": 1, "evaluations": 1,
                    "feedback_events": 1, "token_usage": 1}
    for table in ("memories", "feedback_events"):
        assert tenant.stack.rows(f"SELECT count(*) FROM {table} WHERE tenant = %s",
                                 tenant.id) == [(1,)]


def test_again_is_the_same_receipt(filled, agent):
    tenant, _ = filled
    first = erase(tenant, "ada")
    assert erase(tenant, "ada").body == first.body
    path = f"/v1/erasures/{first.json['id']}"
    assert tenant.client("operator").call("GET", path).body == first.body
    agent.remember("ada is back", subject="ada")
    second = erase(tenant, "ada").json
    assert second["id"] != first.json["id"]
    assert second["receipt"]["tiers"]["postgresql"]["rows"]["memories"] == 1
    assert tenant.client("operator").call("GET", path).body == first.body


def test_an_idempotency_key_erases_once(filled, agent):
    tenant, _ = filled
    once = {"Idempotency-Key": "once"}
    first = erase(tenant, "ada", headers=once)
    agent.remember("ada is back", subject="ada")
    assert erase(tenant, "ada", headers=once).body == first.body
    assert len(agent.recalled_ids("ada is back", top_k=10)) == 2
    assert_problem(erase(tenant, "bob", headers=once), 422, "Idempotency-Key")


def test_the_receipt_verifies_offline_and_no_other_does(filled, tmp_path):
    tenant, _ = filled
    answer = erase(tenant, "ada").json
    key = tenant.stack.run("receipt", "key").stdout.strip()
    assert len(base64.b64decode(key)) == 32

    def verify(document, *options, check=False):
        path = tmp_path / "receipt.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document, indent=3))
        return tenant.stack.run("receipt", "verify", path, *options, check=check)

    for document in (answer, answer["receipt"]):
        done = verify(document, "--key", key, check=True)
        assert done.stdout == f"valid: erasure {answer['id']}, completed {answer['completed_at']}\n"
    assert verify(answer).returncode == 0, "without a key OpenBao is asked"
    assert verify(answer["receipt"], "--key", base64.b64encode(bytes(32)).decode()).returncode == 1
    forged = copy.deepcopy(answer["receipt"])
    forged["tiers"]["postgresql"]["rows"]["memories"] = 2
    refused = verify(forged, "--key", key)
    assert refused.returncode == 1 and "changed" in refused.stderr and refused.stdout == ""
    for document, words in (("not json", "no JSON object"), ("{}", "format"),
                            ({**answer["receipt"], "signature": {}}, "missing")):
        assert words in verify(document, "--key", key).stderr
    assert "32 bytes" in verify(answer, "--key", "AAAA").stderr
    missing = tenant.stack.run("receipt", "verify", tmp_path / "none", check=False)
    assert missing.returncode == 1 and "cannot read" in missing.stderr


def test_openbao_holds_nothing_of_the_subject(filled):
    """Not as its path, not as an older version."""
    tenant, _ = filled
    before = len(vault_subjects(tenant))
    erase(tenant, "ada")
    assert len(vault_subjects(tenant)) == before - 1


def vault_subjects(tenant):
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", tenant.stack.port("VAULT_PORT"), timeout=10)
    connection.request("LIST", f"/v1/soma/metadata/subjects/{tenant.id}",
                       headers={"X-Vault-Token": tenant.stack.secret("openbao-root-token")})
    answer = connection.getresponse().read()
    connection.close()
    return json.loads(answer)["data"]["keys"]


def test_the_tenant_itself_is_a_subject(tenant, agent):
    agent.remember("of nobody in particular")
    kept = agent.remember("ada's", subject="ada")
    assert erase(tenant, tenant.id).json["receipt"]["tiers"]["postgresql"]["rows"]["memories"] == 1
    assert agent.recalled_ids("anything", top_k=10) == [kept["id"]]
    assert agent.remember("and on it goes")["sequence"] == tenant.sequence()


@pytest.mark.parametrize("subject", ["a/b", "ü ?#", "x" * 256, "a+b", "%", ".."])
def test_any_name_can_be_erased(tenant, agent, subject):
    agent.remember("here", subject=subject)
    assert erase(tenant, subject).json["state"] == "done"
    assert tenant.memory_count() == 0


@pytest.mark.parametrize("path, status, field, fragment", [
    ("x" * 257, 400, "/id", "256"), ("%00", 400, "/id", "U+0000"), ("%ff", 400, "/id", "UTF-8"),
    ("", 404, None, None), ("a/b", 404, None, None), ("a?b=1", 400, "/b", "parameter"),
    ("nobody", 404, "/id", "no such subject")])
def test_bad_names(tenant, agent, path, status, field, fragment):
    agent.remember("stays")
    before = tenant.sequence()
    reply = tenant.client("operator").call("DELETE", f"/v1/subjects/{path}")
    assert_problem(reply, status, field, fragment)
    assert tenant.sequence() == before and tenant.memory_count() == 1
    assert tenant.stack.rows("SELECT count(*) FROM erasures WHERE tenant = %s", tenant.id) == [(0,)]


def test_erasures_of_other_tenants_are_not_there(filled, make_tenant):
    tenant, _ = filled
    done = erase(tenant, "ada").json
    other = make_tenant()
    assert_problem(other.client("admin").call("GET", f"/v1/erasures/{done['id']}"), 404, "/id")
    assert_problem(erase(other, "bob"), 404, "/id")
    operator = tenant.client("operator")
    assert_problem(operator.call("GET", f"/v1/erasures/{ABSENT}"), 404, "/id")
    assert_problem(operator.call("GET", "/v1/erasures/no-uuid"), 400, "/id", "UUID")
    assert tenant.memory_count() == 1
    other.close()


def test_the_name_is_in_no_column(tenant, agent):
    name = "wombat-subject"
    agent.remember("x", subject=name)
    erase(tenant, name, headers={"Idempotency-Key": "kept"})
    for table in ("erasures", "idempotency_keys", "events"):
        rows = tenant.stack.rows(f"SELECT * FROM {table} WHERE tenant = %s", tenant.id)
        assert rows
        for cell in (cell for row in rows for cell in row):
            assert b"wombat" not in (bytes(cell) if isinstance(cell, (bytes, memoryview))
                                     else str(cell).encode())

"""GET /v1/audit/events/{id}/proof and /v1/audit/checkpoints, checked by a verifier that shares nothing with the
product."""
import base64
import hashlib
import json
import sys
import time
import uuid

import pytest

from api import assert_problem, without_request_id
from stack import ROOT

sys.path.insert(0, str(ROOT / "tests/oracle"))
from proof_verifier import proven, root_of  # noqa: E402

PATIENCE_SECONDS = 60


def events(auditor, **parameters):
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return auditor.call("GET", f"/v1/audit/events?{query}").json["events"]


def prove(auditor, event):
    """The proof, once a checkpoint covers the event: 503 with Retry-After until then."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        reply = auditor.call("GET", f"/v1/audit/events/{event}/proof")
        if reply.status == 200:
            return reply.json
        assert_problem(reply, 503, "/id", "no checkpoint covers")
        assert reply.headers["retry-after"] == "1" and time.monotonic() < deadline
        time.sleep(.2)


def tlog_proof(answer, **changes):
    """The answer as C2SP writes it."""
    answer = {**answer, **changes}
    lines = ["c2sp.org/tlog-proof@v1", f"extra {answer['entry']}", f"index {answer['leaf_index']}",
             *(base64.b64encode(bytes.fromhex(each)).decode() for each in answer["hashes"])]
    return ("\n".join(lines) + "\n\n" + answer["checkpoint"]).encode()


@pytest.fixture(scope="module")
def key(stack):
    return stack.run("audit", "key").stdout


@pytest.fixture(scope="module")
def watched(make_tenant):
    tenant = make_tenant()
    tenant.agent.remember_batch([{"text": f"note {n}"} for n in range(40)])
    tenant.agent.recall("note")
    yield tenant, tenant.client("auditor")
    tenant.close()


def test_every_proof_convinces_a_stranger(watched, key):
    tenant, auditor = watched
    rows = tenant.stack.rows("SELECT id, body, leaf, log_id, log_index - first_index FROM events JOIN log USING (log_id) "
                             "WHERE tenant = %s ORDER BY log_index", tenant.id)
    for event, body, leaf, log, index in rows[:60:3]:
        proof = prove(auditor, event)
        size, entry = proof["tree_size"], bytes(body)
        assert proven(tlog_proof(proof), key) == (index, size, entry)
        assert base64.b64decode(proof["entry"]) == entry and proof["leaf"] == bytes(leaf).hex()
        assert (proof["id"], proof["log_id"], proof["leaf_index"]) == (str(event), str(log), index)
        assert proof["checkpoint"].split("\n")[:2] == [f"somabrain.local/ledger/{log}", str(size)]
        # What it does not say it does not prove.
        assert proven(tlog_proof(proof, leaf_index=index + 1), key) is None
        assert proven(tlog_proof(proof, entry=base64.b64encode(entry + b" ").decode()), key) is None
        assert proven(tlog_proof(proof, hashes=proof["hashes"][::-1]), key) is None or len(proof["hashes"]) < 2
        assert proven(tlog_proof(proof, checkpoint=proof["checkpoint"].replace(f"\n{size}\n", f"\n{size + 1}\n")),
                      key) is None


def test_the_newest_checkpoint_is_what_it_leads_to(watched):
    _, auditor = watched
    event = events(auditor, limit=1)[0]["id"]
    first = prove(auditor, event)
    later = events(auditor, limit=1)[0]["id"]
    proof = prove(auditor, later)
    again = prove(auditor, event)
    assert again["tree_size"] >= proof["tree_size"] > first["tree_size"]
    assert (again["leaf"], again["leaf_index"]) == (first["leaf"], first["leaf_index"])


def test_another_tenants_event_is_as_absent_as_none(watched, make_tenant):
    _, auditor = watched
    event = events(auditor, limit=1)[0]["id"]
    prove(auditor, event)
    other = make_tenant()
    theirs = other.client("auditor").call("GET", f"/v1/audit/events/{event}/proof")
    absent = other.client("auditor").call("GET", f"/v1/audit/events/{uuid.uuid4()}/proof")
    assert_problem(theirs, 404, "/id", "no such event")
    assert without_request_id(theirs).split(b"event")[0] == without_request_id(absent).split(b"event")[0]
    other.close()


@pytest.mark.parametrize("path, status, field", [
    ("/v1/audit/events/7/proof", 400, "/id"), ("/v1/audit/events/%2e%2e/proof", 400, "/id"),
    (f"/v1/audit/events/{uuid.UUID(int=3)}/proof", 404, "/id"),
    (f"/v1/audit/events/{uuid.UUID(int=3)}/proof?size=3", 400, "/size"),
    ("/v1/audit/checkpoints?limit=0", 400, "/limit"), ("/v1/audit/checkpoints?limit=101", 400, "/limit"),
    ("/v1/audit/checkpoints?cursor=x", 400, "/cursor"), ("/v1/audit/checkpoints?cursor=" + "x" * 65, 400, "/cursor"),
    (f"/v1/audit/checkpoints?cursor={uuid.UUID(int=3)}/7", 400, "/cursor")])
def test_bad_questions_name_their_field(watched, path, status, field):
    _, auditor = watched
    assert_problem(auditor.call("GET", path), status, field)


def test_checkpoints_are_listed_newest_first(watched, stack, key):
    _, auditor = watched
    for _ in range(2):  # two that are signed apart
        prove(auditor, events(auditor, limit=1)[0]["id"])
    pages, cursor = [], ""
    for _ in range(4):
        page = auditor.call("GET", f"/v1/audit/checkpoints?limit=1{cursor}").json
        pages += page["checkpoints"]
        if "next" not in page:
            break
        cursor = f"&cursor={page['next']}"
    assert len(pages) >= 2
    sizes = [each["size"] for each in pages]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == len(sizes)
    for each in pages:
        origin, size, root, *_ = each["note"].split("\n")
        assert origin.endswith(each["log_id"]) and int(size) == each["size"]
        assert base64.b64decode(root).hex() == each["root"]
        stored = stack.rows("SELECT note FROM checkpoint_notes WHERE log_id = %s AND size = %s", each["log_id"],
                            each["size"])[0][0]
        assert bytes(stored).startswith(each["note"].encode()), "the witness's line may have come since"
    rest = auditor.call("GET", "/v1/audit/checkpoints").json
    assert len(rest["checkpoints"]) <= 100


def test_a_proof_leads_to_each_listed_root_of_its_size(watched):
    """The proof's root is the list's: one tree, whoever asks."""
    _, auditor = watched
    proof = prove(auditor, events(auditor, limit=1)[0]["id"])
    listed = auditor.call("GET", "/v1/audit/checkpoints?limit=100").json["checkpoints"]
    root, = [each["root"] for each in listed if each["size"] == proof["tree_size"]]
    leaf = hashlib.sha256(b"\0" + base64.b64decode(proof["entry"])).digest()
    hashes = [bytes.fromhex(each) for each in proof["hashes"]]
    assert root_of(leaf, proof["leaf_index"], proof["tree_size"], hashes).hex() == root


def test_reading_the_ledger_is_on_record(watched):
    tenant, auditor = watched
    event = events(auditor, limit=1)[0]["id"]
    proof = auditor.call("GET", f"/v1/audit/events/{uuid.UUID(int=3)}/proof")
    auditor.call("GET", "/v1/audit/checkpoints")
    prove(auditor, event)
    said = {(each["action"], each["body"]["decision"]) for each in events(auditor, limit=100)}
    assert {("audit.events", "allowed"), ("audit.proof", "allowed"), ("audit.proof", "refused"),
            ("audit.checkpoints", "allowed")} <= said
    assert proof.request_id in json.dumps(events(auditor, action="audit.proof"))

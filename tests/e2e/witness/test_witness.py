"""The witness of the ledger, as a process: what it cosigns a stranger can check, whatever dies meanwhile, and a log
that was put back or rewritten is refused, said, and kept as evidence."""
import base64
import http.client
import json
import pathlib
import subprocess
import sys
import time

import pytest

from conftest import Tenant
from private_stack import PrivateStack, wait_until
from stack import ROOT
from tokens import Issuer

sys.path.insert(0, str(ROOT / "tests/oracle"))
from cosignature_verifier import cosigned_at  # noqa: E402

BOUND = 60  # seconds something may take before the test gives up: not a goal


class Witnessed:
    """A stack whose witness may be hurt."""

    def __init__(self, stack):
        self.stack = stack

    @property
    def key(self):
        return (self.stack.state / "witness/key").read_text().strip()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port("SOMABRAIN_WITNESS_PORT"), timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def add(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port("SOMABRAIN_WITNESS_PORT"), timeout=10)
        try:
            connection.request("POST", "/add-checkpoint", body if isinstance(body, bytes) else body.encode())
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def ready(self):
        return json.loads(self.get("/ready")[1])

    def service_says(self):
        return self.stack.ready()[1]["parts"]["witness"]

    def leaves(self):
        return self.stack.rows("SELECT size - first_index FROM log")[0][0]

    def notes(self):
        """(size, note) of each cosigned checkpoint of the present log, in order."""
        return self.stack.rows("SELECT size, note FROM checkpoint_notes WHERE witnessed"
                               " AND log_id = (SELECT log_id FROM log) ORDER BY size")

    def wait(self):
        """Until every event is under a cosigned checkpoint; its note."""
        def done():
            notes = self.notes()
            return notes and notes[-1][0] >= self.leaves()
        wait_until(done, BOUND, "the newest event to be witnessed")
        return self.notes()[-1][1]

    def evidence(self):
        status, body = self.stack.bao("GET", "soma/data/witness/evidence")
        return json.loads(body)["data"]["data"]["kept"] if status == 200 else []

    def check_all(self):
        times = [cosigned_at(note, self.key) for _, note in self.notes()]
        assert times and times == sorted(times)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    scratch = PrivateStack(tmp_path_factory.mktemp("witness"))
    try:
        scratch.up()
        yield Witnessed(scratch)
    finally:
        scratch.destroy()


@pytest.fixture
def tenant(own):
    fresh = Tenant(own.stack, Issuer(own.stack))
    yield fresh
    fresh.close()


def write(tenant, count=3):
    for number in range(count):
        tenant.agent.remember(f"Something to be witnessed, {number}.")


def test_a_stranger_can_check_what_is_cosigned(stack, agent):
    agent.remember("Something to be witnessed.")
    seen = Witnessed(stack)
    note = seen.wait()
    assert abs(cosigned_at(note, seen.key) - time.time()) < 3600
    assert seen.key == stack.run("witness", "key").stdout.strip()
    assert seen.get("/health")[0] == 200
    assert seen.ready() == {"status": "ok", "parts": {"openbao": {"status": "ok"}, "logs": {"status": "ok"}}}
    assert 'somabrain_witness_answers_total{answer="cosigned"}' in seen.get("/metrics")[1]


def test_strangers_get_nothing(stack):
    seen = Witnessed(stack)
    note = seen.wait().decode()
    signed = note[:note.rindex("\n\u2014") + 1]
    assert seen.add("old 0\n\n" + signed.replace("somabrain.local", "elsewhere.example"))[0] == 404
    size = signed.split("\n")[1]
    assert seen.add("old 0\n\n" + signed.replace(f"\n{size}\n", f"\n{int(size) + 1}\n"))[0] == 403
    status, body = seen.add("old 0\n\n" + signed)
    assert status == 409 and int(body) >= int(size)
    status, body = seen.add("old 0\n" * 3)
    assert status == 400 and json.loads(body)["status"] == 400
    assert seen.add("x" * 100_000)[0] == 413
    assert seen.get("/add-checkpoint")[0] == 405


def test_a_killed_witness_is_caught_up_with(own, tenant):
    own.wait()
    for _ in range(3):
        with own.stack.without("witness"):
            write(tenant)
            wait_until(lambda: own.service_says()["status"] == "degraded", BOUND, "serve to say so")
            assert own.stack.ready()[0] == 200, "requests go on"
        own.wait()
    own.check_all()
    wait_until(lambda: own.service_says() == {"status": "ok"}, BOUND, "all to be well")
    assert own.evidence() == []


def test_a_frozen_witness_delays_nothing(own, tenant):
    own.wait()
    with own.stack.frozen("witness"):
        write(tenant)
        size = own.leaves()
        wait_until(lambda: own.stack.rows("SELECT max(size) FROM checkpoints")[0][0] >= size, BOUND,
                   "checkpoints that nobody waits for")
        assert own.stack.ready()[1]["parts"]["ledger"]["status"] == "ok"
    own.wait()
    assert own.evidence() == []


def test_a_killed_service_goes_on(own, tenant):
    for _ in range(4):
        write(tenant)
        with own.stack.without("serve"):
            pass
        wait_until(lambda: own.stack.ready()[0] == 200, BOUND, "the service to be back")
        tenant.close()
        tenant.clients.clear()
    own.wait()
    own.check_all()
    assert own.evidence() == []


def test_without_openbao_it_is_owed_and_comes_after(own, tenant):
    write(tenant)
    own.wait()
    with own.stack.without("openbao"):
        assert own.get("/ready")[0] == 503
        tenant.agent.recall("witnessed")
        wait_until(lambda: own.stack.ready()[1]["parts"]["ledger"]["status"] == "degraded", BOUND,
                   "checkpoints to be owed")
    own.wait()
    own.check_all()
    assert own.evidence() == []


class Backup:
    """The database's files, as of a moment when it was down."""

    def __init__(self, stack, folder):
        self.data = pathlib.Path((stack.state / "postgres").resolve()) / "data"
        self.copy = folder

    def save(self):
        subprocess.run(["cp", "-a", str(self.data), str(self.copy)], check=True)
        return self

    def put_back(self):
        subprocess.run(["rm", "-rf", str(self.data)], check=True)
        subprocess.run(["cp", "-a", str(self.copy), str(self.data)], check=True)


def restarted_from(own, act):
    """Service and database down, `act`, and up again."""
    own.stack.kill("serve")
    own.stack.kill("postgres")
    act()
    own.stack.start("postgres")
    own.stack.start("serve")


def clear_evidence(own):
    """As the runbook has it."""
    assert own.stack.bao("DELETE", "soma/metadata/witness/evidence")[0] == 204


def assert_alarmed(own, alarm, service_says):
    wait_until(lambda: own.service_says().get("reason", "").startswith(service_says), BOUND, service_says)
    assert own.service_says()["status"] == "degraded"
    assert own.stack.ready()[0] == 200, "requests go on"
    wait_until(lambda: alarm in [each["alarm"] for each in own.evidence()], BOUND, f"evidence of {alarm}")
    assert own.ready()["parts"]["logs"]["status"] == "degraded"
    assert alarm in own.ready()["parts"]["logs"]["reason"]
    assert f'somabrain_witness_alarms_total{{alarm="{alarm}"}}' in own.get("/metrics")[1]
    log = (own.stack.state / "log/witness.log").read_text()
    assert '"a log contradicts what it signed before"' in log and f'"{alarm}"' in log


def test_a_database_put_back_is_refused_until_it_is_itself_again(own, tenant, tmp_path):
    write(tenant)
    own.wait()
    older, newer = Backup(own.stack, tmp_path / "older"), Backup(own.stack, tmp_path / "newer")
    restarted_from(own, older.save)
    tenant.close()
    tenant.clients.clear()
    write(tenant, 20)
    cosigned = own.wait()
    restarted_from(own, lambda: (newer.save(), older.put_back()))
    tenant.close()
    tenant.clients.clear()
    write(tenant, 1)
    before = own.notes()
    assert_alarmed(own, "rollback", "the witness has cosigned more than this log has")
    assert own.notes() == before, "nothing of it is cosigned"
    found = next(each for each in own.evidence() if each["alarm"] == "rollback")
    assert cosigned.decode().startswith(found["ours"])
    assert (found["theirs"],) in own.stack.rows("SELECT convert_from(note, 'UTF8') FROM checkpoints")
    restarted_from(own, newer.put_back)
    tenant.close()
    tenant.clients.clear()
    write(tenant)
    own.wait()
    own.check_all()
    assert own.ready()["status"] == "degraded", "until an operator says otherwise"
    clear_evidence(own)
    assert own.ready()["status"] == "ok"


def test_two_trees_of_one_size_are_evidence_by_themselves(own, tenant):
    """As whoever holds the log's key can sign them."""
    write(tenant)
    cosigned = own.wait().decode()
    origin, size, _ = cosigned.split("\n")[:3]
    text = f"{origin}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n"
    answer = json.loads(own.stack.bao("PUT", "transit/sign/soma-ledger",
                                      {"input": base64.b64encode(text.encode()).decode()})[1])
    raw = base64.b64decode(answer["data"]["signature"].split(":")[2])
    head = base64.b64decode(cosigned[cosigned.rindex("\n\n") + 2:].split(" ")[2].split("\n")[0])[:4]
    forged = f"{text}\n\u2014 {origin} {base64.b64encode(head + raw).decode()}\n"
    for old in (0, size):
        status, body = own.add(f"old {old}\n\n{forged}")
        assert status == 409 and int(body) >= int(size)
    kept = [each for each in own.evidence() if each["theirs"] == forged]
    assert len(kept) == 1 and kept[0]["alarm"] in ("fork", "rollback")
    assert kept[0]["ours"].split("\n")[0] == origin
    write(tenant)
    own.wait()
    assert own.ready()["status"] == "degraded"
    clear_evidence(own)


def test_a_rewritten_history_is_refused_and_both_checkpoints_are_kept(own, tenant):
    """The last test: this log is spoilt. Its events, hashes and checkpoints are rewritten as a superuser can."""
    write(tenant)
    cosigned = own.wait().decode()
    own.stack.kill("serve")
    with own.stack.connect() as database:
        [(body,)] = database.execute("SELECT body FROM events ORDER BY log_index DESC LIMIT 1").fetchall()
        forged = body.replace(b'"status":20', b'"status":40')
        assert forged != body
        database.execute(
            "UPDATE events SET body = %s, leaf = sha256('\\x00'::bytea || %s::bytea)"
            " WHERE log_index = (SELECT size - 1 FROM log)", (forged, forged))
        database.execute("TRUNCATE cosignatures, checkpoints, subtrees, log_archives")
    own.stack.start("serve")
    tenant.close()
    tenant.clients.clear()
    write(tenant)
    assert_alarmed(own, "bad_proof", "the witness refuses the checkpoint")
    found = next(each for each in own.evidence() if each["alarm"] == "bad_proof")
    assert cosigned.startswith(found["ours"])
    assert (found["theirs"],) in own.stack.rows("SELECT convert_from(note, 'UTF8') FROM checkpoints")
    assert own.notes() == [], "nothing of it is cosigned"
    assert len(own.evidence()) <= 24

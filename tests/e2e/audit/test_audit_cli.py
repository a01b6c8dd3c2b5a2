"""`somabrain audit tail | proof | verify` against a running service."""
import json
import os
import subprocess
import sys
import threading

import pytest

from stack import ROOT

sys.path.insert(0, str(ROOT / "tests/oracle"))
from proof_verifier import proven  # noqa: E402


@pytest.fixture
def audit(shared):
    def run(*words, **how):
        return shared.stack.run("audit", *words, token=shared.token("auditor"), check=False, **how)
    return run


def test_tail_shows_the_last_events_in_order(audit, make_tenant):
    tenant = make_tenant()
    made = [tenant.agent.remember(f"note {n}")["id"] for n in range(7)]
    token = tenant.token("auditor")
    stack = tenant.stack
    done = stack.run("audit", "tail", "--lines", "3", "--json", token=token)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["body"]["targets"] for event in events] == [[one] for one in made[-3:]]
    done = stack.run("audit", "tail", "--stream", "state", token=token)
    lines = done.stdout.splitlines()
    assert len(lines) == 7 and lines[-1].split()[0] == events[-1]["id"]
    assert lines[-1].split()[2:] == ["state", "allowed", "memory.remember", "e2e"]
    nothing = stack.run("audit", "tail", "--action", "memory.never", token=token)
    assert nothing.stdout == "" and nothing.returncode == 0
    many = stack.run("audit", "tail", "--lines", "1000", "--json", token=token)
    ids = [json.loads(line)["id"] for line in many.stdout.splitlines()]
    assert len(set(ids)) == len(ids) >= 10
    tenant.close()


def test_tail_goes_on_with_what_comes(make_tenant):
    tenant = make_tenant()
    tenant.agent.remember("before")
    environment = {**os.environ, "SOMABRAIN_TOKEN": tenant.token("auditor")}
    tail = subprocess.Popen([str(tenant.stack.root / "dev"), "run", "audit", "tail", "--follow", "--json"],
                            stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    killer = threading.Timer(60, lambda: os.killpg(tail.pid, 9))
    killer.start()
    try:
        assert json.loads(tail.stdout.readline())["action"] == "memory.remember"
        expected = [tenant.agent.remember(f"after {n}")["id"] for n in range(5)]
        news = [json.loads(tail.stdout.readline()) for _ in expected]
        assert [event["body"]["targets"] for event in news] == [[one] for one in expected]
        # Its own looks are not among them, though each is an event.
        tenant.agent.recall("after")
        assert json.loads(tail.stdout.readline())["action"] == "memory.recall"
    finally:
        killer.cancel()
        os.killpg(tail.pid, 9)
        tail.wait()
        tail.stdout.close()
        tenant.close()


def test_a_proof_is_written_and_checked_offline(audit, shared, tmp_path):
    made = shared.agent.remember("to be proven")
    event, = [json.loads(line) for line in audit("tail", "--json", "--stream", "state", "--lines", "1")
              .stdout.splitlines()]
    assert event["body"]["targets"] == [made["id"]]
    done = audit("proof", "--event", event["id"], "--out", tmp_path / "deep/event.tlog-proof")
    assert done.returncode == 0 and done.stdout == "", done.stderr
    text = (tmp_path / "deep/event.tlog-proof").read_bytes()
    key = shared.stack.run("audit", "key").stdout
    (tmp_path / "key").write_text(key)
    index, size, entry = proven(text, key)
    assert json.loads(entry) == event["body"]
    verify = [shared.stack.root / "build/release/src/somabrain", "audit", "verify", "--key", tmp_path / "key"]
    # Without a service, a network or a setting: the program, the file and the key.
    done = subprocess.run([*verify, "--proof", tmp_path / "deep/event.tlog-proof"], env={}, capture_output=True,
                          text=True, check=False)
    log = key.split("+")[0]
    assert done.stdout == f"valid: leaf {index} of {size} leaves of {log}\n{entry.decode()}\n", done.stderr
    (tmp_path / "forged").write_bytes(text.replace(b"index %d" % index, b"index %d" % (index + 1)))
    done = subprocess.run([*verify, "--proof", tmp_path / "forged"], env={}, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1 and "not proven: the entry is not leaf" in done.stderr
    printed = audit("proof", "--event", event["id"])
    assert printed.stdout.startswith(f"c2sp.org/tlog-proof@v1\nextra ") and proven(printed.stdout.encode(), key)


@pytest.mark.parametrize("words, fragment", [
    (("proof", "--event", "019f0000-0000-7000-8000-000000000000"), "no such event"),
    (("tail", "--stream", "system"), "/stream"), (("tail", "--from", "yesterday"), "/from"),
    (("tail", "--action", "a" * 65), "/action")])
def test_what_the_service_refuses_is_said(audit, words, fragment):
    done = audit(*words)
    assert done.returncode == 1 and done.stdout == "" and fragment in done.stderr, done.stderr


@pytest.mark.parametrize("words, fragment", [
    (("proof",), "--event"), (("proof", "--event", ""), "--event must be an event's id, a UUID"),
    (("proof", "--event", "7"), "UUID"), (("proof", "--event", "../checkpoints"), "UUID"),
    (("tail", "--lines", "0"), "--lines"), (("tail", "--follow", "--to", "x"), "--to"),
    (("verify", "--key", "k"), "--proof")])
def test_bad_use_is_refused_before_anything_is_asked(audit, words, fragment):
    done = audit(*words)
    assert done.returncode != 0 and done.stdout == "" and fragment in done.stderr, done.stderr


def test_an_agent_reads_no_ledger(shared):
    done = shared.stack.run("audit", "tail", token=shared.token("agent"), check=False)
    assert done.returncode == 1 and "roles" in done.stderr

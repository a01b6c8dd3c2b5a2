"""A tenant's memories as a file, and the file as another tenant's memories."""
import json
import os
import socket
import stat
import threading

import pytest

SPOKEN = "2026-01-02T03:04:05.000006Z"


@pytest.fixture
def somabrain(stack, tmp_path, monkeypatch):
    """./dev run with a token; the progress of imports is kept in a folder of the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*args, token, **how):
        return stack.run(*args, token=token, check=False, **how)
    return run


def export(somabrain, tenant, file, **how):
    done = somabrain("export", file, token=tenant.token(), **how)
    assert done.returncode == 0, done.stderr
    return file.read_bytes()


def fill(tenant):
    """Every field there is, chains, other scripts, and more than a page holds."""
    agent = tenant.agent
    agent.remember("Ada drinks tea.", key="ada/drink", subject="ada", kind="fact", speaker="Ada",
                   session_id="s", occurred_at=SPOKEN, valid_from="2025-12-31T23:00:00+01:00",
                   importance=0.3, tags=["b", "a", "ä"], ttl_seconds=86400,
                   metadata={"z": 1, "a": [0.1, None, {"é\u2028": "\U0001f600"}], "big": 1e300})
    agent.remember("Ada drinks coffee.", key="ada/drink", turn=7, session_id="s")
    agent.remember("Ada drinks water.", key="ada/drink", valid_from="2099-01-01T00:00:00Z")
    agent.remember("True for a while.", valid_from="2020-01-01T00:00:00Z",
                   valid_to="2021-01-01T00:00:00Z")
    agent.remember("Not true before it was replaced.", key="plan",
                   valid_from="2090-01-01T00:00:00Z")
    agent.remember("The plan is another.", key="plan")
    agent.remember("\u0001 controls \u001f and \\ \"quotes\"\r\n\ttabs \u007f \U0010ffff", importance=0)
    gone = agent.remember("A note that is deleted.")
    tenant.operator.delete(gone["id"])
    home, work, garden = agent.remember_batch([
        {"text": f"Ada is {where}."} for where in ("at home", "at work", "in the garden")])
    for start, end, kind, weight in ((home, work, "next", 0.001), (home, work, "causes", 1 / 3),
                                     (garden, home, "part_of", 1), (work, home, "related", 0.5)):
        agent.ask("/v1/links", {"from": start["id"], "to": end["id"], "type": kind,
                                "weight": weight}, 201)
    agent.ask("/v1/links", {"from": work["id"], "to": home["id"], "type": "related"}, 201)
    for start in range(0, 1200, 400):
        agent.remember_batch([{"text": f"Entry {n} of the log.", "session_id": "log"}
                              for n in range(start, start + 400)])


def test_export_import_export_is_byte_equal(somabrain, make_tenant, tmp_path):
    first, second = make_tenant(), make_tenant()
    fill(first)
    exported = export(somabrain, first, tmp_path / "first.jsonl")
    lines = [json.loads(line) for line in exported.splitlines()]
    assert len(lines) == 7 + 3 + 1200 + 4
    assert lines[-4]["link"] == {"from": 8, "to": 9, "type": "causes", "weight": 1 / 3}
    assert lines[-3]["link"] == {"from": 8, "to": 9, "type": "next", "weight": 0.001}
    assert lines[-2]["link"]["weight"] == pytest.approx(0.75, abs=1e-4), "said twice"
    assert lines[-1]["link"] == {"from": 10, "to": 8, "type": "part_of", "weight": 1}
    assert [line["text"] for line in lines[:3]] == ["Ada drinks tea.", "Ada drinks coffee.",
                                                   "Ada drinks water."]
    assert lines[0]["ttl_seconds"] == 86400 and lines[0]["importance"] == 0.3
    assert lines[0]["valid_from"] == "2025-12-31T22:00:00.000000Z"
    assert lines[0]["valid_to"] and lines[0]["turn"] == 0
    assert not {"id", "sequence", "created_at", "superseded_by", "expires_at"} & set(lines[0])
    done = somabrain("import", tmp_path / "first.jsonl", token=second.token())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "remembered 1210, linked 4, skipped 0, failed 0" in done.stdout
    assert export(somabrain, second, tmp_path / "second.jsonl") == exported
    assert export(somabrain, first, tmp_path / "first.jsonl") == exported, "asked twice"
    # What is true now is the same in both.
    for question in ("What does Ada drink?", "the plan"):
        truths = [[hit["text"] for hit in tenant.agent.recall(question, top_k=3)["results"]]
                  for tenant in (first, second)]
        assert truths[0] == truths[1]
    # The other tenant's memories are its own.
    third = make_tenant()
    assert export(somabrain, third, tmp_path / "third.jsonl") == b""


def test_the_file_is_the_owners_alone(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    tenant.agent.remember("Between us.")
    export(somabrain, tenant, tmp_path / "out.jsonl")
    assert stat.S_IMODE(os.stat(tmp_path / "out.jsonl").st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("out*")] == ["out.jsonl"], "no draft stays behind"


class Cutting:
    """A way to the service that ends after so many bytes of answers."""

    def __init__(self, port, limit):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target, self.left = port, limit
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.left <= 0:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, True), daemon=True).start()

    def pump(self, source, sink, counts):
        try:
            while part := source.recv(4096):
                if counts:
                    self.left -= len(part)
                    if self.left <= 0:
                        break
                sink.sendall(part)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@pytest.mark.parametrize("limit", [10, 2_000, 150_000])
def test_an_interrupted_export_leaves_the_old_file(stack, somabrain, make_tenant, tmp_path, limit):
    tenant = make_tenant()
    for _ in range(2):
        tenant.agent.remember_batch([{"text": f"Entry {n} of the log."} for n in range(700)])
    whole = export(somabrain, tenant, tmp_path / "out.jsonl")
    assert len(whole.splitlines()) == 1400
    (tmp_path / "out.jsonl").write_bytes(b"what was there\n")
    way = Cutting(stack.http_port, limit)
    done = somabrain("export", tmp_path / "out.jsonl", token=tenant.token(),
                     environment={"SOMABRAIN_URL": f"http://127.0.0.1:{way.port}"})
    way.listener.close()
    assert done.returncode == 1 and done.stdout == "", done.stdout
    assert (tmp_path / "out.jsonl").read_bytes() == b"what was there\n"
    assert [path.name for path in tmp_path.glob("out*")] == ["out.jsonl"]


def test_where_it_cannot_be_written(somabrain, make_tenant, tmp_path):
    done = somabrain("export", tmp_path / "no/such/folder.jsonl", token=make_tenant().token())
    assert done.returncode == 1 and "cannot be written" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_who_may_not_read_may_not_export(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    done = somabrain("export", tmp_path / "out.jsonl", token=tenant.token("operator"))
    assert done.returncode == 1 and "roles" in done.stderr
    assert not list(tmp_path.glob("out*"))

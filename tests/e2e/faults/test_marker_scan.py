"""What was remembered is in no file of any store in the clear: a byte scan, and proof that it sees."""
import base64
import contextlib
import os
import secrets

import pytest

from api import Client


def forms(marker):
    """The marker as files might hold it: plain, UTF-16, hexadecimal, base64 at any offset."""
    text = marker.encode()
    found = {text, text.upper(), marker.encode("utf-16-le"), text.hex().encode(),
             text.hex().upper().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + text)
        # Characters that depend on the neighbours are left out.
        found.add(coded[(0, 2, 3)[shift]:len(coded) // 4 * 4 - 4])
    return found


def scan(folder, marker):
    """Paths of files below `folder` that hold the marker in some form."""
    wanted, hits, seen = forms(marker), set(), 0
    for directory, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                data = file.read()
            seen += len(data)
            if any(form in data for form in wanted):
                hits.add(path)
    assert seen > 1 << 20, "there is hardly anything to scan: a wrong folder?"
    return hits


def state_folders(stack):
    """The state folder, and PostgreSQL's where that lies elsewhere."""
    return {stack.state.resolve(), (stack.state / "postgres").resolve()}


def flush(stack):
    """Everything the stores hold in memory is written to their files, uncompressed."""
    with stack.connect() as connection:
        connection.execute("CHECKPOINT")
        connection.execute("SELECT pg_switch_wal()")
    stack.redis("CONFIG", "SET", "rdbcompression", "no")
    assert stack.redis("SAVE") == b"OK"
    stack.redis("CONFIG", "SET", "appendonly", "yes")
    with contextlib.suppress(RuntimeError):  # "already in progress" is as good
        stack.redis("BGREWRITEAOF")


def use_everywhere(tenant, marker):
    """The marker in every field that takes text, through every path that does, refusals too."""
    agent = tenant.agent
    full = {"text": f"The secret word is {marker}.", "subject": marker, "speaker": marker,
            "session_id": marker, "key": marker, "tags": [marker], "metadata": {marker: [marker]}}
    first = agent.remember(**full)
    second = agent.post("/v1/memories", {**full, "text": f"Now it is {marker}!"},
                        headers={"Idempotency-Key": marker})
    assert second.status == 201
    long = f"{marker} " * 80  # more than one passage
    agent.remember_batch([{**full, "text": long, "key": None}, {"text": marker * 2}])
    for views in ([], ["lexical"]):
        assert agent.recall(marker, subject=marker, views=views, explain=True)["results"]
    for _ in range(3):
        bundle = agent.evaluate(f"What of {marker}?", session_id=marker, subject=marker)
        assert bundle["working_memory"] and marker in bundle["prompt"]
        agent.feedback(bundle["evaluation_id"], 1, response_text=marker, model=marker,
                       metadata={marker: marker}, tokens=1,
                       used_memory_ids=[memory["id"] for memory in bundle["memories"]])
    assert marker in agent.get(second.json["id"]).json["text"]
    tenant.operator.delete(first["id"])
    for bad in ({"text": marker, "turn": -1}, {"text": marker, "kind": 5}, {marker: marker},
                f'{{"text":"{marker}"'):
        assert agent.post("/v1/memories", bad).status == 400
    agent.call("GET", f"/v1/memories/{marker}")
    agent.call("GET", f"/v1/{marker}")
    nobody = Client(tenant.stack.http_port)
    assert nobody.post("/v1/recall", {"query": marker}, token=marker).status == 401
    nobody.close()


@pytest.fixture
def uncompressed(private_stack):
    """Full pages in the WAL are compressed by default: a scan must not miss them for that."""
    with private_stack.connect() as connection:
        connection.execute("ALTER SYSTEM SET wal_compression = off")
        connection.execute("SELECT pg_reload_conf()")


def test_an_erased_subject_is_in_no_file(private_stack, private_tenant, uncompressed):
    """Used everywhere, then erased: nothing is left of what was said, in any store's files, nor of the
    name that it was said of."""
    marker = "mark" + secrets.token_hex(12)
    use_everywhere(private_tenant, marker)
    operator = private_tenant.client("operator")
    flush(private_stack)  # What is sealed has been in files, the write-ahead log included.
    for subject in (marker, private_tenant.id):
        reply = operator.call("DELETE", f"/v1/subjects/{subject}",
                              headers={"Idempotency-Key": f"erase {marker} {subject}"[:128]})
        assert reply.status == 200, str(reply)
    assert private_tenant.memory_count() == 0
    flush(private_stack)
    for folder in state_folders(private_stack):
        assert scan(folder, marker) == set()
    assert private_tenant.agent.recall(marker)["results"] == []


def test_a_marker_is_in_no_file(private_stack, private_tenant, uncompressed):
    marker = "mark" + secrets.token_hex(12)
    use_everywhere(private_tenant, marker)
    flush(private_stack)
    for folder in state_folders(private_stack):
        assert scan(folder, marker) == set()
    # What the caller gives for the ledger and for filtering is not content: it is found, so the
    # scan sees through table files and the write-ahead log alike.
    control = "ctrl" + secrets.token_hex(12)
    reply = private_tenant.agent.post("/v1/memories", {"text": "x", "kind": control},
                                      headers={"Soma-Telemetry-Ref": control})
    assert reply.status == 201
    private_stack.redis("SET", "control", control)
    flush(private_stack)
    found = {path for folder in state_folders(private_stack) for path in scan(folder, control)}
    assert any("/base/" in path for path in found), found
    assert any("/pg_wal/" in path for path in found), found
    assert any("/redis/" in path for path in found), found


@pytest.mark.parametrize("write", [
    lambda marker: marker.encode(), lambda marker: b"abc" + marker.encode() + b"\0",
    lambda marker: base64.b64encode(b"x" + marker.encode() + b"tail"),
    lambda marker: base64.b64encode(b"xy" + marker.encode() + b"tail"),
    lambda marker: base64.b64encode(marker.encode() + b"tail"),
    lambda marker: marker.encode().hex().encode()])
def test_the_scan_finds_what_is_there(tmp_path, write):
    marker = "mark" + secrets.token_hex(12)
    (tmp_path / "noise").write_bytes(os.urandom(2 << 20))
    assert scan(tmp_path, marker) == set()
    (tmp_path / "leak").write_bytes(os.urandom(1000) + write(marker) + os.urandom(1000))
    assert scan(tmp_path, marker) == {str(tmp_path / "leak")}

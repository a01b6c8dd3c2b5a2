"""The database as a folder, and a second database out of it: what is the same, and what is not."""
import base64
import http.client
import json

import pytest

from api import Client, assert_problem
from second_database import SecondDatabase

FORMER_END = ("SELECT log_id, log_index, encode(leaf, 'hex') FROM events WHERE log_id <> (SELECT log_id"
              " FROM log) ORDER BY log_index DESC LIMIT 1")


@pytest.fixture
def second(stack, tmp_path):
    database = SecondDatabase(stack, tmp_path)
    try:
        database.run("migrate")
        yield database
    finally:
        database.drop()


def fill(tenant):
    """A little of everything; what of it the tests ask for later."""
    agent = tenant.agent
    told = {}
    agent.remember("Ada drinks tea.", key="ada/drink")
    told["key"] = agent.remember("Ada drinks coffee now.", key="ada/drink", tags=["habit"])["id"]
    one, two = (agent.remember(text, session_id="talk")["id"]
                for text in ("The kettle is broken.", "A new one comes on Monday."))
    agent.ask("/v1/links", {"from": one, "to": two, "type": "causes"}, 201)
    evaluation = agent.evaluate("When is there tea again?", session_id="talk")
    agent.feedback(evaluation["evaluation_id"], 1, response_text="On Monday.", tokens=12,
                   used_memory_ids=[two])
    told["eve"] = agent.remember("Eve is allergic to cats.", subject="eve")["id"]
    agent.evaluate("What about cats?", subject="eve")
    told["linked"], told["bob"] = one, agent.remember("Bob has a cat.", subject="bob")["id"]
    told["token"] = agent.recall("tea")["state_token"]
    return told


def picture(client, told):
    """What the tenant's callers see, but for what names one request or one state."""
    def plain(answer):
        return {name: value for name, value in answer.items()
                if name not in ("state_token", "request_id", "next_cursor")}
    listed = client.list(include_superseded="true", limit=100).json
    links = client.call("GET", f"/v1/memories/{told['linked']}/links").json["links"]
    return {
        "recalls": [plain(client.recall(query, top_k=10, explain=True))["results"]
                    for query in ("tea", "What does Ada drink?", "cats")],
        "list": [one for one in listed["memories"]],
        "history": plain(client.history(told["key"]).json),
        "links": [{**link, "weight": None} for link in links],  # it fades from moment to moment
    }


def destroy_key(stack, tenant, memory):
    """What erasing a subject does to its keys: the path goes, with every version."""
    subject = stack.rows("SELECT encode(subject_hmac, 'hex') FROM memories WHERE id = %s", memory)[0][0]
    link = http.client.HTTPConnection("127.0.0.1", stack.port("VAULT_PORT"), timeout=10)
    link.request("DELETE", f"/v1/soma/metadata/subjects/{tenant.id}/{subject}",
                 headers={"X-Vault-Token": stack.secret("openbao-root-token")})
    assert link.getresponse().status == 204
    link.close()
    return subject


def texts(client, session):
    return [item["text"] for item in client.evaluate("?", session_id=session)["working_memory"]]


def test_what_is_restored_is_what_was_backed_up(stack, make_tenant, second, tmp_path):
    tenant, own = make_tenant(), make_tenant()
    told = fill(tenant)
    once = {"headers": {"Idempotency-Key": "once"}}
    written = own.agent.ask("/v1/memories", {"text": "Once."}, 201, **once)
    before = picture(tenant.agent, told)
    sequence = tenant.sequence()
    cursor = tenant.agent.list(limit=1).json["next_cursor"]
    done = stack.run("backup", tmp_path / "backup")
    assert "backed up" in done.stdout and done.stderr == ""
    tenant.operator.delete(told["bob"])
    own.agent.remember("Written after the backup.")
    subject = destroy_key(stack, tenant, told["eve"])

    restored = second.run("restore", tmp_path / "backup")
    assert "subjects had no key any more" in restored.stdout
    expect_new_log(second, tenant, subject, told["eve"])
    with second.serve() as port:
        agent = Client(port, tenant.token("agent", "admin"))
        # Eve went with her key; the rest is as it was, the deleted memory too.
        assert agent.get(told["eve"]).status == 404
        after = picture(agent, told)
        assert after["history"] == before["history"] and after["links"] == before["links"]
        assert after["list"] == [one for one in before["list"] if one["id"] != told["eve"]]
        assert [[hit for hit in hits if hit["id"] != told["eve"]] for hits in before["recalls"]] \
            == after["recalls"] or same_memories(before, after, told["eve"])
        assert texts(agent, "talk") == ["The kettle is broken.", "A new one comes on Monday.",
                                        "When is there tea again?", "On Monday."]
        # States from before the restore are of another epoch.
        assert_problem(agent.post("/v1/recall", {"query": "tea", "at_least": told["token"]}), 409,
                       "/at_least", "restored")
        assert_problem(agent.call("GET", f"/v1/memories?as_of={told['token']}"), 409, "/as_of")
        assert_problem(agent.list(limit=1, cursor=cursor), 409, "/cursor")
        # Writing goes on behind what was there: one event for Eve, then this.
        more = agent.remember("The kettle works again.", session_id="talk")
        assert more["sequence"] == sequence + 2
        assert agent.recall("kettle", at_least=more["state_token"])["results"]
        assert texts(agent, "talk")[-2:] == ["?", "The kettle works again."]
        again = Client(port, own.token())
        assert len(again.list().json["memories"]) == 1
        replay = again.ask("/v1/memories", {"text": "Once."}, 201, **once)
        assert (replay["id"], replay["sequence"]) == (written["id"], written["sequence"])
        assert replay["state_token"] != written["state_token"]
        assert len(again.list(at_least=replay["state_token"]).json["memories"]) == 1
    expect_dense(second)


def same_memories(before, after, gone):
    """Scores weigh words by how rare they are: without Eve's memory they may differ, the hits do not."""
    def ids(one):
        return [{hit["id"] for hit in hits} - {gone} for hits in one["recalls"]]
    return ids(before) == ids(after)


def expect_new_log(second, tenant, subject, memory):
    log_id, first_index = second.rows("SELECT log_id, first_index FROM log")[0]
    former, last_index, leaf = second.rows(FORMER_END)[0]
    assert first_index > last_index and first_index % 65536 == 0
    body, *others = [row[0] for row in second.rows(
        "SELECT convert_from(body, 'UTF8')::jsonb FROM events WHERE log_id = %s ORDER BY log_index",
        log_id)]
    erased, = [other for other in others if other["tenant"] == tenant.id]
    assert (body["action"], body["stream"], body["tenant"]) == ("log.restored", "system", None)
    assert body["details"]["former_log_id"] == str(former)
    assert body["details"]["former_last_index"] == last_index
    assert body["details"]["former_last_leaf"] == leaf
    assert {other["action"] for other in others} == {"subject.erase"}
    assert erased["details"]["subject"] == subject
    assert (erased["details"]["memories"], erased["details"]["evaluations"]) == (1, 1)
    for table in ("memories", "evaluations", "feedback_events"):
        assert second.rows(f"SELECT count(*) FROM {table} WHERE encode(subject_hmac, 'hex') = %s",
                           subject) == [(0,)]
    assert second.rows("SELECT count(*) FROM embeddings WHERE memory_id = %s", memory) == [(0,)]


def expect_dense(second):
    """Each log without a gap, streams without one over both, and every leaf its body's."""
    assert second.rows(
        "SELECT count(*) FROM (SELECT log_index - row_number() OVER (PARTITION BY log_id ORDER BY"
        " log_index) AS step, min(log_index) OVER (PARTITION BY log_id) AS first FROM events) t"
        " WHERE step <> first - 1") == [(0,)]
    assert second.rows("SELECT max(log_index) + 1 FROM events") == \
        second.rows("SELECT size FROM log")
    assert second.rows(
        "SELECT count(*) FROM streams s WHERE (s.sequence, s.sequence) <> (SELECT"
        " count(DISTINCT e.stream_sequence), coalesce(max(e.stream_sequence), 0) FROM events e"
        " WHERE e.tenant IS NOT DISTINCT FROM s.tenant AND e.stream = s.name)") == [(0,)]
    assert second.rows(
        "SELECT count(*) FROM events WHERE leaf <> sha256('\\x00'::bytea || body)") == [(0,)]


def test_a_restored_database_can_be_backed_up_and_restored_again(stack, tenant, second, tmp_path):
    tenant.agent.remember("Twice.")
    stack.run("backup", tmp_path / "one")
    second.run("restore", tmp_path / "one")
    second.run("backup", tmp_path / "two")
    third = SecondDatabase(stack, tmp_path)
    try:
        third.run("migrate")
        third.run("restore", tmp_path / "two")
        former = second.rows("SELECT log_id, first_index FROM log")[0]
        body = third.rows("SELECT convert_from(body, 'UTF8')::jsonb FROM events WHERE log_id ="
                          " (SELECT log_id FROM log) ORDER BY log_index LIMIT 1")[0][0]
        assert body["details"]["former_log_id"] == str(former[0])
        assert body["details"]["former_first_index"] == former[1]
        assert len({row[0] for row in third.rows("SELECT DISTINCT log_id FROM events")}) == 3
        expect_dense(third)
        with third.serve() as port:
            assert len(Client(port, tenant.token()).list().json["memories"]) == 1
    finally:
        third.drop()


@pytest.fixture(scope="module")
def backup(stack, shared, tmp_path_factory):
    """One backup for the tests that are refused it."""
    shared.agent.remember("A memory.")
    folder = tmp_path_factory.mktemp("backups") / "backup"
    stack.run("backup", folder)
    return folder


@pytest.fixture
def copy(backup, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in backup.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def refused(second, folder, *fragments):
    """One clear line, status 1, and the database as empty as before."""
    done = second.run("restore", folder, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    for fragment in fragments:
        assert fragment in done.stderr, done.stderr
    assert second.rows("SELECT (SELECT count(*) FROM tenants) + (SELECT count(*) FROM memories)"
                       " + (SELECT count(*) FROM events) + (SELECT size FROM log)") == [(0,)]
    assert second.rows("SELECT count(*) FROM pg_class WHERE relname IN ('memories', 'events')"
                       " AND NOT relforcerowsecurity") == [(0,)]


def forge(folder, **changes):
    """A manifest that says something else and is whole: what another version might have written."""
    import hashlib
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["digest"]
    manifest.update(changes)
    plain = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    manifest["digest"] = hashlib.sha256(plain.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_what_is_not_whole_is_not_restored(second, copy):
    memories = copy / "memories.copy"
    whole = memories.read_bytes()
    memories.write_bytes(whole[:-1])
    refused(second, copy, "memories.copy is damaged")
    memories.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    refused(second, copy, "memories.copy is damaged")
    memories.unlink()
    refused(second, copy, "memories.copy cannot be read")
    memories.write_bytes(whole)
    manifest = (copy / "manifest.json").read_text()
    (copy / "manifest.json").write_text(manifest.replace('"rows":', '"rows":1', 1))
    refused(second, copy, "manifest.json is damaged")
    (copy / "manifest.json").unlink()
    refused(second, copy, "manifest.json cannot be read")
    refused(second, copy / "nowhere", "manifest.json cannot be read")


def test_another_schema_is_not_restored(second, copy):
    schema = json.loads((copy / "manifest.json").read_text())["schema"]
    forge(copy)
    forge(copy, schema={**schema, "name": "0001_tenants"})
    refused(second, copy, "is of schema 0001_tenants", "restore it with the version that made it")
    forge(copy, schema={**schema, "sha256": "0" * 64})
    refused(second, copy, "is of schema")


def test_rows_that_the_manifest_does_not_count_are_not_restored(second, copy):
    tables = json.loads((copy / "manifest.json").read_text())["tables"]
    for table in tables:
        table["rows"] += table["name"] == "memories"
    forge(copy, tables=tables)
    refused(second, copy, "memories.copy does not hold the rows")
    forge(copy, tables=tables[:-1])
    refused(second, copy, "other tables")


def test_a_database_that_holds_something_is_left_alone(second, backup):
    second.run("tenant", "create", "somebody")
    done = second.run("restore", backup, check=False)
    assert done.returncode == 1 and "not empty" in done.stderr
    assert second.rows("SELECT name FROM tenants") == [("somebody",)]
    assert second.rows("SELECT count(*) FROM memories") == [(0,)]


def test_a_database_that_is_served_is_left_alone(second, backup):
    with second.connect("somabrain"):  # as the service's sessions say
        refused(second, backup, "in use", "stop the service")


def test_without_the_keys_of_its_tenants_nothing_is_restored(stack, second, tmp_path):
    folder = tmp_path / "keyless"
    nobody = "00000000-0000-7000-8000-" + base64.b16encode(tmp_path.name.encode()[:6]).decode().lower()
    generation = stack.rows("SELECT min(id) FROM model_generations")[0][0]
    with stack.connect() as connection:
        try:
            connection.execute("INSERT INTO tenants VALUES (%s, %s, 0, 1, %s, now())",
                               (nobody, f"keyless {nobody}", generation))
            stack.run("backup", folder)
        finally:
            connection.execute("DELETE FROM tenants WHERE id = %s", (nobody,))
    refused(second, folder, f"no keys of tenant {nobody}", "restore its snapshot first")


def test_a_backup_wants_a_folder_of_its_own(stack, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, reason in (("full", "not empty"), ("file", "no folder"), ("a/b", "cannot be written")):
        done = stack.run("backup", tmp_path / name, check=False)
        assert done.returncode == 1 and reason in done.stderr and done.stderr.count("\n") == 1
    assert (tmp_path / "full" / "something").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    stack.run("backup", f"{tmp_path / 'empty'}/")
    assert (tmp_path / "empty" / "manifest.json").stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["empty", "file", "full"]

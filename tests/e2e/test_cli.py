"""The command line against a running service: good use, bad use, exit codes, one-line errors."""
import json
import re
import uuid

import pytest


def refused(done, fragment, status=1):
    """Exit 1 and one line on stderr that says what was wrong."""
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("somabrain: "), done.stderr
    assert fragment in lines[0], lines[0]


@pytest.fixture
def somabrain(shared, tmp_path, monkeypatch):
    """./dev run with the tenant's token; the progress of imports is kept in a folder of the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*args, token=None, **how):
        return shared.stack.run(*args, token=token or shared.token(), check=False, **how)
    return run


def test_remember_recall_evaluate(somabrain, shared):
    done = somabrain("remember", "Hugo keeps the spare rudder in the barn.", "--speaker", "Hugo",
                     "--tag", "boat", "--tag", "barn", "--session", "cli", "--key", "rudder",
                     "--subject", "hugo")
    assert done.returncode == 0, done.stderr
    record = shared.agent.get(uuid.UUID(done.stdout.strip())).json
    assert record["text"] == "Hugo keeps the spare rudder in the barn."
    assert record["tags"] == ["boat", "barn"] and record["key"] == "rudder"
    assert (record["speaker"], record["session_id"], record["subject"]) == ("Hugo", "cli", "hugo")
    done = somabrain("recall", "Where is the rudder?", "--top-k", "1", "--explain")
    assert done.returncode == 0, done.stderr
    assert "spare rudder in the barn" in done.stdout and "lexical" in done.stdout
    done = somabrain("evaluate", "We need a rudder.", "--session", "cli", "--top-k", "2")
    assert done.returncode == 0, done.stderr
    assert "spare rudder in the barn" in done.stdout and "residual" in done.stdout


def test_evaluate_states_the_action(somabrain, make_tenant):
    """Each flag is the field of its name: the figures recompute, under the sandbox's law."""
    fresh = make_tenant()
    fresh.agent.remember_batch([{"text": f"Lamp {n} is lit in room {n}."} for n in range(4)])
    done = somabrain("evaluate", "Which lamps are lit?", "--confidence", "0.5", "--cost-tokens", "200",
                     "--price", "0.1", "--latency", "3", "--explain", token=fresh.token())
    assert done.returncode == 0, done.stderr
    assert "utility 0.077, at least 0.000: p 0.500 (caller), cost 20, latency 3 s" in done.stdout
    shown = re.findall(r"^([* ]) (all|half|three|one) +U (\S+)  memories (\d)", done.stdout, re.M)
    assert [(name, count) for _, name, _, count in shown] == [
        ("all", "4"), ("half", "2"), ("three", "3"), ("one", "1")]
    (chosen,) = [float(worth) for mark, _, worth, _ in shown if mark == "*"]
    assert chosen == max(float(worth) for _, _, worth, _ in shown)
    plain = somabrain("evaluate", "Which lamps are lit?", token=fresh.token()).stdout
    assert "p 1.000 (assumed)" in plain and not re.search(r"memories \d", plain)
    for form, role in (("openai_messages", "user"), ("anthropic_messages", "user")):
        done = somabrain("evaluate", "Which lamps are lit?", "--render", form, token=fresh.token())
        messages = json.loads(done.stdout.splitlines()[-1])["messages"]
        assert messages[-1]["role"] == role and "Lamp 1 is lit" in messages[-1]["content"]


def test_min_coverage(somabrain, shared):
    nonsense = "gyro velcro bishop turbine"
    assert "nothing found" in somabrain("recall", nonsense, "--min-coverage", "0.42").stdout
    assert "nothing found" not in somabrain("recall", nonsense, "--min-coverage", "0").stdout


def test_control_characters_do_not_reach_the_terminal(somabrain):
    text = "\x1b[2J\x1b]0;owned\x07 clear the screen \u009b31m"
    assert somabrain("remember", text).returncode == 0
    shown = somabrain("recall", "clear the screen", "--top-k", "1").stdout
    assert "clear the screen" in shown
    assert not any(ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 for c in shown), repr(shown)


def test_list(somabrain, make_tenant):
    tenant = make_tenant()
    agent = tenant.agent
    first = agent.remember("Ada likes\u0007 maps.", speaker="Ada", tags=["map"])
    second = agent.remember("Bo likes boats.\nAnd ropes.", key="bo")
    third = agent.remember("Bo likes trains.", key="bo")
    done = somabrain("list", token=tenant.token())
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [first["id"], third["id"]]
    assert lines[0].endswith("Ada: Ada likes? maps.") and done.stderr == ""
    done = somabrain("list", "--all-times", "--limit", "2", token=tenant.token())
    assert [line.split()[0] for line in done.stdout.splitlines()] == [first["id"], second["id"]]
    assert "there are more" in done.stderr
    done = somabrain("list", "--json", "--as-of", second["state_token"], "--filter",
                     '{"field": "key", "op": "eq", "value": "bo"}', token=tenant.token())
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == [
        "Bo likes boats.\nAnd ropes."]
    done = somabrain("list", "--filter", '{"field": "colour"}', token=tenant.token())
    assert done.returncode == 1 and "/filter" in done.stderr


def test_nothing_found(somabrain, make_tenant):
    fresh = make_tenant()
    done = somabrain("recall", "anything", token=fresh.token())
    assert done.returncode == 0 and "nothing" in done.stdout


@pytest.mark.parametrize("args, fragment", [
    (("remember", ""), "/text"),
    (("recall", "x", "--top-k", "0"), "/top_k"),
    (("recall", "x", "--top-k", "101"), "at most 100"),
    (("recall", "x", "--view", "taste"), "/views/0"),
    (("recall", "x", "--min-coverage", "1.5"), "/min_coverage"),
    (("evaluate", "x", "--token-budget", "-4"), "/token_budget"),
    (("evaluate", "x", "--token-budget", "0"), "/token_budget"),
    (("evaluate", "x", "--confidence", "0"), "/confidence"),
    (("evaluate", "x", "--confidence", "0.2"), "article utility"),
    (("evaluate", "x", "--cost-tokens", "9"), "/price"),
    (("evaluate", "x", "--cost-tokens", "9", "--price", "-1"), "/price"),
    (("evaluate", "x", "--latency", "1e9"), "/predicted_latency_seconds"),
    (("evaluate", "x", "--render", "html"), "/render"),
    (("import", "/nonexistent/folder"), "/nonexistent/folder"),
])
def test_what_the_service_refuses_is_one_line(somabrain, args, fragment):
    done = somabrain(*args)
    refused(done, fragment)
    assert done.stderr.count(fragment) == 1, "said twice: " + done.stderr


def test_wrong_and_missing_tokens(somabrain, shared):
    refused(somabrain("recall", "x", token="forged"), "token")
    refused(somabrain("remember", "x", token=shared.token("reader")), "roles")


@pytest.mark.parametrize("args", [("recall",), ("recall", "x", "--top-k", "many"), ("forget", "x"),
                                  ("remember", "a", "b"), ("token",), ("tenant",),
                                  ("recall", "x", "--colour")])
def test_wrong_usage_names_the_mistake(somabrain, args):
    done = somabrain(*args)
    assert done.returncode != 0 and done.stderr.strip() and done.stdout == ""


def test_tenants(stack, shared):
    listed = stack.run("tenant", "list").stdout
    line = [row for row in listed.splitlines() if shared.name in row]
    assert len(line) == 1 and shared.id in line[0]
    refused(stack.run("tenant", "create", shared.name, check=False), "tenant")
    refused(stack.run("tenant", "create", "", check=False), "name")
    refused(stack.run("tenant", "create", "n" * 257, check=False), "256")
    assert stack.run("tenant", "list").stdout.count(shared.name) == 1


def test_tokens(stack, shared):
    done = stack.run("token", "--tenant", shared.id, "--role", "agent", "--role", "auditor")
    token = done.stdout.strip().splitlines()[-1]
    assert shared.agent.call("POST", "/v1/recall", {"query": "q"}, token=token).status == 200
    for args in (("--tenant", "sandbox", "--role", "agent"),
                 ("--tenant", shared.id, "--role", "emperor")):
        done = stack.run("token", *args, check=False)
        assert done.returncode != 0 and len(done.stderr.strip().splitlines()) == 1, done.stderr
    stranger = str(uuid.uuid4())
    refused(stack.run("token", "--tenant", stranger, "--role", "agent", check=False), stranger)
    # Without a database to ask it is minted all the same, says so, and opens nothing.
    done = stack.run("token", "--tenant", stranger, "--role", "agent",
                     environment={"SOMABRAIN_POSTGRES_PORT": "1"})
    assert "not checked" in done.stderr
    reply = shared.agent.call("POST", "/v1/recall", {"query": "q"}, token=done.stdout.strip())
    assert reply.status == 401
    text = stack.run("token", "--help").stdout
    assert all(role in text for role in ("agent", "reader", "operator", "signer", "auditor", "admin"))


def test_help_version_and_misspelt_commands(stack):
    for words in (("help",), ("--help",)):
        assert "recall" in stack.run(*words).stdout
    assert "--top-k" in stack.run("help", "recall").stdout
    assert stack.run("version").stdout == stack.run("--version").stdout != ""
    refused(stack.run("recal", "x", check=False), "did you mean recall?")
    refused(stack.run("tenant", "craete", "x", check=False), "did you mean create?")
    refused(stack.run("forget", check=False), "somabrain help")
    refused(stack.run("x" * 5000, check=False), "no such command")


def test_a_service_that_is_down_names_the_way_out(stack, shared):
    done = stack.run("recall", "x", token=shared.token(), check=False,
                     environment={"SOMABRAIN_URL": "http://127.0.0.1:1"})
    refused(done, "./dev up")
    refused(done, "http://127.0.0.1:1")


def test_migrating_again_changes_nothing(stack):
    before = stack.rows("SELECT count(*) FROM tenants")
    assert stack.run("migrate").returncode == 0
    assert stack.rows("SELECT count(*) FROM tenants") >= before


def test_import_of_json_lines(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    good = [{"text": f"Line {n} of the log.", "session_id": "log", "turn": n} for n in range(250)]
    lines = [json.dumps(item) for item in good]
    lines[10:10] = ['{"text": ', "[1, 2]", "", '{"text": ""}', '{"texts": "no such field"}',
                    json.dumps({"text": "x" * 40000}), '{"text": "a", "text": "b"}',
                    '{"text": "a", "importance": 1e400}']
    source = tmp_path / "log.jsonl"
    source.write_text("\n".join(lines) + "\n")
    done = somabrain("import", source, token=tenant.token())
    assert done.returncode == 2, done.stderr
    assert "remembered 250, skipped 0, failed 7" in done.stdout
    for place, reason in (("log.jsonl:11", "not JSON"), ("log.jsonl:12", "not a JSON object"),
                          ("log.jsonl:14", "/text: must not be empty"),
                          ("log.jsonl:15", "/texts: is not a field"),
                          ("log.jsonl:16", "/text: must have at most 32768 bytes"),
                          ("log.jsonl:17", '"text" is given twice'),
                          ("log.jsonl:18", "out of range")):
        line = [row for row in done.stdout.splitlines() if f"failed {place}:" in row]
        assert line and reason in line[0], done.stdout
        assert "/items" not in line[0]
    assert tenant.memory_count() == 250
    # Again: nothing twice.
    again = somabrain("import", source, token=tenant.token())
    assert again.returncode == 2 and "remembered 0, remembered before 250" in again.stdout
    assert tenant.memory_count() == 250
    # Unless that is what is wanted.
    again = somabrain("import", "--again", source, token=tenant.token())
    assert again.returncode == 2 and "remembered 250, skipped 0, failed 7" in again.stdout
    assert tenant.memory_count() == 500


def test_an_import_broken_in_the_middle_goes_on_when_it_is_mended(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    source = tmp_path / "log.jsonl"
    lines = [json.dumps({"text": f"Line {n} of the log."}) for n in range(300)]
    source.write_text("\n".join([*lines[:150], lines[150][:9], *lines[151:290], lines[290][:12]]))
    done = somabrain("import", source, token=tenant.token())
    assert done.returncode == 2 and "remembered 289, skipped 0, failed 2" in done.stdout
    assert "failed log.jsonl:151: not JSON" in done.stdout
    assert "failed log.jsonl:291: not JSON" in done.stdout
    source.write_text("\n".join(lines))
    done = somabrain("import", source, token=tenant.token())
    assert done.returncode == 0 and "remembered 11, remembered before 289" in done.stdout
    assert tenant.memory_count() == 300
    done = somabrain("import", source, token=tenant.token())
    assert done.returncode == 0 and "remembered 0, remembered before 300" in done.stdout


def test_an_import_of_nothing_says_so(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.md").write_text("# Only\n## Headings\n")
    (tmp_path / "notes/p.png").write_bytes(b"\x89PNG")
    (tmp_path / "secret.md").write_text("Nobody gave this.\n")
    (tmp_path / "notes/link.md").symlink_to(tmp_path / "secret.md")
    done = somabrain("import", tmp_path / "notes", token=tenant.token())
    assert done.returncode == 2 and "remembered 0, skipped 3, failed 0" in done.stdout
    for reason in ('a.md:2: nothing is written under the heading "Headings"',
                   "p.png: neither .md, .jsonl nor .json", "link.md: a symbolic link: not followed"):
        assert reason in done.stdout
    assert tenant.memory_count() == 0


FORMATS = {  # file -> (format, content, items, a question and what answers it)
    "memory.jsonl": ("mcp", [
        {"type": "entity", "name": "Ada", "entityType": "person",
         "observations": ["Speaks fluent Spanish", "Prefers morning meetings"]},
        {"type": "entity", "name": "Harbour Books", "entityType": "shop", "observations": []},
        {"type": "relation", "from": "Ada", "to": "Harbour Books", "relationType": "works_at"}],
        2, "Who speaks Spanish?", "Ada (person)"),
    "mem0.json": ("mem0", {"results": [
        {"id": "1", "memory": "Keeps bees behind the barn", "user_id": "grace",
         "created_at": "2026-03-01T09:00:00-07:00", "metadata": {"source": "chat"}}]},
        1, "Who keeps bees?", "bees behind the barn"),
    "store.json": ("langgraph", {"items": [
        {"namespace": ["memories", "hugo"], "key": "k", "value": {"content": "Sails a red dinghy"},
         "created_at": "2026-03-01T09:00:00.5+00:00"}]}, 1, "What does he sail?", "red dinghy"),
    "locomo.json": ("locomo", [
        {"sample_id": "c1", "qa": [], "conversation": {
            "speaker_a": "Iris", "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [{"speaker": "Iris", "dia_id": "D1:1", "text": "My kiln exploded!"}]}}],
        1, "What happened to the kiln?", "kiln exploded"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_import_of_what_other_programs_write(somabrain, make_tenant, tmp_path, name):
    told, content, items, question, answer = FORMATS[name]
    tenant = make_tenant()
    source = tmp_path / name
    source.write_text("\n".join(map(json.dumps, content)) if name.endswith("jsonl")
                      else json.dumps(content, indent=1))
    done = somabrain("import", source, token=tenant.token())
    assert done.returncode == 0 and f"remembered {items}, " in done.stdout, done.stdout + done.stderr
    assert answer in tenant.agent.recall(question, top_k=1)["results"][0]["text"]
    if told == "mcp":
        ada, = [hit for hit in tenant.agent.recall(question, top_k=2)["results"]
                if hit["text"].startswith("Ada")]
        path = f"/v1/memories/{ada['id']}/links"
        link, = tenant.agent.call("GET", path).json["links"]
        assert "linked 1" in done.stdout and link["type"] == "related"
        # A link said again grows stronger: the same import does not say it again.
        assert "linked 0" in somabrain("import", source, token=tenant.token()).stdout
        again, = tenant.agent.call("GET", path).json["links"]
        assert again["sequence"] == link["sequence"]
    # The same by name; keys let it supersede what the first run remembered.
    again = somabrain("import", "--again", "--format", told, source, token=tenant.token())
    assert again.returncode == 0, again.stderr
    assert len(tenant.agent.recall(question, top_k=10)["results"]) == items
    wrong = somabrain("import", "--format", "mem" + told, source, token=tenant.token())
    assert wrong.returncode not in (0, 2) and "langgraph" in wrong.stderr


def test_import_of_a_markdown_folder(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.md").write_text("# Garden\n\nThe plum tree needs pruning.\n\n## Tools\n\n"
                                 "The saw hangs by the door.\n\n```\n# not a heading\n```\n")
    (folder / "deep/b.markdown").write_text("Just a paragraph on bees.\n")
    (folder / "empty.md").write_text("")
    (folder / "binary.md").write_bytes(b"\xff\xfe\x00\x01")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    done = somabrain("import", folder, token=tenant.token())
    assert done.returncode == 2, done.stderr
    for said in ("skipped notes/picture.png: ", "failed notes/binary.md: UTF-16",
                 "skipped notes/empty.md: nothing is written in it"):
        assert said in done.stdout
    (folder / "binary.md").unlink()
    hit = tenant.agent.recall("where is the saw?", top_k=1)["results"][0]
    assert "The saw hangs by the door." in hit["text"] and "Garden > Tools" in hit["text"]
    assert tenant.memory_count() == 3
    # A changed file supersedes what it said before; what did not change stays one memory.
    (folder / "a.md").write_text((folder / "a.md").read_text().replace("by the door", "in the shed"))
    assert somabrain("import", folder, token=tenant.token()).returncode == 0
    texts = [h["text"] for h in tenant.agent.recall("saw", top_k=100)["results"]]
    assert len(texts) == 3 and any("in the shed" in text for text in texts)
    assert not any("by the door" in text for text in texts)


def test_import_follows_a_file_back_to_what_it_was(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    note = tmp_path / "notes/n.md"
    note.parent.mkdir()
    for word in ("first", "second", "first"):
        note.write_text(f"# Colour\n\nThe {word} coat of paint is on.\n")
        assert somabrain("import", note.parent, token=tenant.token()).returncode == 0
        (hit,) = tenant.agent.recall("coat of paint", top_k=5)["results"]
        assert word in hit["text"]


def test_import_names_are_the_same_however_a_folder_is_spelt(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.md").write_text(f"# Title\n\nFolder {folder} speaks.\n")
    for spelling in ("a", "a/", "./a", "b/../a/"):
        assert somabrain("import", f"{tmp_path}/{spelling}", token=tenant.token()).returncode == 0
    assert len(tenant.agent.recall("folder", top_k=9)["results"]) == 1
    assert somabrain("import", f"{tmp_path}/b/", token=tenant.token()).returncode == 0
    assert len(tenant.agent.recall("folder", top_k=9)["results"]) == 2
    both = somabrain("import", tmp_path / "a/same.md", tmp_path / "b/same.md", token=tenant.token())
    assert both.returncode != 0 and "same.md" in both.stderr and "\n" not in both.stderr.strip()


def test_paths_are_the_callers(somabrain, make_tenant, tmp_path):
    (tmp_path / "here.md").write_text("The caller stands here.\n")
    done = somabrain("import", "here.md", token=make_tenant().token(), folder=tmp_path)
    assert done.returncode == 0 and "remembered 1" in done.stdout, done.stderr


def test_an_import_that_was_cut_off_goes_on(somabrain, make_tenant, tmp_path):
    tenant = make_tenant()
    source = tmp_path / "long.jsonl"
    source.write_text("".join(json.dumps({"text": f"entry {n}"}) + "\n" for n in range(300)))
    assert somabrain("import", source, token=tenant.token()).returncode == 0
    (saved,) = [path for path in (tmp_path / "state/somabrain").iterdir()]
    # As if it had ended after the second batch was remembered, while that was being noted.
    noted = saved.read_text().splitlines(keepends=True)
    assert len(noted) == 4
    saved.write_text("".join(noted[:2]) + noted[2][:500])
    done = somabrain("import", source, token=tenant.token())
    assert done.returncode == 0 and "remembered 200, remembered before 100" in done.stdout
    assert tenant.memory_count() == 300


def test_audit_prune_names_what_keeps_the_oldest_partition(stack):
    done = stack.run("audit", "prune", "--keep-days", "1")
    assert re.fullmatch(r"kept 0 to \d+: it is still being written\n", done.stdout)
    assert "dropped" not in done.stdout
    for bad in (("--keep-days", "0"), ("--keep-days", "x"), (), ("--keep-days", "1", "--at-most", "0")):
        done = stack.run("audit", "prune", *bad, check=False)
        assert done.returncode != 0 and "Traceback" not in done.stderr
        assert "--keep-days" in done.stderr or "--at-most" in done.stderr

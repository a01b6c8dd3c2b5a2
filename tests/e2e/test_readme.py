"""The README's tour does what it says: its sh blocks are run as they stand, in order, in one shell."""
import json
import re
import subprocess


def blocks(root):
    return re.findall(r"^```sh\n(.*?)^```", (root / "README.md").read_text(), re.S | re.M)


def run(stack, script):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=stack.root, text=True,
                          capture_output=True, timeout=300, stdin=subprocess.DEVNULL, check=False)


def test_the_tour_runs_verbatim(stack):
    marked = [f"printf '\\n== {number}\\n'\n{block}" for number, block in enumerate(blocks(stack.root))]
    assert len(marked) >= 6
    done = run(stack, "".join(marked))
    assert done.returncode == 0, done.stdout + done.stderr
    parts = re.split(r"\n== \d+\n", done.stdout)[1:]

    first, second = (json.loads(line) for line in parts[1].strip().split("\n"))
    assert second["sequence"] == first["sequence"] + 1
    assert len(json.loads(parts[2])["results"]) == 2

    found = json.loads(parts[3])["results"]
    assert found[0]["text"].startswith("Ada has given up tea")
    assert found[0]["view_values"], "explain shows the views"
    assert all("without sugar" not in memory["text"] for memory in found), "superseded"

    assert json.loads(parts[4])["results"][0]["text"] == "The door code changes on Mondays."
    narrowed = json.loads(parts[5])["results"]
    assert "Ada has given up tea and drinks coffee now." in [hit["text"] for hit in narrowed]
    page, turns = (json.loads(line) for line in parts[6].strip().split("\n"))
    assert len(page["memories"]) == 2 and page["next_cursor"]
    assert [memory["turn"] for memory in turns["memories"]] == [1, 2]
    assert parts[7].startswith("{") and "evaluation_id" in parts[7] + done.stdout
    judged, low = parts[8].strip().split("\n")
    assert judged.startswith('"utility":{"utility":') and '"role":"user"' in judged
    assert json.loads(low)["article"] == "utility" and json.loads(low)["utility"]["utility"] < 0
    assert parts[9].startswith('{"evaluation_id":')
    assert json.loads(parts[10])["feedback_id"]
    made, links = (json.loads(line) for line in parts[11].strip().split("\n"))
    assert links["links"][0]["from"] == made["from"] and made["weight"] == 0.5
    *_, plan = parts[12].strip().split("\n")
    assert [step["text"] for step in json.loads(plan)["steps"]] == ["Cook.", "Serve the dinner."]
    assert json.loads(parts[13])["id"] == "week-14"
    read, refused, deleted = (json.loads(line) for line in parts[14].strip().split("\n"))
    assert (refused["status"], refused["article"]) == (403, "human-review")
    assert read["text"] == "A note to delete." and deleted["id"] == read["id"]
    assert json.loads(parts[15].split("\n")[0])["id"] and "\nvalid: erasure " in parts[15]
    change = parts[16].strip().split("\n")
    assert [line.split()[0] for line in change] == ["soma-signer-1", "soma-signer-3", "soma-signer-4", "version"]
    assert "3 of 3 of its holders" in change[2] and " is in force: " in change[3]
    assert re.search(r"^valid: [1-9]\d* leaves of somabrain.local/ledger/.*, the newest is witnessed$",
                     parts[17], re.M)
    listed, *tail, proven, entry = parts[18].strip().split("\n")
    assert json.loads(listed)["events"][0]["action"] == "memory.recall" and len(tail) == 5
    assert re.match(r"valid: leaf \d+ of \d+ leaves of somabrain.local/ledger/", proven)
    assert json.loads(entry)["stream"] == "state"

    remembered, verdict, refusal = parts[19].strip().split("\n")
    assert json.loads(verdict)["feedback_id"] and json.loads(remembered)["id"]
    assert refusal.startswith("not done: the planned action's utility -0.6")


def test_the_loop_leaves_its_verdict(stack, make_tenant):
    """What the loop in curl credited, by what the ledger and the next evaluate say of it."""
    fresh = make_tenant()
    loop, = [block for block in blocks(stack.root) if "brain/feedback" in block and "TASKS" in block]
    setup = re.sub(r"^TENANT=.*\n", f"TENANT={fresh.id}\n", blocks(stack.root)[0], flags=re.M)
    done = run(stack, setup + loop)
    assert done.returncode == 0, done.stdout + done.stderr
    bundle = fresh.agent.evaluate("Which hall?", session_id="loop")
    assert [(item["kind"], item["text"]) for item in bundle["working_memory"]] == [
        ("query", "Which hall does Ada want for the review?"), ("response", "the small hall")]
    rows = stack.rows("SELECT body FROM events WHERE tenant = %s ORDER BY log_index", fresh.id)
    told = [(event["action"], event["status"]) for event in
            (json.loads(bytes(body)) for body, in rows)]
    assert told == [("memory.remember", 201), ("brain.evaluate", 200), ("brain.feedback", 201),
                    ("brain.evaluate", 403), ("brain.evaluate", 200)]


def test_the_tour_notices_a_refusal(stack):
    setup = blocks(stack.root)[0]
    done = run(stack, setup + """call "$URL/v1/recall" -d '{"query": ""}'""")
    assert done.returncode != 0 and '"status":400' in done.stdout

"""api/events: what Kafka's records hold. A schema that was published changes only so that old readers read what
new relays write and new readers what old ones wrote: optional members may come, nothing else moves."""
import copy
import json
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EVENTS = ROOT / "api/events"
WORDS = {"description", "title", "examples", "$comment"}  # mean nothing to a validator


def meaning(schema):
    """The schema without its words."""
    if isinstance(schema, dict):
        return {k: meaning(v) for k, v in schema.items() if k not in WORDS}
    return [meaning(v) for v in schema] if isinstance(schema, list) else schema


def incompatible(old, new):
    """Why records of one schema might not pass the other, or be read otherwise; empty: they do. Content is open:
    both take members that they do not know."""
    found = []
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            found.append(f"{name} has gone")
        elif meaning(schema) != meaning(after[name]):
            found.append(f"{name} means something else")
    for name in sorted(set(old.get("required", [])) ^ set(new.get("required", []))):
        found.append(f"{name} is required in one of them only")
    rest = [meaning({k: v for k, v in s.items() if k not in ("properties", "required")}) for s in (old, new)]
    if rest[0] != rest[1]:
        found.append("something beside the members has changed")
    return found


def git(*words):
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)


def published():
    """(path, commit, schema) of every version that ever stood in this repository's history."""
    commits = git("log", "--format=%H", "--", "api/events")
    for commit in commits.stdout.split():
        names = git("ls-tree", "-r", "--name-only", commit, "api/events/").stdout.split()
        for name in (n for n in names if n.endswith(".json")):
            yield name, commit, json.loads(git("show", f"{commit}:{name}").stdout)


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schemas = {path.relative_to(ROOT).as_posix(): json.loads(path.read_text())
                       for path in sorted(EVENTS.glob("*/v*.json"))}

    def test_there_is_one_for_each_topic_and_version(self):
        route = (ROOT / "src/domain/ledger/relay/route.cpp").read_text()
        topics = re.findall(r'return "(soma\.[a-z.]+)";', route)
        record = (ROOT / "src/domain/ledger/relay/record.h").read_text()
        newest = int(re.search(r"kEventSchemaVersion = (\d+)", record).group(1))
        self.assertEqual(sorted(self.schemas), sorted(f"api/events/{topic}/v{version}.json"
                                                      for topic in topics
                                                      for version in range(1, newest + 1)))
        for name, schema in self.schemas.items():
            self.assertEqual(f"v{schema['properties']['v']['const']}", pathlib.Path(name).stem)

    def test_they_speak_of_the_members_that_events_have(self):
        source = (ROOT / "src/domain/ledger/event.cpp").read_text()
        body = source[source.index("std::string event_body("):]
        members = set(re.findall(r'out\.put\w*\("(\w+)"', body))
        self.assertGreater(len(members), 15)
        for name, schema in self.schemas.items():
            self.assertEqual(set(schema["properties"]), members, name)

    def test_content_is_open(self):
        for schema in self.schemas.values():
            self.assertEqual(schema["type"], "object")
            self.assertNotIn("additionalProperties", schema)
            self.assertLessEqual(set(schema["required"]), set(schema["properties"]))

    def test_what_was_published_stays_compatible(self):
        if git("rev-parse", "--git-dir").returncode != 0:
            self.skipTest("no history here")
        for name, commit, schema in published():
            self.assertIn(name, self.schemas, f"{name} of {commit[:12]} has gone")
            self.assertEqual(incompatible(schema, self.schemas[name]), [], f"{name} against {commit[:12]}")


class Gate(unittest.TestCase):
    """That the gate can close."""

    def setUp(self):
        self.old = json.loads((EVENTS / "soma.audit/v1.json").read_text())
        self.new = copy.deepcopy(self.old)

    def refuses(self, words):
        for pair in ((self.old, self.new), (self.new, self.old)):
            self.assertTrue(any(words in why for why in incompatible(*pair)), incompatible(*pair))

    def test_words_and_optional_members_may_come(self):
        self.new["properties"]["actor"]["description"] = "Who asked."
        self.new["properties"]["region"] = {"type": "string"}
        self.assertEqual(incompatible(self.old, self.new), [])

    def test_a_member_may_not_go(self):
        del self.new["properties"]["trace_id"]
        self.assertEqual(incompatible(self.old, self.new), ["trace_id has gone"])

    def test_a_member_may_not_become_required_or_optional(self):
        self.new["required"].append("trace_id")
        self.refuses("trace_id is required in one")

    def test_a_member_keeps_its_meaning(self):
        for change in ({"type": "integer"}, {"type": ["string", "null"]}, {"maxLength": 8}, {"enum": ["a"]}):
            self.new["properties"]["actor"] = {**self.old["properties"]["actor"], **change}
            self.refuses("actor means something else")

    def test_content_may_not_be_closed(self):
        self.new["additionalProperties"] = False
        self.refuses("something beside the members")


if __name__ == "__main__":
    unittest.main()

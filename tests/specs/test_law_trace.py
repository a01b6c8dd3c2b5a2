"""What two running nodes log is a behaviour of specs/constitution; logs that break the protocol, made from
the same ones by a single lie each, are refused. Needs java, and TLC in TLC_JAR (./dev test specs)."""
import contextlib
import json

import pytest

from checker import check, write_module
from legislature import law  # noqa: F401 (a fixture)
from story import Story

STEP = "a step of the law"
IN_FORCE, MARKED, LOCKED = "the law is in force", "the law is marked", "a version of the law is locked"


def judged(logs, laws, folder):
    return check("constitution", "LawTrace", arguments(logs, laws), folder)


def arguments(logs, laws):
    return [*logs, *(word for law in laws for word in ("--law", law))]


@pytest.fixture(scope="module")
def story(law, tmp_path_factory):  # noqa: F811
    told = Story(law, tmp_path_factory.mktemp("story"))
    with contextlib.closing(told.second):
        told.tell()
        yield told


class Logs:
    """Recorded lines that may be changed: a list for each log."""

    def __init__(self, paths):
        self.names = [path.name for path in paths]
        self.lines = [[json.loads(text) for text in path.read_text().splitlines()
                       if text.startswith("{") and text.endswith("}")] for path in paths]

    def all(self, event, **fields):
        found = [line for lines in self.lines for line in lines if line["event"] == event
                 and all(line.get(name) == value for name, value in fields.items())]
        return sorted(found, key=lambda line: line["time"])

    def drop(self, dropped):
        """Exactly these lines, not others that read the same."""
        gone = {id(line) for line in dropped}
        self.lines = [[line for line in lines if id(line) not in gone] for lines in self.lines]

    def write(self, folder):
        paths = [folder / name for name in self.names]
        for path, lines in zip(paths, self.lines):
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return paths


@pytest.fixture
def logs(story):
    return Logs(story.logs)


def request(logs, line):
    return logs.all(STEP, request_id=line["request_id"])


def activated(logs):
    """Without the first law's: the spec begins with that one."""
    return logs.all(STEP, step="activate", outcome="taken")[1:]


def rivals(logs):
    """(the activation that won, one that did not) of one number."""
    lost = next(line for outcome in ("version", "previous")
                for line in logs.all(STEP, step="activate", outcome=outcome))
    return min(activated(logs), key=lambda line: abs(moment(line) - moment(lost))), lost


def moment(line):
    hour, minute, second = line["time"][11:-1].split(":")
    return int(hour) * 3600 + int(minute) * 60 + float(second)


def test_the_logs_are_a_behaviour_of_the_spec(story, tmp_path):
    verdict = judged(story.logs, story.laws, tmp_path)
    assert verdict.holds, verdict


def test_the_story_shows_every_step_that_the_spec_knows(story, tmp_path):
    write_module(arguments(story.logs, story.laws), tmp_path)
    recorded = (tmp_path / "Recorded.tla").read_text()
    for step in ("sign", "check", "commit", "told too few", "told too late", "load", "mark", "in force",
                 "copy", "lock", "empty redis"):
        assert f'does |-> "{step}"' in recorded, step
    assert 'does |-> "commit"' in "".join(line for line in recorded.splitlines() if "must |-> FALSE" in line)
    assert len(Logs(story.logs).all("starting")) >= 4


# Each of these changes the logs of a story that holds.

def a_commit_without_a_quorum(logs):
    law = activated(logs)[0]["law"]
    logs.drop(request(logs, logs.all(STEP, step="sign", outcome="taken", law=law)[0]))


def a_signature_by_a_stranger(logs):
    law = activated(logs)[-1]["law"]
    former = logs.all(STEP, step="sign", outcome="taken")[0]["signer"]  # whose key was rotated
    for line in request(logs, logs.all(STEP, step="sign", outcome="taken", law=law)[0]):
        line["signer"] = former


def in_force_before_it_is_marked(logs):
    in_force = logs.all(IN_FORCE)[-1]
    lines = next(lines for lines in logs.lines if in_force in lines)
    place = lines.index(in_force)
    marked = next(i for i in range(place, 0, -1) if lines[i]["event"] == MARKED)
    lines[marked], lines[place] = lines[place], lines[marked]
    lines[marked]["time"], lines[place]["time"] = lines[place]["time"], lines[marked]["time"]


def in_force_and_never_activated(logs):
    logs.drop(request(logs, activated(logs)[-1]))


def a_version_is_skipped(logs):
    version = logs.all(IN_FORCE)[-1]["version"] - 1
    law = logs.all(IN_FORCE, version=version)[0]["law"]
    logs.drop([line for lines in logs.lines for line in lines if line.get("law") == law])


def in_force_under_another_number(logs):
    line = logs.all(IN_FORCE)[-1]
    line["version"] += 1


def the_loser_is_in_force_on_one_node(logs):
    won, lost = rivals(logs)
    lines = next(lines for lines in logs.lines if lost in lines)
    for line in lines:
        if line["event"] in (MARKED, IN_FORCE) and line["law"] == won["law"]:
            line["law"] = lost["law"]


def both_rivals_are_activated(logs):
    lost = rivals(logs)[1]
    request(logs, lost)[-1]["outcome"] = "taken"


def an_older_law_after_a_restart(logs):
    lines = logs.lines[0]
    last = max(i for i, line in enumerate(lines) if line["event"] == "starting")
    older = logs.all(IN_FORCE, version=2)[0]["law"]
    for line in next([m, f] for m, f in zip(lines[last:], lines[last + 1:])
                     if m["event"] == MARKED and f["event"] == IN_FORCE):
        line.update(law=older, version=2)


def locked_before_it_is_in_force(logs):
    line = logs.all(LOCKED)[-1]
    lines = next(lines for lines in logs.lines if line in lines)
    place = next(i for i, each in enumerate(lines) if each["event"] == LOCKED)
    lines.remove(line)
    lines.insert(place, {**line, "time": lines[place]["began"], "began": lines[place]["began"]})


def told_too_few_when_they_were_enough(logs):
    law = activated(logs)[0]["law"]
    refused = logs.all(STEP, step="activate", law=law, outcome="old_threshold")[0]
    asked = request(logs, refused)[0]
    refused["time"] = asked["time"] = logs.all(STEP, step="activate", law=law, outcome="asked")[-1]["time"]


@pytest.mark.parametrize("lie", [
    a_commit_without_a_quorum, a_signature_by_a_stranger, in_force_before_it_is_marked,
    in_force_and_never_activated, a_version_is_skipped, in_force_under_another_number,
    the_loser_is_in_force_on_one_node, both_rivals_are_activated, an_older_law_after_a_restart,
    locked_before_it_is_in_force, told_too_few_when_they_were_enough], ids=lambda lie: lie.__name__)
def test_a_lie_is_refused(lie, logs, story, tmp_path):
    lie(logs)
    verdict = judged(logs.write(tmp_path), story.laws, tmp_path)
    assert verdict.refused and not verdict.holds, verdict.said

"""What a committer and two relays record, while everybody is killed, is a behaviour of specs/ledger that ends
with the ledger and Kafka as they are; copies with one lie each are refused. Needs java, and TLC in TLC_JAR."""
import json
import re

import pytest

from checker import check
from ledger_story import Copy, Story, arguments, unanswered


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    told = Story(tmp_path_factory.mktemp("ledger"))
    try:
        told.tell()
        yield told
    finally:
        told.stack.destroy()


@pytest.fixture
def copy(story):
    return Copy(story.files)


def judged(files, folder):
    return check("ledger", "LedgerTrace", arguments(files), folder)


def test_what_was_recorded_is_a_behaviour_of_the_spec(story, tmp_path):
    verdict = judged(story.files, tmp_path)
    assert verdict.holds, verdict


def test_the_story_shows_what_the_spec_is_about(copy):
    commits = copy.lines["commits"]
    assert sum(" presumed, " in line for line in commits) > 10
    assert sum(line.startswith("commit 1 sent") for line in commits) >= 4, "services"
    assert any(" lost @" in line for line in commits)
    relay = copy.lines["relay"]
    assert sum(line.startswith("begun") for line in relay) >= 6 and any("failed" in line for line in relay)
    assert unanswered(relay), "a transaction that was begun and not heard of"
    assert any(line.startswith("sent ") for line in copy.lines["second"])


# Each of these changes the record of a story that holds.

def place(lines, start):
    """Of the last line that begins so."""
    return max(number for number, line in enumerate(lines) if line.startswith(start))


def stored(copy):
    return {json.loads(line)["id"] for line in copy.lines["ledger"]}


def a_lost_commit_was_answered(copy):
    lines, there = copy.lines["commits"], stored(copy)
    for number, line in enumerate(lines):
        heard = re.match(r"commit (\d+) lost", line)
        sent = heard and next(text for text in lines[number::-1] if text.startswith(f"commit {heard[1]} sent"))
        if sent and not there & set(sent.split(" @")[0].split()):
            lines[number] = line.replace("lost", "answered")
            return
    raise AssertionError("every COMMIT without an answer was written")


def an_answer_without_its_event(copy):
    copy.lines["ledger"].pop()


def two_events_change_places(copy):
    rows = [json.loads(line) for line in copy.lines["ledger"]]
    rows[-1]["id"], rows[-2]["id"] = rows[-2]["id"], rows[-1]["id"]
    copy.lines["ledger"] = [json.dumps(row) for row in rows]


def an_event_is_written_twice(copy):
    row = json.loads(copy.lines["ledger"][-1])
    row["log_index"] += 1
    copy.lines["ledger"].append(json.dumps(row))


def carried_before_it_is_written(copy):
    lines = copy.lines["commits"]
    for number in range(place(lines, "commit "), len(lines)):
        text, time = lines[number].split(" @")
        lines[number] = f"{text} @{int(time) + 3_600_000_000}"
    number = re.match(r"commit (\d+) ", lines[-1])[1]
    sent = place(lines, f"commit {number} sent")
    text, time = lines[sent].split(" @")
    lines[sent] = f"{text} @{int(time) + 3_599_000_000}"


def goes_on_one_further(copy):
    lines = copy.lines["relay"]
    at = place(lines, "resume ")
    lines[at] = re.sub(r"^resume (\d+)", lambda found: f"resume {int(found[1]) + 1}", lines[at])


def a_last_record_is_not_seen(copy):
    lines = copy.lines["relay"]
    at = place(lines, "resume ")
    lines[at] = re.sub(r" \S+=\d+", "", lines[at], count=1)


def no_answer_is_one(copy):
    lines = copy.lines["relay"]
    at = unanswered(lines)[0]
    lines.insert(at + 1, lines[at].replace("send", "sent"))


def a_batch_is_passed_over(copy):
    lines = copy.lines["relay"]
    at = place(lines, "send ")
    del lines[at:at + 2]


def a_record_is_lost(copy):
    del copy.lines["kafka"][len(copy.lines["kafka"]) // 2]


def a_record_is_doubled(copy):
    lines = copy.lines["kafka"]
    lines.insert(len(lines) // 2, lines[len(lines) // 2])


def two_records_change_places(copy):
    lines = copy.lines["kafka"]
    homes = [line.split(', "log_index"')[0] for line in lines]
    at = next(i for i in range(len(lines) // 3, len(lines)) if homes[i] == homes[i + 1])
    lines[at], lines[at + 1] = lines[at + 1], lines[at]


def a_record_says_more_is_complete(copy):
    record = json.loads(copy.lines["kafka"][5])
    record["complete_below"] += 1
    copy.lines["kafka"][5] = json.dumps(record)


@pytest.mark.parametrize("lie", [
    a_lost_commit_was_answered, an_answer_without_its_event, two_events_change_places,
    an_event_is_written_twice, carried_before_it_is_written, goes_on_one_further, a_last_record_is_not_seen,
    no_answer_is_one, a_batch_is_passed_over, a_record_is_lost, a_record_is_doubled,
    two_records_change_places, a_record_says_more_is_complete], ids=lambda lie: lie.__name__)
def test_a_lie_is_refused(lie, copy, tmp_path):
    lie(copy)
    verdict = judged(copy.write(tmp_path), tmp_path)
    assert verdict.refused and not verdict.holds, verdict.said

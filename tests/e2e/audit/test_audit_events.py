"""GET /v1/audit/events: what happened to a tenant, by filter and page by page."""
import json
import urllib.parse
import uuid

import pytest

from api import assert_problem

BATCH = 23


def ask(client, status=200, **parameters):
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    reply = client.call("GET", f"/v1/audit/events{query}")
    assert reply.status == status, str(reply)
    return reply.json


def every(client, **parameters):
    """All events of all pages."""
    events = []
    while True:
        page = ask(client, **parameters)
        events += page["events"]
        if "next" not in page:
            return events
        parameters["cursor"] = page["next"]


@pytest.fixture(scope="module")
def watched(make_tenant):
    """A tenant with events of every kind, and its rows as the database has them, oldest first."""
    tenant = make_tenant()
    agent = tenant.agent
    first = agent.remember("one", key="k")
    for run in ("run 7", "run 8"):
        agent.call("POST", "/v1/recall", {"query": "one"}, headers={"Soma-Telemetry-Ref": run})
    agent.remember_batch([{"text": f"note {n}"} for n in range(BATCH)])
    tenant.client("admin").delete(first["id"])
    agent.get(uuid.UUID(int=9))
    names = ("id", "log_id", "log_index", "stream", "stream_sequence", "actor", "action", "telemetry_ref")
    rows = tenant.stack.rows(f"SELECT {', '.join(names)}, body, time FROM events WHERE tenant = %s ORDER BY log_index",
                             tenant.id)
    expected = []
    for row in rows:
        event = {name: str(value) if name.endswith("id") else value for name, value in zip(names, row)
                 if value is not None}
        event["body"] = json.loads(bytes(row[-2]))
        event["time"] = row[-1].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        expected.append(event)
    yield tenant, tenant.client("auditor"), expected
    tenant.close()


def before_asking(events, expected):
    """Without the events that asking made."""
    known = {event["id"] for event in expected}
    return [event for event in events if event["id"] in known]


def test_every_event_is_there_as_it_is_stored(watched):
    _, auditor, expected = watched
    assert before_asking(every(auditor, order="oldest_first"), expected) == expected
    assert before_asking(every(auditor), expected) == expected[::-1], "newest first, unless asked otherwise"
    assert {event["stream"] for event in expected} == {"state", "access"}


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
def test_pages_show_each_event_once(watched, limit, order):
    _, auditor, expected = watched
    last = {"to": expected[-1]["time"]} if order == "oldest_first" else {}
    events = every(auditor, limit=limit, order=order, **last)
    ids = [event["id"] for event in events]
    assert len(set(ids)) == len(ids)
    wanted = [event for event in expected if not last or event["time"] < last["to"]]
    shown = before_asking(events, expected)
    assert shown == (wanted if order == "oldest_first" else wanted[::-1])


@pytest.mark.parametrize("member, value", [
    ("stream", "state"), ("stream", "access"), ("action", "memory.recall"), ("action", "memory.delete"),
    ("action", "memory.never"), ("actor", "e2e"), ("actor", "nobody"), ("telemetry_ref", "run 8"),
    ("telemetry_ref", "run")])
def test_a_filter_shows_what_it_says_and_all_of_it(watched, member, value):
    _, auditor, expected = watched
    wanted = [event for event in expected if event.get(member) == value]
    for limit in (3, 100):
        events = every(auditor, order="oldest_first", limit=limit, **{member: value})
        assert before_asking(events, expected) == wanted
        assert all(event[member] == value for event in events)


def test_filters_add_up(watched):
    _, auditor, expected = watched
    events = every(auditor, stream="access", action="memory.recall", actor="e2e", telemetry_ref="run 8")
    assert before_asking(events, expected) == [e for e in expected if e.get("telemetry_ref") == "run 8"]
    assert every(auditor, stream="state", action="memory.recall") == []


def test_a_range_of_time_begins_with_from_and_ends_before_to(watched):
    _, auditor, expected = watched
    times = sorted({event["time"] for event in expected})
    begin, end = times[1], times[-2]
    events = every(auditor, **{"from": begin, "to": end, "order": "oldest_first"})
    assert events == [event for event in expected if begin <= event["time"] < end]
    # A batch's events share one time: no page's end may split them.
    batch = [event for event in expected if event["action"] == "memory.remember_batch"]
    assert len(batch) == BATCH and len({event["time"] for event in batch}) == 1
    assert every(auditor, limit=5, order="oldest_first", action="memory.remember_batch") == batch
    assert every(auditor, limit=5, action="memory.remember_batch") == batch[::-1]


def test_one_cursor_goes_both_ways(watched):
    _, auditor, expected = watched
    middle = expected[10]["id"]
    older = every(auditor, cursor=middle)
    newer = every(auditor, cursor=middle, order="oldest_first")
    assert older == expected[:10][::-1] and before_asking(newer, expected) == expected[11:]
    # What comes after the last event that was seen, while it comes.
    tenant, _, _ = watched
    latest = ask(auditor, limit=1)["events"][0]["id"]
    made = tenant.client("admin").remember("later")
    news = every(auditor, cursor=latest, order="oldest_first", stream="state")
    assert [event["body"]["targets"] for event in news] == [[made["id"]]]


def test_another_tenants_events_are_not_there(watched, make_tenant):
    _, auditor, expected = watched
    other = make_tenant()
    other.agent.remember("mine")
    theirs = every(other.client("auditor"))
    assert len(theirs) == 1 and theirs[0]["body"]["tenant"] == other.id
    for cursor in (expected[0]["id"], str(uuid.uuid4())):
        reply = other.client("auditor").call("GET", f"/v1/audit/events?cursor={cursor}")
        assert_problem(reply, 400, "/cursor", "no event of this tenant")
    assert not {event["id"] for event in theirs} & {event["id"] for event in every(auditor)}
    other.close()


def test_asking_is_itself_on_record(make_tenant):
    tenant = make_tenant()
    auditor = tenant.client("auditor")
    ask(auditor)
    event, = ask(auditor)["events"]
    assert (event["action"], event["stream"], event["body"]["status"]) == ("audit.events", "access", 200)
    assert len(event["body"]["request_digest"]) == 64
    refused = auditor.call("GET", "/v1/audit/events?limit=0")
    assert_problem(refused, 400, "/limit")
    assert ask(auditor)["events"][0]["body"]["decision"] == "refused"
    tenant.close()


@pytest.mark.parametrize("query, field, fragment", [
    ("limit=0", "/limit", "1"), ("limit=101", "/limit", "100"), ("limit=x", "/limit", "integer"),
    ("stream=system", "/stream", "access"), ("stream=", "/stream", "state"),
    ("from=yesterday", "/from", ""), ("to=2026-13-01T00:00:00Z", "/to", ""),
    ("from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "/to", "after from"),
    ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "/to", "after from"),
    ("action=", "/action", "empty"), ("action=" + "a" * 65, "/action", "64"), ("actor=", "/actor", "empty"),
    ("actor=" + "a" * 257, "/actor", "256"), ("telemetry_ref=%C3%BC", "/telemetry_ref", "ASCII"),
    ("telemetry_ref=" + "a" * 257, "/telemetry_ref", "256"), ("order=sideways", "/order", "newest_first"),
    ("cursor=7", "/cursor", ""), ("cursor=" + str(uuid.UUID(int=5)), "/cursor", "no event"),
    ("limit=1&limit=2", "/limit", "twice"), ("since=1", "/since", "not a parameter")])
def test_bad_questions_name_their_field(watched, query, field, fragment):
    _, auditor, _ = watched
    assert_problem(auditor.call("GET", f"/v1/audit/events?{query}"), 400, field, fragment)

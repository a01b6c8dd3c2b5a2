"""Every method against the running service, by both clients."""
import array
import base64
import hashlib
import json
import math
from datetime import datetime, timedelta, timezone

import pytest

import somabrain
from tokens import Issuer

MARCH = datetime(2026, 3, 1, 9, 30, 0, 123456, timezone.utc)


def test_health_needs_no_token(stack, make_client):
    brain = make_client(f"http://127.0.0.1:{stack.http_port}")
    assert brain.health() == somabrain.Health(status="ok")
    with pytest.raises(somabrain.UnauthenticatedError):
        brain.recall("x")


def test_everything_that_is_said_comes_back(brain):
    said = brain.remember(
        "Ada prefers tea, without sugar. ☕ \u202e", subject="ada", kind="fact", speaker="Ada",
        session_id="s", turn=7, occurred_at=MARCH, valid_from="2026-03-01T10:30:00+01:00",
        valid_to=datetime(9999, 12, 31, tzinfo=timezone.utc), ttl_seconds=3600, importance=0.25,
        tags=("drink", "tea"), metadata={"π": [1, {"deep": None}], "empty": {}}, key="ada/drink")
    assert isinstance(said, somabrain.RememberResponse) and said.sequence == 1
    got = brain.get(said.id)
    assert got == somabrain.MemoryRecord(
        id=said.id, text="Ada prefers tea, without sugar. ☕ \u202e", sequence=1,
        created_at=said.created_at, subject="ada", kind="fact", speaker="Ada", session_id="s",
        turn=7, occurred_at=MARCH, valid_from=datetime(2026, 3, 1, 9, 30, tzinfo=timezone.utc),
        valid_to=datetime(9999, 12, 31, tzinfo=timezone.utc),
        expires_at=said.created_at + timedelta(hours=1), importance=0.25, tags=["drink", "tea"],
        metadata={"π": [1, {"deep": None}], "empty": {}}, key="ada/drink")


def test_a_bare_text_has_nothing_else(brain):
    said = brain.remember("only this")
    got = brain.get(said.id)
    assert (got.speaker, got.turn, got.occurred_at, got.tags, got.metadata, got.superseded_by) == (
        "", None, None, [], {}, None)


def test_recall(brain):
    tea = brain.remember("Ada prefers tea.", speaker="Ada", tags=["drink"], occurred_at=MARCH)
    brain.remember("The meeting is on Thursday.")
    answer = brain.recall("What does Ada drink?", top_k=2, explain=True)
    best = answer.results[0]
    assert isinstance(best, somabrain.RecalledMemory)
    assert (best.id, best.speaker, best.tags, best.occurred_at) == (tea.id, "Ada", ["drink"], MARCH)
    assert set(best.view_values) >= {"dense", "lexical"} and best.weight is None
    assert answer.results[1].score <= best.score and not best.truncated
    plain = brain.recall("What does Ada drink?", top_k=1, views=["lexical"]).results
    assert [hit.id for hit in plain] == [tea.id] and plain[0].view_values == {}
    assert answer.known and answer.coverage > 0.42
    poor = brain.recall("gyro velcro bishop turbine", min_coverage=0.42)
    assert (poor.known, poor.results) == (False, []) and poor.coverage < 0.42


def test_a_key_supersedes(brain):
    old = brain.remember("Ada prefers tea.", key="ada/drink")
    new = brain.remember("Ada prefers coffee.", key="ada/drink")
    assert brain.get(old.id).superseded_by == new.id
    assert [hit.id for hit in brain.recall("Ada").results] == [new.id]


def test_filters(brain):
    tea = brain.remember("Ada prefers tea.", tags=["drink"], metadata={"cups": 3})
    brain.remember("Ada prefers rye bread.", tags=["food"], metadata={"cups": 0})
    drinks = {"field": "tags", "op": "contains", "value": "drink"}
    cups = {"and": (drinks, {"not": {"field": "metadata.cups", "op": "lt", "value": 1}})}
    for which in (drinks, cups):
        assert [hit.id for hit in brain.recall("Ada", filter=which).results] == [tea.id]
        assert [one.id for one in brain.list(filter=which).memories] == [tea.id]
    with pytest.raises(somabrain.InvalidArgumentError) as caught:
        brain.list(filter={"not": {"field": "tags", "op": "like", "value": "ä"}})
    assert caught.value.field == "/filter/not/op"


def test_list(brain):
    made = [brain.remember(f"note {n}").id for n in range(5)]
    page = brain.list(limit=2)
    assert isinstance(page, somabrain.ListMemoriesResponse)
    assert page.memories == [brain.get(one) for one in made[:2]]
    rest = brain.list(limit=1000, cursor=page.next_cursor)
    assert [one.id for one in rest.memories] == made[2:] and rest.next_cursor is None
    assert rest.state_token == page.state_token == brain.state_token
    assert [one.id for one in brain.list_all()] == made


def test_facts_in_time(brain):
    old = brain.remember("Ada prefers tea.", key="ada/drink",
                         valid_from=datetime(2020, 3, 1, tzinfo=timezone.utc))
    new = brain.remember("Ada prefers coffee.", key="ada/drink",
                         valid_from=datetime(2020, 5, 1, tzinfo=timezone.utc))
    april = datetime(2020, 4, 1, tzinfo=timezone.utc)
    assert [hit.id for hit in brain.recall("Ada", valid_at=april).results] == [old.id]
    assert [one.id for one in brain.list(valid_at=april).memories] == [old.id]
    assert [one.id for one in brain.list(as_of=old.state_token, valid_at=april).memories] == [
        old.id]
    assert [hit.id for hit in brain.recall("Ada", as_of=old.created_at).results] == [old.id]
    assert [one.id for one in brain.list_all(include_superseded=True)] == [old.id, new.id]
    chain = brain.history(new.id)
    assert isinstance(chain, somabrain.MemoryHistoryResponse)
    assert [one.id for one in chain.memories] == [old.id, new.id] and chain.next_cursor is None
    assert chain.memories[0].superseded_by == new.id
    assert [one.id for one in brain.history(old.id, limit=1).memories] == [old.id]


def test_a_batch(brain, tenant):
    items = [{"text": f"Crate {n} holds bolts.", "turn": n, "session_id": "b",
              "occurred_at": MARCH} for n in range(3)]
    made = brain.remember_batch(iter(items))
    assert [one.sequence for one in made.results] == [1, 2, 3]
    assert brain.state_token == made.results[-1].state_token
    with pytest.raises(somabrain.InvalidArgumentError) as caught:
        brain.remember_batch([items[0], {"text": ""}])
    assert caught.value.field == "/items/1/text"
    assert tenant.memory_count() == 3


def test_delete(brain, tenant):
    made = brain.remember("A note to delete.")
    operator = tenant.operator()
    gone = operator.delete(made.id)
    assert (gone.id, gone.sequence) == (made.id, 2)
    for act in (brain.get, operator.delete):
        with pytest.raises(somabrain.NotFoundError):
            act(made.id)
    assert brain.recall("note").results == []


def test_evaluate(brain):
    brain.remember_batch([{"text": "Grace brings the measurements.", "session_id": "w"},
                          {"text": "The review is on Thursday."}])
    bundle = brain.evaluate("Who brings what?", session_id="w", top_k=2, token_budget=200)
    assert isinstance(bundle, somabrain.EvaluateResponse)
    assert sum(memory.weight for memory in bundle.memories) == pytest.approx(1)
    assert len(bundle.fused) == len(bundle.residual) == 384
    assert {type(x) for x in bundle.fused + bundle.residual} == {float}
    assert "Grace" in bundle.prompt and bundle.constitution_version >= 1
    assert all(isinstance(said, somabrain.PolicyDirective) for said in bundle.policy)
    assert [said.article for said in bundle.policy] == ["human-review"]
    assert bundle.policy[0].text in bundle.prompt
    assert [item.text for item in bundle.working_memory] == ["Grace brings the measurements."]
    asked = brain.evaluate("And then?", session_id="w").working_memory
    assert [item.kind for item in asked] == ["turn", "query"]
    assert asked[1].time is not None and asked[1].time.tzinfo == timezone.utc


def test_an_action_is_judged_and_a_prompt_rendered(brain):
    brain.remember("The hall costs 80.", speaker="Ada")
    action = dict(confidence=.5, cost_tokens=20, price=.5, predicted_latency_seconds=2.0)
    bundle = brain.evaluate("Book it?", render="anthropic_messages", **action)
    figures = bundle.utility
    assert isinstance(figures, somabrain.UtilityFigures)
    assert figures.utility == pytest.approx(
        figures.baseline + figures.lambda_ * math.log(.5) - figures.mu * 10 - figures.nu * 2)
    assert (figures.cost, figures.probability_source) == (10, "caller")
    assert isinstance(bundle.rendering, somabrain.PromptRendering) and bundle.prompt == ""
    (message,) = bundle.rendering.messages
    assert message.role == "user" and "The hall costs 80." in message.content
    assert bundle.policy[0].text in bundle.rendering.system
    (only,) = brain.evaluate("Book it?", explain=True, **action).candidates
    assert isinstance(only, somabrain.PromptCandidate)
    assert (only.name, only.chosen, only.coverage) == ("all", True, 1)
    with pytest.raises(somabrain.LowUtilityError) as caught:
        brain.evaluate("Book it?", confidence=.01)
    refused = caught.value.utility
    assert caught.value.article == "utility" and refused["probability"] == .01
    assert refused["utility"] < refused["minimum"]


def test_an_evaluation_is_replayed(brain, tenant):
    made = brain.remember("The hall costs 80.")
    bundle = brain.evaluate("What does the hall cost?", confidence=.9)
    assert brain.replay(bundle.evaluation_id) == bundle
    tenant.operator().delete(made.id)
    with pytest.raises(somabrain.ConflictError) as caught:
        brain.replay(bundle.evaluation_id)
    assert "unreplayable" in caught.value.detail and made.id in caught.value.detail
    with pytest.raises(somabrain.NotFoundError):
        brain.replay(made.id)


def plan_tokens(brain, goal):
    """What its first step takes."""
    candidates = brain.plan([goal], explain=True).candidates
    return next(one.tokens for one in candidates if one.name == "half")


def test_a_plan(brain):
    goal, need = (brain.remember(text).id for text in ("Serve the dinner.", "Cook."))
    brain.link(goal, need, "depends_on")
    plan = brain.plan([goal], confidence=.9)
    assert isinstance(plan, somabrain.PlanResponse)
    assert [(step.id, step.depth, step.is_goal) for step in plan.steps] == [
        (need, 0, False), (goal, 1, True)]
    assert isinstance(plan.steps[0], somabrain.PlanStep) and plan.steps[1].depends_on == [need]
    assert plan.utility.probability == .9 and plan.candidates == []
    cut = brain.plan([goal], token_budget=plan_tokens(brain, goal), explain=True)
    assert [step.id for step in cut.steps] == [need] and cut.capped == ["steps"]
    (chosen,) = [one for one in cut.candidates if one.chosen]
    assert chosen.quoted == 1 and chosen.coverage < 1 and chosen.step_ids[0] == need
    brain.link(need, goal, "depends_on")
    with pytest.raises(somabrain.ConflictError) as caught:
        brain.plan([goal])
    assert goal in caught.value.detail and need in caught.value.detail


def test_weights_are_learnt_shown_and_taken_back(brain, tenant):
    used, _ = (brain.remember(text).id for text in ("Grace brings tape.", "Ada brings cake."))
    operator = tenant.operator()
    before = operator.get_weights()
    assert before.weights.version == 0 and len(before.weights.views) == 10
    bundle = brain.evaluate("Who brings tape?", confidence=.5)
    brain.feedback(bundle.evaluation_id, .5, used_memory_ids=[used])
    after = brain.get_weights().weights
    assert after.version == 1 and after.lambda_ != before.weights.lambda_
    history = operator.weights_history(limit=1)
    assert history.coordinates[:4] == ["lambda", "mu", "nu", "dense"] and history.next is None
    (change,) = history.changes
    assert (change.kind, change.reward, change.version) == ("step", .5, 1)
    lengths = {len(change.before), len(change.after), len(change.gradient)}
    assert lengths == {len(history.coordinates)}
    assert after.calibration.verdicts == 1 and after.calibration.needed > 1
    assert [f"calibration.{f.feature}" for f in after.calibration.features] == \
        [name for name in history.coordinates if name.startswith("calibration.")]
    with pytest.raises(somabrain.NotFoundError):
        operator.roll_back_weights(to_version=1)
    back = operator.roll_back_weights(steps=1, idempotency_key="once")
    assert (back.restored_version, back.weights.version) == (0, 2)
    assert back.weights.views == before.weights.views
    assert operator.roll_back_weights(steps=1, idempotency_key="once") == back


def test_feedback(brain):
    brain.remember("Grace brings the measurements.", session_id="w")
    bundle = brain.evaluate("Who brings what?", session_id="w")
    how = dict(used_memory_ids=[memory.id for memory in bundle.memories], session_id="w",
               response_text="Grace does.", tokens=12, model="m", metadata={"run": [1, None]})
    said = brain.feedback(bundle.evaluation_id, 0.5, **how)
    assert isinstance(said, somabrain.FeedbackResponse)
    assert (said.evaluation_id, said.sequence) == (bundle.evaluation_id, 2)
    assert brain.state_token == said.state_token
    assert brain.feedback(bundle.evaluation_id, 0.5, **how) == said
    with pytest.raises(somabrain.ConflictError):
        brain.feedback(bundle.evaluation_id, 1)
    with pytest.raises(somabrain.NotFoundError):
        brain.feedback(said.feedback_id, 1)
    with pytest.raises(somabrain.InvalidArgumentError) as caught:
        brain.feedback(bundle.evaluation_id, 2)
    assert caught.value.field == "/reward"
    items = brain.evaluate("And then?", session_id="w").working_memory
    assert [(item.kind, item.text) for item in items] == [
        ("turn", "Grace brings the measurements."), ("query", "Who brings what?"),
        ("response", "Grace does.")]
    assert items[2].weight == pytest.approx(0.2)


@pytest.mark.parametrize("session", ["w", "a/b c?", "ü%2F"])
def test_a_session_ends(brain, session):
    brain.remember("a turn", session_id=session)
    ended = brain.end_session(session)
    assert isinstance(ended, somabrain.EndSessionResponse)
    assert (ended.id, ended.sequence) == (session, 2)
    assert brain.evaluate("x", session_id=session).working_memory == []
    assert len(brain.recall("turn").results) == 1


def test_a_subject_is_erased(tenant, make_client):
    brain = make_client(tenant.url, Issuer(tenant.stack).mint(tenant.id, ("agent", "operator")))
    brain.remember("Ada likes tea.", subject="a/b c?")
    done = brain.erase_subject("a/b c?")
    assert isinstance(done, somabrain.Erasure)
    assert (done.state, done.sequence) == ("done", 3) and done.completed_at >= done.requested_at
    assert done.receipt["tiers"]["postgresql"]["rows"]["memories"] == 1
    assert brain.get_erasure(done.id) == done == brain.erase_subject("a/b c?")
    assert brain.recall("tea").results == []
    with pytest.raises(somabrain.NotFoundError):
        brain.erase_subject("nobody")


def test_the_ledger(tenant, make_client):
    seen = tenant.client(headers={"Soma-Telemetry-Ref": "run 17"})
    made = [seen.remember(f"note {n}") for n in range(5)]
    auditor = make_client(tenant.url, Issuer(tenant.stack).mint(tenant.id, ("auditor",)))
    events = list(auditor.audit_events(stream="state", order="oldest_first", limit=2))
    assert all(isinstance(event, somabrain.AuditEvent) for event in events)
    assert [event.body["targets"] for event in events] == [[one.id] for one in made]
    assert [event.stream_sequence for event in events] == [1, 2, 3, 4, 5]
    assert {(event.actor, event.action, event.telemetry_ref) for event in events} == {
        (events[0].body["actor"], "memory.remember", "run 17")}
    assert list(auditor.audit_events(stream="state")) == events[::-1]
    since = auditor.audit_events(stream="state", cursor=events[2].id, order="oldest_first")
    assert list(since) == events[3:]
    range_ = dict(from_=events[1].time, to=events[3].time, order="oldest_first")
    assert list(auditor.audit_events(action="memory.remember", **range_)) == events[1:3]
    assert next(auditor.audit_events()).telemetry_ref is None

    proof = auditor.audit_proof(events[0].id)
    assert isinstance(proof, somabrain.ProveAuditEventResponse)
    entry = base64.b64decode(proof.entry)
    assert json.loads(entry) == events[0].body and proof.id == events[0].id
    assert hashlib.sha256(b"\0" + entry).hexdigest() == proof.leaf
    assert 0 <= proof.leaf_index < proof.tree_size and proof.hashes
    checkpoints = auditor.audit_checkpoints(limit=1)
    newest = next(checkpoints)
    assert isinstance(newest, somabrain.LogCheckpoint)
    assert newest.size >= proof.tree_size and newest.root
    assert next(checkpoints).size < newest.size
    assert newest.note.split("\n")[1] == str(newest.size)
    with pytest.raises(somabrain.NotFoundError):
        auditor.audit_proof("019f0000-0000-7000-8000-000000000000")
    with pytest.raises(somabrain.PermissionDeniedError):
        next(tenant.client().audit_events())


def test_links(brain):
    rain = brain.remember("It rains.")
    wet = brain.remember("The street is wet.")
    made = brain.link(rain.id, wet.id, "causes", weight=0.4)
    assert isinstance(made, somabrain.LinkResponse)
    assert (made.from_, made.to, made.type, made.weight) == (rain.id, wet.id, "causes", 0.4)
    assert brain.link(wet.id, rain.id, "related").weight == 0.5
    links = brain.get_links(wet.id)
    assert [(link.from_, link.type) for link in links.links] == [
        (wet.id, "related"), (rain.id, "causes")]
    assert links.links[1].weight == pytest.approx(0.4, rel=1e-4) and links.capped == []
    assert brain.get_links(wet.id, limit=1).capped == ["links"]
    assert brain.list().links == []
    assert [(link.from_, link.stated_weight) for link in brain.list(include_links=True).links] == [
        (rain.id, 0.4), (wet.id, 0.5)]
    with pytest.raises(somabrain.NotFoundError):
        brain.link(rain.id, "019f0000-0000-7000-8000-000000000000", "next")
    with pytest.raises(somabrain.InvalidArgumentError) as caught:
        brain.link(rain.id, rain.id, "next")
    assert caught.value.field == "/to"


def test_vectors_of_any_kind(brain):
    unit = [0.0] * 384
    unit[5] = 1.0
    made = brain.remember("by vector", embedding=array.array("f", unit))
    brain.remember("by another", embedding=[*unit[1:], 0.0])
    assert brain.recall(embedding=tuple(unit), top_k=1).results[0].id == made.id
    assert brain.evaluate("x", embedding=unit, top_k=1).memories[0].id == made.id


def test_ids_with_slashes_stay_one_segment(brain):
    for odd in ("../health", "a/b", "?x=1", "ü"):
        with pytest.raises(somabrain.InvalidArgumentError) as caught:
            brain.get(odd)
        assert caught.value.field.endswith("id")


def test_what_cannot_be_sent_is_a_value_error(tenant):
    with pytest.raises(ValueError):
        tenant.client(headers={"Soma-Telemetry-Ref": "a\r\nb"}).recall("x")
    with pytest.raises(TypeError):
        tenant.client().remember("x", metadata={"file": object()})
    assert tenant.memory_count() == 0


def test_headers_travel_into_the_event(tenant):
    tenant.client(headers={"Soma-Telemetry-Ref": "run 17"}).remember("x")
    assert tenant.stack.rows("SELECT telemetry_ref FROM events WHERE tenant = %s AND stream = "
                             "'state'", tenant.id) == [("run 17",)]

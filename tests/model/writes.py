"""Random changes: each is sent, its answer compared, and the model changed as the law says."""
import urllib.parse

import times
from tenant import Link, close, expect

MOST_MEMORIES = 110
LINK_TYPES = ["related", "causes", "contrasts", "part_of", "depends_on", "motivates", "summary_of", "next"]


def take(tenant, item, reply):
    """What remembering one item did, once its number is known."""
    created = times.parse(reply["created_at"])
    expect(tenant.asked_at <= created <= tenant.answered_at, "recorded at", reply)
    tenant.facts.add(reply, item)
    tenant.sealed.add(item.get("subject"))
    tenant.order += 1
    session = item.get("session_id")
    if session:
        tenant.entries.append((tenant.order, "turn", reply["id"], session))
        if "turn" not in item and tenant.turn_before:
            # Removed in one group with this write: whether the session's last turn still counted
            # is the committer's to say.
            seen = tenant.answer("GET", f"/v1/memories/{reply['id']}").get("turn")
            memory = tenant.facts.memories[reply["id"]]
            expect(seen in (memory.turn, tenant.turn_before[session] + 1), "turn", seen, memory.turn)
            memory.turn = seen


def remember(tenant, rng):
    if len(tenant.facts.memories) > MOST_MEMORIES:
        return delete(tenant, rng)
    item = tenant.world.item(rng)
    reply = tenant.write(rng, "POST", "/v1/memories", item, 201)
    tenant.meet(reply["state_token"], 1)
    expect(reply["sequence"] == tenant.sequence, "sequence", reply)
    take(tenant, item, reply)


def batch(tenant, rng):
    if len(tenant.facts.memories) > MOST_MEMORIES:
        return delete(tenant, rng)
    items = [tenant.world.item(rng) for _ in range(rng.randint(1, 7))]
    body = {"items": items}
    if rng.random() < 0.15:
        bad = rng.randrange(len(items))
        items[bad] = {**items[bad], "embedding": [1.0]}
        return tenant.refused("POST", "/v1/memories:batch", 400, body, f"/items/{bad}/embedding")
    replies = tenant.write(rng, "POST", "/v1/memories:batch", body, 201)["results"]
    tenant.meet(replies[-1]["state_token"], len(items))
    numbers = [reply["sequence"] for reply in replies]
    expect(numbers == list(range(tenant.sequence - len(items) + 1, tenant.sequence + 1)), numbers)
    asked, answered, before = tenant.asked_at, tenant.answered_at, tenant.turn_before
    for item, reply in zip(items, replies):
        tenant.asked_at, tenant.answered_at = asked, answered
        tenant.turn_before = before if item is items[0] else {}
        take(tenant, item, reply)


def delete(tenant, rng):
    memory = tenant.pick(rng)
    path = f"/v1/memories/{memory}"
    reply = tenant.call("DELETE", path)
    if memory not in tenant.facts.memories:
        return expect(reply.status == 404, "deleted what is not there", reply)
    if reply.status == 404 and tenant.facts.memories[memory].expires:
        return expect(tenant.facts.memories[memory].expires <= tenant.answered_at, path, reply)
    expect(reply.status == 200 and reply.json["id"] == memory, path, reply)
    tenant.meet(reply.json["state_token"], 1)
    tenant.forget(memory)


def link(tenant, rng):
    start, end = tenant.pick(rng), tenant.pick(rng)
    body = {"from": start, "to": end, "type": rng.choice(LINK_TYPES[:rng.choice([2, 8])])}
    if rng.random() < 0.5:
        body["weight"] = rng.choice([0.001, 0.25, 0.9, 1])
    if start == end:
        return tenant.refused("POST", "/v1/links", 400, body, "/to")
    key = f"{rng.random()}" if rng.random() < 0.2 else None
    reply = tenant.call("POST", "/v1/links", body, key)
    # Either end may expire while the request is under way.
    missing = {next((f"/{name}" for name in ("from", "to") if not tenant.is_there(body[name], now)), None)
               for now in tenant.moments()}
    if reply.status == 404 or None not in missing:
        return expect(reply.status == 404 and reply.json["field"] in missing, body, reply)
    expect(reply.status == 201, body, reply)
    said = reply.json
    if key:
        tenant.keyed.append(("POST", "/v1/links", body, key, 201, said))
    tenant.meet(said["state_token"], 1)
    between = (tenant.asked_at, tenant.answered_at)
    known = tenant.links.get((start, end, body["type"]))
    before = known.at(tenant.answered_at) if known else 0.0
    weight = before + body.get("weight", 0.5) * (1 - before)
    expect(close(said["weight"], weight), "weight", said, "expected", weight)
    expect(all(said[n] == body[n] for n in ("from", "to", "type")), said, body)
    tenant.links[start, end, body["type"]] = Link(weight, known.created if known else between,
                                                  between, tenant.sequence)


def end_session(tenant, rng):
    session = rng.choice(tenant.world.pools["session_id"])
    path = "/v1/sessions/" + urllib.parse.quote(session, safe="")
    reply = tenant.write(rng, "DELETE", path, None, 200)
    expect(reply["id"] == session, reply)
    tenant.meet(reply["state_token"], 1)
    tenant.order += 1
    tenant.ended[session] = tenant.order


def feedback(tenant, rng):
    if not tenant.evaluations or rng.random() < 0.05:
        body = {"evaluation_id": tenant.pick(rng), "reward": 0}
        return tenant.refused("POST", "/v1/brain/feedback", 404, body, "/evaluation_id")
    about = rng.choice(list(tenant.evaluations.values()))
    body = {"evaluation_id": about.id, "reward": rng.choice([-1, 0, 0.5, 1])}
    body["used_memory_ids"] = rng.sample(about.memories, min(len(about.memories), rng.randint(0, 2)))
    if rng.random() < 0.6:
        body["response_text"] = tenant.world.words(rng, 6)
    if about.feedback and rng.random() < 0.7:
        reply = tenant.answer("POST", "/v1/brain/feedback", about.feedback[0], 201)
        return expect(reply == about.feedback[1], "feedback again", reply, about.feedback[1])
    if about.feedback:
        body["model"] = "another"
        return tenant.refused("POST", "/v1/brain/feedback", 409, body, "/evaluation_id")
    reply = tenant.answer("POST", "/v1/brain/feedback", body, 201)
    tenant.meet(reply["state_token"], 1)
    about.feedback = body, reply
    tenant.learn()
    tenant.order += 1
    if body.get("response_text") and about.session:
        tenant.entries.append((tenant.order, "response", reply["feedback_id"], about.session,
                               body["response_text"], about))


def erase(tenant, rng):
    """A subject is forgotten, by an event before its key goes and one after; again: the same receipt."""
    subject = tenant.erasing = rng.choice(tenant.world.pools["subject"])
    known = tenant.receipts.get(subject)
    reply = tenant.call("DELETE", "/v1/subjects/" + urllib.parse.quote(subject, safe=""))
    if subject not in tenant.sealed and (reply.status == 404 or reply.json == known):
        return expect(reply.status == (200 if known else 404), "erased", subject, reply)
    expect(subject in tenant.sealed | tenant.touched, "erased again", reply, known)
    expect(reply.status == 200 and reply.json["state"] == "done", "erase", subject, reply)
    tenant.erased_rows = None
    tenant.meet(reply.json["state_token"])
    rows = reply.json["receipt"]["tiers"]["postgresql"]["rows"]
    expect(tenant.erased_rows == (rows["memories"], rows["links"], rows["evaluations"]),
           "rows", rows, "expected", tenant.erased_rows)
    tenant.receipts[subject] = reply.json


def replay(tenant, rng):
    """A write under a known Idempotency-Key: the first answer again, and nothing is written."""
    if not tenant.keyed:
        return remember(tenant, rng)
    verb, path, body, key, status, said = rng.choice(tenant.keyed)
    if rng.random() < 0.3:
        other = {**tenant.world.item(rng), "kind": "another"}
        tenant.touched.add(other.get("subject"))
        reply = tenant.call("POST", "/v1/memories", other, key)
        return expect(reply.status == 422, "another body under the key", reply)
    items = (body or {}).get("items", [body or {}])
    tenant.touched |= {item.get("subject") for item in items}
    reply = tenant.answer(verb, path, body, status, key)
    expect(reply == said, "replayed", reply, "first", said)


def refused(tenant, rng):
    """Bad input changes nothing: the next answers' numbers say so."""
    good = tenant.world.item(rng)
    ends = {"valid_from": "2030-01-01T00:00:00Z", "valid_to": "2030-01-01T00:00:00Z"}
    tenant.refused("POST", *rng.choice([
        ("/v1/memories", 400, {**good, "embedding": [0.0] * 8}, "/embedding"),
        ("/v1/memories", 400, {**good, "text": ""}, "/text"),
        ("/v1/memories", 400, {**good, **ends}, "/valid_to"),
        ("/v1/memories", 400, {**good, "importance": 1.5}, "/importance"),
        ("/v1/memories", 400, {"text": "no vector"}, "/embedding"),
        ("/v1/recall", 400, {"query": ""}, "/query"),
        ("/v1/recall", 400, {"query": "x", "views": ["dense", "dance"]}, "/views/1"),
        ("/v1/recall", 400, {"query": "x", "filter": {"field": "colour", "op": "eq", "value": 1}},
         "/filter/field"),
        ("/v1/links", 400, {"from": tenant.pick(rng), "to": tenant.pick(rng), "type": "likes"},
         "/type"),
    ]))

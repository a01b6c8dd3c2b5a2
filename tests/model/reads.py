"""Random questions: each answer is compared whole with what the model says."""
import json
import math
import urllib.parse

import filters
import ranking
import times
import words
from api import make_token
from facts import Scope, record
from tenant import Evaluation, close, expect

TEXT_BYTES = 2048


def cut(text):
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")


def draw_scope(tenant, rng):
    """(request fields, Scope without now) of a random valid_at and as_of."""
    asked, scope = {}, Scope(now=0)
    if rng.random() < 0.3:
        scope.valid_at = tenant.world.instant(rng)
        asked["valid_at"] = times.text(scope.valid_at)
    chance = rng.random()
    if chance < 0.15 and tenant.tokens:
        asked["as_of"], sequence = rng.choice(tenant.tokens)
        scope.as_of = ("token", sequence)
    elif chance < 0.3:
        scope.as_of = ("time", tenant.world.instant(rng))
        asked["as_of"] = times.text(scope.as_of[1])
    return asked, scope


def in_scope(tenant, scope, filter, now, sequence=None):
    scope = Scope(now, scope.valid_at, scope.as_of, scope.any_time)
    return tenant.facts.in_scope(scope, filter and (lambda m: filters.holds(filter, m)))


def bad_token(tenant, rng, body):
    """Tokens of another tenant and of a state nobody wrote."""
    foreign = tenant.others["tokens"]
    ahead = make_token(tenant.epoch or 1, tenant.sequence + 1000)
    field = rng.choice(["as_of", "at_least"])
    token = rng.choice(foreign) if foreign and rng.random() < 0.5 else ahead
    tenant.refused("POST", "/v1/recall", 409, {**body, field: token}, f"/{field}")


def recall(tenant, rng):
    body = {"top_k": rng.choice([1, 3, 10, 100, 100]), "explain": rng.random() < 0.8}
    if rng.random() < 0.85:
        body["query"] = tenant.world.words(rng, 6)
    if rng.random() < 0.7 or "query" not in body:
        body["embedding"] = tenant.world.vector(rng)
    if rng.random() < 0.25:
        body["views"] = rng.sample(ranking.ON, rng.randint(1, 4))
    if rng.random() < 0.5:
        body["filter"] = filters.draw(rng, tenant.world)
    asked, scope = draw_scope(tenant, rng)
    if rng.random() < 0.1 and tenant.tokens:
        asked["at_least"] = rng.choice(tenant.tokens)[0]
    body |= asked
    if rng.random() < 0.03 and tenant.epoch:
        return bad_token(tenant, rng, body)
    found = tenant.answer("POST", "/v1/recall", body)
    tenant.meet(found["state_token"])
    tenant.agree(lambda now: differs(tenant, body, scope, found["results"], now))


def differs(tenant, body, scope, results, now):
    """What is wrong with the results if the service's now was this one."""
    last = max((m.created for m in tenant.facts.memories.values()), default=now)
    now = max(now, last)
    question = ranking.Question(
        body.get("query", ""), body.get("embedding") and words.int8_codes(body["embedding"]),
        tuple(body.get("views", ())), tenant.weights,
        [(k[0], k[1], link.at(now)) for k, link in tenant.links.items()],
        body.get("explain", False))
    eligible = in_scope(tenant, scope, body.get("filter"), now)
    everything = list(tenant.facts.memories.values())
    ranked = ranking.ordered(ranking.rank(question, eligible, everything, now),
                             {hit["id"]: hit["score"] for hit in results})[:body["top_k"]]
    ids = [one.memory.id for one in ranked]
    if ids != [hit["id"] for hit in results]:
        return f"ids {show(results)} expected {[(i.memory.id, i.score) for i in ranked]}"
    for one, hit in zip(ranked, results):
        wrong = hit_differs(tenant, one, hit, body, question)
        if wrong:
            return wrong
    return None


def show(results):
    return [(hit["id"], hit["score"]) for hit in results]


def hit_differs(tenant, one, hit, body, question):
    if not close(hit["score"], one.raw, 1.1e-6):
        return f"score of {hit} expected {one}"
    if body.get("explain"):
        if any(not close(hit["view_values"].get(v, 0), one.values[v]) for v in ranking.VIEWS):
            return f"view values {hit} expected {one.values}"
        raw = ranking.score({v: hit["view_values"].get(v, 0) for v in ranking.VIEWS}, question)
        if ranking.rounded(raw) != hit["score"]:
            return f"the views of {hit} do not add up to its score"
    expected = record(one.memory)
    expected["truncated"] = len(expected["text"].encode()) > TEXT_BYTES
    expected["text"] = cut(expected["text"])
    for name in ("text", "truncated", "speaker", "session_id", "kind", "tags", "metadata", "turn",
                 "occurred_at", "sequence", "created_at"):
        if hit.get(name) != expected.get(name):
            return f"{name} of {hit} expected {expected.get(name)}"
    return None


def get(tenant, rng):
    memory = tenant.pick(rng)
    reply = tenant.call("GET", f"/v1/memories/{memory}")

    def wrong(now):
        if not tenant.is_there(memory, now):
            return None if reply.status == 404 else f"{memory} is gone: {reply}"
        expected = record(tenant.facts.memories[memory])
        return None if reply.status == 200 and reply.json == expected else f"{reply} {expected}"
    tenant.agree(wrong)


def query(parameters):
    return "?" + urllib.parse.urlencode(parameters)


def list_pages(tenant, rng, write=None):
    """A list to its end; `write` changes the tenant between pages, and the list must not notice."""
    asked, scope = draw_scope(tenant, rng)
    filter = filters.draw(rng, tenant.world) if rng.random() < 0.4 else None
    if filter:
        asked["filter"] = json.dumps(filter)
    if rng.random() < 0.3 and "valid_at" not in asked:
        asked["include_superseded"], scope.any_time = "true", True
    limit = asked["limit"] = rng.choice([1000, 100, 20, 7])
    valid_times, after = None, 0
    while True:
        page = tenant.answer("GET", "/v1/memories" + query(asked))
        if valid_times is None:
            tenant.meet(page["state_token"])
            token = page["state_token"]
            valid_times = list_times(tenant, scope)
            scope.as_of = scope.as_of or ("token", tenant.sequence)
        expect(page["state_token"] == token, "a page of another state", page["state_token"], token)
        valid_times = page_agrees(tenant, scope, valid_times, filter, after, limit, page)
        if "next_cursor" not in page:
            return
        after = page["memories"][-1]["sequence"] if page["memories"] else after
        asked["cursor"] = page["next_cursor"]
        if write and rng.random() < 0.5:
            write(tenant, rng)


def list_times(tenant, scope):
    """The valid times that the first page may have taken."""
    if scope.valid_at is not None or (scope.as_of and scope.as_of[0] == "time"):
        return [scope.valid_time]
    last = max((m.created for m in tenant.facts.memories.values()), default=0)
    return [max(now, last) for now in tenant.moments()]


def page_agrees(tenant, scope, valid_times, filter, after, limit, page):
    """The valid times, of those that are left, at which this page is right."""
    def right(valid_at, now):
        at = Scope(now, valid_at, scope.as_of, scope.any_time)
        rest = [m for m in tenant.facts.in_scope(at, filter and (lambda m: filters.holds(filter, m)))
                if m.sequence > after]
        expected = [record(tenant.facts.as_recorded(m, at)) for m in rest[:limit]]
        seen.append(expected)
        return page["memories"] == expected and ("next_cursor" in page) == (len(rest) > limit)

    seen = []
    left = [v for v in valid_times if any(right(v, now) for now in tenant.moments())]
    expect(left, "page", first_difference(page["memories"], seen[0]), "next_cursor" in page)
    return left


def first_difference(got, expected):
    for one, other in zip(got, expected):
        if one != other:
            return f"{one}\nexpected {other}"
    return f"{len(got)} memories, expected {len(expected)}: {(got + expected)[min(len(got), len(expected)):][:1]}"


def history(tenant, rng):
    memory = tenant.pick(rng)
    path, asked = f"/v1/memories/{memory}/history", {"limit": rng.choice([1, 3, 100])}
    found = []
    while True:
        reply = tenant.call("GET", path + query(asked))
        if not tenant.is_there(memory, tenant.answered_at):
            if reply.status == 404 or not tenant.is_there(memory, tenant.asked_at):
                return expect(reply.status == 404, path, reply)
        expect(reply.status == 200, path, reply)
        found += reply.json["memories"]
        if "next_cursor" not in reply.json:
            break
        asked["cursor"] = reply.json["next_cursor"]
    key = tenant.facts.memories[memory].text("key")

    def wrong(now):
        chain = [m for m in tenant.facts.memories.values() if m.id == memory or (
            key and m.text("key") == key and tenant.is_there(m.id, now))]
        expected = [record(m) for m in sorted(chain, key=lambda m: m.sequence)]
        return None if found == expected else "history " + first_difference(found, expected)
    if all(tenant.is_there(m["id"], tenant.answered_at) for m in found):
        tenant.agree(wrong)


def links(tenant, rng):
    memory, limit = tenant.pick(rng), rng.choice([2, 100])
    reply = tenant.call("GET", f"/v1/memories/{memory}/links?limit={limit}")
    tenant.agree(lambda now: links_differ(tenant, memory, limit, reply, now))


def links_differ(tenant, memory, limit, reply, now):
    if not tenant.is_there(memory, now):
        return None if reply.status == 404 else f"links of what is gone: {reply}"
    known = [(k, v) for k, v in tenant.links.items()
             if memory in k[:2] and all(tenant.is_there(end, now) for end in k[:2])]
    known.sort(key=lambda one: -one[1].sequence)
    if reply.status != 200 or ("links" in reply.json["capped"]) != (len(known) > limit):
        return f"links: {reply}"
    if len(reply.json["links"]) != min(limit, len(known)):
        return f"links: {reply} expected {known}"
    for (key, link), said in zip(known, reply.json["links"]):
        between = [(link.created, said["created_at"]), (link.said, said["reinforced_at"])]
        if (said["from"], said["to"], said["type"]) != key or said["sequence"] != link.sequence \
                or not close(said["weight"], link.at(now)) \
                or not all(a <= times.parse(t) <= b for (a, b), t in between):
            return f"link {said} expected {key} {link}"
    return None


def evaluate(tenant, rng):
    body = {"query": tenant.world.words(rng, 6), "top_k": rng.choice([1, 5, 20, 30])}
    if rng.random() < 0.7:
        body["embedding"] = tenant.world.vector(rng)
    if rng.random() < 0.7:
        body["session_id"] = rng.choice(tenant.world.pools["session_id"])
    if rng.random() < 0.3:
        body["subject"] = rng.choice(tenant.world.pools["subject"])
    answer = tenant.answer("POST", "/v1/brain/evaluate", body)
    tenant.meet(answer["state_token"])
    capped = {**body, "top_k": min(body["top_k"], 20)}
    scope = Scope(now=0)
    session = body.get("session_id")
    tenant.agree(lambda now: differs(tenant, capped, scope, answer["memories"], now)
                 or session_differs(tenant, session, answer["working_memory"], now))
    expect(("memories" in answer["capped"]) == (body["top_k"] > 20), answer["capped"])
    shares = [math.exp(hit["score"] / tenant.temperature) for hit in answer["memories"]]
    for hit, share in zip(answer["memories"], shares):
        expect(close(hit["weight"], share / sum(shares)), "weight", hit)
    made = Evaluation(answer["evaluation_id"], session, body.get("subject", ""), tenant.order + 1,
                      body["query"], [hit["id"] for hit in answer["memories"]])
    tenant.evaluations[made.id] = made
    tenant.sealed.add(made.subject)
    tenant.order += 1
    if session:
        tenant.entries.append((tenant.order, "query", made.id, session, made.query))


def session_differs(tenant, session, items, now):
    """Working memory: the last ten of a session's turns, questions and responses that have not ended."""
    expected = []
    begins = tenant.ended.get(session, 0)
    for order, kind, id, of, *more in tenant.entries:
        if of != session or order <= begins:
            continue
        if kind == "turn":
            memory = tenant.facts.memories.get(id)
            if memory and tenant.is_there(id, now) and (memory.valid_to is None or memory.valid_to > max(
                    now, times.NEVER if memory.valid_from is None else memory.valid_from)):
                expected.append((kind, id, cut(memory.text("text")), memory.text("speaker")))
        elif kind == "query" or more[1].order > begins:
            expected.append((kind, id, more[0], ""))
    expected = expected[-10:]
    got = [(one["kind"], one["id"], one["text"], one["speaker"]) for one in items]
    weights = [0.2 * 0.8 ** after for after in reversed(range(len(expected)))]
    if got == expected and all(close(one["weight"], w) for one, w in zip(items, weights)):
        return None
    return f"working memory {items} expected {expected}"

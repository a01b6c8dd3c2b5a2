"""What a filter means for one memory, read off its JSON, and random filters."""
import times

TEXTS = ("kind", "speaker", "session_id", "subject", "key")
TIMES = ("created_at", "occurred_at", "valid_from", "valid_to")


def values(memory, field):
    """(exists, values, items of lists) that the field's name stands for."""
    if field in TEXTS:
        text = memory.text(field)
        return bool(text), [text] if text else [], []
    if field == "tags":
        tags = memory.given.get("tags") or []
        return bool(tags), [], tags
    if field in TIMES or field in ("turn", "importance"):
        value = {"created_at": memory.created, "occurred_at": memory.occurred, "turn": memory.turn,
                 "valid_from": memory.valid_from, "valid_to": memory.valid_to,
                 "importance": memory.given.get("importance")}[field]
        return value is not None, [] if value is None else [value], []
    found = (False, [], [])
    for value in members(memory.given.get("metadata") or {}, field.removeprefix("metadata.")):
        if value is None:
            continue
        scalars = [value] if is_scalar(value) else []
        items = [v for v in value if is_scalar(v)] if isinstance(value, list) else []
        found = (True, found[1] + scalars, found[2] + items)
    return found


def is_scalar(value):
    return isinstance(value, (bool, int, float, str))


def members(value, path):
    """Every member that the dotted path may name."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == path:
                yield member
            elif path.startswith(name + "."):
                yield from members(member, path[len(name) + 1:])


def same_type(a, b):
    def kind(value):
        return bool if isinstance(value, bool) else str if isinstance(value, str) else float
    return kind(a) is kind(b)


def compares(value, op, wanted, is_item):
    if op == "in":
        return any(compares(value, "eq", one, is_item) for one in wanted)
    if not same_type(value, wanted):
        return False
    if op == "contains":
        return value == wanted if is_item else isinstance(value, str) and wanted in value
    if op == "prefix":
        return isinstance(value, str) and value.startswith(wanted)
    if isinstance(value, str):
        value, wanted = value.encode(), wanted.encode()
    return {"eq": value == wanted, "lt": value < wanted, "lte": value <= wanted,
            "gt": value > wanted, "gte": value >= wanted}[op]


def holds(filter, memory):
    if "and" in filter:
        return all(holds(part, memory) for part in filter["and"])
    if "or" in filter:
        return any(holds(part, memory) for part in filter["or"])
    if "not" in filter:
        return not holds(filter["not"], memory)
    field, op, wanted = filter["field"], filter["op"], filter["value"]
    exists, scalars, items = values(memory, field)
    if op == "exists":
        return exists == wanted
    if field in TIMES:
        wanted = [times.parse(w) for w in wanted] if op == "in" else times.parse(wanted)
    if op == "ne":
        return not any(compares(v, "eq", wanted, False) for v in scalars + items)
    return any(compares(v, op, wanted, False) for v in scalars) or any(
        compares(v, op, wanted, True) for v in items)


def draw(rng, world, depth=0):
    """A random filter: conditions that hold for some memories and not for others."""
    if depth < 3 and rng.random() < (0.5 if depth == 0 else 0.3):
        word = rng.choice(["and", "or", "not"])
        if word == "not":
            return {"not": draw(rng, world, depth + 1)}
        return {word: [draw(rng, world, depth + 1) for _ in range(rng.randint(1, 3))]}
    field = rng.choice(TEXTS + TIMES + ("tags", "tags", "turn", "importance") + world.paths)
    if rng.random() < 0.15:
        return {"field": field, "op": "exists", "value": rng.random() < 0.5}
    return dict(zip(("field", "op", "value"), (field, *draw_condition(rng, world, field))))


def draw_condition(rng, world, field):
    def several(one):
        return [one() for _ in range(rng.randint(1, 3))]

    if field in TEXTS or field == "tags":
        pool = world.pools[field]
        ops = ["contains", "in", "prefix"] if field == "tags" else ["eq", "ne", "in", "contains", "prefix"]
        op = rng.choice(ops)
        if op == "in":
            return op, several(lambda: rng.choice(pool))
        text = rng.choice(pool)
        return op, text[:rng.randint(1, len(text))] if op in ("contains", "prefix") and rng.random(
        ) < 0.5 else text
    op = rng.choice(["eq", "ne", "lt", "lte", "gt", "gte", "in"])
    if field in TIMES:
        one = lambda: times.text(world.instant(rng))
    elif field == "turn":
        one = lambda: rng.randint(0, 6)
    elif field == "importance":
        one = lambda: rng.choice([0, 0.25, 0.5, 1])
    else:
        one = lambda: rng.choice([0, 1, 2, 2.5, "p", "pq", "q", "é"])
        if rng.random() < 0.15:
            return rng.choice([("eq", True), ("ne", False), ("contains", "p"), ("prefix", "p"),
                               ("contains", 1)])
    return op, several(one) if op == "in" else one()

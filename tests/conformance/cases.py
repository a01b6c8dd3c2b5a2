"""The calls that both transports are asked. A case is a function of the world, called once for each
transport, so that a write is not said twice to the same memory."""
import contract

VECTOR = [round(.01 * (n % 7) - .03, 4) for n in range(384)]
NOBODY = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
READ, WRITE = "read", "write"  # answers are equal; or equal but for ids, times and sequences

# method: [(what, kind, fields)]
GOOD = {
    "Memory.Remember": [
        ("the least", WRITE, lambda w: {"text": "Least."}),
        ("every field", WRITE, lambda w: {
            "text": "All of it: ä, 茶, 🍵.", "subject": "ada", "kind": "fact", "speaker": "Ada",
            "session_id": w.unique("s"), "turn": 0, "occurred_at": "2026-01-02T03:04:05.678901+05:30",
            "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2027-01-01T00:00:00Z", "ttl_seconds": 86400,
            "importance": 0.5, "tags": ["a", "b"], "metadata": {"a": {"b": [1, 2.5, "x", None, True]}},
            "key": w.unique("k"), "embedding": VECTOR})],
    "Memory.RememberBatch": [
        ("two", WRITE, lambda w: {"items": [{"text": "One."}, {"text": "Two.", "tags": ["t"]}]})],
    "Memory.Recall": [
        ("a query", READ, lambda w: {"query": "What does Ada drink?"}),
        ("explained and filtered", READ, lambda w: {
            "query": "water", "top_k": 3, "explain": True, "views": ["dense", "lexical"],
            "filter": {"field": "kind", "op": "eq", "value": "step"}}),
        ("by vector", READ, lambda w: {"embedding": VECTOR, "top_k": 2}),
        ("nothing is good enough", READ, lambda w: {"query": "quantum", "min_coverage": 1})],
    "Memory.GetMemory": [
        ("one", READ, lambda w: {"id": w.memory}), ("with metadata", READ, lambda w: {"id": w.step}),
        ("superseded", READ, lambda w: {"id": w.old}),
        ("an id in capitals", READ, lambda w: {"id": w.memory.upper()})],
    "Memory.ListMemories": [
        ("a page", READ, lambda w: {"limit": 2}),
        ("all of it", READ, lambda w: {"include_superseded": True, "include_links": True, "limit": 4}),
        ("filtered", READ, lambda w: {"filter": {"field": "kind", "op": "eq", "value": "step"}})],
    "Memory.MemoryHistory": [("a chain", READ, lambda w: {"id": w.memory})],
    "Memory.DeleteMemory": [("one", WRITE, lambda w: {"id": w.fresh_memory()})],
    "Memory.Link": [
        ("two memories", WRITE, lambda w: {"from": w.fresh_memory(), "to": w.fresh_memory(),
                                           "type": "causes", "weight": 0.25})],
    "Memory.GetLinks": [("of one", READ, lambda w: {"id": w.goal, "limit": 5})],
    "Brain.Evaluate": [
        ("a question", READ, lambda w: {"query": "What does Ada drink?"}),
        ("with a plan's figures", READ, lambda w: {
            "query": "What does Ada drink?", "confidence": .9, "cost_tokens": 10, "price": .001,
            "predicted_latency_seconds": 0.5, "render": "openai_messages", "explain": True, "top_k": 2})],
    "Brain.Feedback": [
        ("a reward", WRITE, lambda w: {"evaluation_id": w.fresh_evaluation(), "reward": 0.5,
                                       "tokens": 7, "model": "m", "metadata": {"k": 1}}),
        ("no reward is one too", WRITE, lambda w: {"evaluation_id": w.fresh_evaluation(), "reward": 0})],
    "Brain.Replay": [("one", READ, lambda w: {"id": w.evaluation})],
    "Brain.Plan": [("steps", READ, lambda w: {"goals": [w.goal]})],
    "Brain.GetWeights": [("all", READ, lambda w: {})],
    "Brain.WeightsHistory": [("a page", READ, lambda w: {"limit": 5})],
    "Brain.RollBackWeights": [("to the beginning", WRITE, lambda w: {"to_version": 0})],
    "Brain.EndSession": [("one", WRITE, lambda w: {"id": "kitchen"})],
}

# method: [(what, fields)]: refused for what they ask
REFUSED = {
    "Memory.Remember": [
        ("a secret, which the law keeps out", lambda w: {
            "text": "The key is AKIA" + "IOSFODNN7EXAMPLE and -----BEGIN RSA PRIVATE KEY-----"}),
        ("a vector of another dimension", lambda w: {"text": "x", "embedding": [1, 2, 3]}),
        ("from after to", lambda w: {"text": "x", "valid_from": "2027-01-01T00:00:00Z",
                                     "valid_to": "2026-01-01T00:00:00Z"})],
    "Memory.Recall": [
        ("neither query nor vector", lambda w: {}),
        ("a filter nobody understands", lambda w: {"query": "x", "filter": {"nor": []}}),
        ("a foreign state", lambda w: {"query": "x", "at_least": "AAAAAAAAAAAAAAAAAAAAAA"}),
        ("no state token", lambda w: {"query": "x", "at_least": "!"})],
    "Memory.GetMemory": [("nobody's", lambda w: {"id": NOBODY})],
    "Memory.ListMemories": [("no cursor", lambda w: {"cursor": "?"})],
    "Memory.MemoryHistory": [("nobody's", lambda w: {"id": NOBODY})],
    "Memory.DeleteMemory": [("nobody's", lambda w: {"id": NOBODY})],
    "Memory.Link": [("to nobody", lambda w: {"from": w.memory, "to": NOBODY, "type": "next"}),
                    ("to itself", lambda w: {"from": w.memory, "to": w.memory, "type": "next"})],
    "Memory.GetLinks": [("nobody's", lambda w: {"id": NOBODY})],
    "Brain.Evaluate": [
        ("worth too little", lambda w: {"query": "Go?", "confidence": .01}),
        ("too dear for a rule", lambda w: {"query": "Book it?", "cost_tokens": 100, "price": 1}),
        ("confidence of zero", lambda w: {"query": "Go?", "confidence": 0}),
        ("tokens without a price", lambda w: {"query": "Go?", "cost_tokens": 1})],
    "Brain.Feedback": [("on nobody's evaluation", lambda w: {"evaluation_id": NOBODY, "reward": 1})],
    "Brain.Replay": [("nobody's", lambda w: {"id": NOBODY})],
    "Brain.Plan": [("to nobody", lambda w: {"goals": [NOBODY]}),
                   ("worth too little", lambda w: {"goals": [w.goal], "confidence": .1})],
    "Brain.RollBackWeights": [("to nowhere", lambda w: {}), ("to two places", lambda w: {"to_version": 0, "steps": 1}),
                              ("to what never was", lambda w: {"to_version": 1_000_000})],
}


def least(field):
    """A value that a required field's limits accept."""
    limits = contract.limits(field)
    if field.type == contract.MESSAGE:
        value = minimal(field.message_type)
    elif field.type == contract.TEXT:
        value = (limits.one_of[0] if limits.one_of else
                 NOBODY if limits.format == contract.limits_pb2.FORMAT_UUID else "x")
    else:
        value = 1
    return [value] if field.is_repeated else value


def minimal(descriptor):
    return {field.name: least(field) for field in descriptor.fields if contract.limits(field).required}


def over(field):
    """[(what, value)]: each breaks one limit of the field's single value."""
    limits, pb = contract.limits(field), contract.limits_pb2
    if contract.is_free_object(field):
        yield "no object", [1]
        yield "an object too long", {"a": "x" * limits.max_bytes}
        return
    if field.type == contract.TEXT:
        yield "U+0000", "a\0b"
        if limits.max_bytes:
            yield "a byte too many", "ä" + "x" * (limits.max_bytes - 1)
        if limits.max_characters:
            yield "a character too many", "ä" * (limits.max_characters + 1)
        if limits.one_of:
            yield "none of those", "zzz"
        if limits.format == pb.FORMAT_UUID:
            yield "no UUID", "x" * 36
        if limits.format == pb.FORMAT_TIME:
            yield "no time", "2026-13-01T00:00:00Z"
            yield "seven decimals", "2026-01-01T00:00:00.1234567Z"
        return
    if field.type not in (contract.MESSAGE, contract.BOOL):
        if limits.HasField("min"):
            yield "too little", limits.min - (1 if limits.min == int(limits.min) else .1)
        if limits.HasField("max") and limits.max < 2147483647:
            yield "too much", limits.max + 1


def broken(descriptor, path=""):
    """[(what, fields, pointer)]: requests of a type that break one limit each."""
    for field in descriptor.fields:
        limits, base = contract.limits(field), minimal(descriptor)
        at = f"{path}/{field.name}"
        if limits.required:
            yield f"{at} missing", {k: v for k, v in base.items() if k != field.name}, at
        for what, value in over(field):
            value = int(value) if isinstance(value, float) and field.type not in contract.REALS else value
            pointer = f"{at}/0" if field.is_repeated else at
            yield f"{at} {what}", {**base, field.name: [value] if field.is_repeated else value}, pointer
        if field.is_repeated and limits.max_items:
            yield f"{at} too many", {**base, field.name: (least(field)) * (limits.max_items + 1)}, at
        if field.type == contract.MESSAGE and field.is_repeated:
            for what, fields, pointer in broken(field.message_type, f"{at}/0"):
                yield what, {**base, field.name: [fields]}, pointer


def path_names(method):
    return [part[1:-1] for part in contract.route(method).path.split("/") if part.startswith("{")]


def is_sayable(method, fields):
    """Over HTTP: path parameters have to be there, and a query fits into 8 KiB of headers."""
    if contract.route(method).max_body_bytes:
        return True
    return all(fields.get(name) for name in path_names(method)) and len(str(fields)) < 4096


def every_broken_limit():
    return [(method, what, fields, pointer) for method, descriptor in sorted(contract.METHODS.items())
            for what, fields, pointer in broken(descriptor.input_type) if is_sayable(method, fields)]

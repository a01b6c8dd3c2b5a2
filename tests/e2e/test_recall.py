"""Recall: own writes, order, views, long texts, vectors, state tokens."""
import pytest

from api import assert_problem, make_token, parse_token

# The published weights of retrieval; the score is linear in them.
WEIGHTS = {"dense": .5, "lexical": .5, "facet": .3, "previous": .2, "next": .1, "session": .4,
           "graph": 0, "recency": 0, "density": 0, "bridge": 0}
DIMENSION = 384

DIALOGUE = [
    ("Ines", "I finally adopted a greyhound from the shelter in Setubal."),
    ("Tomas", "Congratulations! What did you call him?"),
    ("Ines", "Pixel, because of the spots. He is afraid of the vacuum cleaner."),
    ("Tomas", "My sister's parrot imitates the vacuum cleaner all day."),
    ("Ines", "On Saturday we walk to the lighthouse, come with us."),
    ("Tomas", "I would love to, but I am repairing the roof of the greenhouse."),
]


@pytest.fixture(scope="module")
def dialogue(shared):
    """Two sessions, each with the same speakers; ids by session and turn."""
    ids = {}
    for session in ("morning", "evening"):
        items = [{"text": text if session == "morning" else f"{text} (said again)",
                  "speaker": speaker, "session_id": session, "turn": turn,
                  "occurred_at": "2024-05-08T10:00:00Z"}
                 for turn, (speaker, text) in enumerate(DIALOGUE)]
        for turn, made in enumerate(shared.agent.remember_batch(items)):
            ids[session, turn] = made["id"]
    shared.agent.remember("Invoices are paid on the last Friday of the month.")
    return ids


def unit(position):
    vector = [0.0] * DIMENSION
    vector[position] = 1.0
    return vector


def test_own_writes_are_there_at_once(tenant, agent):
    for n in range(20):
        made = agent.remember(f"The parcel number {n} waits at counter {n * 7}.")
        assert made["id"] in agent.recalled_ids(f"parcel number {n}", top_k=20)
        other = tenant.new_client("reader")  # another connection of the same tenant
        found = other.recall(f"parcel number {n}", top_k=20, at_least=made["state_token"])
        assert made["id"] in [hit["id"] for hit in found["results"]]
        assert parse_token(found["state_token"])[1] >= made["sequence"]
        other.close()


def test_an_empty_tenant_recalls_nothing(agent):
    answer = agent.recall("anything")
    assert answer["results"] == [] and parse_token(answer["state_token"])[1] == 0
    assert (answer["known"], answer["coverage"]) == (False, 0)


def test_results_carry_the_memory(shared, dialogue):
    hit = shared.agent.recall("greyhound from the shelter", top_k=1)["results"][0]
    assert hit["id"] == dialogue["morning", 0]
    assert hit["text"] == DIALOGUE[0][1] and hit["truncated"] is False
    assert hit["speaker"] == "Ines" and hit["session_id"] == "morning" and hit["turn"] == 0
    assert hit["occurred_at"].startswith("2024-05-08T10:00:00")
    assert "view_values" not in hit and "weight" not in hit
    record = shared.agent.get(hit["id"]).json
    for name in ("sequence", "created_at", "tags", "metadata", "kind"):
        assert hit[name] == record[name], name


def test_order_is_score_then_sequence(shared, dialogue):
    hits = shared.agent.recall("the vacuum cleaner", top_k=100)["results"]
    assert len(hits) == 13
    keys = [(-hit["score"], hit["sequence"]) for hit in hits]
    assert keys == sorted(keys)
    assert {hit["text"] for hit in hits[:4]} & {DIALOGUE[2][1], DIALOGUE[3][1]}


def test_top_k_takes_the_best(shared, dialogue):
    whole = shared.agent.recalled_ids("lighthouse on Saturday", top_k=100)
    for k in (1, 2, 5, 10):
        assert shared.agent.recalled_ids("lighthouse on Saturday", top_k=k) == whole[:k]
    assert shared.agent.recalled_ids("lighthouse on Saturday") == whole[:10]


def test_view_values_recompute_to_the_score(shared, dialogue):
    for query in ("What is Ines afraid of?", "vacuum cleaner", "Tomas roof", "zebra crossing"):
        hits = shared.agent.recall(query, explain=True, top_k=100)["results"]
        assert hits
        for hit in hits:
            values = hit["view_values"]
            assert set(values) == set(WEIGHTS)
            assert all(0 <= value <= 1 for value in values.values()), values
            expected = sum(WEIGHTS[name] * value for name, value in values.items())
            assert abs(hit["score"] - expected) <= 1e-6, (query, hit)
            assert hit["score"] == round(hit["score"], 6)


def test_neighbours_and_sessions_have_their_views(shared, dialogue):
    hits = {hit["id"]: hit["view_values"]
            for hit in shared.agent.recall("greyhound called Pixel", explain=True,
                                           top_k=100)["results"]}

    def blend(memory_id):
        return .5 * hits[memory_id]["dense"] + .5 * hits[memory_id]["lexical"]

    for session in ("morning", "evening"):
        ids = [dialogue[session, turn] for turn in range(6)]
        for turn, memory_id in enumerate(ids):
            # At either end of a session a memory stands in for the neighbour it lacks.
            before = blend(ids[max(turn - 1, 0)])
            after = blend(ids[min(turn + 1, 5)])
            assert abs(hits[memory_id]["previous"] - before) < 1e-9
            assert abs(hits[memory_id]["next"] - after) < 1e-9
        best = sorted((blend(i) for i in ids), reverse=True)[:3]
        assert abs(hits[ids[0]]["session"] - sum(best) / 3) < 1e-9


def test_the_speaker_facet(shared, dialogue):
    hits = shared.agent.recall("What did Ines say?", explain=True, top_k=100)["results"]
    for hit in hits:
        assert hit["view_values"]["facet"] == (1 if hit["speaker"] == "Ines" else 0)
    both = shared.agent.recall("Ines and Tomas", explain=True, top_k=100)["results"]
    assert {hit["view_values"]["facet"] for hit in both} == {0}


NONSENSE = ["gyro velcro bishop turbine mango clause", "axolotl zyzzyva quokka numbat wombat dugong"]


def test_recall_says_whether_anything_is_known(shared, dialogue):
    for query in ("What is Pixel afraid of?", "Who adopted a greyhound from the shelter?",
                  "greenhouse roof"):
        answer = shared.agent.recall(query)
        assert answer["known"] is True and 0.42 <= answer["coverage"] <= 1, (query, answer)
    for query in NONSENSE:
        answer = shared.agent.recall(query)
        assert answer["known"] is False and 0 <= answer["coverage"] < 0.42, (query, answer)
        assert len(answer["results"]) == 10  # said, and nothing is withheld


def test_coverage_does_not_depend_on_how_much_is_asked_for(shared, dialogue):
    whole = shared.agent.recall("Who adopted a greyhound?", top_k=100)["coverage"]
    for fields in ({"top_k": 1}, {"views": ["recency"]}, {"explain": True}):
        assert shared.agent.recall("Who adopted a greyhound?", **fields)["coverage"] == whole
    only = {"field": "speaker", "op": "eq", "value": "Tomas"}
    assert shared.agent.recall("Who adopted a greyhound?", filter=only)["coverage"] < whole


def test_rather_no_answer_than_a_poor_one(shared, dialogue):
    answer = shared.agent.recall(NONSENSE[0], min_coverage=0.42)
    assert answer["results"] == [] and answer["known"] is False
    covered = shared.agent.recall("What is Pixel afraid of?")["coverage"]
    for least, known in ((0, True), (covered, True), (round(covered - 1e-6, 6), True),
                         (min(1, round(covered + 1e-6, 6)), covered == 1)):
        answer = shared.agent.recall("What is Pixel afraid of?", min_coverage=least)
        assert (answer["known"], answer["results"] != []) == (known, known), (least, answer)
        assert answer["coverage"] == covered


def test_half_a_query_says_nothing_of_coverage(shared, dialogue):
    answer = shared.agent.recall(embedding=unit(3))
    assert "coverage" not in answer and "known" not in answer and answer["results"]
    assert_problem(shared.agent.post("/v1/recall", {"embedding": unit(3), "min_coverage": 0.5}),
                   400, "/min_coverage", "needs a query with text")


@pytest.mark.parametrize("value", [-0.01, 1.01, 1e308, "0.5", True, [0.5]])
def test_min_coverage_is_a_share(shared, value):
    assert_problem(shared.agent.post("/v1/recall", {"query": "x", "min_coverage": value}), 400,
                   "/min_coverage")


@pytest.mark.parametrize("views", [["dense"], ["lexical"], ["facet", "session"],
                                   ["previous", "next"], ["dense", "lexical"]])
def test_named_views_alone_make_the_score(shared, dialogue, views):
    for hit in shared.agent.recall("Ines and the lighthouse", views=views, explain=True,
                                   top_k=100)["results"]:
        expected = sum(WEIGHTS[name] * hit["view_values"][name] for name in views)
        assert abs(hit["score"] - expected) <= 1e-6


def timeless(answer):
    for hit in answer["results"]:
        assert 0 <= hit["view_values"].pop("recency") <= 1
    return answer


def test_the_same_question_has_the_same_bytes(shared, dialogue):
    body = {"query": "who repairs the roof of the greenhouse?", "top_k": 50}
    replies = [shared.agent.post("/v1/recall", body) for _ in range(5)]
    replies.append(shared.new_client("reader").post("/v1/recall", body))
    assert len({reply.body for reply in replies}) == 1
    assert len({reply.request_id for reply in replies}) == 6
    # Explained, only recency differs: it depends on when one asks, and weighs 0.
    explained = [timeless(shared.agent.recall(explain=True, **body)) for _ in range(3)]
    assert explained[0] == explained[1] == explained[2]


def test_vectors_of_ones_own(agent):
    near = agent.remember("alpha", embedding=unit(3))
    far = agent.remember("beta", embedding=unit(200))
    answer = agent.recall(embedding=unit(3), explain=True)["results"]
    assert answer[0]["id"] == near["id"]
    values = {hit["id"]: hit["view_values"]["dense"] for hit in answer}
    assert values[near["id"]] == 1 and values[far["id"]] == 0
    # Length does not matter, direction does.
    scaled = [x * 1000 for x in unit(3)]
    again = agent.recall(embedding=scaled, explain=True)["results"][0]
    assert (again["id"], again["score"]) == (near["id"], answer[0]["score"])


SENTENCES = [
    "The committee met in the long room above the bakery and argued about the bridge tolls.",
    "Nobody had counted the barrels since the flood, so the clerk wrote down a guess.",
    "A merchant from the coast offered salt in return for two winters of firewood.",
    "Children were sent to look for the missing goat and came back with three.",
    "The surveyor measured the orchard wall twice and got two different answers.",
    "In the evening the band practised the same march until the candles went out.",
]
TAIL = "Orsolya hid the brass key of the clock tower under the third stair."


def long_text(size):
    paragraphs, n = [], 0
    while sum(map(len, paragraphs)) < size - 400:
        paragraphs.append(" ".join(SENTENCES[(n + i) % 6] for i in range(4)) + f" Page {n}.\n\n")
        n += 1
    return "".join(paragraphs) + TAIL


def test_the_tail_of_a_long_text_is_found(agent):
    text = long_text(30 * 1024)
    assert 29000 < len(text) < 32768
    made = agent.remember(text)
    agent.remember("The key of the bicycle lock is on the kitchen table.")
    hit = agent.recall("Where did Orsolya hide the brass key?", top_k=1)["results"][0]
    assert hit["id"] == made["id"]
    assert TAIL in hit["text"] and hit["text"] in text
    assert hit["truncated"] is True and len(hit["text"].encode()) <= 2048
    assert agent.get(made["id"]).json["text"] == text
    middle = agent.recall("surveyor orchard wall", top_k=1, views=["dense"])["results"][0]
    assert middle["id"] == made["id"] and middle["text"] in text


def test_long_texts_without_spaces_or_in_other_scripts(agent):
    for text in ("x" * 32768, "漢字" * 800, "😀" * 8192, "a\n" * 1500, "." * 3000):
        made = agent.remember(text)
        assert agent.get(made["id"]).json["text"] == text
    for hit in agent.recall("x", top_k=100)["results"]:
        assert len(hit["text"].encode()) <= 2048 and hit["truncated"] is True


def test_a_recall_of_many_long_passages_stays_within_its_answer(agent):
    text = long_text(30 * 1024)
    # Vectors of one's own: two hundred passages would take their time to embed.
    agent.remember_batch([{"text": f"Copy {n}. {text}", "embedding": unit(n)} for n in range(100)])
    reply = agent.post("/v1/recall", {"query": "brass key", "top_k": 100})
    assert reply.status == 200 and len(reply.body) <= 1 << 20
    assert len(reply.json["results"]) == 100


def test_control_characters_do_not_burst_the_answer(agent):
    """JSON spells them in six bytes each: limits hold for what is sent, not for what is stored."""
    worst = {name: "\u0001" * 256 for name in ("speaker", "session_id", "kind")}
    agent.remember_batch([{"text": "\u0001" * 4000 + str(n), "embedding": unit(n), **worst}
                          for n in range(100)])
    reply = agent.post("/v1/recall", {"embedding": unit(0), "top_k": 100, "explain": True})
    assert reply.status == 200 and len(reply.body) <= 1 << 20, len(reply.body)
    answer = reply.json
    assert len(answer["results"]) == 100 and "text" in answer["capped"]
    assert all(hit["truncated"] for hit in answer["results"])


def test_a_big_recall_is_cut_and_says_so(agent):
    metadata = {"filler": "m" * 8000}
    tags = ["t" * 250] * 32
    agent.remember_batch([{"text": f"record {n} " + "w " * 900, "metadata": metadata,
                           "tags": tags, "embedding": unit(n)} for n in range(100)])
    reply = agent.post("/v1/recall", {"query": "record", "top_k": 100})
    assert reply.status == 200 and len(reply.body) <= 1 << 20
    answer = reply.json
    assert len(answer["results"]) == 100 and answer["capped"] == ["metadata"]


def test_state_tokens(tenant, agent, make_tenant):
    made = agent.remember("something")
    epoch, sequence = parse_token(made["state_token"])
    reply = agent.post("/v1/recall", {"query": "q", "at_least": make_token(epoch ^ 1, sequence)})
    assert_problem(reply, 409, "/at_least")
    # Nobody wrote that yet, so nobody waits for it.
    for path in ("/v1/recall", "/v1/brain/evaluate"):
        for ahead in (sequence + 1, 1_000_000, 2**63 - 1, 2**64 - 1):
            reply = agent.post(path, {"query": "q", "at_least": make_token(epoch, ahead)})
            assert_problem(reply, 409, "/at_least")
    foreign = make_tenant().agent.remember("elsewhere")["state_token"]
    for path in ("/v1/recall", "/v1/brain/evaluate"):
        assert_problem(agent.post(path, {"query": "q", "at_least": foreign}), 409, "/at_least")
        for broken in ("abc", "!" * 22, made["state_token"] + "=", made["state_token"][:-1],
                       "A" * 64, made["state_token"] + "A"):
            assert_problem(agent.post(path, {"query": "q", "at_least": broken}), 400, "/at_least")
    assert tenant.sequence() == 1


def test_recall_changes_no_state(tenant, agent):
    agent.remember("still")
    for _ in range(3):
        assert parse_token(agent.recall("still")["state_token"])[1] == 1
    agent.evaluate("still", session_id="s")
    assert tenant.sequence() == 1


def test_tenants_do_not_see_each_other(make_tenant):
    one, two = make_tenant(), make_tenant()
    one.agent.remember("The vault opens with the word tangerine.", speaker="Ada")
    two.agent.remember("Bread is baked at five.", speaker="Ben")
    assert [hit["text"] for hit in two.agent.recall("vault word", top_k=100)["results"]] == [
        "Bread is baked at five."]
    bundle = two.agent.evaluate("Which word opens the vault?")
    assert "tangerine" not in str(bundle)


def test_the_subject_of_a_query_does_not_narrow_it(agent):
    made = agent.remember("The boat is blue.", subject="person:1")
    assert agent.recalled_ids("boat", subject="person:2") == [made["id"]]

"""Random memories and questions out of few words, names and instants, so that all collides with all."""
import times

VOCABULARY = """paint painting painted lake lakes Anna Anna's Bo Bo\u2019s swim swimming river the is at école École Straße
STRASSE 2023 8 May naïve running runs ran quickly happily generous generously Mary dogs dog sky Zoë x-ray it's home
went _under_ 北京 नमस्ते relational conditional nation nationally""".split()
DIMENSION = 8
FIXED_YEARS = (1969, 1999, 2020, 2024, 2040, 2090)


class World:
    """`facts` is the tenant's model: instants are drawn around what is there."""
    paths = ("metadata.n", "metadata.deep.x", "metadata.list", "metadata.a.b", "metadata.deep",
             "metadata.none")
    pools = {"kind": ["a", "ab", "b"], "speaker": ["Anna", "Bo", "Mary Ann", "Mary", "Zoë"],
             "session_id": ["s1", "s2", "s2b", "Ω"], "subject": ["u1", "u2", "ü"],
             "key": ["k1", "k2", "k3", "k3/é"], "tags": ["red", "reddish", "blue", "gr\u00fcn"]}

    def __init__(self, facts):
        self.facts = facts

    def words(self, rng, most):
        return " ".join(rng.choice(VOCABULARY) for _ in range(rng.randint(1, most)))

    def vector(self, rng):
        if rng.random() < 0.2:
            return [rng.gauss(0, 1) for _ in range(DIMENSION)]
        while True:
            vector = [rng.randint(-2, 2) for _ in range(DIMENSION)]
            if any(vector):
                return vector

    def instant(self, rng):
        """Far ones, near ones, and those at which something happened, ± 1 µs."""
        known = list(self.facts.edges()) + [m.created for m in self.facts.memories.values()]
        if known and rng.random() < 0.5:
            return rng.choice(known) + rng.choice([-1, 0, 1])
        if rng.random() < 0.3:
            return times.now() + rng.randint(-400_000, 400_000)
        return times.parse(f"{rng.choice(FIXED_YEARS)}-0{rng.randint(1, 9)}-01T00:00:00Z")

    def item(self, rng, known_instants=True):
        item = {"text": self.words(rng, 12), "embedding": self.vector(rng)}
        if rng.random() < 0.03:
            item["text"] += " swim river lake dogs" * 150  # longer than an answer shows
        for name, share in (("kind", .5), ("speaker", .6), ("session_id", .5), ("subject", .3),
                            ("key", .4)):
            if rng.random() < share:
                item[name] = rng.choice(self.pools[name])
        if rng.random() < 0.3:
            item["turn"] = rng.randint(0, 6)
        if rng.random() < 0.4:
            item["importance"] = rng.choice([0, 0.25, 0.5, 1])
        if rng.random() < 0.4:
            item["tags"] = rng.sample(self.pools["tags"], rng.randint(1, 3))
        if rng.random() < 0.5:
            item["metadata"] = self.metadata(rng)
        if rng.random() < 0.4:
            item["occurred_at"] = times.text(self.instant(rng))
        self.add_validity(rng, item)
        return item

    def add_validity(self, rng, item):
        if rng.random() < 0.12:
            item["ttl_seconds"] = rng.choice([1, 1, 2, 3, 1_000_000])
        begins, ends = self.instant(rng), self.instant(rng)
        if rng.random() < 0.3:
            item["valid_from"] = times.text(begins)
        if rng.random() < 0.25 and ("valid_from" not in item or begins < ends):
            item["valid_to"] = times.text(ends)

    def metadata(self, rng):
        made = {}
        if rng.random() < 0.6:
            made["n"] = rng.choice([0, 1, 2, 2.5, "p", True, None])
        if rng.random() < 0.5:
            made["deep"] = {"x": rng.choice(["p", "pq", False, 1, None, {"y": 1}])}
        if rng.random() < 0.4:
            made["list"] = rng.sample([1, 2, "p", "é", True, None, [1]], rng.randint(0, 3))
        if rng.random() < 0.2:
            made[rng.choice(["a.b", "a"])] = rng.choice([1, "q", {"b": 2}])
        if rng.random() < 0.05:
            made |= {f"m{number}": number for number in range(70)}
        return made

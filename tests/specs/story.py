"""A few changes of the law on two nodes that share their stores, while holders and operators race, nodes
are killed, and stores are emptied or away; what the nodes logged is the trace."""
import contextlib
import datetime
import json
import threading

from api import Client
from law import canonical, identity
from private_stack import wait_until
from second_node import SecondNode

COPY = "soma:constitution:active"


def at_once(*actions):
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")


class Story:
    """`logs` and `laws` are what trace2tla is given."""

    def __init__(self, holders, folder):
        self.holders, self.stack, self.folder, self.laws = holders, holders.stack, folder, []
        self.second = SecondNode(self.stack, folder / "second.log")
        self.world = folder / "world.log"
        self.logs = [self.stack.state / "log/serve.log", self.second.log, self.world]
        first = folder / "first.json"
        first.write_text(self.holders.do("show", "--envelope", 1))
        self.laws.append(first)

    # What people do

    def propose(self, **changes):
        """The next version: its text is kept, its identity answered."""
        draft = self.holders.draft(**changes)
        proposal = self.holders.propose(draft)
        assert proposal == identity(draft)
        self.laws.append(self.folder / f"{proposal[:12]}.json")
        self.laws[-1].write_bytes(canonical(draft))
        return proposal

    def reword(self, word):
        articles = json.loads(self.holders.do("show", "--next"))["articles"]
        articles[0]["text"] += f" {word}."
        return self.propose(articles=articles)

    def sign(self, proposal, number, port=None):
        done = self.stack.run("constitution", "sign", proposal, "--signer", f"soma-signer-{number}",
                              token=self.holders.token,
                              environment={"SOMABRAIN_HTTP_PORT": port or self.stack.http_port})
        assert done.returncode == 0, done.stderr

    def activate(self, proposal, port=None):
        """The status, or None when the node died meanwhile."""
        client = Client(port or self.stack.http_port, self.holders.token)
        with contextlib.suppress(OSError), contextlib.closing(client):
            return client.call("POST", f"/v1/constitution/proposals/{proposal}/activate").status

    # What the logs say

    def lines(self, log, event, **fields):
        found = (json.loads(text) for text in log.read_text().splitlines() if text.startswith("{"))
        return [line for line in found if line["event"] == event
                and all(line.get(name) == value for name, value in fields.items())]

    def wait_for(self, count, event, **fields):
        wait_until(lambda: sum(len(self.lines(log, event, **fields)) for log in self.logs[:2]) >= count,
                   60, f"{count} times: {event} {fields}")

    def owes(self):
        reason = self.stack.ready()[1]["parts"]["object_storage"].get("reason", "")
        return "owed: " in reason and not reason.endswith("owed: 0")

    # The chapters

    def tell(self):
        self.second.start()
        for chapter in (self.two_sign_at_once, self.two_activate_at_once, self.a_node_dies_in_between,
                        self.a_node_dies_activating, self.redis_is_emptied, self.storage_is_away,
                        self.a_key_is_rotated):
            chapter()
        self.wait_for(2, "the law is in force", version=self.holders.version())
        for version in range(1, self.holders.version() + 1):
            self.wait_for(1, "a version of the law is locked", version=version)

    def two_sign_at_once(self):
        proposal = self.reword("Two sign at once")
        assert self.activate(proposal) == 409  # nobody has signed
        self.sign(proposal, 1)
        at_once(lambda: self.sign(proposal, 2), lambda: self.sign(proposal, 3, self.second.http_port))
        assert self.activate(proposal) == 200

    def two_activate_at_once(self):
        """Of two proposals for one number; several times, because who races may also queue."""
        for turn in range(3):
            rivals = [self.reword(f"{word} {turn}") for word in ("Here", "There")]
            for proposal in rivals:
                for number in (1, 2, 4):
                    self.sign(proposal, number)
            answers = [None, None]

            def run(which, port):
                answers[which] = self.activate(rivals[which], port)

            at_once(lambda: run(0, self.stack.http_port), lambda: run(1, self.second.http_port))
            assert sorted(answers) == [200, 409], answers

    def a_node_dies_in_between(self):
        proposal = self.reword("A node dies")
        for number in (3, 4):
            self.sign(proposal, number)
        self.stack.kill("serve")
        self.sign(proposal, 5, self.second.http_port)
        assert self.activate(proposal, self.second.http_port) == 200
        self.stack.start("serve")

    def a_node_dies_activating(self):
        """Killed while its transaction waits for the pointer: it has asked, and never answers."""
        proposal = self.reword("A node dies activating")
        for number in (1, 2, 3):
            self.sign(proposal, number)
        victim = threading.Thread(target=self.activate, args=(proposal, self.second.http_port))
        with self.stack.connect() as database, database.transaction():
            database.execute("SELECT FROM constitution_pointer FOR UPDATE")
            victim.start()
            wait_until(lambda: self.lines(self.second.log, "a step of the law", step="activate",
                                          law=proposal, outcome="asked"), 30, "an activation that asked")
            self.second.kill()
            victim.join()
        assert self.activate(proposal) == 200
        self.second.start()

    def redis_is_emptied(self):
        before = len(self.lines(self.logs[0], "the law is copied")), len(
            self.lines(self.logs[1], "the law is copied"))
        began = now()
        self.stack.redis("FLUSHALL")
        with open(self.world, "a", encoding="utf-8") as out:
            print(json.dumps({"time": now(), "event": "redis is emptied", "began": began}), file=out)
        self.wait_for(sum(before) + 1, "the law is copied")
        assert self.stack.redis("GET", COPY)

    def storage_is_away(self):
        proposal = self.reword("Storage is away")
        for number in (2, 4, 5):
            self.sign(proposal, number)
        with self.stack.without("object_store"):
            assert self.activate(proposal) == 200
            wait_until(self.owes, 60, "a snapshot that is owed")
        self.wait_for(1, "a version of the law is locked", law=proposal)

    def a_key_is_rotated(self):
        self.stack.bao("POST", "transit/keys/soma-signer-1/rotate")
        signers = json.loads(self.holders.do("show", "--next"))["signers"]
        signers[0]["public_key"] = self.holders.key(1)
        proposal = self.propose(signers=signers)
        self.sign(proposal, 1)  # with both of its keys
        self.sign(proposal, 2)
        assert self.activate(proposal) == 409
        self.sign(proposal, 3)
        assert self.activate(proposal, self.second.http_port) == 200
        proposal = self.reword("The new key signs")
        for number in (1, 2, 3):
            self.sign(proposal, number)
        assert self.activate(proposal) == 200

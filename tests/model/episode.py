"""An episode: a fresh tenant, a numbered list of random operations, and a last look at everything."""
import json
import random

import reads
import writes
from api import Client
from facts import record
from tenant import Difference, Tenant, expect

OPERATIONS = {
    writes.remember: 24, writes.batch: 4, writes.delete: 7, writes.link: 9, writes.end_session: 1,
    writes.feedback: 4, writes.erase: 1, writes.replay: 4, writes.refused: 3, reads.recall: 26, reads.get: 4,
    reads.list_pages: 5, reads.history: 4, reads.links: 4, reads.evaluate: 5,
}
OTHER_WRITES = [writes.remember, writes.delete, writes.batch]


def list_while_writing(tenant, rng):
    reads.list_pages(tenant, rng, lambda t, r: r.choice(OTHER_WRITES)(t, r))


OPERATIONS[list_while_writing] = 3


class Failure(Exception):
    """An operation whose answer differs: which one, and what was sent until then."""

    def __init__(self, index, name, said, sent):
        super().__init__(f"operation {index} ({name}): {said}")
        self.index, self.sent = index, sent


class Episodes:
    """Runs episodes over one connection. `stack`, `issuer`: tests/support's."""

    def __init__(self, stack, issuer, seed):
        self.stack, self.issuer, self.seed = stack, issuer, seed
        self.database = stack.connect()
        self.number = 0
        self.others = {"memories": [], "tokens": []}

    def rows(self, query, *parameters):
        return self.database.execute(query, parameters).fetchall()

    def tenant(self):
        self.number += 1
        made = random.SystemRandom().getrandbits(64)
        tenant = self.stack.run("tenant", "create", f"model-{made:x}", "--dimension", 8).stdout.split()[-1]
        client = Client(self.stack.http_port, self.issuer.mint(tenant, ("admin",)))
        return Tenant(client, tenant, self.rows, self.others)

    def run(self, episode, indices):
        """Raises Failure. Every operation draws from its own seed, so any subset can be run."""
        tenant = self.tenant()
        index, operation = 0, None
        try:
            for index in indices:
                rng = random.Random(f"{self.seed}/{episode}/{index}")
                operation = rng.choices(list(OPERATIONS), OPERATIONS.values())[0]
                operation(tenant, rng)
            operation = last_look
            last_look(tenant)
        except Difference as said:
            raise Failure(index, operation.__name__, said, tenant.sent) from said
        finally:
            tenant.client.close()
        self.others = {"memories": list(tenant.facts.memories)[:5],
                       "tokens": [t for t, _ in tenant.tokens[-5:]]}


def last_look(tenant):
    """Everything that is here, by the API and by the database."""
    page = tenant.answer("GET", "/v1/memories?include_superseded=true&limit=1000")
    tenant.meet(page["state_token"])

    def wrong(now):
        here = sorted((m for m in tenant.facts.memories.values() if tenant.is_there(m.id, now)),
                      key=lambda m: m.sequence)
        expected = [record(m) for m in here]
        return None if page["memories"] == expected else reads.first_difference(page["memories"], expected)
    tenant.agree(wrong)
    rows = tenant.rows("SELECT (SELECT count(*) FROM memories WHERE tenant = %s), (SELECT sequence FROM"
                       " streams WHERE tenant = %s AND name = 'state')", tenant.id, tenant.id)[0]
    if rows[1] == tenant.sequence:
        expect(rows[0] == len(tenant.facts.memories), "rows", rows, len(tenant.facts.memories))


def shrink(episodes, episode, indices, tries):
    """Operations left out, in ever smaller groups, for as long as the rest still fails."""
    failure, size = None, max(len(indices) // 2, 1)
    while tries > 0:
        left_out = False
        for start in range(0, len(indices), size):
            fewer = indices[:start] + indices[start + size:]
            tries -= 1
            try:
                episodes.run(episode, fewer)
            except Failure as still:
                indices = [i for i in fewer if i <= still.index]
                failure, left_out = still, True
                break
            if tries <= 0:
                break
        if not left_out:
            if size == 1:
                break
            size = max(size // 2, 1)
    return indices, failure


def transcript(sent):
    """The requests of a replay, one a line."""
    lines = []
    for verb, path, body, key, status in sent:
        said = "" if body is None else " " + json.dumps(body, ensure_ascii=False)
        lines.append(f"{status} {verb} {path}{f' [Idempotency-Key {key}]' if key else ''}{said}"[:600])
    return lines

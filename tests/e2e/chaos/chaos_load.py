"""Requests of the chaos drill: many clients in one thread, each request with a reference of its own."""
import asyncio
import collections
import json
import random
import threading
import time

VECTOR = json.dumps([round(random.Random(5).gauss(0, 1), 4) for _ in range(384)])
QUERIES = [f"what is known of subject {n}" for n in range(40)]
PATIENCE = 20.0  # seconds for an answer: longer than anything is frozen
MOST_KEPT = 200  # ids that a client goes back to
# What an answer below 500 may be: done, refused by a field's limit, by the law or by a role, or not there.
ALLOWED = {200, 201, 400, 403, 404}
# Requests in a hundred.
MIX = {"remember": 30, "recall": 25, "get": 15, "evaluate": 8, "feedback": 7, "delete": 5,
       "refused by the law": 4, "refused by a limit": 3, "refused by a role": 3}


class Connection:
    """HTTP/1.1 over one socket, as little of it as the service's answers need."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def ask(self, head, body):
        """(status, body)"""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(head + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        lines = answer.decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        content = await reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            self.close()
        return int(lines[0].split(" ", 2)[1]), content

    def close(self):
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


class Client:
    """One of the many: asks, and remembers what it may ask about next."""

    def __init__(self, load, number, tokens):
        self.load, self.number, self.tokens = load, number, tokens
        self.rng = random.Random(f"{load.seed}-{number}")
        self.connection = Connection(load.port)
        self.ids, self.evaluations = collections.deque(maxlen=MOST_KEPT), []

    def request(self):
        """(action, verb, path, body, role)"""
        action = self.rng.choices(list(MIX), MIX.values())[0]
        if action in ("get", "delete", "refused by the law") and not self.ids or \
                action == "feedback" and not self.evaluations:
            action = "remember"
        made = f"{self.rng.getrandbits(64):x}"
        if action == "remember":
            body = f'{{"text":"note {made}","tags":["t{made[0]}"],"embedding":{VECTOR}}}'
            return action, "POST", "/v1/memories", body, "agent"
        if action in ("recall", "evaluate"):
            body = json.dumps({"query": self.rng.choice(QUERIES), "top_k": 3})
            return action, "POST", "/v1/recall" if action == "recall" else "/v1/brain/evaluate", body, "agent"
        if action == "feedback":
            body = json.dumps({"evaluation_id": self.evaluations.pop(), "reward": 1})
            return action, "POST", "/v1/brain/feedback", body, "agent"
        if action == "refused by a limit":
            return action, "POST", "/v1/memories", '{"text":""}', "agent"
        if action == "refused by a role":
            return action, "POST", "/v1/recall", '{"query":"q"}', "auditor"
        if action == "get":
            return action, "GET", f"/v1/memories/{self.rng.choice(self.ids)}", "", "agent"
        role = "operator" if action == "delete" else "agent"  # the sandbox's law leaves it to a person
        chosen = self.ids.popleft() if action == "delete" else self.rng.choice(self.ids)
        return action, "DELETE", f"/v1/memories/{chosen}", "", role

    async def run(self):
        number = 0
        while not self.load.stopping:
            number += 1
            ref = f"{self.load.seed}/{self.number}/{number}"
            if not await self.once(ref, *self.request()):
                await asyncio.sleep(0.1 + self.rng.random() * 0.2)
        self.connection.close()

    async def once(self, ref, action, verb, path, body, role):
        """False: it was not answered, or with "later"."""
        body = body.encode()
        head = (f"{verb} {path} HTTP/1.1\r\nHost: drill\r\nAuthorization: Bearer {self.tokens[role]}\r\n"
                f"Soma-Telemetry-Ref: {ref}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        try:
            status, content = await asyncio.wait_for(self.connection.ask(head, body), PATIENCE)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            self.connection.close()
            status, content = 0, b""
        self.load.note(ref, action, status)
        if status == 201 and action == "remember":
            self.ids.append(json.loads(content)["id"])
        if status == 200 and action == "evaluate":
            self.evaluations.append(json.loads(content)["evaluation_id"])
        return 0 < status < 500


class Load:
    """The clients, until stop(); in a thread of its own. tokens: for each tenant {role: token}."""

    def __init__(self, port, seed, clients, tokens):
        self.port, self.seed = port, seed
        self.acknowledged, self.unanswered = {}, set()
        self.by_action = collections.Counter()  # (action, status)
        self.longest_silence, self.last_answer = 0.0, time.monotonic()
        self.stopping, self.trouble = False, None
        self.clients = [Client(self, number, tokens[number % len(tokens)]) for number in range(clients)]
        self.thread = threading.Thread(target=self.work)

    def work(self):
        async def everybody():
            await asyncio.gather(*(client.run() for client in self.clients))
        try:
            asyncio.run(everybody())
        except Exception as error:  # the drill reports it
            self.trouble = repr(error)

    def note(self, ref, action, status):
        self.by_action[action, status] += 1
        if 0 < status < 500:
            self.acknowledged[ref] = status
            now = time.monotonic()
            self.longest_silence = max(self.longest_silence, now - self.last_answer)
            self.last_answer = now
        else:
            self.unanswered.add(ref)

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.stopping = True
        self.thread.join()

    def strange(self):
        """Answers that no request of the mix should get."""
        return [f"{action}: {status}, {count} times" for (action, status), count in
                sorted(self.by_action.items()) if 0 < status < 500 and status not in ALLOWED]

"""What a committer and relays recorded, as the steps that specs/ledger/trace follows.

A line ends with "@" and its time. The numbers of commits begin anew with each process. Events are numbered
as the ledger holds them, from 1; those that it does not hold come after.
"""
import json
import re

from tla import Trouble, Written, function, literal, module, sequence

LINE = re.compile(r"(.*) @(\d+)$")
SENT = re.compile(r"commit (\d+) sent: intents \d+, log size (\d+), (read|presumed), events(.*)$")
HEARD = re.compile(r"commit (\d+) (answered|refused|lost)$")
TOPICS = {"soma.audit": lambda row: True,
          "soma.memory.events": lambda row: row["stream"] == "state",
          "soma.constitution.revisions": lambda row: row["action"].startswith("constitution.")}


def read_lines(path):
    """(where, time, what was said); a process that is killed may leave half a line."""
    for number, text in enumerate(path.read_text("ascii", "replace").splitlines(), 1):
        found = LINE.match(text)
        if found:
            yield f"{path.name}:{number}", int(found[2]), found[1]


def read_json_lines(path):
    try:
        return [json.loads(text) for text in path.read_text("utf-8").splitlines() if text]
    except ValueError as error:
        raise Trouble(f"{path}: {error}") from error


class Recording:
    def __init__(self, ledger, records):
        self.rows = sorted(ledger, key=lambda row: row["log_index"])
        self.base = self.rows[0]["log_index"]
        if [row["log_index"] for row in self.rows] != list(range(self.base, self.base + len(self.rows))):
            raise Trouble("the ledger's numbers are not dense")
        self.numbers = {}
        for number, row in enumerate(self.rows, 1):
            self.numbers.setdefault(row["id"], number)
        self.records, self.steps, self.relays, self.written = records, [], [], set()

    def place(self, log_index):
        return int(log_index) - self.base + 1

    def number(self, event):
        return self.numbers.setdefault(event, len(self.numbers) + 1)

    def add(self, where, time, does, **more):
        self.steps.append((time, len(self.steps), {"does": does, **more, "line": where}))

    def read_committer(self, path):
        sent, last = {}, 0
        for where, time, said in read_lines(path):
            if found := SENT.match(said):
                number, size, asked = int(found[1]), int(found[2]), found[3] == "read"
                if number <= last:
                    self.add(where, time, "cut")
                last = number
                events = [self.number(event) for event in found[4].split()]
                self.written.update(events)
                end = size - self.base
                self.add(where, time, "sent", rs=events, asked=asked, at=end - len(events), fate="nothing")
                sent[number] = self.steps[-1][2]
            elif found := HEARD.match(said):
                if int(found[1]) not in sent:
                    raise Trouble(f"{where}: heard of, and never sent")
                begun = sent[int(found[1])]
                begun["fate"] = found[2]
                if found[2] == "lost":
                    self.add(where, time, "cut")
                else:
                    self.add(where, time, found[2], rs=begun["rs"], at=begun["at"] + len(begun["rs"]))
            else:
                raise Trouble(f"{where}: no line of a committer's")

    def read_relay(self, path):
        who = f"r{len(self.relays) + 1}"
        self.relays.append(who)
        for where, time, said in read_lines(path):
            word, *rest = said.split()
            if word == "resume":
                last = {}
                for text in rest[1:]:
                    partition, index = text.split("=")
                    last[partition] = self.place(index)
                at = max(1, self.place(rest[0]))
                self.add(where, time, "resume", who=who, at=at, last=Written(function(last)))
            elif word in ("send", "sent"):
                start, end = map(self.place, rest)
                does = {"send": "carry", "sent": "carried"}[word]
                self.add(where, time, does, who=who, at=start, to=end - 1)
            elif word in ("begun", "failed"):
                self.add(where, time, word, who=who)
            else:
                raise Trouble(f"{where}: no line of a relay's")

    def routes(self, row):
        return {f"{topic}:{row['shard']}" for topic, belongs in TOPICS.items() if belongs(row)}

    def text(self):
        partitions = {place for row in self.rows for place in self.routes(row)}
        kafka = {place: [] for place in sorted(partitions)}
        for record in self.records:
            place = f"{record['topic']}:{record['partition']}"
            if place not in kafka:
                raise Trouble(f"{place}: a record where no event goes")
            kafka[place].append({"index": self.place(record["log_index"]),
                                 "below": max(1, self.place(record["complete_below"]))})
        strangers = set(range(1, len(self.rows) + 1)) - self.written
        nowhere = set(range(len(self.rows) + 1, len(self.numbers) + 1))
        steps = [step for _, _, step in sorted(self.steps, key=lambda step: step[:2])]
        return module({
            "Size": len(self.rows),
            "Nowhere": literal(nowhere),
            "Strangers": literal(strangers),
            "RecordedRelays": literal(set(self.relays)),
            "RecordedPartitions": literal(partitions),
            "Routes": sequence([self.routes(row) for row in self.rows]),
            "RecordedGoes(request)": "Routes[request]",
            "Kafka": function(kafka),
            "Steps": sequence(steps),
        }, "EXTENDS TLC, Sequences\n")


def write_ledger(arguments):
    recording = Recording(read_json_lines(arguments.ledger), read_json_lines(arguments.kafka))
    for path in arguments.logs:
        recording.read_committer(path)
    for path in arguments.relay:
        recording.read_relay(path)
    return recording.text()

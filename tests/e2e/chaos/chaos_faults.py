"""Faults of the chaos drill, one after the other, from a seed."""
import collections
import itertools
import sys
import time

import confluent_kafka.admin

from crash_drill import kill_at_commit
from private_stack import alive, wait_until

BROKERS = ("kafka", "kafka2", "kafka3")
# Beside them, where this stack has one: a second Redis, a witness.
PARTS = ("serve", "postgres", "redis", "buffer", "leader", "object_store", "relay", "witness")
FROZEN = 5.0  # seconds
CALM = 0.7  # seconds between two faults: some requests see everything up


def plan(rng, count, parts):
    """[(part, way)]: every fault there is, as often as any other, in the seed's order."""
    kinds = [(part, way) for part in parts for way in ("kill", "freeze")]
    kinds += [("serve", "kill at commit"), ("postgres", "kill at commit")]
    rng.shuffle(kinds)
    out = list(itertools.islice(itertools.cycle(kinds), count))
    rng.shuffle(out)
    return out


class Faults:
    """Carries plans out. `done`: how many of each; `in_window`: kills between COMMIT and its answer."""

    def __init__(self, stack, rng, tenants):
        self.stack, self.rng, self.tenants = stack, rng, tenants
        self.parts = [part for part in PARTS if part == "leader" or
                      (stack.state / "run" / f"{part}.pid").exists()]
        self.done, self.in_window = collections.Counter(), 0
        self.troubles = []
        self.shards = dict(stack.rows("SELECT id::text, shard FROM tenants"))

    def leader(self):
        """The broker that leads the partition of a tenant's events."""
        admin = confluent_kafka.admin.AdminClient({**self.stack.kafka(), "log_level": 0})
        topic = admin.list_topics(timeout=30).topics["soma.audit"]
        return BROKERS[topic.partitions[self.shards[self.rng.choice(self.tenants)]].leader - 1]

    def carry_out(self, planned):
        for part, way in planned:
            name = self.leader() if part == "leader" else part
            if way == "freeze":
                with self.stack.frozen(name):
                    time.sleep(FROZEN)
            else:
                if way == "kill at commit":
                    self.in_window += kill_at_commit(self.stack, part, self.rng.choice((0, 0, 0.002)))
                else:
                    self.stack.kill(name)
                self.stack.start(name)
            self.done[part, way] += 1
            time.sleep(CALM)

    def until_in_window(self, wanted, most):
        """More kills at a COMMIT until so many have hit the time before its answer."""
        for victim in itertools.islice(itertools.cycle(("serve", "postgres")), most):
            if self.in_window >= wanted:
                break
            self.carry_out([(victim, "kill at commit")])

    def heal(self):
        """Whatever has died of another's fault is started again, and is told: nothing should."""
        for name in [*(part for part in self.parts if part != "leader"), *BROKERS]:
            if not alive(self.stack.pid(name)):
                self.troubles.append(f"{name} had died by itself")
                print(f"{name} had died by itself", file=sys.stderr)
                self.stack.start(name)
        wait_until(lambda: self.stack.ready()[0] == 200, 120, "the service to be ready again")

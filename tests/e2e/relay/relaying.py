"""What tests of the relay share: writers, its metrics, and the ledger held against Kafka."""
import contextlib
import http.client
import random
import re
import threading
import time

import kafka
from private_stack import wait_until

VECTOR = [round(random.Random(5).gauss(0, 1), 4) for _ in range(384)]


def metrics(stack):
    connection = http.client.HTTPConnection("127.0.0.1", stack.port("SOMABRAIN_RELAY_PORT"), timeout=10)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    return {name: float(value) for name, value in
            re.findall(r"^(somabrain_relay_\w+) ([-+.\deE]+)$", text, re.M)}


def drained(stack):
    size = stack.rows("SELECT size FROM log")[0][0]
    with contextlib.suppress(OSError, http.client.HTTPException):
        found = metrics(stack)
        return found.get("somabrain_relay_active") == 1 and found.get("somabrain_relay_lag_events") == 0 \
            and stack.rows("SELECT size FROM log")[0][0] == size
    return False


def wait_until_drained(stack):
    # Two looks, further apart than two of the relay's own, which set the gauge.
    for _ in range(2):
        wait_until(lambda: drained(stack), 120, "the relay to have carried everything")
        time.sleep(1)


def check_topics(stack):
    """All differences between the ledger and Kafka's three topics; how many records there are."""
    wait_until_drained(stack)
    ledger = stack.rows(kafka.LEDGER)
    wrong, count = [], 0
    for topic in kafka.TOPICS:
        belongs = kafka.BELONGS[topic]
        records = kafka.read_topic(stack, topic, at_least=sum(map(belongs, ledger)))
        count += len(records)
        wrong += [f"{topic}: {what}" for what in kafka.differences(ledger, records, belongs)]
    assert count >= len(ledger)
    return wrong


class Writer:
    """Writes memories until told to stop, `pause` seconds between two batches; all must be acknowledged."""

    def __init__(self, client, pause=0.005):  # room for whoever else runs here
        self.client, self.pause = client, pause
        self.stopping = False
        self.written = 0
        self.trouble = None
        self.thread = threading.Thread(target=self.work)

    def work(self):
        try:
            while not self.stopping:
                items = [{"text": f"relayed {self.written} {i}", "embedding": VECTOR} for i in range(5)]
                reply = self.client.post("/v1/memories:batch", {"items": items})
                assert reply.status == 201, reply
                self.written += len(items)
                time.sleep(self.pause)
        except Exception as error:  # the test reports it
            self.trouble = repr(error)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
        self.client.close()

"""A consumer that reads soma.audit while everything around it dies, and is itself begun anew now and then."""
import json
import threading
import time

import confluent_kafka

import kafka
from chaos_check import Event

TOPIC = "soma.audit"


def event_of(partition, headers, value):
    body = json.loads(value)
    return Event(partition, int(headers["log_index"]), (body.get("tenant", ""), body["stream"]),
                 body["stream_sequence"], body.get("telemetry_ref", ""), body["status"])


def read_all(stack):
    """What a consumer gets that comes when all is over."""
    return [event_of(record.partition, record.headers, record.value)
            for record in kafka.read_topic(stack, TOPIC)]


class Consumer:
    """Keeps what it got and where it stands, as one whose store takes both in one transaction."""

    def __init__(self, stack):
        self.stack = stack
        self.events, self.offsets = [], dict.fromkeys(range(kafka.PARTITIONS), 0)
        self.restarts = -1
        self.again, self.stopping, self.trouble = False, False, None
        self.thread = threading.Thread(target=self.work)

    def work(self):
        try:
            while not self.stopping:
                self.restarts += 1
                self.again = False
                self.read()
        except Exception as error:  # the drill reports it
            self.trouble = repr(error)

    def read(self):
        consumer = confluent_kafka.Consumer({
            **self.stack.kafka(), "group.id": "soma-reader-drill", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "error", "log_level": 0,
            "queued.max.messages.kbytes": 16384})
        consumer.assign([confluent_kafka.TopicPartition(TOPIC, p, o) for p, o in self.offsets.items()])
        try:
            while not self.stopping and not self.again:
                # Many at once: whoever restarts it does so in the middle of a batch.
                for message in consumer.consume(200, 0.2):
                    if self.again:
                        break
                    self.take(message)
        finally:
            consumer.close()

    def take(self, message):
        error = message.error()
        if error is not None:
            if error.code() in (confluent_kafka.KafkaError._AUTO_OFFSET_RESET,
                                confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED):
                raise confluent_kafka.KafkaException(error)
            return  # librdkafka goes on by itself
        record = kafka.record_of(message)
        self.events.append(event_of(record.partition, record.headers, record.value))
        self.offsets[record.partition] = record.offset + 1

    def start(self):
        self.thread.start()
        return self

    def begin_anew(self):
        self.again = True

    def stop_after(self, count, seconds):
        """Once it has that many, and a moment later, in which one too many would have come."""
        end = time.monotonic() + seconds
        while len(self.events) < count and self.thread.is_alive() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1)
        self.stopping = True
        self.thread.join()

"""Kafka as a stranger reads it: PyPI's confluent-kafka, committed records, from the beginning to the end."""
import dataclasses
import time

import confluent_kafka

TOPICS = ("soma.audit", "soma.memory.events", "soma.constitution.revisions")
PARTITIONS = 64


@dataclasses.dataclass
class Record:
    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict

    @property
    def log_index(self):
        return int(self.headers["log_index"])


def record_of(message):
    return Record(message.partition(), message.offset(), message.key().decode(), message.value(),
                  {name: value.decode() for name, value in message.headers()})


def read_topic(stack, topic, at_least=0, seconds=120, patience=20):
    """Every committed record there is, in each partition's order. A broker that has just begun to lead, or has
    just woken up, may end a partition early: `patience` seconds for `at_least` records to come."""
    consumer = confluent_kafka.Consumer({
        **stack.kafka(), "group.id": "soma-reader-stranger", "enable.auto.commit": False,
        "isolation.level": "read_committed", "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    records, open_partitions = [], set(range(PARTITIONS))
    end, enough = time.monotonic() + seconds, time.monotonic() + patience
    try:
        consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in open_partitions])
        while open_partitions or (len(records) < at_least and time.monotonic() < enough):
            assert time.monotonic() < end, f"{topic}: no end of partitions {open_partitions}"
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error() is None:
                records.append(record_of(message))
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
    finally:
        consumer.close()
    return records


def differences(ledger, records, belongs=lambda row: True):
    """What is wrong with a topic. `ledger`: rows (log_id, log_index, shard, body, stream, action)."""
    wrong, last, seen = [], {}, {}
    wanted = {(str(row[0]), row[1]): row for row in ledger if belongs(row)}
    for record in records:
        place = (record.headers["log_id"], record.log_index)
        before = last.get(record.partition)
        if before is not None and before[0] == place[0] and place[1] <= before[1]:
            wrong.append(f"order: {place[1]} after {before[1]} in partition {record.partition}")
        last[record.partition] = place
        if place in seen:
            wrong.append(f"doubled: {place[1]}")
        seen[place] = record
        row = wanted.get(place)
        if row is None:
            wrong.append(f"not in the ledger, or not of this topic: {place[1]}")
        elif bytes(row[3]) != record.value:
            wrong.append(f"another body: {place[1]}")
        elif row[2] != record.partition:
            wrong.append(f"partition {record.partition} instead of {row[2]}: {place[1]}")
    wrong += [f"lost: {index}" for (log, index) in wanted if (log, index) not in seen]
    return wrong


BELONGS = {"soma.audit": lambda row: True,
           "soma.memory.events": lambda row: row[4] == "state",
           "soma.constitution.revisions": lambda row: row[5].startswith("constitution.")}

LEDGER = ("SELECT e.log_id, e.log_index, coalesce(t.shard, 0), e.body, e.stream, e.action FROM events e "
          "LEFT JOIN tenants t ON t.id = e.tenant ORDER BY e.log_index")

#!/usr/bin/env python3
"""Who may do what in a cluster that denies by default; said again, it changes nothing.

    SOMABRAIN_KAFKA_BROKERS=… SOMABRAIN_KAFKA_CA_FILE=… SOMABRAIN_KAFKA_ADMIN_PASSWORD_FILE=… rights.py

Not `somabrain topics`: librdkafka before 2.6 knows no rights to a transactional.id."""
import os
import pathlib

from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient,
                                   ResourcePatternType, ResourceType)

TOPICS = ("soma.audit", "soma.memory.events", "soma.constitution.revisions")
WHOLE, PREFIX = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED
READ, WRITE = AclOperation.READ, AclOperation.WRITE

# The relay reads what it has written: that is its position. Readers may join groups whose names begin so.
RIGHTS = [
    *(("soma-relay", ResourceType.TOPIC, topic, WHOLE, right) for topic in TOPICS for right in (READ, WRITE)),
    ("soma-relay", ResourceType.TRANSACTIONAL_ID, "soma-relay-", PREFIX, WRITE),
    *(("soma-reader", ResourceType.TOPIC, topic, WHOLE, READ) for topic in TOPICS),
    ("soma-reader", ResourceType.GROUP, "soma-reader", PREFIX, READ),
]


def main():
    env = os.environ
    admin = AdminClient({
        "bootstrap.servers": env["SOMABRAIN_KAFKA_BROKERS"], "security.protocol": "SASL_SSL",
        "ssl.ca.location": env["SOMABRAIN_KAFKA_CA_FILE"], "sasl.mechanism": "PLAIN",
        "sasl.username": "soma-admin",
        "sasl.password": pathlib.Path(env["SOMABRAIN_KAFKA_ADMIN_PASSWORD_FILE"]).read_text().strip()})
    bindings = [AclBinding(kind, name, pattern, f"User:{user}", "*", right, AclPermissionType.ALLOW)
                for user, kind, name, pattern, right in RIGHTS]
    for done in admin.create_acls(bindings, request_timeout=20).values():
        done.result()


if __name__ == "__main__":
    main()

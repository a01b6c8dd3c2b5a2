"""Three brokers with TLS, SASL and rights, on a stack of their own: who may what, and what the relay and its
readers see of a broker, or two, that die or freeze."""
import concurrent.futures
import contextlib
import subprocess

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

import kafka
import private_stack as private
from conftest import Tenant
from private_stack import wait_until
from relaying import VECTOR, Writer, check_topics, metrics, wait_until_drained
from tokens import Issuer

BROKERS = ("kafka", "kafka2", "kafka3")
ERROR = confluent_kafka.KafkaError


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    scratch = private.PrivateStack(tmp_path_factory.mktemp("cluster"), kafka=3)
    try:
        scratch.up()
        yield scratch
    finally:
        scratch.destroy()


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory):
    """Certificate of one that signed none of the brokers'."""
    folder = tmp_path_factory.mktemp("authority")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=other", "-keyout", folder / "key", "-out", folder / "pem"],
                   check=True, capture_output=True)
    return folder / "pem"


@pytest.fixture
def member(cluster):
    fresh = Tenant(cluster, Issuer(cluster))
    yield fresh
    fresh.close()


def metadata(conf, seconds=20):
    """What brokers tell whoever logs in so; KafkaException when they do not."""
    return AdminClient({**conf, "socket.timeout.ms": 5000, "log_level": 0}).list_topics(timeout=seconds)


def partition_of(cluster, tenant):
    return cluster.rows("SELECT shard FROM tenants WHERE id = %s", tenant.id)[0][0]


def leader_of(cluster, tenant):
    """Name of the process that leads the partition of the tenant's events."""
    topic = metadata(cluster.kafka()).topics["soma.audit"]
    return BROKERS[topic.partitions[partition_of(cluster, tenant)].leader - 1]


def refusal(function, *args):
    """The code that Kafka refuses with."""
    with pytest.raises(confluent_kafka.KafkaException) as caught:
        function(*args)
    return caught.value.args[0].code()


def produce(conf, topic):
    """One record, written; or KafkaException."""
    answers = []
    producer = confluent_kafka.Producer({**conf, "message.timeout.ms": 20000, "log_level": 0})
    producer.produce(topic, b"value", on_delivery=lambda error, _: answers.append(error))
    assert producer.flush(30) == 0
    if answers[0] is not None:
        raise confluent_kafka.KafkaException(answers[0])


def make_topic(conf):
    name = NewTopic("soma.other", num_partitions=1, replication_factor=3)
    admin = AdminClient({**conf, "log_level": 0})
    admin.create_topics([name], request_timeout=20)["soma.other"].result()


def begin_transactions(conf, name):
    confluent_kafka.Producer({**conf, "transactional.id": name, "log_level": 0}).init_transactions(30)


def test_copies_and_how_many_must_answer(cluster):
    found = metadata(cluster.kafka("soma-admin"))
    assert set(found.brokers) == {1, 2, 3}
    for name in (*kafka.TOPICS, "__transaction_state"):
        for partition in found.topics[name].partitions.values():
            assert sorted(partition.replicas) == [1, 2, 3], name
    admin = AdminClient(cluster.kafka("soma-admin"))
    for name in kafka.TOPICS:
        resource = confluent_kafka.admin.ConfigResource(confluent_kafka.admin.ResourceType.TOPIC, name)
        settings = admin.describe_configs([resource])[resource].result()
        assert settings["min.insync.replicas"].value == "2", name


def test_a_reader_reads_and_writes_nothing(cluster):
    reader = cluster.kafka("soma-reader")
    assert set(metadata(reader).topics) == set(kafka.TOPICS), "it is not shown what else there is"
    assert refusal(produce, reader, "soma.audit") == ERROR.TOPIC_AUTHORIZATION_FAILED
    assert refusal(make_topic, reader) == ERROR.TOPIC_AUTHORIZATION_FAILED
    assert refusal(begin_transactions, reader, "soma-relay-x") == \
        ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_a_relay_writes_its_topics_under_its_name_and_makes_none(cluster):
    relay = cluster.kafka("soma-relay")
    assert refusal(make_topic, relay) == ERROR.TOPIC_AUTHORIZATION_FAILED
    assert refusal(produce, relay, "__transaction_state") == ERROR.TOPIC_AUTHORIZATION_FAILED
    assert refusal(begin_transactions, relay, "another-name") == \
        ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    begin_transactions(relay, "soma-relay-of-a-test")


def test_who_does_not_log_in_learns_nothing(cluster, other_authority):
    right = cluster.kafka("soma-reader")
    nameless = {name: value for name, value in right.items() if not name.startswith("sasl")}
    strangers = {
        "plaintext": {"bootstrap.servers": right["bootstrap.servers"]},
        "SASL without TLS": {**right, "security.protocol": "SASL_PLAINTEXT"},
        "TLS without a name": {**nameless, "security.protocol": "SSL"},
        "a wrong password": {**right, "sasl.password": "wrong"},
        "another's password": {**right, "sasl.password": cluster.secret("kafka-relay")},
        "nobody": {**right, "sasl.username": "nobody"},
        "no password": {**right, "sasl.password": "", "sasl.username": "soma-reader"},
        "certificates of another authority": {**right, "ssl.ca.location": str(other_authority)},
        "a broker by a name its certificate lacks": {
            **right, "bootstrap.servers": right["bootstrap.servers"].replace("127.0.0.1", "localhost")},
    }
    metadata(right)

    def asks(conf):
        try:
            return metadata(conf, 4)
        except confluent_kafka.KafkaException:
            return None

    with concurrent.futures.ThreadPoolExecutor(len(strangers)) as at_once:
        answers = dict(zip(strangers, at_once.map(asks, strangers.values())))
    assert answers == dict.fromkeys(strangers)


def test_our_own_program_checks_brokers_and_says_why_it_is_refused(cluster, other_authority):
    """Each of these is a `somabrain topics` of its own, and none shows the password it was given."""
    cases = [({"SOMABRAIN_KAFKA_ADMIN_PASSWORD": "marker-5e"}, "Authentication failed"),
             ({"SOMABRAIN_KAFKA_CA_FILE": str(other_authority)}, "certificate verify failed"),
             ({"SOMABRAIN_KAFKA_CA_FILE": "/nowhere"}, "/nowhere"),
             ({"SOMABRAIN_KAFKA_BROKERS": cluster.env()["SOMABRAIN_KAFKA_BROKERS"].replace(
                 "127.0.0.1", "localhost")}, "certificate verify failed"),
             ({"SOMABRAIN_KAFKA_SECURITY": "plaintext"}, "kafka is not available")]

    def refused(case):
        environment = {"SOMABRAIN_KAFKA_ADMIN_PASSWORD": cluster.secret("kafka-admin"), **case[0]}
        return cluster.run("topics", check=False, environment=environment)

    with concurrent.futures.ThreadPoolExecutor(len(cases)) as at_once:
        for (changes, words), done in zip(cases, at_once.map(refused, cases)):
            assert done.returncode == 1, changes
            assert words in done.stderr, (changes, done.stderr)
            assert "marker-5e" not in done.stdout + done.stderr
            assert cluster.secret("kafka-admin") not in done.stdout + done.stderr


def go_on(cluster):
    """The relay carries events again."""
    relayed = metrics(cluster)["somabrain_relay_events_total"]
    wait_until(lambda: metrics(cluster)["somabrain_relay_events_total"] > relayed + 50, 120,
               "the relay to go on without it")


def test_a_leader_freezes_while_events_flow(cluster, member):
    """It still believes to lead when it wakes up; the others have gone on under a later epoch."""
    with Writer(member.new_client("agent")) as writer:
        wait_until(lambda: writer.written > 20, 60, "the first writes")
        with cluster.frozen(leader_of(cluster, member)):
            go_on(cluster)
    assert writer.trouble is None
    assert check_topics(cluster) == []


def test_a_leader_is_killed_while_events_flow_and_then_another(cluster, member):
    """Without one of three the relay goes on, its partitions led by others. Without two (fewer than must
    hold a record) requests go on, the lag grows, and drains when they are back."""
    with contextlib.ExitStack() as dead, Writer(member.new_client("agent")) as writer:
        wait_until(lambda: writer.written > 20, 60, "the first writes")
        first = leader_of(cluster, member)
        dead.enter_context(cluster.without(first))
        go_on(cluster)
        dead.enter_context(cluster.without(next(name for name in BROKERS if name != first)))
        wait_until(lambda: metrics(cluster)["somabrain_relay_active"] == 0, 60, "the relay to notice")
        written = writer.written
        wait_until(lambda: metrics(cluster)["somabrain_relay_lag_events"] >= 200, 60, "the lag")
        wait_until(lambda: writer.written > written + 50, 60, "requests to go on")
        assert cluster.ready()[0] == 200, "the service itself asks nothing of Kafka"
        writer.stopping = True
    assert writer.trouble is None
    assert check_topics(cluster) == []

"""What operators see: /ready, /metrics and the log, of the running service."""
import json
import re

import pytest

from api import Client
from stack import ROOT

TYPES = re.compile(r"^# TYPE (\S+) (counter|gauge|histogram)$", re.M)


@pytest.fixture
def operations(stack):
    client = Client(stack.ops_port)
    yield client
    client.close()


def metrics(operations):
    return operations.call("GET", "/metrics").body.decode()


def value(text, name, labels=""):
    pattern = "^" + re.escape(name) + (re.escape("{" + labels + "}") if labels else "") + r" (\S+)$"
    found = re.search(pattern, text, re.M)
    return float(found.group(1)) if found else 0.0


def total(text, name):
    """Over all label values."""
    return sum(float(v) for v in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.M))


def test_ready_names_its_parts(operations):
    reply = operations.call("GET", "/ready")
    assert reply.status == 200
    answer = reply.json
    assert answer["status"] == "ok"
    assert {name: part["status"] for name, part in answer["parts"].items()} == {
        "postgres": "ok", "buffer": "ok", "openbao": "ok", "redis": "ok", "constitution": "ok",
        "object_storage": "ok", "ledger": "ok", "witness": "ok"}


def test_the_metrics_are_the_golden_ones(operations, agent):
    """A family without a sample is not printed, so what is printed is a part of the list."""
    agent.remember("Something to count.")
    golden = set((ROOT / "tests/unit/telemetry/metrics.golden").read_text().split())
    printed = {name for name, _ in TYPES.findall(metrics(operations))}
    assert printed <= golden
    unlabelled = {name for name in golden if "_process_" in name or "_index_" in name}
    assert unlabelled <= printed


def test_metrics_name_no_tenant_and_no_content(operations, tenant):
    tenant.agent.remember("marker-of-content-93f1", speaker="marker-of-speaker-93f1")
    tenant.agent.recall("marker-of-query-93f1")
    text = metrics(operations)
    assert "93f1" not in text
    assert tenant.id not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text), "no uuid in any label"


def test_a_write_is_counted(operations, agent):
    before = metrics(operations)
    agent.remember("One more.")
    after = metrics(operations)
    for name in ("somabrain_commit_groups_total", "somabrain_commit_intents_total",
                 "somabrain_server_requests_total"):
        assert total(after, name) > total(before, name), name
    assert value(after, "somabrain_commit_rows_total") - value(
        before, "somabrain_commit_rows_total") >= 2, "the memory and its event"


def test_a_refused_token_is_counted_by_reason(operations, stack):
    before = total(metrics(operations), "somabrain_identity_refusals_total")
    stranger = Client(stack.http_port, "not.a.token")
    assert stranger.call("POST", "/v1/recall", {"query": "x"}).status == 401
    stranger.close()
    assert total(metrics(operations), "somabrain_identity_refusals_total") == before + 1


def test_histograms_add_up(operations, agent):
    agent.recall("anything")
    text = metrics(operations)
    for name, kind in TYPES.findall(text):
        if kind != "histogram":
            continue
        series = re.findall(rf'^{name}_bucket\{{(.*?)le="([^"]+)"\}} (\S+)$', text, re.M)
        by_labels = {}
        for labels, bound, count in series:
            by_labels.setdefault(labels.strip(","), []).append((float(bound), float(count)))
        for labels, buckets in by_labels.items():
            counts = [count for _, count in buckets]
            assert buckets == sorted(buckets) and counts == sorted(counts), (name, labels)
            assert buckets[-1][0] == float("inf")
            assert counts[-1] == value(text, name + "_count", labels), (name, labels)


def test_the_operations_port_serves_nothing_else(operations):
    for path in ("/v1/recall", "/v1/memories", "/openapi.json", "/metrics/x", "/"):
        assert operations.call("GET", path).status == 404, path
    assert operations.call("POST", "/ready", {}).status in (404, 405)


def test_the_log_is_json_without_content(stack, tenant):
    tenant.agent.remember("marker-of-content-5b7e", speaker="marker-of-speaker-5b7e",
                          metadata={"note": "marker-of-metadata-5b7e"})
    tenant.agent.recall("marker-of-query-5b7e")
    tenant.agent.call("POST", "/v1/recall", {"query": "marker-5b7e", "top_k": 0})
    text = (stack.state / "log/serve.log").read_text()
    assert "5b7e" not in text
    assert tenant.token("agent") not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line["event"] == "serving" for line in lines)
    for line in lines:
        assert {"time", "level", "event"} <= line.keys()
        assert line["level"] in ("debug", "info", "warn", "error")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])

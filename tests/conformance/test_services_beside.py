"""Health, reflection and metrics of the gRPC port: open to all, as /health and /openapi.json are."""
import re
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

SERVED = {"somabrain.v1.Memory", "somabrain.v1.Brain"}


def reflect(rpc, **question):
    stub = reflection_pb2_grpc.ServerReflectionStub(rpc.channel)
    (answer,) = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(**question)]), timeout=10)
    return answer


def test_health(rpc):
    stub = health_pb2_grpc.HealthStub(rpc.channel)
    for service in ("", *SERVED):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_names_the_services_and_their_types(rpc):
    names = {service.name for service in reflect(rpc, list_services="").list_services_response.service}
    assert names == SERVED | {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    for service in SERVED:
        files = reflect(rpc, file_containing_symbol=service).file_descriptor_response.file_descriptor_proto
        assert any(b"somabrain.v1" in file for file in files)


def metric(stack, name, **labels):
    text = urllib.request.urlopen(f"http://127.0.0.1:{stack.ops_port}/metrics", timeout=10).read().decode()
    for line in text.splitlines():
        if line.startswith(name) and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(re.search(r" (\S+)$", line).group(1))
    return 0


def test_calls_are_counted(world, rpc):
    names = {"route": "somabrain.v1.Memory.GetMemory", "code": "NOT_FOUND"}
    before = metric(world.stack, "somabrain_grpc_requests_total", **names)
    nobody = {"id": "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"}
    assert rpc.call("Memory.GetMemory", nobody, world.token).status == grpc.StatusCode.NOT_FOUND
    assert metric(world.stack, "somabrain_grpc_requests_total", **names) == before + 1
    assert metric(world.stack, "somabrain_grpc_request_duration_seconds_count", route=names["route"]) > 0
    assert metric(world.stack, "somabrain_grpc_calls_count") == 0

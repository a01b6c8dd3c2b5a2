"""One call, said over HTTP or over gRPC, and its answer in one form."""
import dataclasses
import json
import struct
import urllib.parse

import grpc

import contract
from api import Client


@dataclasses.dataclass
class Answer:
    """`fields` of a success, or the `problem` that stands instead of it."""
    transport: str
    fields: dict | None
    problem: dict | None
    status: object           # HTTP's number, or gRPC's code
    request_id: str = None
    retry_after: str = None

    @property
    def kind(self):
        return "ok" if self.problem is None else self.problem["type"].rpartition(":")[2]


def float32(value):
    """JSON gives a float's shortest digits, protobuf the float: both as the same double."""
    return struct.unpack("f", struct.pack("f", value))[0]


def rounded(descriptor, fields):
    """The same with every 32-bit float in one form."""
    out = {}
    for name, value in fields.items():
        field = descriptor.fields_by_name[name]
        if field.type == field.TYPE_FLOAT:
            value = [float32(one) for one in value] if field.is_repeated else float32(value)
        elif field.message_type and not field.message_type.GetOptions().map_entry:
            value = ([rounded(field.message_type, one) for one in value] if field.is_repeated
                     else rounded(field.message_type, value))
        out[name] = value
    return out


class Http:
    name = "http"

    def __init__(self, stack):
        self.stack, self.client = stack, Client(stack.http_port, timeout=30)

    def call(self, method, fields, token=None, headers=(), timeout=30):
        route, rest = contract.route(method), dict(fields)
        path = route.path
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            path = path.replace("{" + name + "}", urllib.parse.quote(str(rest.pop(name)), safe=""))
        body = None
        if route.max_body_bytes:
            body = rest
        elif rest:
            path += "?" + urllib.parse.urlencode({name: spelled(value) for name, value in rest.items()})
        reply = self.client.call(route.verb, path, body, token=token, headers=dict(headers))
        is_ok = reply.status == route.success
        output = contract.METHODS[method].output_type
        return Answer("http", rounded(output, reply.json) if is_ok else None, None if is_ok else reply.json,
                      reply.status, reply.request_id, reply.headers.get("retry-after"))

    def close(self):
        self.client.close()


def spelled(value):
    """A parameter of a query."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else value


class Grpc:
    name = "grpc"

    def __init__(self, stack):
        self.stack = stack
        self.channel = grpc.insecure_channel(f"127.0.0.1:{stack.grpc_port}")

    def call(self, method, fields, token=None, headers=(), timeout=30):
        return self.send(method, contract.request(method, fields).SerializeToString(), token, headers, timeout)

    def send(self, method, data, token=None, headers=(), timeout=30):
        """The bytes as they are."""
        output = contract.METHODS[method].output_type
        service, name = method.split(".")
        call = self.channel.unary_unary(f"/somabrain.v1.{service}/{name}",
                                        request_serializer=lambda data: data,
                                        response_deserializer=contract.message_class(output).FromString)
        metadata = [(name.lower(), value) for name, value in dict(headers).items()]
        if token is not None:
            metadata.append(("authorization", f"Bearer {token}"))
        try:
            message, done = call.with_call(data, metadata=metadata, timeout=timeout)
            trailing = dict(done.trailing_metadata())
            return Answer("grpc", rounded(output, contract.plain(message)), None, grpc.StatusCode.OK,
                          trailing.get("request-id"))
        except grpc.RpcError as error:
            return failure(error)

    def close(self):
        self.channel.close()


def failure(error):
    trailing = dict(error.trailing_metadata() or ())
    problem = problem_of(error) or {"type": "", "detail": error.details()}
    return Answer("grpc", None, problem, error.code(), trailing.get("request-id"), trailing.get("retry-after"))


def problem_of(error):
    """The Problem in a status's details, as HTTP would have it; None when gRPC itself refused."""
    data = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if data is None:
        return None
    details = contract.problem_pb2.StatusDetails.FromString(data)
    assert details.code == error.code().value[0] and details.message == error.details()
    assert len(details.details) == 1
    problem = contract.problem_pb2.Problem()
    assert details.details[0].Unpack(problem)
    return contract.plain(problem)

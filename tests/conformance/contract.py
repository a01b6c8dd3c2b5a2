"""The contract as Python sees it: api/ compiled when the tests begin, and requests made from dicts."""
import importlib
import json
import pathlib
import sys
import tempfile

import grpc_tools
from google.protobuf import descriptor as descriptors
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVED = {"memory": "Memory", "brain": "Brain"}  # module: service; what gRPC serves


def _compile():
    folder = tempfile.mkdtemp(prefix="soma-api-")
    sources = [str(path) for path in sorted((ROOT / "api/somabrain/v1").glob("*.proto"))]
    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    status = protoc.main(["protoc", f"-I{ROOT / 'api'}", f"-I{include}", f"--python_out={folder}",
                          f"--grpc_python_out={folder}", *sources])
    assert status == 0, "api/ does not compile"
    sys.path.insert(0, folder)


_compile()
limits_pb2, problem_pb2 = (importlib.import_module(f"somabrain.v1.{name}_pb2") for name in ("limits", "problem"))
MODULES = {name: importlib.import_module(f"somabrain.v1.{name}_pb2") for name in SERVED}
STUBS = {name: importlib.import_module(f"somabrain.v1.{name}_pb2_grpc") for name in SERVED}

TEXT, MESSAGE, BOOL = (descriptors.FieldDescriptor.TYPE_STRING, descriptors.FieldDescriptor.TYPE_MESSAGE,
                       descriptors.FieldDescriptor.TYPE_BOOL)
REALS = (descriptors.FieldDescriptor.TYPE_FLOAT, descriptors.FieldDescriptor.TYPE_DOUBLE)


def methods():
    """{"Memory.Remember": its descriptor}, of every served service."""
    return {f"{service}.{method.name}": method for module, service in SERVED.items()
            for method in MODULES[module].DESCRIPTOR.services_by_name[service].methods}


METHODS = methods()


def route(method):
    return METHODS[method].GetOptions().Extensions[limits_pb2.route]


def limits(field):
    return field.GetOptions().Extensions[limits_pb2.limits]


def is_free_object(field):
    return limits(field).format == limits_pb2.FORMAT_JSON_OBJECT


def message_class(descriptor):
    return getattr(importlib.import_module(descriptor.file.name.removesuffix(".proto").replace("/", ".") + "_pb2"),
                   descriptor.name)


def fill(message, fields):
    """A message from the dict that HTTP sends as JSON."""
    for name, value in fields.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.is_repeated:
            target = getattr(message, name)
            if field.type == MESSAGE:
                for item in value:
                    fill(target.add(), item)
            else:
                target.extend(value)
        elif is_free_object(field) and not isinstance(value, str):
            setattr(message, name, json.dumps(value))
        else:
            setattr(message, name, value)
    return message


def request(method, fields):
    return fill(message_class(METHODS[method].input_type)(), fields)


def plain(message):
    """A message as the dict that HTTP's JSON would be read as."""
    out = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type and field.message_type.GetOptions().map_entry:
            if len(value):
                out[field.name] = dict(value)
        elif field.is_repeated:
            out[field.name] = [plain(item) if field.type == MESSAGE else item for item in value]
        elif field.has_presence and not message.HasField(field.name):
            continue
        elif field.type == MESSAGE:
            out[field.name] = plain(value)
        elif is_free_object(field):
            out[field.name] = json.loads(value or "{}")
        elif not value and limits(field).format in (limits_pb2.FORMAT_UUID, limits_pb2.FORMAT_TIME):
            continue
        else:
            out[field.name] = value
    return out

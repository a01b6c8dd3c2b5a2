#!/usr/bin/env python3
"""The contract against api/baseline.binpb: what a client was built against goes on to work. `buf breaking`
judges names, numbers and types; routes and limits are options of our own, and judged here.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/conformance"))

import contract  # noqa: E402: compiles api/, so that the options below are known
from google.protobuf import descriptor_pb2  # noqa: E402

BUF = os.environ.get("BUF", "buf")
LOWER, RAISED = ("max", "max_bytes", "max_characters", "max_items"), ("min", "min_bytes", "min_items")


def buf(*args):
    return subprocess.run([BUF, *map(str, args)], capture_output=True, text=True, timeout=120, check=False)


def image(api):
    with tempfile.NamedTemporaryFile(suffix=".binpb") as out:
        done = buf("build", api, "--exclude-source-info", "-o", out.name)
        assert done.returncode == 0, done.stderr + done.stdout
        return descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes())


def routes(files):
    return {f"{file.package}.{service.name}.{method.name}": method.options.Extensions[contract.limits_pb2.route]
            for file in files.file for service in file.service for method in service.method}


def request_fields(files):
    """{(type, field number): the field's limits} of all that clients send."""
    types = {f".{file.package}.{message.name}": message for file in files.file for message in file.message_type}
    todo = [method.input_type for file in files.file for service in file.service for method in service.method]
    done = {}
    while todo:
        name = todo.pop()
        for field in types[name].field:
            if (name, field.number) not in done:
                done[name, field.number] = field.options.Extensions[contract.limits_pb2.limits]
                if field.type_name in types:
                    todo.append(field.type_name)
    return done


def narrowed(old, new):
    """What was accepted under `old` and is no longer."""
    before, after = routes(old), routes(new)
    for name, route in before.items():
        now = after.get(name)
        if now is None:
            yield f"{name} is gone"
        elif (route.verb, route.path, route.success, route.idempotent_write) != (
                now.verb, now.path, now.success, now.idempotent_write) or now.max_body_bytes < route.max_body_bytes:
            yield f"{name} has another route"
    fields = request_fields(new)
    for key, limits in request_fields(old).items():
        now, name = fields.get(key), f"{key[0]} field {key[1]}"
        if now is None:
            yield f"{name} is gone"
            continue
        if now.required and not limits.required:
            yield f"{name} is required now"
        if now.format != limits.format:
            yield f"{name} has another format"
        if now.one_of and not (limits.one_of and set(limits.one_of) <= set(now.one_of)):
            yield f"{name} takes fewer values"
        for limit in LOWER + RAISED:
            if now.HasField(limit) and (not limits.HasField(limit) or (
                    getattr(now, limit) < getattr(limits, limit) if limit in LOWER
                    else getattr(now, limit) > getattr(limits, limit))):
                yield f"{name} has a narrower {limit}"


def baseline():
    return descriptor_pb2.FileDescriptorSet.FromString((ROOT / "api/baseline.binpb").read_bytes())


class Contract(unittest.TestCase):
    def test_nothing_breaks(self):
        done = buf("breaking", ROOT / "api", "--against", ROOT / "api/baseline.binpb")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(list(narrowed(baseline(), image(ROOT / "api"))), [])

    def test_the_baseline_is_no_empty_one(self):
        self.assertGreater(len(routes(baseline())), 20)
        self.assertGreater(len(request_fields(baseline())), 80)


class SeededBreaks(unittest.TestCase):
    """Each is one edit of a copy of api/, which the one or the other must find."""

    def edited(self, file, old, new):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="soma-break-"))
        self.addCleanup(shutil.rmtree, folder)
        shutil.copytree(ROOT / "api", folder / "api")
        path = folder / "api/somabrain/v1" / file
        text = path.read_text()
        self.assertEqual(text.count(old), 1, old)
        path.write_text(text.replace(old, new))
        return folder / "api"

    def assert_buf_finds(self, *edit):
        done = buf("breaking", self.edited(*edit), "--against", ROOT / "api/baseline.binpb")
        self.assertEqual(done.returncode, 100, done.stdout + done.stderr)

    def assert_found(self, *edit):
        api = self.edited(*edit)
        self.assertEqual(buf("breaking", api, "--against", ROOT / "api/baseline.binpb").returncode, 0)
        self.assertNotEqual(list(narrowed(baseline(), image(api))), [])

    def test_a_field_of_another_type(self):
        self.assert_buf_finds("memory.proto", "optional int32 turn = 6", "optional string turn = 6")

    def test_a_field_of_another_number(self):
        self.assert_buf_finds("memory.proto", "string query = 1 ", "string query = 31 ")

    def test_a_field_of_another_name(self):
        self.assert_buf_finds("memory.proto", "optional bool known = 5", "optional bool is_known = 5")

    def test_a_method_that_is_gone(self):
        self.assert_buf_finds("brain.proto", "rpc Replay(", "rpc Repeat(")

    def test_an_answer_of_another_type(self):
        self.assert_buf_finds("memory.proto", "returns (MemoryRecord)", "returns (GetMemoryRequest)")

    def test_another_path(self):
        self.assert_found("memory.proto", 'path: "/v1/recall"', 'path: "/v1/find"')

    def test_another_status(self):
        self.assert_found("memory.proto", 'path: "/v1/memories" success: 201', 'path: "/v1/memories" success: 200')

    def test_a_lower_limit(self):
        self.assert_found("memory.proto", "max_bytes: 32768\n                               meaning",
                          "max_bytes: 32767\n                               meaning")

    def test_a_field_that_is_required_now(self):
        self.assert_found("memory.proto", "string query = 1 [(limits) = {max_bytes: 4096",
                          "string query = 1 [(limits) = {required: true max_bytes: 4096")

    def test_a_word_less(self):
        self.assert_found("memory.proto", 'one_of: "summary_of" one_of: "next"}', 'one_of: "next"}')

    def test_what_is_added_breaks_nothing(self):
        api = self.edited("memory.proto", "message GetMemoryRequest {", "message GetMemoryRequest {\n  bool whole = 9;")
        self.assertEqual(buf("breaking", api, "--against", ROOT / "api/baseline.binpb").returncode, 0)
        self.assertEqual(list(narrowed(baseline(), image(api))), [])


if __name__ == "__main__":
    unittest.main()

"""A server of its own for a test in Python, and what its descriptors say: the methods it has, messages
for them filled with what might be meant, and what an answer comes to.

    class Something(OwnServer):
        def test_it(self):
            for service, method in self.methods():
                outcome = self.ask(service, method, data)

Nothing is known here of a single method: one that is new is there without being written down.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from dataclasses import dataclass, field as attribute

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as F
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

BINARY = os.environ.get("DAYBOOK_UNDER_TEST", "")
CUSTOMER = "acme"  # one of the story
COMMAND = "daybook.book.v1.Command"  # what a batch and a stream are made of
CODES = grpc.StatusCode
BY_NUMBER = {code.value[0]: code for code in CODES}
# A mistake of the caller's; never UNKNOWN, INTERNAL or a silence.
MISTAKES = {CODES.INVALID_ARGUMENT, CODES.NOT_FOUND, CODES.ALREADY_EXISTS,
            CODES.FAILED_PRECONDITION, CODES.OUT_OF_RANGE, CODES.ABORTED, CODES.RESOURCE_EXHAUSTED}
MAX_DEPTH = 6
# Time for what should be answered at once: a benchmark may have stopped the server for a while.
PATIENCE = 400  # s
HUGE_GROWTH = 96 << 20  # bytes of memory that a second round may add: caches, not a leak
MORE_THREADS, MORE_FILES = 16, 64  # than before: gRPC's pool; tables, and sockets that still close


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}


class Server:
    """`daybook serve` on a directory of its own, with the story told."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.address = f"127.0.0.1:{free_port()}"
        self.http = f"127.0.0.1:{free_port()}"
        self.log = open(os.path.join(self.scratch.name, "stderr"), "w+")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data-dir", self.scratch.name + "/data", "--partitions", "2",
             "--listen", self.address, "--http-listen", self.http, "--log-format", "json"],
            stderr=self.log, env=environment())
        self.run("story")

    def run(self, *words):
        for attempt in range(100):
            done = subprocess.run(
                [BINARY, *words, "--server", self.address, "--data-dir",
                 self.scratch.name + "/data"],
                capture_output=True, text=True, env=environment())
            if done.returncode == 0:
                return done.stdout
        raise AssertionError(f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")

    def state(self):
        """Read models and log as they stand."""
        return json.loads(self.run("dump", "--json")), self.run("history", "--all")

    def memory(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def threads_and_files(self):
        of = f"/proc/{self.process.pid}"
        return len(os.listdir(of + "/task")), len(os.listdir(of + "/fd"))

    def figure(self, name):
        """A metric without labels."""
        with urllib.request.urlopen(f"http://{self.http}/metrics", timeout=PATIENCE) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[1])
        raise AssertionError(f"there is no metric {name}")

    def calls_under_way(self):
        return self.figure("daybook_rpc_in_flight") + self.figure("daybook_rpc_streams")

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=PATIENCE)
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        self.scratch.cleanup()
        return code, said


# --------------------------------------------------------------------------------------- messages

def plausible(message, depth=0, chosen=()):
    """Fills a message with what might be meant; `chosen`: the fields on the way to what a case is
    about, which win over the others of their oneof."""
    kind = message.DESCRIPTOR.full_name
    if kind == "google.type.Money":
        message.currency_code, message.units = "EUR", 1
    elif kind == "google.type.Date":
        message.year, message.month, message.day = 2026, 1, 15
    elif kind == "google.type.Decimal":
        message.value = "1"
    elif kind == "google.protobuf.Timestamp":
        message.seconds = 1_760_000_000
    elif kind.startswith("google."):
        pass
    elif depth < MAX_DEPTH:
        for field in message.DESCRIPTOR.fields:
            oneof = field.containing_oneof
            if oneof is not None and len(oneof.fields) > 1:
                wanted = [f for f in oneof.fields if f in chosen] or oneof.fields[:1]
                if field not in wanted:
                    continue
            set_plausible(message, field, depth, chosen)


def set_plausible(message, field, depth, chosen):
    if field.name in ("page_token", "consistency_token", "expected_revision", "etag", "page_size",
                      "tag", "read_time"):
        return
    many = field.label == F.LABEL_REPEATED
    if field.type == F.TYPE_MESSAGE:
        if field.message_type.GetOptions().map_entry:
            return
        inner = getattr(message, field.name)
        inner = inner.add() if many else inner
        inner.SetInParent() if not many else None
        plausible(inner, depth + 1, chosen)
        return
    value = {F.TYPE_BOOL: True, F.TYPE_STRING: text_for(field.name), F.TYPE_BYTES: b"x"}.get(
        field.type, 1)
    if field.type in (F.TYPE_DOUBLE, F.TYPE_FLOAT):
        value = 1.0
    getattr(message, field.name).append(value) if many else setattr(message, field.name, value)


def text_for(name):
    return {"customer_id": CUSTOMER, "request_id": "bad-input", "currency_code": "EUR",
            "time_zone": "Europe/Berlin", "region_code": "DE", "language_code": "de",
            "series": "A"}.get(name, "" if name in ("filter", "order_by") else "x")


def dry(message):
    """Commands are only tried, whatever else they say: nothing may be written."""
    for field in message.DESCRIPTOR.fields:
        if field.name == "validate_only":
            message.validate_only = True
            message.request_id = message.request_id or "bad-input"
            message.customer_id = message.customer_id or CUSTOMER
        elif field.type == F.TYPE_MESSAGE and field.message_type.file.package.startswith("daybook"):
            if field.label == F.LABEL_REPEATED:
                for inner in getattr(message, field.name):
                    dry(inner)
            elif message.HasField(field.name):
                dry(getattr(message, field.name))


def paths(descriptor, above=()):
    """Every field, at any depth, as the fields on the way to it."""
    for field in descriptor.fields:
        way = above + (field,)
        yield way
        if field.type == F.TYPE_MESSAGE and len(way) < MAX_DEPTH and field not in above:
            yield from paths(field.message_type, way)


def at(message, way):
    """The message that holds the last field of `way`."""
    for field in way[:-1]:
        inner = getattr(message, field.name)
        if field.label == F.LABEL_REPEATED:
            message = inner[0] if len(inner) else inner.add()
        else:
            inner.SetInParent()
            message = inner
    return message


def name_of(way):
    return ".".join(f.name + ("[0]" if f.label == F.LABEL_REPEATED else "") for f in way)


# ---------------------------------------------------------------------------------------- answers

@dataclass
class Outcome:
    """What one message came to: a refusal, or `answer`."""
    code: grpc.StatusCode = CODES.OK
    reason: str = None
    fields: list = attribute(default_factory=list)  # that are blamed
    metadata: dict = attribute(default_factory=dict)
    answer: object = None  # the response, or of a wrapped command that of the command

    @property
    def ok(self):
        return self.code == CODES.OK

    def __str__(self):
        return "OK" if self.ok else f"{self.code.name} {self.reason} {self.fields or ''}".strip()


def refusal(code, details):
    outcome = Outcome(code)
    for detail in details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            outcome.reason, outcome.metadata = info.reason, dict(info.metadata)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            outcome.fields = [v.field for v in bad.field_violations]
    return outcome


def outcome_of_error(error):
    rich = status_pb2.Status()
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            rich.ParseFromString(value)
    return refusal(error.code(), rich.details)


def outcome_of_answer(answer):
    """An answer that holds the status of a refused command is a refusal."""
    for status in statuses_in(answer):
        if status.code != 0:
            return refusal(BY_NUMBER[status.code], status.details)
    return Outcome(answer=answer)


def statuses_in(message):
    """Every google.rpc.Status of a response: outcomes of single commands."""
    if message.DESCRIPTOR.full_name == "google.rpc.Status":
        yield message
        return
    for field, value in message.ListFields():
        if field.type == F.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for inner in value if field.label == F.LABEL_REPEATED else [value]:
                yield from statuses_in(inner)


def is_command(message_type):
    return "validate_only" in message_type.fields_by_name


# ------------------------------------------------------------------------------------------- test

class OwnServer(unittest.TestCase):
    """A server, a channel to it, and its descriptors."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.channel = cls.new_channel()
        cls.database = ProtoReflectionDescriptorDatabase(cls.channel)
        cls.pool = descriptor_pool.DescriptorPool(cls.database)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        code, said = cls.server.stop()
        assert code == 0, f"the server ended with {code}: {said[-3000:]}"

    @classmethod
    def new_channel(cls):
        return grpc.insecure_channel(
            cls.server.address, options=[("grpc.max_send_message_length", 64 << 20),
                                         ("grpc.use_local_subchannel_pool", 1)])

    def methods(self):
        for service in self.database.get_services():
            if service.startswith("grpc.reflection."):
                continue
            for method in self.pool.FindServiceByName(service).methods:
                yield service, method

    def command_methods(self):
        return [(s, m) for s, m in self.methods() if is_command(m.input_type)]

    def stub(self, service, method, channel=None):
        channel = channel or self.channel
        path = f"/{service}/{method.name}"
        response = message_factory.GetMessageClass(method.output_type)
        kind = channel.stream_stream if method.server_streaming else channel.unary_unary
        return kind(path, response_deserializer=response.FromString)

    def ask(self, service, method, data, timeout=PATIENCE):
        """What one message comes to; of a stream the first answer. Sent again, as clients do, as long
        as it cannot be said: the server may have been held up for longer than it gives a call."""
        for attempt in range(20):
            outcome = self.ask_once(service, method, data, timeout)
            if outcome.code != CODES.UNAVAILABLE:
                break
            time.sleep(0.1)
        return outcome

    def ask_once(self, service, method, data, timeout):
        stub = self.stub(service, method)
        try:
            if not method.server_streaming:
                return outcome_of_answer(stub(data, timeout=timeout))
            call = stub(iter([data]), timeout=timeout)
            answer = next(call)
            call.cancel()
            return outcome_of_answer(answer)
        except grpc.RpcError as e:
            return outcome_of_error(e)

    def expect_alive(self, after):
        if self.server.process.poll() is not None:
            self.fail(f"the server is gone after {after}")

    def expect_nothing_under_way(self):
        for attempt in range(100):
            under_way = self.server.calls_under_way()
            if under_way == 0:
                return
            time.sleep(0.1)
        self.fail(f"{under_way} calls are still under way")

    def expect_no_growth(self, before, memory):
        """Of threads and descriptors since `before`, of memory since it was `memory`."""
        self.expect_nothing_under_way()
        threads, files = self.server.threads_and_files()
        grown = self.server.memory() - memory
        print(f"{threads} threads, {files} descriptors, before {before}; memory grown by "
              f"{grown >> 20} MB", file=sys.stderr)
        self.assertLessEqual(threads, before[0] + MORE_THREADS)
        self.assertLessEqual(files, before[1] + MORE_FILES)
        self.assertLess(grown, HUGE_GROWTH)


def run():
    unittest.main(verbosity=2)

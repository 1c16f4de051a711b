"""What clients should not send, thrown at every method of every service, as the server's own
descriptors name them: a method that is new is covered without being written down here.

Of each case: the server answers, with a code that tells a mistake of the caller's and a reason; the
field to blame is named; nothing has changed in log and read models at the end; its memory does not
grow.

Usage: bad_input.py DAYBOOK_BINARY
"""
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import unittest

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as F
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

BINARY = None
CUSTOMER = "acme"  # one of the story
CODES = grpc.StatusCode
BY_NUMBER = {code.value[0]: code for code in CODES}
# A mistake of the caller's; never UNKNOWN, INTERNAL or a silence.
MISTAKES = {CODES.INVALID_ARGUMENT, CODES.NOT_FOUND, CODES.ALREADY_EXISTS,
            CODES.FAILED_PRECONDITION, CODES.OUT_OF_RANGE, CODES.ABORTED, CODES.RESOURCE_EXHAUSTED}
MAX_DEPTH = 6
HUGE_GROWTH = 96 << 20  # bytes of memory that a second round may add: caches, not a leak


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}


class Server:
    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.address = f"127.0.0.1:{free_port()}"
        self.log = open(os.path.join(self.scratch.name, "stderr"), "w+")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data-dir", self.scratch.name + "/data", "--partitions", "2",
             "--listen", self.address, "--http-listen", "", "--log-format", "json"],
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
        raise AssertionError(f"{words}: {done.stderr}")

    def state(self):
        """Read models and log as they stand."""
        return json.loads(self.run("dump", "--json")), self.run("history", "--all")

    def memory(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        self.scratch.cleanup()
        return code, said


# ------------------------------------------------------------------------------------ wire format

def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def length_delimited(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def wire_type(field):
    if field.type in (F.TYPE_FIXED64, F.TYPE_SFIXED64, F.TYPE_DOUBLE):
        return 1
    if field.type in (F.TYPE_FIXED32, F.TYPE_SFIXED32, F.TYPE_FLOAT):
        return 5
    return 2 if field.type in (F.TYPE_STRING, F.TYPE_BYTES, F.TYPE_MESSAGE) else 0


def with_wrong_wire_type(field):
    return (varint(field.number << 3 | 5) + b"1234" if wire_type(field) == 1
            else varint(field.number << 3 | 1) + b"12345678")


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
    if field.name in ("page_token", "consistency_token", "expected_revision", "page_size", "tag",
                      "read_time"):
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


# ------------------------------------------------------------------------------------------ cases

INT64_MAX, INT32_MAX = 2**63 - 1, 2**31 - 1


def bad_values(field, above, in_command):
    """(what, value, whether the field must be named) for a field of this kind. A query may as well
    say that there is nothing of such an id, and a token has reasons of its own."""
    owner = above.message_type.full_name if above is not None else ""
    name = field.name
    if field.type == F.TYPE_STRING:
        yield "100 kB", "x" * 100_000, not name.endswith("_token")
        if name.endswith("_id") and name != "external_id":
            yield "65 bytes", "x" * 65, True
        if name.endswith("_id") and name not in ("external_id", "request_id"):
            yield "NUL", "a\0b", in_command
            yield "line break", "a\nb", in_command
            yield "bidi override", "a\u202eb", in_command
        elif in_command and name != "paths":
            for what, text in (("NUL", "a\0b"), ("line break", "a\nb"), ("escape", "a\x1b[31mb"),
                               ("bidi override", "a\u202eb"), ("noncharacter", "a\uffffb")):
                yield f"{what} in text", text, True
        if name == "page_token":
            yield "garbage", "garbage", False
        if name == "consistency_token":
            yield "garbage", "garbage", False
        if owner == "google.type.Decimal":
            for value in ("NaN", "Infinity", "-Infinity", "1e999999999", "--1", "1.2.3", "0x10", " 1",
                          "9" * 40, "1." + "0" * 40 + "1"):
                yield value[:12], value, True
        if name == "currency_code":
            for value in ("eur", "EU", "EURO", "E\0R"):
                yield repr(value), value, True
    elif field.type == F.TYPE_ENUM:
        yield "unknown enum value", 9999, True
        yield "negative enum value", -1, True
    elif name == "page_size":
        yield "negative", -1, True
        yield "INT32_MIN", -(2**31), True
    elif name == "expected_revision":
        yield "negative", -1, True
    elif owner == "google.type.Money" and name == "nanos":
        for value in (1_000_000_000, -1_000_000_000, -(2**31), INT32_MAX, -1):
            yield str(value), value, True
    elif owner == "google.type.Money" and name == "units":
        for value in (INT64_MAX, -INT64_MAX - 1):
            yield str(value), value, False  # too much for some, for others a sum that overflows
    elif owner == "google.type.Date":
        for value in {"year": (-1, 10_000, INT32_MAX), "month": (0, -1, 13),
                      "day": (0, -1, 32, INT32_MAX)}[name]:
            yield str(value), value, True
    elif owner == "google.protobuf.Timestamp":
        for value in {"seconds": (-INT64_MAX - 1, INT64_MAX, 253_402_300_800),
                      "nanos": (-1, 1_000_000_000, INT32_MAX)}[name]:
            yield str(value), value, True
    elif field.type in (F.TYPE_DOUBLE, F.TYPE_FLOAT):
        for value in (float("nan"), float("inf"), float("-inf")):
            yield str(value), value, True


class Case:
    def __init__(self, what, data, codes=MISTAKES, reasons=None, path=None, may_pass=False):
        self.what, self.data, self.codes, self.reasons = what, data, codes, reasons
        self.path, self.may_pass = path, may_pass


UNREADABLE = {"codes": {CODES.INVALID_ARGUMENT}, "reasons": {"MALFORMED_REQUEST", "UNKNOWN_FIELDS"}}


def wire_cases(cls, chance):
    descriptor = cls.DESCRIPTOR
    yield Case("a length beyond the end", b"\x0a\x7fabc", **UNREADABLE)
    yield Case("an endless varint", b"\xff" * 11, **UNREADABLE)
    yield Case("field number 0", b"\x00\x01", **UNREADABLE)
    yield Case("groups, 10,000 deep", b"\x0b" * 10_000, **UNREADABLE)
    yield Case("groups, closed", b"\x0b" * 60 + b"\x0c" * 60, **UNREADABLE)
    yield Case("an unknown field", varint(18_999 << 3) + b"\x01", **UNREADABLE)
    yield Case("5 MB", length_delimited(1, b"x" * 5_000_000),
               codes={CODES.RESOURCE_EXHAUSTED}, reasons={None, "OVERLOADED"})
    for i in range(30):
        yield Case(f"random bytes {i}", chance.randbytes(chance.randint(1, 200)), may_pass=True)
    full = cls()
    plausible(full)
    dry(full)
    whole = full.SerializeToString()
    for end in range(1, len(whole), max(1, len(whole) // 40)):
        try:
            cls.FromString(whole[:end])  # between two fields: another message, perhaps a good one
        except DecodeError:
            yield Case(f"cut to {end} of {len(whole)} bytes", whole[:end], **UNREADABLE)
    for way in paths(descriptor):
        field, name = way[-1], name_of(way)

        def wrapped(content):
            for outer in reversed(way[:-1]):
                content = length_delimited(outer.number, content)
            return content

        yield Case(f"{name}: wrong wire type", wrapped(with_wrong_wire_type(field)), **UNREADABLE)
        if field.type == F.TYPE_STRING:
            yield Case(f"{name}: broken UTF-8", wrapped(length_delimited(field.number, b"a\xc3\x28")),
                       **UNREADABLE)
        if field.type == F.TYPE_MESSAGE:
            unknown = length_delimited(field.number, varint(18_999 << 3) + b"\x01")
            yield Case(f"{name}: an unknown field in it", wrapped(unknown), **UNREADABLE)
            if field.label == F.LABEL_REPEATED:
                yield Case(f"{name}: 300,000 of them",
                           wrapped(length_delimited(field.number, b"") * 300_000))
            if field in way[:-1] or field.message_type is descriptor:  # inside itself
                content = b""
                for _ in range(5_000):
                    content = length_delimited(field.number, content)
                yield Case(f"{name}: 5,000 deep", wrapped(content), **UNREADABLE)


def value_cases(cls, chance, foreign_tokens, page_tokens):
    descriptor = cls.DESCRIPTOR
    for way in paths(descriptor):
        field, name = way[-1], name_of(way)
        above = way[-2] if len(way) > 1 else None
        in_command = any("validate_only" in t.fields_by_name
                         for t in [descriptor] + [f.message_type for f in way[:-1]])
        values = list(bad_values(field, above, in_command))
        if name == "consistency_token":
            values += [(f"foreign {i}", token, False) for i, token in enumerate(foreign_tokens)]
        if name == "page_token":
            values += [(f"that of {of}", token, False) for of, token in page_tokens.items()]
        for (what, value, named), full in itertools.product(values, (False, True)):
            message = cls()
            if full:
                plausible(message, chosen=way)
            holder = at(message, way)
            dry(message)
            if field.label == F.LABEL_REPEATED:
                getattr(holder, field.name).append(value)
            else:
                setattr(holder, field.name, value)
            # A huge message may be refused as such.
            yield Case(f"{name} = {what}{' in a full message' if full else ''}",
                       message.SerializeToString(), path=way if named else None)
    yield Case("nothing at all", b"", may_pass=True)
    for i in range(60):
        message = cls()
        nasty(message, chance, 0)
        dry(message)
        yield Case(f"nasty {i}", message.SerializeToString(), may_pass=True)


def nasty(message, chance, depth):
    numbers = (0, 1, 2, 28, 2026, 9999, -1, 999_999_999, INT32_MAX, -(2**31))
    texts = ("", "0", "-1", "0.005", "1e9", "EUR", "JPY", "/etc/passwd", "../x", "a\0b", "\u202e",
             "x" * 64, "x" * 201, "9" * 30, CUSTOMER, "nobody", "main", "\n")
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.3 or depth > 4:
            continue
        many = field.label == F.LABEL_REPEATED
        if field.type == F.TYPE_MESSAGE:
            if field.message_type.GetOptions().map_entry:
                continue
            for _ in range(chance.randint(0, 3) if many else 1):
                inner = getattr(message, field.name)
                inner = inner.add() if many else inner
                nasty(inner, chance, depth + 1)
            continue
        value = {F.TYPE_STRING: chance.choice(texts), F.TYPE_BOOL: chance.random() < 0.5,
                 F.TYPE_BYTES: chance.randbytes(5)}.get(field.type, chance.choice(numbers))
        if field.type in (F.TYPE_UINT32, F.TYPE_UINT64):
            value = abs(value)
        getattr(message, field.name).append(value) if many else setattr(message, field.name, value)


# ------------------------------------------------------------------------------------------- test

def details_of(details):
    """Reason, and the fields that are blamed."""
    reason, fields = None, []
    for detail in details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason = info.reason
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            fields = [v.field for v in bad.field_violations]
    return reason, fields


def statuses_in(message):
    """Every google.rpc.Status of a response: outcomes of single commands."""
    if message.DESCRIPTOR.full_name == "google.rpc.Status":
        yield message
        return
    for field, value in message.ListFields():
        if field.type == F.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for inner in value if field.label == F.LABEL_REPEATED else [value]:
                yield from statuses_in(inner)


def blames(said, way):
    """Whether `said` is the field at the end of `way`, as its command sees it, or what holds it or
    is in it: google.type messages are named as a whole or by part."""
    names = [f.name for f in way]
    said = [part.split("[")[0] for part in said.split(".")]
    for start in range(len(names)):
        tail = names[start:]
        shared = min(len(tail), len(said))
        if tail[:shared] == said[:shared] and (len(said) >= len(tail) - 1):
            return True
    return False


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server, cls.other = Server(), Server()
        cls.channel = grpc.insecure_channel(
            cls.server.address, options=[("grpc.max_send_message_length", 64 << 20)])
        cls.database = ProtoReflectionDescriptorDatabase(cls.channel)
        cls.pool = descriptor_pool.DescriptorPool(cls.database)
        cls.foreign = cls.tokens_of(cls.other)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        for server in (cls.other, cls.server):
            code, said = server.stop()
            assert code == 0, f"the server ended with {code}: {said[-3000:]}"

    @classmethod
    def tokens_of(cls, server):
        """Consistency tokens that another log gave."""
        answer = subprocess.run(
            [BINARY, "call", "RegisterCustomer", json.dumps(
                {"customer_id": "stranger", "kind": "CUSTOMER_KIND_PERSON", "request_id": "r",
                 "personal": {"display_name": "S"}}), "--server", server.address],
            capture_output=True, text=True, env=environment(), check=True).stdout
        token = json.loads(answer)["consistency_token"]
        return [token, token[:-1], token + "A", "A" * len(token)]

    def methods(self):
        for service in self.database.get_services():
            if service.startswith("grpc.reflection."):
                continue
            for method in self.pool.FindServiceByName(service).methods:
                yield service, method

    def ask(self, service, method, data):
        """Code, reason and blamed fields of what one message comes to; None when it passes."""
        path = f"/{service}/{method.name}"
        response = message_factory.GetMessageClass(method.output_type)
        try:
            if method.server_streaming:
                stub = self.channel.stream_stream(path, response_deserializer=response.FromString)
                call = stub(iter([data]), timeout=30)
                answer = next(call)
                call.cancel()
            else:
                stub = self.channel.unary_unary(path, response_deserializer=response.FromString)
                answer = stub(data, timeout=30)
        except grpc.RpcError as e:
            rich = status_pb2.Status()
            for key, value in e.trailing_metadata() or ():
                if key == "grpc-status-details-bin":
                    rich.ParseFromString(value)
            return (e.code(), *details_of(rich.details))
        for status in statuses_in(answer):
            if status.code != 0:
                return (BY_NUMBER[status.code], *details_of(status.details))
        return None

    def check(self, service, method, case):
        outcome = self.ask(service, method, case.data)
        if outcome is None:
            return None if case.may_pass else "is accepted"
        code, reason, fields = outcome
        if code not in case.codes and not (case.may_pass and code in MISTAKES):
            return f"is {code.name} {reason}"
        if case.reasons is not None and reason not in case.reasons and not case.may_pass:
            return f"has the reason {reason}"
        if reason is None and None not in (case.reasons or ()):
            return f"is {code.name} without a reason"
        if reason == "INVALID_FIELDS" and not fields:
            return "blames no field"
        if case.path is not None and reason != "REQUEST_TOO_LARGE":
            if not any(blames(field, case.path) for field in fields):
                return f"is {code.name} {reason}, which blames {fields}"
        return None

    def round(self, cases_of, seed):
        """All cases of all methods; what went wrong, and how many there were."""
        wrong, count = [], 0
        for service, method in self.methods():
            cls = message_factory.GetMessageClass(method.input_type)
            for case in cases_of(cls, random.Random(seed)):
                count += 1
                problem = self.check(service, method, case)
                if problem is not None:
                    wrong.append(f"{service}/{method.name}: {case.what} {problem}")
                if self.server.process.poll() is not None:
                    self.fail(f"the server is gone after {service}/{method.name}: {case.what}")
        return wrong, count

    def expect_nothing_wrong_and_nothing_changed(self, cases_of):
        before = self.server.state()
        wrong, count = self.round(cases_of, seed=1)
        settled = self.server.memory()
        more, _ = self.round(cases_of, seed=2)
        grown = self.server.memory() - settled
        print(f"{count} cases, memory {settled >> 20} MB, grown by {grown >> 20} MB",
              file=sys.stderr)
        self.assertEqual(self.server.state(), before)
        self.assertLess(grown, HUGE_GROWTH)
        problems = sorted(set(wrong + more))
        self.assertEqual(problems, [], "\n" + "\n".join(problems[:60]))

    def test_bytes_that_are_no_request(self):
        self.expect_nothing_wrong_and_nothing_changed(wire_cases)

    def page_tokens(self):
        """A page token of every method that gives one, by the method's name."""
        tokens = {}
        for service, method in self.methods():
            if "next_page_token" not in method.output_type.fields_by_name:
                continue
            cls = message_factory.GetMessageClass(method.input_type)
            response = message_factory.GetMessageClass(method.output_type)
            for fields in ({"customer_id": CUSTOMER, "page_size": 1}, {"page_size": 1}):
                if not set(fields) <= set(cls.DESCRIPTOR.fields_by_name):
                    continue
                stub = self.channel.unary_unary(f"/{service}/{method.name}",
                                                response_deserializer=response.FromString)
                try:
                    token = stub(cls(**fields).SerializeToString(), timeout=30).next_page_token
                except grpc.RpcError:
                    continue
                if token:
                    tokens[method.name] = token
        return tokens

    def test_values_that_nobody_means(self):
        pages = self.page_tokens()
        self.assertTrue(pages, "no method gave a page token")
        self.expect_nothing_wrong_and_nothing_changed(
            lambda cls, chance: value_cases(cls, chance, self.foreign, pages))


if __name__ == "__main__":
    BINARY = sys.argv.pop()
    unittest.main(verbosity=2)

"""What clients should not send, thrown at every method of every service, as the server's own
descriptors name them: a method that is new is covered without being written down here.

Of each case: the server answers, with a code that tells a mistake of the caller's and a reason; the
field to blame is named; nothing has changed in log and read models at the end; its memory does not
grow.

Usage: DAYBOOK_UNDER_TEST=daybook bad_input.py
"""
import itertools
import json
import random
import subprocess
import sys

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor as F
from google.protobuf.message import DecodeError

from reflected import (
    BINARY, CODES, CUSTOMER, MISTAKES, OwnServer, Server, at, dry, environment, is_command,
    name_of, paths, plausible, run)


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
            yield "65 characters", "x" * 65, True
            yield "65 characters of two bytes", "\u00fc" * 65, True
            yield "white space before it", " a", True
            yield "no-break space behind it", "a\u00a0", True
            yield "accent apart from its letter", "u\u0308", True
            yield "joiner", "a\u200db", True
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
        in_command = any(map(is_command, [descriptor] + [f.message_type for f in way[:-1]]))
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


class BadInput(OwnServer):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Server()
        cls.foreign = cls.tokens_of(cls.other)

    @classmethod
    def tearDownClass(cls):
        code, said = cls.other.stop()
        assert code == 0, f"the other server ended with {code}: {said[-3000:]}"
        super().tearDownClass()

    @classmethod
    def tokens_of(cls, server):
        """Consistency tokens that another log gave."""
        answer = subprocess.run(
            [BINARY, "call", "RegisterCustomer", json.dumps(
                {"customer_id": "stranger", "kind": "CUSTOMER_KIND_PERSON", "request_id": "r",
                 "profile": {"personal": {"display_name": "S"}}}), "--server", server.address],
            capture_output=True, text=True, env=environment(), check=True).stdout
        token = json.loads(answer)["consistency_token"]
        return [token, token[:-1], token + "A", "A" * len(token)]

    def check(self, service, method, case):
        outcome = self.ask(service, method, case.data)
        if outcome.ok:
            return None if case.may_pass else "is accepted"
        if outcome.code not in case.codes and not (case.may_pass and outcome.code in MISTAKES):
            return f"is {outcome}"
        if case.reasons is not None and outcome.reason not in case.reasons and not case.may_pass:
            return f"has the reason {outcome.reason}"
        if outcome.reason is None and None not in (case.reasons or ()):
            return f"is {outcome} without a reason"
        if outcome.reason == "INVALID_FIELDS" and not outcome.fields:
            return "blames no field"
        if case.path is not None and outcome.reason != "REQUEST_TOO_LARGE":
            if not any(blames(field, case.path) for field in outcome.fields):
                return f"is {outcome}"
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
                self.expect_alive(f"{service}/{method.name}: {case.what}")
        return wrong, count

    def expect_nothing_wrong_and_nothing_changed(self, cases_of):
        before = self.server.state()
        wrong, count = self.round(cases_of, seed=1)
        settled, pool = self.server.memory(), self.server.threads_and_files()
        more, _ = self.round(cases_of, seed=2)
        print(f"{count} cases", file=sys.stderr)
        self.expect_no_growth(pool, settled)
        self.assertEqual(self.server.state(), before)
        problems = sorted(set(wrong + more))
        self.assertEqual(problems, [], "\n" + "\n".join(problems[:60]))

    def test_bytes_that_are_no_request(self):
        self.expect_nothing_wrong_and_nothing_changed(wire_cases)

    def test_values_that_nobody_means(self):
        pages = self.page_tokens()
        self.assertTrue(pages, "no method gave a page token")
        self.expect_nothing_wrong_and_nothing_changed(
            lambda cls, chance: value_cases(cls, chance, self.foreign, pages))

    def page_tokens(self):
        """A page token of every method that gives one, by the method's name."""
        tokens = {}
        for service, method in self.methods():
            if "next_page_token" not in method.output_type.fields_by_name:
                continue
            cls = message_factory.GetMessageClass(method.input_type)
            for fields in ({"customer_id": CUSTOMER, "page_size": 1}, {"page_size": 1}):
                if set(fields) <= set(cls.DESCRIPTOR.fields_by_name):
                    outcome = self.ask(service, method, cls(**fields).SerializeToString())
                    if outcome.ok and outcome.answer.next_page_token:
                        tokens[method.name] = outcome.answer.next_page_token
        return tokens


if __name__ == "__main__":
    run()

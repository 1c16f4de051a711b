"""Commands in the wrong state, on the wrong revision, with sums that leave the range, twice and a
hundred times at once: for every command of every service, as the server's own descriptors name them.

Of each case: the right code and reason, one effect or none, a log and read models that agree at the
end (`daybook verify`), no crash, no growth.

Usage: DAYBOOK_UNDER_TEST=daybook bad_commands.py
"""
import base64
import collections
import itertools
import json
import sys

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor as F

from reflected import (
    CODES, CUSTOMER, MISTAKES, OwnServer, PATIENCE, at, is_command, outcome_of_answer,
    outcome_of_error, paths, plausible, run, set_plausible)
from situations import Customers, result_in, takes_any_command, wrapped

TWINS = 100
INT64_MAX = 2**63 - 1
LARGEST_EUR = INT64_MAX // 100  # euros that fit 64 bits of cents
ALLOWED = "allowed_commands"  # metadata of a refusal


def as_first(answer):
    """The answer as it was when it was given for the first time."""
    first = type(answer)()
    first.CopyFrom(answer)
    first.ClearField("already_recorded")
    return first


class BadCommands(OwnServer):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channels = [cls.new_channel() for _ in range(4)]

    @classmethod
    def tearDownClass(cls):
        for channel in cls.channels:
            channel.close()
        super().tearDownClass()

    def setUp(self):
        self.customers = Customers(self)
        # Ids of a test's own: all tests share the server.
        self.customers.made = {name: 10_000 * i for i, name in enumerate(
            self._testMethodName_list())}[self._testMethodName]
        self.cases = 0
        for _, method in self.command_methods():
            self.customers.acceptable(method)
        self.settled, self.counts = self.server.memory(), self.server.threads_and_files()

    def _testMethodName_list(self):
        return sorted(name for name in dir(self) if name.startswith("test_"))

    def tearDown(self):
        print(f"{self.cases} cases", file=sys.stderr)
        self.expect_alive(self._testMethodName)
        self.expect_no_growth(self.counts, self.settled)
        self.server.run("verify")

    def tell(self, request, **changes):
        """What a command comes to, with fields of it changed."""
        self.cases += 1
        name = next(n for n, (_, m) in self.customers.methods.items()
                    if m.input_type.full_name == request.DESCRIPTOR.full_name)
        changed = type(request)()
        changed.CopyFrom(request)
        for field, value in changes.items():
            setattr(changed, field, value)
        service, method = self.customers.methods[name]
        return self.ask(service, method, changed.SerializeToString())

    @staticmethod
    def outcome_of(future):
        try:
            return outcome_of_answer(future.result())
        except grpc.RpcError as e:
            return outcome_of_error(e)

    def expect(self, outcome, codes, reasons, what):
        if not isinstance(codes, set):
            codes, reasons = {codes}, {reasons}
        self.assertIn(outcome.code, codes, f"{what}: {outcome}")
        self.assertIn(outcome.reason, reasons, f"{what}: {outcome}")

    def commits(self):
        """How often each (customer, request id) stands in the log."""
        records = collections.defaultdict(set)
        for line in self.server.run("history", "--all").splitlines():
            record = json.loads(line)
            if "request_id" in record:
                records[record["customer_id"], record["request_id"]].add(
                    (record["partition"], record["offset"]))
        return {key: len(places) for key, places in records.items()}

    def each_command(self):
        """Every command method, with a new customer's facts and a command of it that is accepted."""
        for _, method in self.command_methods():
            yield method, *self.customers.some(method)

    # ------------------------------------------------------------------------- request ids

    def test_twins_have_one_answer_and_one_effect(self):
        wrappers = [(s, m) for s, m in self.methods() if takes_any_command(m)]
        self.assertTrue(wrappers)
        sent = []
        for method, facts, request in self.each_command():
            service = self.customers.methods[method.name][0]
            data = request.SerializeToString()
            stubs = [self.stub(service, method, channel) for channel in self.channels]
            answers = [stubs[i % len(stubs)].future(data, timeout=PATIENCE) for i in range(TWINS)]
            outcomes = [self.outcome_of(a) for a in answers]
            outcomes = [o if o.code != CODES.UNAVAILABLE else self.ask(service, method, data)
                        for o in outcomes]
            self.cases += TWINS
            # Wrapped it is the same command.
            for other_service, wrapper in wrappers:
                outcomes.append(self.ask(other_service, wrapper,
                                         wrapped(wrapper, request).SerializeToString()))
                self.cases += 1
            said = {as_first(result_in(o.answer)).SerializeToString(deterministic=True) if o.ok
                    else str(o) for o in outcomes}
            self.assertEqual(len(said), 1, f"{method.name}: {said}")
            self.assertTrue(outcomes[0].ok, f"{method.name}: {outcomes[0]}")
            firsts = sum(not result_in(o.answer).already_recorded for o in outcomes)
            self.assertLessEqual(firsts, 1, f"{method.name}: all but one say that they are repeated")
            sent.append((method.name, facts["customer_id"], request.request_id))
        commits = self.commits()
        for name, customer, request_id in sent:
            self.assertEqual(commits.get((customer, request_id), 0), 1, name)

    def test_refused_twins_are_all_refused(self):
        before = self.server.state()
        for _, method in self.command_methods():
            request = message_factory.GetMessageClass(method.input_type)()
            self.customers.fill_ids(request, {"customer_id": "nobody-at-all"})
            request.request_id, request.expected_revision = "r", 77
            service = self.customers.methods[method.name][0]
            stubs = [self.stub(service, method, channel) for channel in self.channels]
            answers = [stubs[i % len(stubs)].future(request.SerializeToString(), timeout=PATIENCE)
                       for i in range(TWINS)]
            self.cases += TWINS
            outcomes = [self.outcome_of(a) for a in answers]
            said = {str(o) for o in outcomes if o.code != CODES.UNAVAILABLE}
            self.assertEqual(len(said), 1, f"{method.name}: {said}")
            self.assertFalse(outcomes[0].ok, method.name)
        self.assertEqual(self.server.state(), before)

    def test_a_request_id_is_used_up_by_what_was_accepted(self):
        sent = []
        for method, facts, request in self.each_command():
            first = self.tell(request)
            self.assertTrue(first.ok, f"{method.name}: {first}")
            again = self.tell(request)
            self.assertFalse(first.answer.already_recorded, method.name)
            self.assertTrue(again.answer.already_recorded, method.name)
            self.assertEqual(as_first(again.answer), first.answer, method.name)
            self.expect_reused(method, request, facts)
            # The same id and payload for somebody else is a command of theirs.
            others, other = self.customers.some(method, request.request_id)
            outcome = self.tell(other)
            self.assertTrue(outcome.ok, f"{method.name} for another customer: {outcome}")
            sent += [(method.name, f["customer_id"], request.request_id) for f in (facts, others)]
        commits = self.commits()
        for name, customer, request_id in sent:
            self.assertEqual(commits.get((customer, request_id), 0), 1, name)

    def expect_reused(self, method, request, facts):
        """Every other payload is refused: each field changed, and every other command."""
        reused = 0
        for field in method.input_type.fields:
            if field.name in ("request_id", "validate_only", "allow_unusual", "customer_id"):
                continue
            other = type(request)()
            other.CopyFrom(request)
            if other.HasField(field.name) if field.has_presence else getattr(other, field.name):
                other.ClearField(field.name)
            elif field.name in ("expected_revision", "etag"):
                setattr(other, field.name, 1 if field.name == "expected_revision" else "x")
            else:
                set_plausible(other, field, 0, ())
            if other == request:
                continue
            outcome = self.tell(other)
            reused += outcome.reason == "REQUEST_ID_REUSED"
            # A payload that is wrong in itself is refused for that.
            self.expect(outcome, {CODES.ALREADY_EXISTS, CODES.INVALID_ARGUMENT},
                        {"REQUEST_ID_REUSED", "INVALID_FIELDS"}, f"{method.name}.{field.name}")
        self.assertGreater(reused, 0, method.name)
        for name, (_, another) in self.customers.methods.items():
            if name == method.name:
                continue
            _, make = self.customers.acceptable(another)[0]
            outcome = self.tell(make({"customer_id": facts["customer_id"], "invoice_id": "i",
                                      "payment_id": "p", "account_id": "main"}, request.request_id))
            self.expect(outcome, CODES.ALREADY_EXISTS, "REQUEST_ID_REUSED",
                        f"{name} under the id of {method.name}")

    # --------------------------------------------------------------------------- revisions

    def test_revisions_that_are_not_the_customers(self):
        for method, facts, request in self.each_command():
            revision = facts.get("revision", 0)
            before = self.server.run("history", "--all")
            for value in (revision - 1, revision + 1, INT64_MAX, -1, -2**63):
                outcome = self.tell(request, expected_revision=value)
                what = f"{method.name} at {revision}, expecting {value}"
                if value < 0:
                    self.expect(outcome, CODES.INVALID_ARGUMENT, "INVALID_FIELDS", what)
                    self.assertEqual(outcome.fields, ["expected_revision"], what)
                else:
                    self.expect(outcome, CODES.ABORTED, "REVISION_MISMATCH", what)
                    self.assertEqual(outcome.metadata["revision"], str(revision), what)
            self.assertEqual(self.server.run("history", "--all"), before, method.name)
            # Refusals use up no id.
            outcome = self.tell(request, expected_revision=revision)
            self.assertTrue(outcome.ok, f"{method.name}: {outcome}")

    # ------------------------------------------------------------------------------ states

    def test_commands_on_who_is_absent_or_archived(self):
        archived = self.customers.new("archived")
        before = self.server.state()
        allowed = None
        for method, _, request in list(self.each_command_without_customer()):
            absent = self.tell(request, customer_id="nobody-at-all", validate_only=True)
            if not absent.ok:  # to register is what one does with them
                self.expect(absent, CODES.NOT_FOUND, "CUSTOMER_NOT_FOUND", method.name)
            outcome = self.tell(request, customer_id=archived["customer_id"], validate_only=True)
            if outcome.reason == "CUSTOMER_ARCHIVED":
                self.expect(outcome, CODES.FAILED_PRECONDITION, "CUSTOMER_ARCHIVED", method.name)
                allowed = allowed or outcome.metadata[ALLOWED]
                self.assertEqual(outcome.metadata[ALLOWED], allowed, method.name)
                self.assertNotIn(method.name, names_in(allowed))
            elif absent.ok:
                self.expect(outcome, CODES.ALREADY_EXISTS, "CUSTOMER_EXISTS", method.name)
            else:
                self.assertIn(method.name, names_in(allowed or outcome.metadata.get(ALLOWED, "")),
                              f"{outcome}; allowed are {allowed}")
        self.assertIsNotNone(allowed)
        self.assertEqual(self.server.state(), before)

    def each_command_without_customer(self):
        """Commands in an order in which the first is one that an archived customer is refused."""
        for _, method in sorted(self.command_methods(), key=lambda m: m[1].name != "UpdateCustomer"):
            _, make = self.customers.acceptable(method)[0]
            yield method, None, make({"customer_id": "x", "invoice_id": "i", "payment_id": "p",
                                      "account_id": "main"}, "r")

    def test_commands_on_accounts_that_are_absent_or_not_active(self):
        with_state = {name: self.customers.new(name) for name in ("suspended", "closed")}
        before = self.server.state()
        for method, _, request in self.each_command_without_customer():
            if "account_id" not in method.input_type.fields_by_name:
                continue
            if not self.customers.existing_account(request):
                continue
            for state, facts in with_state.items():
                request.customer_id = facts["customer_id"]
                absent = self.tell(request, account_id="none-such", validate_only=True)
                self.expect(absent, CODES.NOT_FOUND, "ACCOUNT_NOT_FOUND", method.name)
                self.assertEqual(self.tell(request, account_id="", validate_only=True).code,
                                 self.tell(request, validate_only=True).code, method.name)
                outcome = self.tell(request, validate_only=True)
                if outcome.reason == "ILLEGAL_TRANSITION":
                    self.expect(outcome, CODES.FAILED_PRECONDITION, "ILLEGAL_TRANSITION", method.name)
                    self.assertEqual(outcome.metadata["state"], state.upper(), method.name)
                    self.assertNotIn(method.name, names_in(outcome.metadata[ALLOWED]))
                    for name in names_in(outcome.metadata[ALLOWED]):
                        self.assertIn(name, self.customers.methods, method.name)
        self.assertEqual(self.server.state(), before)

    def test_what_was_done_once_is_done_again_or_refused(self):
        for method, facts, request in self.each_command():
            self.assertTrue(self.tell(request).ok, method.name)
            second = self.tell(request, request_id="second")
            third = self.tell(request, request_id="third")
            self.assertEqual((second.code, second.reason), (third.code, third.reason),
                             f"{method.name}: {second}, {third}")
            if not second.ok:
                self.assertIn(second.code, {CODES.FAILED_PRECONDITION, CODES.ALREADY_EXISTS,
                                            CODES.NOT_FOUND}, f"{method.name}: {second}")
                self.assertIsNotNone(second.reason, method.name)
            if second.reason == "ILLEGAL_TRANSITION":
                self.assertIn("state", second.metadata, method.name)
                self.assertNotIn(method.name, names_in(second.metadata[ALLOWED]))

    # -------------------------------------------------------------------------------- sums

    def test_sums_that_leave_the_range(self):
        """Each amount is in range, what they come to is not."""
        before = None
        overflown = collections.Counter()
        facts = {name: self.customers.new(name)
                 for _, method in self.command_methods()
                 for name, _ in self.customers.acceptable(method)}
        before = self.server.state()
        for _, method in self.command_methods():
            for situation, make in self.customers.acceptable(method):
                for what, request in too_much(make(facts[situation], "r"), facts[situation]):
                    outcome = self.tell(request, validate_only=True)
                    self.expect_range(outcome, f"{method.name}, {situation}: {what}")
                    overflown[method.name] += outcome.reason == "AMOUNT_OVERFLOW"
                    if what.startswith("too much"):
                        self.assertFalse(outcome.ok, f"{method.name}, {situation}: {what}")
        print(f"overflown: {dict(+overflown)}", file=sys.stderr)
        # Who takes amounts by the line notices their sum.
        for _, method in self.command_methods():
            if sums_lines(method.input_type):
                self.assertGreater(overflown[method.name], 0, method.name)
        self.assertEqual(self.server.state(), before)

    def expect_range(self, outcome, what):
        if not outcome.ok:
            self.assertIn(outcome.code, MISTAKES, f"{what}: {outcome}")
            self.assertIsNotNone(outcome.reason, f"{what}: {outcome}")

    def test_sums_that_grow_out_of_the_range(self):
        """Customers who owe, and are owed, as much as there is; then everything once more."""
        largest = {"currency_code": "JPY", "units": INT64_MAX}
        meant = {"allow_unusual": True}
        rich = []
        for name, fields in (("IssueInvoice", {"lines": [{"description": "x", "amount": largest}],
                                               **meant}),
                             ("RecordPayment", {"method": 1, "amount": largest, **meant})):
            for i in range(3):  # their sum is out of range as well
                facts = self.customers.new("registered")
                self.give(facts, "OpenAccount", "open", account_id="main", currency_code="JPY",
                          credit_application="CREDIT_APPLICATION_MANUAL")
                self.give(facts, name, "much", **fields)
                rich.append(facts)
                self.expect(self.outcome(facts, name, "more", **fields), CODES.OUT_OF_RANGE,
                            "AMOUNT_OVERFLOW", f"a second {name}")
        before = self.server.state()
        for facts, (_, method) in itertools.product(rich, self.command_methods()):
            _, make = self.customers.acceptable(method)[0]
            for what, request in too_much(make(facts, "r"), facts, "JPY", INT64_MAX):
                self.expect_range(self.tell(request, validate_only=True), f"{method.name}: {what}")
        self.expect_queries_keep_their_range(rich)
        self.assertEqual(self.server.state(), before)

    def expect_queries_keep_their_range(self, rich):
        for service, method in self.methods():
            if method.input_type.full_name.startswith("daybook") and (
                    "consistency_token" in method.input_type.fields_by_name):
                for facts in rich + [{}]:
                    cls = message_factory.GetMessageClass(method.input_type)
                    for full in (False, True):
                        request = cls()
                        if full:
                            plausible(request)
                        for name, value in dict(facts, currency_code="JPY").items():
                            if name in cls.DESCRIPTOR.fields_by_name:
                                setattr(request, name, value)
                        self.cases += 1
                        outcome = self.ask(service, method, request.SerializeToString())
                        self.expect_range(outcome, f"{method.name} of {facts}")
                        self.assertNotEqual(outcome.reason, "AMOUNT_OVERFLOW", method.name)

    def outcome(self, facts, name, request_id, **fields):
        cls = message_factory.GetMessageClass(self.customers.methods[name][1].input_type)
        return self.tell(cls(customer_id=facts["customer_id"], request_id=request_id, **fields))

    def give(self, facts, name, request_id, **fields):
        outcome = self.outcome(facts, name, request_id, **fields)
        self.assertTrue(outcome.ok, f"{name}: {outcome}")
        for field, value in outcome.answer.ListFields():
            if field.name.endswith("_id"):
                facts[field.name] = value

    # ------------------------------------------------------------------------ queries' own

    def queries_with(self, name):
        for service, method in self.methods():
            if name in method.input_type.fields_by_name and not method.client_streaming:
                cls = message_factory.GetMessageClass(method.input_type)
                for facts in ({}, {"customer_id": CUSTOMER}):
                    if set(facts) <= set(cls.DESCRIPTOR.fields_by_name):
                        yield service, method, cls(**facts)

    def refuse(self, service, method, request, code, reason, what):
        self.cases += 1
        outcome = self.ask(service, method, request.SerializeToString())
        if outcome.reason == "INVALID_FIELDS" and reason != "INVALID_FIELDS":
            return  # wants more than this test knows to say
        self.expect(outcome, code, reason, f"{method.name} with {what}")

    def test_consistency_tokens_that_nobody_gave(self):
        facts = self.customers.new("invoice")
        outcome = self.outcome(facts, "SuspendAccount", "token")
        token = outcome.answer.consistency_token
        mine = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        log_id, partition, offset = token_parts(mine)
        queries = list(self.queries_with("consistency_token"))
        self.assertTrue(queries)
        malformed = (CODES.INVALID_ARGUMENT, "CONSISTENCY_TOKEN_MALFORMED")
        other_log = (CODES.FAILED_PRECONDITION, "CONSISTENCY_TOKEN_OTHER_LOG")
        future = (CODES.FAILED_PRECONDITION, "CONSISTENCY_TOKEN_IN_FUTURE")
        forged = [
            ("an offset just behind the end", (log_id, partition, offset + 1), future),
            ("the largest offset", (log_id, partition, INT64_MAX), future),
            ("a negative offset", (log_id, partition, -1), malformed),
            ("the log of another", ("0" * 16, partition, offset), other_log),
            ("no log", ("", partition, offset), malformed),
            ("a long log", ("x" * 500, partition, offset), malformed),
            ("a partition that is not", (log_id, 2, 1), None),
            ("a large partition", (log_id, 2**31 - 1, 1), None),
            ("a negative partition", (log_id, -1, 1), malformed),
        ]
        for service, method, query in queries:
            # Only tokens of partitions that the query reads are waited for.
            if "customer_id" in query.DESCRIPTOR.fields_by_name and query.customer_id:
                query.customer_id = facts["customer_id"]
            for what, parts, expected in forged:
                query.consistency_token = token_of(*parts)
                if expected is not None:
                    self.refuse(service, method, query, *expected, what)
                else:
                    self.cases += 1
                    outcome = self.ask(service, method, query.SerializeToString())
                    self.assertTrue((outcome.reason or "").startswith("CONSISTENCY_TOKEN_")
                                    or outcome.reason == "INVALID_FIELDS",
                                    f"{method.name} with {what}: {outcome}")
            for i in range(len(token)):  # one character is another
                self.cases += 1
                query.consistency_token = token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1:]
                outcome = self.ask(service, method, query.SerializeToString())
                self.assertTrue(outcome.ok or outcome.code in MISTAKES, f"{method.name}: {outcome}")

    def test_page_tokens_and_sizes_that_nobody_gave(self):
        seen = 0
        for service, method, query in self.queries_with("page_token"):
            query.page_size = 1
            first = self.ask(service, method, query.SerializeToString())
            if not first.ok or not first.answer.next_page_token:
                continue
            seen += 1
            token = first.answer.next_page_token
            malformed = (CODES.INVALID_ARGUMENT, "PAGE_TOKEN_MALFORMED")
            for what, value in (("half a token", token[:len(token) // 2]), ("more", token + "AAAA"),
                                ("no base64", "!" + token), ("5,000 characters", "A" * 5000),
                                ("a byte", "AA"), ("zeros", "A" * len(token))):
                query.page_token = value
                self.cases += 1
                outcome = self.ask(service, method, query.SerializeToString())
                # A cut key is a place in the list as good as another; the fingerprint is whole.
                if not (outcome.ok and what in ("half a token", "more")):
                    self.expect(outcome, *malformed, f"{method.name} with {what}")
            query.page_token = token
            for way in paths(method.input_type):  # another question
                other = type(query)()
                other.CopyFrom(query)
                if way[-1].name in ("page_token", "consistency_token") or len(way) > 1:
                    continue
                if way[-1].name == "page_size":
                    other.page_size = 2
                else:
                    set_plausible(other, way[-1], 0, ())
                if other != query:
                    self.cases += 1
                    outcome = self.ask(service, method, other.SerializeToString())
                    self.assertIn(outcome.code, MISTAKES, f"{method.name} {way[-1].name}: {outcome}")
            query.page_token = ""
            for size in (2**31 - 1, 1_000_000):  # is what it can be
                query.page_size = size
                self.cases += 1
                self.assertTrue(self.ask(service, method, query.SerializeToString()).ok, method.name)
            for size in (-1, -2**31):
                query.page_size = size
                self.refuse(service, method, query, CODES.INVALID_ARGUMENT, "INVALID_FIELDS",
                            f"page_size {size}")
        self.assertGreater(seen, 2)

    def test_ends_that_come_before_their_beginnings(self):
        before, pairs = self.server.state(), 0
        for service, method in self.methods():
            for way in paths(method.input_type):
                begin = way[-1].containing_type.fields_by_name.get(BEGINNINGS.get(
                    way[-1].name, way[-1].name.replace("end_", "start_", 1)))
                if begin is None or begin == way[-1] or way[-1].type != F.TYPE_MESSAGE:
                    continue
                pairs += 1
                for days, full in itertools.product(((1, 2), (1, 28)), (False, True)):
                    message = message_factory.GetMessageClass(method.input_type)()
                    if full:
                        plausible(message, chosen=way)
                    self.customers.fill_ids(message, {"customer_id": CUSTOMER})
                    holder = at(message, way)
                    for field, day in zip((way[-1], begin), days):
                        date = getattr(holder, field.name)
                        date.year, date.month, date.day = 2026, 2, day
                    if is_command(method.input_type):
                        message.validate_only = True
                    self.cases += 1
                    outcome = self.ask(service, method, message.SerializeToString())
                    self.expect(outcome, CODES.INVALID_ARGUMENT, "INVALID_FIELDS",
                                f"{method.name}: {way[-1].name} before {begin.name}")
                    self.assertTrue(any(way[-1].name in f or begin.name in f for f in outcome.fields),
                                    f"{method.name}: {outcome}")
        self.assertGreater(pairs, 3)
        self.assertEqual(self.server.state(), before)


# Of days that must not come before others, beside start_x and end_x.
BEGINNINGS = {"due_date": "invoice_date"}


def names_in(text):
    return set(text.replace(",", " ").split())


def token_parts(data):
    """log_id, partition and next_offset of a consistency token's bytes."""
    values, position = {1: "", 2: 0, 3: 0}, 0
    while position < len(data):
        tag, position = read_varint(data, position)
        value, position = read_varint(data, position)
        if tag & 7 == 2:
            value, position = data[position:position + value].decode(), position + value
        values[tag >> 3] = value
    return values[1], values[2], values[3]


def read_varint(data, position):
    value = shift = 0
    while True:
        byte, position = data[position], position + 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def varint(value):
    value &= 2**64 - 1
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def token_of(log_id, partition, offset):
    data = (b"\x0a" + varint(len(log_id)) + log_id.encode() + b"\x10" + varint(partition)
            + b"\x18" + varint(offset))
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# --------------------------------------------------------------------------------------- amounts

def is_line(message_type):
    """One of many amounts with their taxes, which something is the sum of."""
    names = message_type.fields_by_name
    return "unit_price" in names and "amount" in names


def lines_in(message_type):
    return [way for way in paths(message_type)
            if way[-1].label == F.LABEL_REPEATED and way[-1].type == F.TYPE_MESSAGE
            and is_line(way[-1].message_type)]


def sums_lines(message_type):
    return bool(lines_in(message_type))


def too_much(request, facts, currency="EUR", largest=LARGEST_EUR):
    """Requests made of `request` in which each amount is the largest there is; those whose name
    begins with "too much" cannot be right."""
    for way in lines_in(request.DESCRIPTOR):
        def with_lines(lines):
            changed = copy_of(request)
            holder = at(changed, way)
            holder.ClearField(way[-1].name)
            for line in lines:
                getattr(holder, way[-1].name).add(description="x", **line)
            return changed

        amount = {"amount": {"currency_code": currency, "units": largest}}
        taxed = dict(amount, tax_rate_percent={"value": "100"})
        credit = {"amount": {"currency_code": currency, "units": -largest}}
        yield "too much by two lines", with_lines([amount, amount])
        yield "too much by 1,000 lines", with_lines([amount] * 1000)
        yield "too much by tax", with_lines([taxed])
        yield "too much by tax of two rates", with_lines(
            [taxed, dict(amount, tax_rate_percent={"value": "99"})])
        yield "too much on the way", with_lines([amount, amount, amount, credit, credit])
        yield "too much below nothing", with_lines([credit, credit])
        yield "lines that cancel out", with_lines([amount, credit])
        for quantity, price in (("9999999999999999999", "9999999999999999999"),
                                ("9999999999", "9999999999999"), ("1000000000000000000", "100"),
                                ("-9999999999999999999", "-9999999999999999999")):
            yield f"too much: {quantity} x {price}", with_lines(
                [{"quantity": {"value": quantity}, "unit_price": {"value": price}}])
        yield "10^18 of 10^-9", with_lines(
            [{"quantity": {"value": "1" + "0" * 18}, "unit_price": {"value": "0.000000001"}}])
    for way in paths(request.DESCRIPTOR):
        field = way[-1]
        if field.type == F.TYPE_MESSAGE and field.message_type.full_name == "google.type.Money":
            for count, name in ((1, "the largest"), (3, "three of the largest")):
                changed = copy_of(request)
                holder = at(changed, way)
                many = [f for f in way[:-1] if f.label == F.LABEL_REPEATED]
                if count > 1 and not many:
                    continue
                money = getattr(holder, field.name)
                money.currency_code, money.units, money.nanos = currency, largest, 0
                if many:
                    for other in holder.DESCRIPTOR.fields:
                        if other.name in facts:
                            setattr(holder, other.name, facts[other.name])
                    outer = at(changed, way[:way.index(many[-1]) + 1])
                    for _ in range(count - 1):
                        getattr(outer, many[-1].name).add().CopyFrom(holder)
                yield f"{name} {'.'.join(f.name for f in way)}", changed


def copy_of(message):
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


if __name__ == "__main__":
    run()

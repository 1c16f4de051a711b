"""Customers in every situation in which some command is accepted, and that command: found by asking.

A command is made from its descriptor: what ids it wants are those that the situation has, and what the
server's refusal (`INVALID_FIELDS`) names as missing is filled in, what it names as wrong is taken out,
until it is accepted. So no command is written down here; one that is accepted in none of the
situations is reported, and wants a situation.
"""
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor as F

from reflected import COMMAND, is_command, plausible, set_plausible

EUR_100 = {"amount": {"currency_code": "EUR", "units": 100}}
LINE = {"description": "goods", **EUR_100}
PAYMENT = {"method": 1, **EUR_100}
CENT = {"method": 1, "amount": {"currency_code": "EUR", "nanos": 10_000_000}}

REGISTERED = [("RegisterCustomer", {"kind": 1, "profile": {"personal": {"display_name": "C"}}})]
ACCOUNT = REGISTERED + [("OpenAccount", {"account_id": "main", "currency_code": "EUR"})]
INVOICE = ACCOUNT + [("IssueInvoice", {"lines": [LINE]})]

# How a customer comes into it: commands, one after the other. Ids that earlier answers gave are filled in.
SITUATIONS = {
    "nobody": [],
    "registered": REGISTERED,
    "account": ACCOUNT,
    "suspended": ACCOUNT + [("SuspendAccount", {})],
    "closed": ACCOUNT + [("CloseAccount", {})],
    "draft": ACCOUNT + [("CreateDraftInvoice", {"draft": {"lines": [LINE]}})],
    "invoice": INVOICE,
    "residue": ACCOUNT + [("IssueInvoice", {"lines": [
        {"amount": {"currency_code": "EUR", "nanos": 10_000_000}}]})],
    "paid": INVOICE + [("RecordPayment", PAYMENT)],
    "credit": ACCOUNT + [("RecordPayment", PAYMENT)],
    "credit beside an invoice": REGISTERED + [
        ("OpenAccount", {"account_id": "main", "currency_code": "EUR",
                         "credit_application": "CREDIT_APPLICATION_MANUAL"}),
        ("RecordPayment", PAYMENT), ("IssueInvoice", {"lines": [LINE]})],
    "failed": ACCOUNT + [("RecordPayment", {"initial_state": 2, **PAYMENT}), ("FailPayment", {})],
    "reversed": ACCOUNT + [("RecordPayment", PAYMENT), ("ReversePayment", {})],
    "uncollectible": INVOICE + [("MarkInvoiceUncollectible", {})],
    "written off": INVOICE + [("WriteOffInvoice", {"reason": 3})],
    "credit note": INVOICE + [("RecordPayment", PAYMENT), ("IssueCreditNote", {"kind": 2})],
    "discount taken": ACCOUNT + [
        ("IssueInvoice", {"lines": [LINE], "terms": {
            "net_days": 30, "early_payment_discount": {"days": 10, "percent": {"value": "2"}}}}),
        ("RecordPayment", {"method": 1, "amount": {"currency_code": "EUR", "units": 98}})],
    "cent": ACCOUNT + [("RecordPayment", CENT)],
    "cent taken": ACCOUNT + [("RecordPayment", CENT), ("WriteOffCredit", {})],
    "payment under way": ACCOUNT + [("RecordPayment", {"initial_state": 2, **PAYMENT})],
    "external id": REGISTERED + [("AddExternalId", {"external_id": {"system": "x", "id": "x"}})],
    "archived": REGISTERED + [("ArchiveCustomer", {})],
}


class Customers:
    """Makes customers in a situation, by the methods of a test's server."""

    def __init__(self, test):
        self.test = test
        self.methods = {m.name: (s, m) for s, m in test.command_methods()}
        self.made = 0
        self.chosen = {}

    def new(self, situation):
        """A customer nobody had before, and what is known of it: ids by the field that takes them."""
        self.made += 1
        facts = {"customer_id": f"c{self.made}"}
        for step, (name, fields) in enumerate(SITUATIONS[situation]):
            service, method = self.methods[name]
            cls = message_factory.GetMessageClass(method.input_type)
            known = {name: facts[name] for name in cls.DESCRIPTOR.fields_by_name
                     if name in facts and name.endswith("_id") and name not in fields}
            request = cls(request_id=f"before-{step}", **known, **fields)
            outcome = self.test.ask(service, method, request.SerializeToString())
            assert outcome.ok, f"{situation}: {name}: {outcome}"
            for field, value in outcome.answer.ListFields():
                if field.name.endswith("_id") or field.name == "revision":
                    facts[field.name] = value
        return facts

    def acceptable(self, method):
        """The situations in which a command is accepted, each with a function that makes the command
        from facts."""
        if method.name not in self.chosen:
            self.chosen[method.name] = [
                (situation, make) for situation in SITUATIONS
                for make in [self._maker(situation, method)] if make is not None]
        return self.chosen[method.name]

    def some(self, method, request_id="r"):
        """A new customer, facts about it, and a command that is accepted of it."""
        found = self.acceptable(method)
        self.test.assertTrue(found, f"{method.name} is accepted in none of the situations")
        situation, make = found[0]
        facts = self.new(situation)
        return facts, make(facts, request_id)

    def fill_ids(self, request, facts):
        for field in request.DESCRIPTOR.fields:
            if field.name in facts and field.type == F.TYPE_STRING:
                if field.name != "account_id" or self.existing_account(request):
                    setattr(request, field.name, facts[field.name])

    @staticmethod
    def existing_account(request):
        """Whether its account is one that is there: one that says its currency opens it."""
        return "currency_code" not in request.DESCRIPTOR.fields_by_name

    def _maker(self, situation, method):
        facts = self.new(situation)
        cls = message_factory.GetMessageClass(method.input_type)
        for whole in (False, True):
            request = cls()
            if whole:
                plausible(request)
                for field in list(request.DESCRIPTOR.fields):
                    if field.name.endswith("_id"):
                        request.ClearField(field.name)
            self.fill_ids(request, facts)
            if self._mend(method, request):
                return lambda facts, request_id: self._for(request, facts, request_id)
        return None

    def _for(self, pattern, facts, request_id):
        request = type(pattern)()
        request.CopyFrom(pattern)
        self.fill_ids(request, facts)
        request.request_id, request.validate_only = request_id, False
        return request

    def _mend(self, method, request):
        service = self.methods[method.name][0]
        request.request_id, request.validate_only = "dry", True
        tried = set()
        for attempt in range(12):
            outcome = self.test.ask(service, method, request.SerializeToString())
            if outcome.ok:
                return True
            if outcome.reason != "INVALID_FIELDS" or str(outcome.fields) in tried:
                return False
            tried.add(str(outcome.fields))
            for path in outcome.fields:
                mend(request, path)
        return False


def mend(message, path):
    """Fills in the field at `path` if there is nothing, else takes out what is there."""
    names = [part.split("[")[0] for part in path.split(".")]
    for at, name in enumerate(names):
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            return
        many = field.label == F.LABEL_REPEATED
        there = len(getattr(message, name)) > 0 if many else (
            message.HasField(name) if field.type == F.TYPE_MESSAGE else bool(getattr(message, name)))
        if not there:
            return set_plausible(message, field, 0, ())
        if at + 1 == len(names) or field.type != F.TYPE_MESSAGE:
            return message.ClearField(name)
        message = getattr(message, name)[0] if many else getattr(message, name)


def wrapped(wrapper, command):
    """`command` inside the request of a method that takes commands of every kind."""
    message = message_factory.GetMessageClass(wrapper.input_type)()
    for field in wrapper.input_type.fields:
        if field.type == F.TYPE_MESSAGE and field.message_type.full_name == COMMAND:
            inner = getattr(message, field.name)
            inner = inner.add() if field.label == F.LABEL_REPEATED else inner
            for kind in field.message_type.fields:
                if kind.message_type == command.DESCRIPTOR:
                    getattr(inner, kind.name).CopyFrom(command)
    return message


def takes_any_command(method):
    return not is_command(method.input_type) and any(
        f.type == F.TYPE_MESSAGE and f.message_type.full_name == COMMAND
        for f in method.input_type.fields)


def result_in(answer):
    """The response of a command inside that of a method that takes commands of every kind."""
    if "revision" in answer.DESCRIPTOR.fields_by_name:
        return answer
    for field, value in answer.ListFields():
        if field.type == F.TYPE_MESSAGE and field.message_type.full_name != "google.rpc.Status":
            found = result_in(value[0] if field.label == F.LABEL_REPEATED else value)
            if found is not None:
                return found
    return None

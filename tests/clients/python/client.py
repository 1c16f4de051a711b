"""How a program in Python works with Daybook. Small enough to copy from; a test by its asserts.

Usage: client.py SERVICE_CONFIG ADDRESS LOSSY_ADDRESS ONE_STREAM_ADDRESS   (see with_daybook.py)

Needs: grpcio, grpcio-status, protobuf; and what protoc made of proto/daybook (see build.sh).
"""
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status

from daybook.balances.v1.balances_service_pb2 import GetBalanceRequest
from daybook.balances.v1.balances_service_pb2_grpc import BalancesServiceStub
from daybook.billing.v1.billing_service_pb2 import (
    IssueInvoiceRequest, OpenAccountRequest, RecordPaymentRequest)
from daybook.billing.v1.billing_service_pb2_grpc import BillingServiceStub
from daybook.book.v1.command_service_pb2 import ExecuteStreamRequest
from daybook.book.v1.command_service_pb2_grpc import CommandServiceStub
from daybook.customer.v1.customer_service_pb2 import RegisterCustomerRequest, UpdateCustomerRequest
from daybook.customer.v1.customer_service_pb2_grpc import CustomerServiceStub
from daybook.directory.v1.directory_service_pb2 import GetCustomerRequest, ListCustomersRequest
from daybook.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub


class Daybook:
    """A channel and a stub for each service. One a process; safe for threads."""

    def __init__(self, address, service_config):
        self.channel = grpc.insecure_channel(address, options=[
            ("grpc.service_config", service_config),
            ("grpc.max_reconnect_backoff_ms", 1000),
        ])
        self.customers = CustomerServiceStub(self.channel)
        self.billing = BillingServiceStub(self.channel)
        self.commands = CommandServiceStub(self.channel)
        self.balances = BalancesServiceStub(self.channel)
        self.directory = DirectoryServiceStub(self.channel)


@dataclass
class Refusal:
    """What an error says, in one piece."""
    code: grpc.StatusCode
    reason: str = ""  # branch on this, never on the message
    metadata: dict = field(default_factory=dict)
    violations: dict = field(default_factory=dict)  # field -> what is wrong with it
    retry_after: float = 0.0  # seconds; 0 = not said


def refusal_of(error):
    refusal = Refusal(error.code())
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
        if detail.Unpack(info) and info.domain == "daybook":
            refusal.reason, refusal.metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            refusal.violations = {v.field: v.description for v in bad.field_violations}
        elif detail.Unpack(retry):
            refusal.retry_after = retry.retry_delay.ToNanoseconds() / 1e9
    return refusal


# After these it is not certain whether a command was recorded, or certain that it was not: in both
# cases the same request, under the same request_id, is right and cannot count twice.
SEND_AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
              grpc.StatusCode.RESOURCE_EXHAUSTED}


def until_certain(call, request, attempt_seconds=10.0, total_seconds=90.0):
    """Sends a command until it is answered. Returns the answer and how often it was sent. Each attempt
    may take twice as long as the one before, so that a slow server is not asked for ever."""
    give_up_at = time.monotonic() + total_seconds
    pause, attempts = 0.1, 0
    while True:
        attempts += 1
        try:
            return call(request, timeout=attempt_seconds), attempts
        except grpc.RpcError as error:
            refusal = refusal_of(error)
            if refusal.code not in SEND_AGAIN or time.monotonic() > give_up_at:
                raise
            time.sleep(max(refusal.retry_after, pause * random.uniform(0.5, 1)))
            pause = min(2 * pause, 5.0)
            attempt_seconds = min(2 * attempt_seconds, 20.0)


def refused(call, request):
    try:
        call(request, timeout=10)
    except grpc.RpcError as error:
        return refusal_of(error)
    raise AssertionError("was not refused")


def open_customer(book, customer_id, region="DE"):
    book.customers.RegisterCustomer(RegisterCustomerRequest(
        customer_id=customer_id, kind="CUSTOMER_KIND_ORGANIZATION", request_id="register",
        profile={"personal": {"display_name": "Zoë 佐藤"}, "region_code": region}))
    return book.billing.OpenAccount(OpenAccountRequest(
        customer_id=customer_id, currency_code="EUR", request_id="open"))


def tea(customer_id, request_id):
    return IssueInvoiceRequest(
        customer_id=customer_id, request_id=request_id,
        lines=[{"description": "Tea", "quantity": {"value": "3"}, "unit_price": {"value": "4.10"},
                "tax_rate_percent": {"value": "7"}}])


def retries_after_a_time_out(book, lossy):
    open_customer(book, "py-1")
    request = tea("py-1", "lost-answer")
    first, attempts = until_certain(lossy.billing.IssueInvoice, request, attempt_seconds=1.0)
    assert attempts > 1, "the answer was meant to be lost"
    again = book.billing.IssueInvoice(request)
    assert again.already_recorded, "an answer that was given before says so"
    first.already_recorded = True  # or it was: of the attempts before, one was recorded
    assert again == first, "the same request gets the first answer"
    balance = book.balances.GetBalance(GetBalanceRequest(
        customer_id="py-1", consistency_token=first.consistency_token))
    assert balance.invoice_count == 1, "sent three times, recorded once"


def reads_its_own_write(book):
    open_customer(book, "py-2")
    book.billing.IssueInvoice(tea("py-2", "invoice"))
    payment = book.billing.RecordPayment(RecordPaymentRequest(
        customer_id="py-2", request_id="payment", method="PAYMENT_METHOD_CASH",
        amount={"currency_code": "EUR", "units": 20}))
    # Read models follow the log; the token says how far they must have come.
    balance = book.balances.GetBalance(GetBalanceRequest(
        customer_id="py-2", consistency_token=payment.consistency_token))
    assert (balance.balance.units, balance.balance.nanos) == (-6, -840_000_000)


def changes_what_it_has_read(book):
    opened = open_customer(book, "py-5")
    customer = book.directory.GetCustomer(GetCustomerRequest(
        customer_id="py-5", consistency_token=opened.consistency_token)).customer
    customer.profile.personal.emails.append("zoe@example.com")
    change = UpdateCustomerRequest(
        customer_id="py-5", request_id="change", profile=customer.profile, etag=customer.etag,
        update_mask={"paths": ["personal.emails"]})
    book.customers.UpdateCustomer(change)
    # Whoever has read the customer before that is refused, and reads again.
    change.request_id = "change-2"
    no = refused(book.customers.UpdateCustomer, change)
    assert (no.code, no.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")


def pages_through_a_list(book):
    for i in range(5):
        customer_id = f"py-iceland-{i}"
        answer = open_customer(book, customer_id, region="IS")
        # A token speaks for its customer's partition, so each customer is waited for.
        book.directory.GetCustomer(GetCustomerRequest(
            customer_id=customer_id, consistency_token=answer.consistency_token))
    request = ListCustomersRequest(page_size=2, order_by="customer_id desc",
                                   filter='region_code = IS AND customer_id : "py-*"')
    seen, pages = [], 0
    while True:
        page = book.directory.ListCustomers(request)
        seen += [customer.customer_id for customer in page.customers]
        pages += 1
        if not page.next_page_token:  # not: an empty page
            break
        request.page_token = page.next_page_token
    assert seen == [f"py-iceland-{i}" for i in (4, 3, 2, 1, 0)], seen
    assert pages >= 3, pages


def streams_with_a_window(book, count=300, window=32):
    open_customer(book, "py-3")
    room = threading.Semaphore(window)  # commands sent and not answered
    waiting = {}

    def requests():
        for tag in range(count):
            room.acquire()
            command = {"issue_invoice": tea("py-3", f"stream-{tag}")}
            waiting[tag] = ExecuteStreamRequest(tag=tag, command=command)
            yield waiting[tag]

    numbers = []
    for answer in book.commands.ExecuteStream(requests()):
        del waiting[answer.tag]
        room.release()
        assert answer.result.status.code == 0, answer
        numbers.append(answer.result.issue_invoice.number)
    # Had the stream broken, `waiting` would be sent again on a new one, under the same ids.
    assert not waiting and len(numbers) == count
    assert numbers == sorted(numbers), "one customer's commands keep their order"


def handles_every_class_of_error(book, one_stream):
    no = refused(book.billing.IssueInvoice, IssueInvoiceRequest(customer_id=" c2"))
    assert (no.code, no.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert {"customer_id", "request_id", "lines"} <= set(no.violations), no

    no = refused(book.billing.IssueInvoice, tea("py-nobody", "r"))
    assert (no.code, no.reason) == (grpc.StatusCode.NOT_FOUND, "CUSTOMER_NOT_FOUND")

    opened = open_customer(book, "py-4")
    second = OpenAccountRequest(customer_id="py-4", account_id="second", currency_code="EUR",
                                request_id="open")
    no = refused(book.billing.OpenAccount, second)
    assert (no.code, no.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")

    second.request_id, second.expected_revision = "open-2", opened.revision - 1
    no = refused(book.billing.OpenAccount, second)
    assert (no.code, no.reason) == (grpc.StatusCode.ABORTED, "REVISION_MISMATCH")
    # Here a program reads again and decides again; this one still wants the same.
    second.expected_revision = int(no.metadata["revision"])
    book.billing.OpenAccount(second)

    no = refused(book.billing.IssueInvoice, tea("py-4", "r"))
    assert (no.code, no.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_REQUIRED")
    assert no.metadata["account_count"] == "2", no

    waits_when_told_to(one_stream)


def waits_when_told_to(one_stream):
    first_ends = threading.Event()

    def held():
        yield ExecuteStreamRequest(tag=1)
        first_ends.wait(30)

    first = one_stream.commands.ExecuteStream(held(), timeout=60)
    next(first)  # it stands
    refusals = 0
    while refusals < 50:
        try:
            list(one_stream.commands.ExecuteStream(iter(())))
            break
        except grpc.RpcError as error:
            no = refusal_of(error)
            assert (no.code, no.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED"), no
            assert no.retry_after > 0, no
            refusals += 1
            first_ends.set()
            time.sleep(no.retry_after)
    assert 0 < refusals < 50, refusals


def main():
    config, *addresses = sys.argv[1:]
    service_config = Path(config).read_text(encoding="utf-8")
    book, lossy, one_stream = (Daybook(address, service_config) for address in addresses)
    retries_after_a_time_out(book, lossy)
    reads_its_own_write(book)
    changes_what_it_has_read(book)
    pages_through_a_list(book)
    streams_with_a_window(book)
    handles_every_class_of_error(book, one_stream)
    print("python: all shown")


if __name__ == "__main__":
    main()

"""The served book as a client sees it that nobody here wrote: Python's grpcio, by reflection alone.

Usage: stranger.py DAYBOOK_BINARY
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

BINARY = None
BOOK = "daybook.book.v1.CommandService"
CUSTOMER = "daybook.customer.v1.CustomerService"
BILLING = "daybook.billing.v1.BillingService"
BALANCES = "daybook.balances.v1.BalancesService"
DIRECTORY = "daybook.directory.v1.DirectoryService"
DOCUMENTS = "daybook.documents.v1.DocumentsService"
JOURNAL = "daybook.journal.v1.JournalService"
HEALTH = "grpc.health.v1.Health"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stranger(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.grpc, cls.http = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}
        cls.server = subprocess.Popen(
            [BINARY, "serve", "--data-dir", cls.scratch.name, "--partitions", "4",
             "--listen", cls.grpc, "--http-listen", cls.http, "--log-format", "json"],
            stderr=subprocess.PIPE, text=True, env=environment)
        for line in cls.server.stderr:
            if json.loads(line)["message"] == "ready":
                break
        else:
            raise AssertionError("the server ended")
        cls.channel = grpc.insecure_channel(cls.grpc)
        cls.database = ProtoReflectionDescriptorDatabase(cls.channel)
        cls.pool = descriptor_pool.DescriptorPool(cls.database)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.terminate()
        code = cls.server.wait(timeout=30)
        cls.server.stderr.close()
        cls.scratch.cleanup()
        assert code == 0, f"the server ended with {code}"

    def call(self, service, name, /, **fields):
        method = self.pool.FindServiceByName(service).FindMethodByName(name)
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        stub = self.channel.unary_unary(
            f"/{service}/{name}", request_serializer=request.SerializeToString,
            response_deserializer=response.FromString)
        return stub(request(**fields), timeout=20)

    def refused(self, service, name, /, **fields):
        """Code, and the details by their class."""
        with self.assertRaises(grpc.RpcError) as refused:
            self.call(service, name, **fields)
        details = {}
        for detail in rpc_status.from_call(refused.exception).details:
            for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest):
                if detail.Is(kind.DESCRIPTOR):
                    details[kind] = kind()
                    detail.Unpack(details[kind])
        return refused.exception.code(), details

    def open_account(self, customer):
        self.call(CUSTOMER, "RegisterCustomer", customer_id=customer, kind=1,
                  profile={"personal": {"display_name": "Zoë 佐藤"}}, request_id="register")
        return self.call(BILLING, "OpenAccount", customer_id=customer, account_id="main",
                         currency_code="EUR", request_id="open")

    def get(self, path):
        return urllib.request.urlopen(f"http://{self.http}{path}", timeout=20).read().decode()

    def test_lists_the_services(self):
        self.assertLessEqual({BOOK, CUSTOMER, BILLING, BALANCES, DIRECTORY, JOURNAL,
                              HEALTH},
                             set(self.database.get_services()))

    def test_reads_its_own_writes(self):
        self.open_account("c-1")
        invoice = self.call(
            BILLING, "IssueInvoice", customer_id="c-1", request_id="i-1",
            lines=[{"description": "Tea", "quantity": {"value": "3"},
                    "unit_price": {"value": "4.10"}, "tax_rate_percent": {"value": "7"}}])
        self.assertEqual((invoice.total.units, invoice.total.nanos), (13, 160_000_000))
        self.assertRegex(invoice.number, r"^A-\d{4}-\d\d-000001$")
        again = self.call(
            BILLING, "IssueInvoice", customer_id="c-1", request_id="i-1",
            lines=[{"description": "Tea", "quantity": {"value": "3"},
                    "unit_price": {"value": "4.10"}, "tax_rate_percent": {"value": "7"}}])
        self.assertEqual(again.number, invoice.number)
        payment = self.call(
            BILLING, "RecordPayment", customer_id="c-1", request_id="p-1", method=4,
            amount={"currency_code": "EUR", "units": 20})
        self.assertEqual((payment.unapplied.units, payment.unapplied.nanos), (6, 840_000_000))
        balance = self.call(BALANCES, "GetBalance", customer_id="c-1",
                            consistency_token=payment.consistency_token)
        self.assertEqual((balance.invoiced.units, balance.received.units), (13, 20))
        self.assertEqual((balance.balance.units, balance.balance.nanos), (-6, -840_000_000))
        self.assertEqual(balance.open_invoice_count, 0)

    def test_reads_every_violation_at_once(self):
        code, details = self.refused(BILLING, "IssueInvoice", customer_id=" c2")
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        info = details[error_details_pb2.ErrorInfo]
        self.assertEqual((info.reason, info.domain), ("INVALID_FIELDS", "daybook"))
        fields = {v.field for v in details[error_details_pb2.BadRequest].field_violations}
        self.assertLessEqual({"customer_id", "request_id", "lines"}, fields)

    def test_is_told_that_a_request_id_is_taken(self):
        self.open_account("c-3")
        code, details = self.refused(BILLING, "OpenAccount", customer_id="c-3", account_id="other",
                                     currency_code="EUR", request_id="open")
        self.assertEqual(code, grpc.StatusCode.ALREADY_EXISTS)
        self.assertEqual(details[error_details_pb2.ErrorInfo].reason, "REQUEST_ID_REUSED")

    def test_sends_a_batch_and_reads_each_outcome(self):
        answer = self.call(BOOK, "ExecuteBatch", commands=[
            {"register_customer": {"customer_id": "c-4", "kind": 1, "request_id": "r",
                                   "profile": {"personal": {"display_name": "B"}}}},
            {},
            {"open_account": {"customer_id": "nobody", "currency_code": "EUR", "request_id": "o"}},
            {"open_account": {"customer_id": "c-4", "currency_code": "EUR", "request_id": "o"}},
        ])
        self.assertEqual([r.status.code for r in answer.results], [0, 3, 5, 0])
        self.assertEqual(answer.results[0].register_customer.customer_id, "c-4")
        self.assertEqual(answer.results[3].open_account.revision, 2)
        code, _ = self.refused(BOOK, "ExecuteBatch")
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)

    def test_asks_for_health(self):
        for name in ("", BOOK, CUSTOMER, BILLING, BALANCES, "balances", DIRECTORY,
                     "directory", DOCUMENTS, "documents", JOURNAL, "journal"):
            self.assertEqual(self.call(HEALTH, "Check", service=name).status, 1, name)

    def test_watches_health(self):
        method = self.pool.FindServiceByName(HEALTH).FindMethodByName("Watch")
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        stub = self.channel.unary_stream(f"/{HEALTH}/Watch",
                                         request_serializer=request.SerializeToString,
                                         response_deserializer=response.FromString)
        for name, status in (("", 1), (BOOK, 1), (BALANCES, 1), ("balances", 1), ("nobody", 3)):
            watch = stub(request(service=name), timeout=20)
            self.assertEqual(next(watch).status, status, name)
            watch.cancel()

    def test_streams_commands(self):
        method = self.pool.FindServiceByName(BOOK).FindMethodByName("ExecuteStream")
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        stub = self.channel.stream_stream(f"/{BOOK}/ExecuteStream",
                                          request_serializer=request.SerializeToString,
                                          response_deserializer=response.FromString)
        commands = [request(tag=1, command={"register_customer": {
                        "customer_id": "c-5", "kind": 1, "request_id": "r",
                        "profile": {"personal": {"display_name": "B"}}}}),
                    request(tag=2),
                    request(tag=3, command={"open_account": {
                        "customer_id": "c-5", "currency_code": "EUR", "request_id": "o"}})]
        answers = {a.tag: a.result for a in stub(iter(commands), timeout=20)}
        self.assertEqual({tag: r.status.code for tag, r in answers.items()}, {1: 0, 2: 3, 3: 0})
        self.assertEqual(answers[3].open_account.revision, 2)

    def test_asks_over_http(self):
        self.get("/healthz")
        self.get("/readyz")
        self.assertIn("version", json.loads(self.get("/version")))
        metrics = self.get("/metrics")
        for name in ("grpc_server_handled_total", "daybook_commands_total",
                     "daybook_append_seconds", "daybook_void_records_total",
                     "daybook_ownership_changes_total", "daybook_projection_lag_records",
                     "daybook_projection_lag_seconds", "daybook_build_info",
                     "process_resident_memory_bytes"):
            self.assertIn(f"\n{name}", metrics)
        with self.assertRaises(urllib.error.HTTPError):
            self.get("/etc/passwd")


if __name__ == "__main__":
    BINARY = sys.argv.pop()
    unittest.main(verbosity=2)

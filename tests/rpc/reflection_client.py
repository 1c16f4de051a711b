"""What a client sees that knows nothing of our protos: Python's grpcio, by reflection alone.

Usage: reflection_client.py ECHO_SERVER
"""
import subprocess
import sys
import unittest

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

ECHO_SERVER = None
BILLING = "daybook.billing.v1.BillingService"
HEALTH = "grpc.health.v1.Health"


class ReflectionClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([ECHO_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(cls.server.stdout.readline())
        cls.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        cls.database = ProtoReflectionDescriptorDatabase(cls.channel)
        cls.pool = descriptor_pool.DescriptorPool(cls.database)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.stdin.close()
        code = cls.server.wait(timeout=20)
        cls.server.stdout.close()
        assert code == 0, f"the server ended with {code}"

    def method(self, service, name):
        """A callable and the request's class, made from descriptors."""
        method = self.pool.FindServiceByName(service).FindMethodByName(name)
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        make = self.channel.unary_stream if method.server_streaming else self.channel.unary_unary
        call = make(
            f"/{service}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        return call, request

    def test_lists_the_services(self):
        services = set(self.database.get_services())
        self.assertLessEqual(
            {BILLING, HEALTH, "grpc.reflection.v1alpha.ServerReflection"}, services
        )

    def test_finds_files_and_what_is_in_them(self):
        file = self.database.FindFileByName("grpc/health/v1/health.proto")
        self.assertEqual(file.package, "grpc.health.v1")
        method = self.database.FindFileContainingSymbol(f"{BILLING}.IssueInvoice")
        self.assertEqual(method.package, "daybook.billing.v1")
        self.assertEqual(
            list(self.database.FindAllExtensionNumbers("grpc.health.v1.HealthCheckRequest")), [])
        for name in ("nothing.proto", "", "x" * 2000):
            with self.assertRaises(KeyError):
                self.database.FindFileByName(name)
        with self.assertRaises(KeyError):
            self.database.FindFileContainingSymbol("daybook.Nothing")

    def test_calls_a_method_it_never_heard_of(self):
        call, request = self.method(BILLING, "IssueInvoice")
        message = request(customer_id="c-1")
        message.lines.add().amount.units = 12
        response = call(message, timeout=20, metadata=[("x-suffix", "-ü".encode().hex())])
        self.assertEqual(response.invoice_id, "c-1" + "-ü".encode().hex())

    def test_reads_the_details_of_a_refusal(self):
        call, request = self.method(BILLING, "IssueInvoice")
        with self.assertRaises(grpc.RpcError) as refused:
            call(request(), timeout=20)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("customer_id", refused.exception.details())
        details = {}
        for detail in rpc_status.from_call(refused.exception).details:
            for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest):
                if detail.Is(kind.DESCRIPTOR):
                    details[kind] = kind()
                    detail.Unpack(details[kind])
        info = details[error_details_pb2.ErrorInfo]
        self.assertEqual((info.reason, info.domain), ("INVALID_FIELDS", "daybook"))
        bad = details[error_details_pb2.BadRequest]
        self.assertEqual([v.field for v in bad.field_violations], ["customer_id"])

    def test_is_told_of_a_method_that_is_not_there(self):
        call = self.channel.unary_unary(f"/{BILLING}/Refund")
        with self.assertRaises(grpc.RpcError) as refused:
            call(b"", timeout=20)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_asks_for_health(self):
        call, request = self.method(HEALTH, "Check")
        for name in ("", BILLING):
            self.assertEqual(call(request(service=name), timeout=20).status, 1)
        with self.assertRaises(grpc.RpcError) as refused:
            call(request(service="nobody"), timeout=20)
        self.assertEqual(refused.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_watches_health(self):
        call, request = self.method(HEALTH, "Watch")
        for name, status in (("", 1), (BILLING, 1), ("nobody", 3)):
            watch = call(request(service=name), timeout=20)
            self.assertEqual(next(watch).status, status)
            watch.cancel()


if __name__ == "__main__":
    ECHO_SERVER = sys.argv.pop()
    unittest.main(verbosity=2)

"""Callers who have no time, go away, or never say what they want: for every method of every service,
as the server's own descriptors name them.

Of each case: the call ends by its deadline and a second, whatever became of its command is told by a
resend under the same request id and has happened once at most, a log and read models that agree at
the end (`daybook verify`), no crash, no growth.

Usage: DAYBOOK_UNDER_TEST=daybook bad_timing.py
"""
import json
import select
import socket
import struct
import sys
import time

import grpc
from google.protobuf import message_factory

from reflected import (
    CODES, CUSTOMER, MISTAKES, OwnServer, PATIENCE, is_command, plausible, run)
from situations import Customers, takes_any_command, wrapped

TIME_OUTS = (0.0, 0.0005, 0.001, 0.002, 0.005)  # s
CANCELS = (0.0, 0.0005, 0.001, 0.003)  # s after the send
END_WITHIN = 1.0  # s after the deadline
# What a caller without time may be told, of what is not a mistake.
LATE = {CODES.DEADLINE_EXCEEDED, CODES.CANCELLED, CODES.UNAVAILABLE}


def harmless(method):
    """A request of what might be meant that changes nothing."""
    request = message_factory.GetMessageClass(method.input_type)()
    plausible(request)
    if is_command(method.input_type):
        request.validate_only = True
    elif takes_any_command(method):
        request.Clear()
    return request


class BadTiming(OwnServer):
    def setUp(self):
        self.customers = Customers(self)
        self.customers.made = 10_000 * sorted(
            n for n in dir(self) if n.startswith("test_")).index(self._testMethodName)
        for _, method in self.command_methods():
            self.customers.acceptable(method)
        self.cases = 0
        self.settled, self.counts = self.server.memory(), self.server.threads_and_files()

    def tearDown(self):
        print(f"{self.cases} cases", file=sys.stderr)
        self.expect_alive(self._testMethodName)
        self.expect_no_growth(self.counts, self.settled)
        self.server.run("verify")

    def send(self, service, method, data, timeout=None, cancel_after=None):
        """Sends and, if told to, goes away; what it came to."""
        self.cases += 1
        stub = self.stub(service, method)
        try:
            if method.server_streaming:
                call = stub(iter([data]), timeout=timeout)
                if cancel_after is None:
                    next(call, None)
            else:
                call = stub.future(data, timeout=timeout)
                if cancel_after is None:
                    call.result()
            if cancel_after is not None:
                time.sleep(cancel_after)
            call.cancel()
            return CODES.OK
        except grpc.FutureCancelledError:
            return CODES.CANCELLED
        except grpc.RpcError as e:
            return e.code()

    def each_way(self):
        for seconds in TIME_OUTS:
            yield {"timeout": seconds}
        for seconds in CANCELS:
            yield {"timeout": PATIENCE, "cancel_after": seconds}

    def test_commands_of_callers_who_do_not_wait(self):
        wrappers = [(s, m) for s, m in self.methods() if takes_any_command(m)]
        sent = []
        for _, method in self.command_methods():
            service = self.customers.methods[method.name][0]
            for way in self.each_way():
                for by in [(service, method)] + wrappers:
                    facts, request = self.customers.some(method)
                    data = (request if by[1] is method else wrapped(by[1], request))
                    code = self.send(*by, data.SerializeToString(), **way)
                    self.assertIn(code, LATE | {CODES.OK}, f"{method.name} by {by[1].name}, {way}")
                    sent.append((service, method, facts, request, way))
        before = self.commits()
        answers = []
        for service, method, facts, request, way in sent:
            first = self.ask(service, method, request.SerializeToString())
            self.assertTrue(first.ok, f"{method.name}, {way}: sent again it is {first}")
            answers.append(first.answer)
        after = self.commits()
        for (service, method, facts, request, way), answer in zip(sent, answers):
            key = facts["customer_id"], request.request_id
            self.assertEqual(after.get(key, 0), 1, f"{method.name}, {way}")
            # One that changes nothing, such as terms that are there already, leaves the revision.
            self.assertIn(answer.revision - facts.get("revision", 0), (0, 1), f"{method.name}, {way}")
        print(f"{len(sent)} commands, {sum(k in before for k in after)} of {len(after)} records "
              "before they were sent again", file=sys.stderr)

    def commits(self):
        """How often each (customer, request id) stands in the log."""
        records = {}
        for line in self.server.run("history", "--all").splitlines():
            record = json.loads(line)
            if "request_id" in record:
                records.setdefault((record["customer_id"], record["request_id"]), set()).add(
                    (record["partition"], record["offset"]))
        return {key: len(places) for key, places in records.items()}

    def test_queries_of_callers_who_do_not_wait(self):
        before = self.server.state()
        for service, method in self.methods():
            if method.name in self.customers.methods or takes_any_command(method):
                continue
            cls = message_factory.GetMessageClass(method.input_type)
            for full in (False, True):
                request = cls()
                if full:
                    plausible(request)
                self.customers.fill_ids(request, {"customer_id": CUSTOMER, "account_id": "main"})
                for way in self.each_way():
                    code = self.send(service, method, request.SerializeToString(), **way)
                    self.assertIn(code, LATE | MISTAKES | {CODES.OK}, f"{method.name}, {way}")
        self.assertEqual(self.server.state(), before)

    def test_cancelled_while_a_token_is_waited_for(self):
        """A command and at once, with its token, a query that is cancelled."""
        queries = [(s, m) for s, m in self.methods()
                   if "consistency_token" in m.input_type.fields_by_name
                   and m.name not in self.customers.methods]
        self.assertTrue(queries)
        _, method = next(iter(self.command_methods()))
        for i, (service, query) in enumerate(queries * 20):
            facts, request = self.customers.some(method)
            told = self.ask(self.customers.methods[method.name][0], method,
                            request.SerializeToString())
            self.assertTrue(told.ok, told)
            cls = message_factory.GetMessageClass(query.input_type)
            asked = cls(consistency_token=told.answer.consistency_token)
            self.customers.fill_ids(asked, facts)
            way = list(self.each_way())[i % len(list(self.each_way()))]
            code = self.send(service, query, asked.SerializeToString(), **way)
            self.assertIn(code, LATE | MISTAKES | {CODES.OK}, f"{query.name}, {way}")

    def test_deadlines_that_a_library_would_not_send(self):
        """0, past, tiny, huge and garbled ones, as they come over the wire."""
        before = self.server.state()
        for timeout, ends in (("0n", True), ("0S", True), ("1n", True), ("1u", True), ("1m", True),
                              ("-1S", False), ("-99999999H", False), ("99999999H", False), ("", False),
                              ("1", False), ("S", False), ("1x", False), ("999999999999S", False),
                              ("1.5S", False), ("1 S", False), ("٣S", False)):
            with RawConnection(self.server.address) as raw:
                streams = {}
                for service, method in self.methods():
                    request = harmless(method)
                    self.cases += 1
                    streams[raw.call(f"/{service}/{method.name}", timeout,
                                     request.SerializeToString(), close=True)] = method.name
                left = raw.wait_for(streams, END_WITHIN + 4 if ends else 2)
                if ends:
                    self.assertEqual(sorted(streams[s] for s in left), [], f"grpc-timeout {timeout}")
            self.expect_alive(f"grpc-timeout {timeout}")
            self.expect_nothing_under_way()
        self.assertEqual(self.server.state(), before)

    def test_callers_who_open_a_call_and_say_nothing(self):
        """Nothing, half a message, or a message without an end: the deadline ends it all the same."""
        before = self.server.state()
        deadline = 0.5
        for what in ("nothing", "half a message", "a message and no end"):
            with RawConnection(self.server.address) as raw:
                started = time.monotonic()
                streams = {}
                for service, method in self.methods():
                    request = harmless(method)
                    data = {"nothing": None, "half a message": request.SerializeToString() + b"xx",
                            "a message and no end": request.SerializeToString()}[what]
                    self.cases += 1
                    stream = raw.call(f"/{service}/{method.name}", f"{int(deadline * 1000)}m", data,
                                      close=False, short=2 if what == "half a message" else 0)
                    streams[stream] = method.name
                left = raw.wait_for(streams, PATIENCE)
                self.assertEqual(sorted(streams[s] for s in left), [], what)
                took = max(raw.ended.values()) - started
                print(f"{what}: the last of {len(streams)} calls ended after {took:.2f} s",
                      file=sys.stderr)
                self.assertLess(took - raw.held_up, deadline + END_WITHIN, what)
            self.expect_nothing_under_way()
        self.assertEqual(self.server.state(), before)

    def test_callers_whose_connection_breaks(self):
        sent = []
        for _, method in self.command_methods():
            service = self.customers.methods[method.name][0]
            for wait in (0, 0.0005, 0.002):
                facts, request = self.customers.some(method)
                with RawConnection(self.server.address) as raw:
                    raw.call(f"/{service}/{method.name}", "20S", request.SerializeToString(),
                             close=True)
                    time.sleep(wait)
                    self.cases += 1
                sent.append((service, method, facts, request))
        for service, method, facts, request in sent:
            outcome = self.ask(service, method, request.SerializeToString())
            self.assertTrue(outcome.ok, f"{method.name}: {outcome}")
        commits = self.commits()
        for service, method, facts, request in sent:
            self.assertEqual(commits.get((facts["customer_id"], request.request_id), 0), 1,
                             method.name)


# --------------------------------------------------------------------- HTTP/2, as much as is needed

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1


class RawConnection:
    """Opens calls that no library would. Of answers it only notes when they end."""

    def __init__(self, address):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.next_stream, self.pending, self.ended, self.held_up = 1, b"", {}, 0.0
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                            + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**30))
                            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**30)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def call(self, path, timeout, message, close, short=0):
        """Begins a call; `message` None: without one; `short`: so many bytes of it are not sent."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        head = b"".join(header(name, value) for name, value in (
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "daybook"),
            ("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", timeout)))
        out = frame(HEADERS, END_HEADERS, stream, head)
        if message is not None:
            body = b"\0" + struct.pack(">I", len(message)) + message
            out += frame(DATA, END_STREAM if close else 0, stream, body[:len(body) - short])
        self.socket.sendall(out)
        return stream

    def wait_for(self, streams, seconds):
        """The streams that have not ended in time. A pause of the whole machine is noted."""
        end = time.monotonic() + seconds
        while set(streams) - set(self.ended) and time.monotonic() < end:
            before = time.monotonic()
            ready, _, _ = select.select([self.socket], [], [], 0.1)
            self.held_up += max(0.0, time.monotonic() - before - 0.3)
            if not ready:
                continue
            data = self.socket.recv(1 << 16)
            if not data:
                break
            self.take(data)
        return set(streams) - set(self.ended)

    def take(self, data):
        self.pending += data
        while len(self.pending) >= 9:
            size = int.from_bytes(self.pending[:3], "big")
            if len(self.pending) < 9 + size:
                return
            kind, flags = self.pending[3], self.pending[4]
            stream = int.from_bytes(self.pending[5:9], "big") & 0x7FFFFFFF
            payload, self.pending = self.pending[9:9 + size], self.pending[9 + size:]
            if kind == RST_STREAM or kind in (DATA, HEADERS) and flags & END_STREAM:
                self.ended.setdefault(stream, time.monotonic())
            elif kind == SETTINGS and not flags & ACK:
                self.socket.sendall(frame(SETTINGS, ACK, 0, b""))
            elif kind == PING and not flags & ACK:
                self.socket.sendall(frame(PING, ACK, 0, payload))


def frame(kind, flags, stream, payload):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
            + payload)


def header(name, value):
    """A literal that no table remembers."""
    name, value = name.encode(), value.encode()
    assert len(name) < 127 and len(value) < 127
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


if __name__ == "__main__":
    run()

"""Callers who want the server to fall over, frame by frame, while somebody else uses it.

Of each attack: the well-behaved caller is answered all the while, the process neither grows without
bound nor makes threads, and it serves as before when the attack is over. All of it on 127.0.0.1, with
so many bytes and seconds and no more.

Usage: DAYBOOK_UNDER_TEST=daybook attacks.py            the server itself
       ... attacks.py --through haproxy.cfg             behind that proxy, as deploy/ configures it
"""
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import grpc

BINARY = os.environ.get("DAYBOOK_UNDER_TEST", "")
PROXY = None  # its configuration
MIB = 1 << 20
# What a caller with 20 s of patience is told by a server that is alive.
PATIENCE = 20  # s
LONGEST = 30  # s, an attack
GROWTH = 700 * MIB  # what the limits of proto/README.md allow, and what reading makes of it
DATA, HEADERS, RST, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS = 1, 4
CHECK = "/grpc.health.v1.Health/Check"
WATCH = "/grpc.health.v1.Health/Watch"
STREAM = "/daybook.book.v1.CommandService/ExecuteStream"
BATCH = "/daybook.book.v1.CommandService/ExecuteBatch"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + payload


def literal(name, value):
    """A header without indexing or Huffman; lengths below 127."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def call_headers(path):
    return b"".join(literal(name, value) for name, value in (
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path.encode()),
        (b":authority", b"daybook"), (b"te", b"trailers"), (b"content-type", b"application/grpc")))


class Hostile:
    """A connection that speaks HTTP/2 by hand. `gone` once the server has hung up."""

    def __init__(self, port, address):
        self.socket = socket.socket()
        self.socket.bind((address, 0))
        self.socket.settimeout(5)
        self.gone = False
        self.sent = 0
        self.window = 65535  # of the connection
        self.windows = {}  # of streams
        self.initial = 65535
        self.unread = b""
        try:
            self.socket.connect(("127.0.0.1", port))
            self.socket.settimeout(None)
        except OSError:
            self.gone = True
        # The server's answers may take all the windows there are.
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))

    def send(self, data):
        if self.gone:
            return False
        until = time.monotonic() + 5
        view = memoryview(data)
        while view and not self.gone and time.monotonic() < until:
            self.listen()
            readable, writable, _ = select.select([self.socket], [self.socket], [], 0.2)
            if not writable:
                continue
            try:
                n = self.socket.send(view[:MIB], socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
                self.sent += n
                view = view[n:]
            except BlockingIOError:
                continue
            except OSError:
                self.gone = True
        return not self.gone and not view

    def listen(self):
        """Takes what has come: windows that grow, settings; the rest is let go."""
        while not self.gone:
            try:
                data = self.socket.recv(MIB, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self.gone = True
                break
            self.unread += data
        at = 0
        while len(self.unread) - at >= 9:
            length = int.from_bytes(self.unread[at:at + 3], "big")
            if len(self.unread) - at < 9 + length:
                break
            kind, flags = self.unread[at + 3], self.unread[at + 4]
            stream = int.from_bytes(self.unread[at + 5:at + 9], "big")
            payload = self.unread[at + 9:at + 9 + length]
            at += 9 + length
            if kind == 8:
                more = int.from_bytes(payload, "big")
                if stream == 0:
                    self.window += more
                else:
                    self.windows[stream] = self.windows.get(stream, self.initial) + more
            elif kind == SETTINGS and not flags & 1:
                for i in range(0, length, 6):
                    name, value = struct.unpack(">HI", payload[i:i + 6])
                    if name == 4:
                        self.initial = value
        self.unread = self.unread[at:]

    def close(self):
        self.socket.close()


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}


def start_proxy(port, server_port, settings, words):
    return subprocess.Popen(
        ["haproxy", "-db", "-f", PROXY], stderr=words, stdout=words,
        env={**environment(), "DAYBOOK_PROXY_LISTEN": f"127.0.0.1:{port}",
             "DAYBOOK_SERVER": f"127.0.0.1:{server_port}", **settings})


class Server:
    """`daybook serve` on a directory of its own, with the proxy before it if there is one."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.own_port, self.http_port = free_port(), free_port()
        self.words = open(f"{self.scratch.name}/words", "w+")
        self.process = subprocess.Popen(
            [BINARY, "serve", f"--data-dir={self.scratch.name}/data", "--partitions=2",
             f"--listen=127.0.0.1:{self.own_port}", f"--http-listen=127.0.0.1:{self.http_port}"],
            stderr=self.words, env=environment())
        self.port, self.proxy = self.own_port, None
        if PROXY:
            self.port = free_port()
            self.proxy = start_proxy(self.port, self.own_port, {}, self.words)
        until = time.monotonic() + 60
        while time.monotonic() < until and not self.ready():
            time.sleep(0.1)

    def ready(self):
        try:
            return urllib.request.urlopen(
                f"http://127.0.0.1:{self.http_port}/readyz", timeout=5).status == 200
        except OSError:
            return False

    def status(self, name):
        with open(f"/proc/{self.process.pid}/status") as lines:
            return int(next(line for line in lines if line.startswith(name)).split()[1])

    def memory(self):
        return self.status("VmRSS:") * 1024

    def stop(self):
        for process in (self.proxy, self.process):
            if process is not None:
                process.terminate()
                process.wait(timeout=60)
        self.words.close()
        self.scratch.cleanup()


class WaysThroughTheProxy(unittest.TestCase):
    """The proxy's other settings: an ordinary call, a stream and a deadline get through each."""

    @classmethod
    def setUpClass(cls):
        if not PROXY:
            raise unittest.SkipTest("no proxy here")
        cls.server = Server()
        cls.certificate = f"{cls.server.scratch.name}/proxy.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
             cls.certificate + ".key", "-out", cls.certificate], check=True, capture_output=True)
        with open(cls.certificate, "rb") as chain, open(cls.certificate + ".key", "rb") as key:
            cls.chain, cls.key = chain.read(), key.read()
        with open(cls.certificate + ".both", "wb") as both:
            both.write(cls.chain + cls.key)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def through(self, settings, credentials):
        port = free_port()
        proxy = start_proxy(port, self.server.own_port, settings, self.server.words)
        options = [("grpc.ssl_target_name_override", "localhost")]
        address = f"127.0.0.1:{port}"
        channel = (grpc.secure_channel(address, credentials, options=options) if credentials
                   else grpc.insecure_channel(address))
        try:
            answer = channel.unary_unary(CHECK)(b"", timeout=PATIENCE, wait_for_ready=True)
            self.assertEqual(answer, b"\x08\x01")
            answers = channel.stream_stream(STREAM)(iter([b"\x08\x01", b"\x08\x02"]),
                                                    timeout=PATIENCE)
            self.assertEqual(len(list(answers)), 2)
            with self.assertRaises(grpc.RpcError) as late:
                list(channel.unary_stream(WATCH)(b"", timeout=0.5))
            self.assertEqual(late.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        finally:
            channel.close()
            proxy.terminate()
            proxy.wait(timeout=60)

    def test_tls_ends_at_the_proxy(self):
        self.through({"DAYBOOK_PROXY_CERT": self.certificate + ".both"},
                     grpc.ssl_channel_credentials(self.chain))

    def test_callers_show_certificates(self):
        settings = {"DAYBOOK_PROXY_CERT": self.certificate + ".both",
                    "DAYBOOK_PROXY_CA": self.certificate}
        self.through(settings, grpc.ssl_channel_credentials(self.chain, self.key, self.chain))

    def test_bytes_pass_through(self):
        self.through({"DAYBOOK_PASS_THROUGH": "1"}, None)


class WellBehaved(threading.Thread):
    """Asks, one call after the other, on connections of its own, now and then a new one."""

    def __init__(self, port):
        super().__init__()
        self.port, self.stopped = port, threading.Event()
        self.answered, self.failures, self.longest = 0, [], 0.0

    def run(self):
        while not self.stopped.is_set():
            with grpc.insecure_channel(f"127.0.0.1:{self.port}",
                                       options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
                for _ in range(20):
                    if self.stopped.wait(0.02):
                        return
                    self.ask(channel)

    def ask(self, channel):
        began = time.monotonic()
        try:
            channel.unary_unary(CHECK)(b"", timeout=PATIENCE, wait_for_ready=True)
            self.answered += 1
            answers = channel.stream_stream(STREAM)(iter([b"\x08\x01"]), timeout=PATIENCE,
                                                    wait_for_ready=True)
            assert next(answers, None) is not None, "a stream without an answer"
        except (grpc.RpcError, AssertionError) as failure:
            self.failures.append(repr(failure)[:300])
        self.longest = max(self.longest, time.monotonic() - began)


class Attacks(unittest.TestCase):
    count = 0  # of attacks

    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.hostile, self.silent = [], []
        # Who attacks the server shares the address of who behaves: the harder case. The proxy knows
        # callers by address alone, and remembers.
        Attacks.count += 1
        self.address = f"127.0.1.{Attacks.count}" if PROXY else "127.0.0.1"
        self.before, self.threads = self.server.memory(), self.server.status("Threads:")
        self.most, self.most_threads = self.before, self.threads
        self.caller = WellBehaved(self.server.port)
        self.caller.start()
        self.until = time.monotonic() + LONGEST

    def tearDown(self):
        try:
            self.look()
            # Whoever is waiting is answered before it is judged.
            answered = self.caller.answered
            while self.caller.answered <= answered and time.monotonic() < self.until + PATIENCE:
                time.sleep(0.05)
            self.look()
            self.caller.stopped.set()
            self.caller.join()
        finally:
            for each in self.hostile + self.silent:
                each.close()
        sent = sum(h.sent for h in self.hostile)
        print(f"{self._testMethodName}: sent {sent / MIB:.1f} MiB on {len(self.hostile)} connections"
              f" ({sum(h.gone for h in self.hostile)} hung up on); others: {self.caller.answered}"
              f" answered, {len(self.caller.failures)} not, the longest took"
              f" {self.caller.longest:.2f} s; memory +{(self.most - self.before) / MIB:.0f} MiB,"
              f" threads +{self.most_threads - self.threads}", file=sys.stderr, flush=True)
        self.assertIsNone(self.server.process.poll(), "the server has ended")
        self.assertEqual(self.caller.failures, [])
        self.assertGreater(self.caller.answered, 0)
        self.assertGreater(sent + len(self.silent), 100, "there was no attack")
        self.assertLess(self.most - self.before, GROWTH)
        self.assertLess(self.most_threads - self.threads, 40)

    def look(self):
        self.most = max(self.most, self.server.memory())
        self.most_threads = max(self.most_threads, self.server.status("Threads:"))

    def more(self):
        self.look()
        return time.monotonic() < self.until

    def connect(self, count=1, address=None):
        made = [Hostile(self.server.port, address or self.address) for _ in range(count)]
        self.hostile += made
        return made

    # --- messages ---

    def test_messages_that_never_end(self):
        """4 MiB are announced on each of many streams, and all but the last byte are sent."""
        size = 4 * MIB
        left = 1024 * MIB
        pieces = {}
        for h in self.connect(4):
            for stream in range(1, 1200, 2):
                if not h.send(frame(HEADERS, END_HEADERS, stream, call_headers(BATCH)) +
                              frame(DATA, 0, stream, b"\0" + struct.pack(">I", size))):
                    break
                pieces[h, stream] = size - 1
                h.window -= 5
                h.windows[stream] = h.windows.get(stream, h.initial) - 5
        chunk = b"\x7a" * 16384
        while self.more() and pieces and left > 0:
            moved = False
            for (h, stream), rest in list(pieces.items()):
                h.listen()
                n = min(len(chunk), rest, h.window, h.windows.get(stream, 0))
                if h.gone or rest == 0:
                    del pieces[h, stream]
                    continue
                if n <= 0:
                    continue
                moved = True
                if h.send(frame(DATA, 0, stream, chunk[:n])):
                    pieces[h, stream] = rest - n
                    left -= n
                    h.window -= n
                    h.windows[stream] -= n
            if not moved:
                time.sleep(0.02)
                if all(h.window <= 0 for h, _ in pieces):
                    break

    # --- headers ---

    def headers(self, connections, begin, piece, total):
        """HEADERS without an end, continued by `piece`s, `total` bytes a connection."""
        made = self.connect(connections)
        for h in made:
            h.send(frame(HEADERS, 0, 1, call_headers(CHECK) + begin))
        for _ in range(total // len(piece)):
            if not self.more() or not any(h.send(frame(CONTINUATION, 0, 1, piece)) for h in made):
                break

    def test_one_header_that_never_ends(self):
        # Literal, name `a`, a value of 2^27 bytes.
        self.headers(1, b"\0\x01a\x7f" + b"\x81\xff\xff\x3f", b"v" * 16384, 16 * MIB)

    def test_integers_that_never_end(self):
        self.headers(1, b"\0\x01a\x7f", b"\x80" * 16384, 9 * MIB)

    def test_small_headers_without_end(self):
        self.headers(4, b"", literal(b"a", b"b") * 3276, 256 * MIB)

    def test_big_headers_again_and_again(self):
        """Each whole, and too large."""
        made = self.connect(4)
        block = call_headers(CHECK) + literal(b"a", b"v" * 100) * 250
        for stream in range(1, 4000, 2):
            if not self.more():
                break
            alive = [h.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, block[:16384]))
                     for h in made]
            if not any(alive):
                break

    # --- frames that carry nothing ---

    def flood(self, frames, count=400):
        made = self.connect(4)
        for _ in range(count):
            if not self.more() or not any([h.send(frames) for h in made]):
                break

    def test_pings(self):
        self.flood(frame(PING, 0, 0, b"12345678") * 1000)

    def test_settings(self):
        self.flood(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535)) * 1000)

    def test_empty_data(self):
        for h in self.connect(4):
            h.send(frame(HEADERS, END_HEADERS, 1, call_headers(CHECK)))
        for _ in range(400):
            if not self.more() or not any(
                    [h.send(frame(DATA, 0, 1) * 1000) for h in self.hostile]):
                break

    def test_calls_taken_back_at_once(self):
        made = self.connect(4)
        block = call_headers(BATCH)
        stream = 1
        while self.more() and stream < 400_000:
            frames = b""
            for _ in range(200):
                frames += frame(HEADERS, END_HEADERS, stream, block) + frame(
                    RST, 0, stream, b"\0\0\0\x08")
                stream += 2
            if not any([h.send(frames) for h in made]):
                break

    # --- seats ---

    def streams(self, connections, each, path, message=b"", address=None):
        """Calls that are opened and, but for a message perhaps, say nothing."""
        for h in self.connect(connections, address):
            for stream in range(1, 2 * each, 2):
                if not h.send(frame(HEADERS, END_HEADERS, stream, call_headers(path)) +
                              (frame(DATA, 0, stream, message) if message else b"")):
                    break
        self.rest()

    def test_many_who_watch(self):
        self.streams(8, 160, WATCH, message=b"\0\0\0\0\0")

    def test_many_streams_of_commands_on_one_connection(self):
        self.streams(1, 2048, STREAM)

    def test_many_streams_of_commands_of_another_address(self):
        self.streams(8, 300, STREAM, address="127.0.0.2")

    def test_many_who_ask_for_reflection(self):
        # list_services, and no end
        self.streams(4, 256, REFLECTION, message=b"\0\0\0\0\x02\x3a\x00")

    def test_many_who_say_nothing(self):
        for _ in range(1500):
            s = socket.socket()
            s.bind((self.address, 0))
            s.settimeout(5)
            try:
                s.connect(("127.0.0.1", self.server.port))
            except OSError:
                pass  # hung up on already
            self.silent.append(s)
        self.rest()

    def rest(self):
        answered = self.caller.answered
        while self.more() and self.caller.answered < answered + 30:
            for h in self.hostile:
                h.listen()
            time.sleep(0.05)


if __name__ == "__main__":
    if "--through" in sys.argv:
        at = sys.argv.index("--through")
        PROXY = sys.argv[at + 1]
        del sys.argv[at:at + 2]
    unittest.main(verbosity=0)

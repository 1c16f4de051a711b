"""Starts what the clients of this folder talk to, runs one of them and stops everything.

Usage: with_daybook.py DAYBOOK_BINARY CLIENT [ARGUMENT ...]

The client gets three more arguments, addresses on 127.0.0.1:
  1. a server on a fresh embedded log;
  2. the same server through a line that loses an answer: as soon as a request with the text
     `lost-answer` in it went by, nothing comes back any more, and HOLD_SECONDS later the connection
     breaks. The server has that command. Only the first one is treated so;
  3. a server on another log that takes one stream at a time and refuses more.
Exit code: the client's, or 1 if a server does not start or does not stop in peace.
"""
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time

HOLD_SECONDS = 1.5
CLIENT_SECONDS = 120
STOP_SECONDS = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daybook:
    def __init__(self, binary, *flags):
        self.scratch = tempfile.TemporaryDirectory()
        self.address = f"127.0.0.1:{free_port()}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK_")}
        self.process = subprocess.Popen(
            [binary, "serve", "--data-dir", self.scratch.name, "--partitions", "4", "--listen",
             self.address, "--http-listen", f"127.0.0.1:{free_port()}", "--log-format", "json",
             *flags], stderr=subprocess.PIPE, text=True, env=environment)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if json.loads(line)["message"] == "ready":
                break
        else:
            sys.exit("the server ended:\n" + "".join(said))
        # Whoever writes into a pipe that nobody reads stands still one day.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        try:
            code = self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.scratch.cleanup()
        return code


class LossyLine:
    """Carries bytes to `target` and back, until it loses an answer; once."""

    def __init__(self, target):
        self.target = target
        self.lost = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        host, port = self.target.split(":")
        with client, socket.create_connection((host, int(port))) as server, \
                selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ)
            ready.register(server, selectors.EVENT_READ)
            breaks_at = None
            while breaks_at is None or time.monotonic() < breaks_at:
                for key, _ in ready.select(timeout=0.1):
                    try:
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        if key.fileobj is client:
                            if b"lost-answer" in data and not self.lost:
                                self.lost = True
                                breaks_at = time.monotonic() + HOLD_SECONDS
                            server.sendall(data)
                        elif breaks_at is None:
                            client.sendall(data)
                    except OSError:
                        return


def main():
    binary, *command = sys.argv[1:]
    servers = [Daybook(binary)]
    try:
        servers.append(Daybook(binary, "--limits-max-streams", "1"))
        line = LossyLine(servers[0].address)
        code = subprocess.run(
            [*command, servers[0].address, line.address, servers[1].address],
            timeout=CLIENT_SECONDS, check=False).returncode
    finally:
        ended = [server.stop() for server in servers]
    if any(ended):
        print(f"the servers ended with {ended}", file=sys.stderr)
        code = code or 1
    sys.exit(code)


if __name__ == "__main__":
    main()

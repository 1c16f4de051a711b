#!/usr/bin/env python3
"""Who may include whom: the picture in README.md at the top, read from the sources.

    arrows.py [TREE]     default: the tree that this script stands in

A new folder in common/ needs a line in ARROWS, a new room of services/daybook one in ROOMS; a new
book or projection needs none.
"""

import re
import sys

import sources
from sources import Offence

# base <- {log, store} <- {command, projection} <- {books, projections} <- services/daybook; rpc
# beside them, serving and client on top of those. Each folder may include itself and what stands at
# its right.
ARROWS = {
    "common/base": [],
    "common/log": ["common/base"],
    "common/store": ["common/base", "common/log"],
    "common/command": ["common/base", "common/log", "common/store"],
    "common/projection": ["common/base", "common/log", "common/store"],
    "common/rpc": ["common/base"],
    # gRPC calls <-> engine and models, for every process that has them; and what sends to such a one.
    "common/serving": ["common/base", "common/command", "common/log", "common/projection",
                       "common/rpc"],
    "common/client": ["common/base", "common/rpc"],
}
# A book is pure: what it gives to the write side, and nothing that does I/O.
OF_A_BOOK = ["common/base", "common/command"]
# Read models give the reasons of the books for the same things: a header of words.
REASONS_OF_A_BOOK = r"services/[a-z_]+/reasons\.h"
OF_A_PROJECTION = ["common/base", "common/projection", "common/store"]
OF_THE_TOPOLOGY = ["common/base", "common/projection", "projections"]
# The rooms of the binary, the lowest first (services/daybook/README.md). Each may include itself and
# what stands at its right; only main.cc meets all.
ROOMS = {
    "process": ["common/base"],
    "config": ["process", "common/base", "common/rpc", "projections"],
    "storage": ["process", "config", "common/base", "common/log", "common/store", "projections"],
    "wiring": ["common/base", "common/command", "common/log", "common/projection", "common/rpc",
               "books", "projections"],
    "cli": ["process", "config", "wiring", "common/base"],
    "server": ["process", "config", "storage", "wiring", "cli", "common/base", "common/log",
               "common/store", "common/command", "common/projection", "common/rpc",
               "common/serving", "projections"],
    "import": ["process", "config", "cli", "common/base", "common/log", "common/command",
               "common/rpc", "common/client", "services/billing"],
    "inspect": ["process", "config", "storage", "wiring", "cli", "common/base", "common/log",
                "common/store", "common/command", "common/projection", "common/rpc",
                "projections"],
    "call": ["process", "config", "wiring", "cli", "common/base", "common/rpc", "common/client"],
}

# Foreign headers stay where their library is wrapped: (header, files that may include it).
FOREIGN = [
    ("librdkafka/", r"common/log/kafka/.*\.cc"),
    ("rocksdb/", r"common/(log/embedded|store)/.*"),
    ("grpc", r"common/rpc/.*"),
    ("prometheus/", r"common/(base|rpc)/.*\.cc"),
    ("boost/", r"common/rpc/http_(.*\.cc|connection\.h)"),
    ("zlib", r"common/rpc/gzip\.cc"),
    ("spdlog/", r"services/daybook/(.*/)?logging\.cc"),
    ("CLI/", r"services/daybook/(.*/)?command_line\.cc"),
    ("toml++", r"services/daybook/(.*/)?config_file\.cc"),
    ("absl/log", r"(?!)"),
]


def foreign_headers(tree):
    for path in tree.files(*sources.SHIPPED):
        for line, header in tree.includes(path):
            for start, where in FOREIGN:
                if header.startswith("<" + start) and not re.fullmatch(where, path):
                    yield Offence(path, line, f"{header} may be included only in {where}")
                if header.startswith('"absl/log/') and start == "absl/log":
                    yield Offence(path, line, f"{header} may be included nowhere")


def _hold(tree, paths, allowed, words=None):
    for path in paths:
        for line, header in tree.includes(path):
            ours = re.match(r'"((?:common|services|projections)/.*)"', header)
            if ours and not any(ours[1].startswith(folder + "/") for folder in allowed):
                if words and re.fullmatch(words, ours[1]):
                    continue
                yield Offence(path, line, f"may not include {header}, only {', '.join(allowed)}")


def folders_follow_the_arrows(tree):
    for folder in tree.folders("common"):
        if folder not in ARROWS:
            first = tree.files(folder)[0]
            yield Offence(first, 1, f"{folder} has no line in ARROWS of tests/lint/arrows.py")
        else:
            yield from _hold(tree, tree.files(folder), [folder] + ARROWS[folder])
    for book in tree.books():
        folder = f"services/{book}"
        yield from _hold(tree, tree.files(folder), [folder] + OF_A_BOOK)
    for folder in tree.folders("projections"):
        yield from _hold(tree, tree.files(folder), [folder] + OF_A_PROJECTION, REASONS_OF_A_BOOK)
    topology = [path for path in tree.files("projections") if path.count("/") == 1]
    yield from _hold(tree, topology, OF_THE_TOPOLOGY)


def rooms_follow_the_arrows(tree):
    binary = f"services/{sources.BINARY}"
    for room in sorted({p.split("/")[2] for p in tree.files(binary) if p.count("/") > 2}):
        folder = f"{binary}/{room}"
        if room not in ROOMS:
            yield Offence(tree.files(folder)[0], 1,
                          f"{folder} has no line in ROOMS of tests/lint/arrows.py")
            continue
        allowed = [folder]
        for name in ROOMS[room]:
            if name == "books":
                allowed += [f"services/{book}" for book in tree.books()]
            else:
                allowed.append(f"{binary}/{name}" if name in ROOMS else name)
        yield from _hold(tree, tree.files(folder), allowed)


def nobody_includes_the_binary(tree):
    binary = f"services/{sources.BINARY}/"
    for path in tree.files(*sources.SHIPPED):
        for line, header in tree.includes(path):
            if header.startswith(f'"{binary}') and not path.startswith(binary):
                yield Offence(path, line, f"{header} is part of the binary")


def wall_now_tells_the_time(tree):
    """absl::Now() is up to 2 s behind once the clock was set (common/base/clock.h)."""
    for path in tree.files("common/command", "common/projection", "common/rpc", "common/serving",
                           "common/client", "services", "projections"):
        for number, line in enumerate(tree.code(path).splitlines(), 1):
            if re.search(r"\babsl::Now\b", line):
                yield Offence(path, number, "absl::Now may be behind; WallNow tells the time")


RULES = [foreign_headers, folders_follow_the_arrows, rooms_follow_the_arrows,
         nobody_includes_the_binary, wall_now_tells_the_time]

if __name__ == "__main__":
    sys.exit(sources.run(RULES, sources.Tree(sys.argv[1] if len(sys.argv) > 1 else sources.top())))

"""The sources of the tree as the rules of arrows.py and style.py see them.

A rule is a function that takes a Tree and yields Offences. `run` prints them, one line each, and
gives the exit code.
"""

import functools
import pathlib
import re
import sys
from typing import NamedTuple

SHIPPED = ("common", "services", "projections")
BINARY = "daybook"  # the one folder of services/ that is no book


class Offence(NamedTuple):
    path: str
    line: int  # from 1
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """Files by path from the top; every file is read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    @functools.lru_cache(maxsize=None)
    def files(self, *folders):
        """C++ files below the folders, sorted."""
        found = []
        for folder in folders:
            for path in (self.root / folder).rglob("*"):
                if path.suffix in (".h", ".cc"):
                    found.append(path.relative_to(self.root).as_posix())
        return tuple(sorted(found))

    def folders(self, parent):
        """Folders of sources right below `parent`, as `parent/name`, sorted."""
        depth = parent.count("/") + 1
        names = {path.split("/")[depth] for path in self.files(parent) if path.count("/") > depth}
        return sorted(f"{parent}/{name}" for name in names)

    def books(self):
        return [f.split("/")[1] for f in self.folders("services") if f != f"services/{BINARY}"]

    def test_books(self):
        """Books that live in the tests only."""
        return [f.split("/")[2] for f in self.folders("tests/books")]

    def has(self, path):
        return (self.root / path).exists()

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    @functools.lru_cache(maxsize=None)
    def code(self, path):
        """The text with comments blanked out; lines stay where they are."""
        return blank(self.text(path), strings=False)

    @functools.lru_cache(maxsize=None)
    def includes(self, path):
        """(line, header as it is written with <> or "") of each #include."""
        return [
            (number, match[1])
            for number, line in enumerate(self.text(path).splitlines(), 1)
            if (match := re.match(r'\s*#\s*include\s*(<[^>]*>|"[^"]*")', line))
        ]


_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/
      | R"([^()\\\s]{0,16})\(.*?\)\1"
      | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+'""",
    re.DOTALL | re.VERBOSE,
)


def blank(text, strings):
    """Comments, and strings and characters if asked for, as spaces."""
    text = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", " ", text)  # 1'000

    def spaces(match):
        token = match[0]
        if token[0] != "/" and not strings:
            return token
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(spaces, text)


def run(rules, tree):
    offences = [offence for rule in rules for offence in rule(tree)]
    for offence in offences:
        print(offence)
    if offences:
        print(f"{len(offences)} offences", file=sys.stderr)
    return 1 if offences else 0


def top():
    return pathlib.Path(__file__).resolve().parents[2]

#!/usr/bin/env python3
"""What clang-format does not see: sizes, headers, names of books, what READMEs list.

    style.py [TREE]               default: the tree that this script stands in
    style.py --tighten [TREE]     also writes into ratchet.txt what has become smaller

Sizes and names of books are ratchets: what broke the rule when it was made stands in ratchet.txt
with its size and may only shrink. Nothing is added there.
"""

import re
import sys

import sources
from sources import Offence

COLUMNS = 100
FILE_LINES = 400
FUNCTION_LINES = 70
RATCHET = "tests/lint/ratchet.txt"


def columns(tree):
    for path in tree.files(*sources.SHIPPED, "tests"):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if len(line) > COLUMNS:
                yield Offence(path, number, f"{len(line)} columns, at most {COLUMNS}")


def headers_open_with_their_purpose(tree):
    for path in tree.files(*sources.SHIPPED, "tests"):
        if not path.endswith(".h"):
            continue
        if not tree.text(path).startswith("// "):
            yield Offence(path, 1, "a header opens with a comment: what it is for")
        if not re.search(r"^#pragma once$", tree.text(path), re.MULTILINE):
            yield Offence(path, 1, "#pragma once is missing")


def headers_compile_alone(tree):
    """x.cc includes x.h first, so that compiling x.cc shows that x.h needs nothing before it. A
    header without an x.cc is compiled by the library headers_alone (CMakeLists.txt here)."""
    for path in tree.files(*sources.SHIPPED, "tests"):
        header = path[: -len(".cc")] + ".h"
        if not path.endswith(".cc") or not tree.has(header):
            continue
        includes = tree.includes(path)
        if not includes or includes[0][1] != f'"{header}"':
            line = includes[0][0] if includes else 1
            yield Offence(path, line, f'"{header}" must be the first include')


def readmes_list_the_folders(tree):
    """The table of folders in each of these names every folder there is, and no other."""
    shipped = {folder for parent in sources.SHIPPED for folder in tree.folders(parent)}
    yield from _lists("README.md", "## Where things are", {"proto", "deploy", "tests"} | shipped,
                      tree)
    for parent in ("services", "projections"):
        names = {folder.split("/")[1] for folder in tree.folders(parent)}
        yield from _lists(f"{parent}/README.md", None, names, tree)


def _lists(readme, heading, wanted, tree):
    if not tree.has(readme):
        yield Offence(readme, 1, "is not there")
        return
    lines = tree.text(readme).splitlines()
    start = 0
    if heading:
        start = next((i for i, line in enumerate(lines, 1) if line == heading), None)
        if start is None:
            yield Offence(readme, 1, f'no section "{heading}"')
            return
    named = {}
    for number, line in enumerate(lines[start:], start + 1):
        if line.startswith("## "):
            break
        if line.startswith("|"):
            for folder in re.findall(r"`([^`]+)`", line.split("|")[1]):
                named[folder.rstrip("/")] = number
    for folder in sorted(wanted - named.keys()):
        yield Offence(readme, start or 1, f"the table does not name {folder}")
    for folder in sorted(named.keys() - wanted):
        yield Offence(readme, named[folder], f"the table names {folder}, which is not there")


def books_and_projections_have_readmes(tree):
    for parent in ("services", "projections"):
        for folder in tree.folders(parent):
            if not tree.has(f"{folder}/README.md"):
                yield Offence(f"{folder}/README.md", 1, "is not there: what it is, its decisions")


# Ratchets. Each gives (kind, name, size, most, offence) of what is larger than it may be.


def file_sizes(tree):
    for path in tree.files(*sources.SHIPPED):
        size = len(tree.text(path).splitlines())
        if size > FILE_LINES:
            yield "file", path, size, Offence(path, FILE_LINES + 1,
                                              f"{size} lines, at most {FILE_LINES}")


def function_sizes(tree):
    for path in tree.files(*sources.SHIPPED):
        for name, first, last in functions(tree.text(path)):
            size = last - first + 1
            if size > FUNCTION_LINES:
                yield "function", f"{path}:{name}", size, Offence(
                    path, first, f"{name} has {size} lines, at most {FUNCTION_LINES}")


def books_named_in_common(tree):
    """common/ knows no book: not its messages, its namespace or its field in an event."""
    for path in tree.files("common"):
        lines = []
        for book in tree.books() + tree.test_books():
            pattern = (rf"\b{book}::|daybook[./]{book}[./]|\bk{book.capitalize()}\b"
                       rf"|(?:\.|->)(?:mutable_|has_|clear_)?{book}\(\)")
            for number, line in enumerate(tree.code(path).splitlines(), 1):
                if re.search(pattern, line):
                    lines.append((number, book))
        if lines:
            number, book = min(lines)
            yield "book", path, len(lines), Offence(
                path, number, f"names the book `{book}` ({len(lines)} lines name one); "
                "common/ knows none")


RATCHETS = [file_sizes, function_sizes, books_named_in_common]


def functions(text):
    """(name, first line, last line) of each function with a body, lambdas within counted to it."""
    code = blank_preprocessor(sources.blank(text, strings=True))
    scopes = []  # of open braces: (kind, name, first line)
    head = 0  # where the statement begins that the next brace ends
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match[0]
        line = code.count("\n", 0, at) + 1
        inside = scopes[-1][0] if scopes else "namespace"
        if sign == "{":
            start = re.compile(r"\s*(?:(?:public|private|protected)\s*:\s*)*").match(code, head)
            first = code.count("\n", 0, start.end()) + 1
            kind, name = classify(code[head:at]) if inside != "body" else ("body", None)
            scopes.append((kind, name, first))
            if kind != "value":
                head = at + 1
        elif sign == "}" and scopes:
            kind, name, first = scopes.pop()
            if kind == "body" and name:
                yield name, first, line
            if kind != "value":
                head = at + 1
        elif inside in ("namespace", "class"):
            head = at + 1


def classify(head):
    """What a brace opens, outside of functions: namespace, class, body (of a function), value."""
    if head and not head[-1].isspace():  # a_{x}, Foo{x}
        return "value", None
    head = re.sub(r"\b(public|private|protected)\s*:", " ", head)
    while True:  # template <...>, which may be nested
        plain = re.sub(r"<[^<>;{}]*>", "", head)
        if plain == head:
            break
        head = plain
    head = " ".join(head.split())
    if re.match(r"(inline )?namespace\b|extern\b", head):
        return "namespace", None
    if re.match(r"(template )?(requires .* )?(typedef )?(enum|class|struct|union)\b[^()]*$",
                re.sub(r"alignas\([^()]*\)", "", head)):
        return "class", None
    if head.endswith("=") or "(" not in head:
        return "value", None
    if re.match(r"TEST(_F|_P)?\(", head):
        return "body", re.sub(r"TEST\w*\((\w+), (\w+)\)", r"\1.\2", head)
    name = re.search(r"(operator\W+|[\w:~]+) ?\(", head)
    return "body", name[1].strip() if name else "?"


def blank_preprocessor(code):
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m[0]), code,
                  flags=re.MULTILINE)


def read_ratchet(tree):
    """{(kind, name): (size, line)}"""
    rows = {}
    if tree.has(RATCHET):
        for number, line in enumerate(tree.text(RATCHET).splitlines(), 1):
            if line and not line.startswith("#"):
                kind, name, size = line.split()
                rows[kind, name] = int(size), number
    return rows


def ratchets(tree):
    rows = read_ratchet(tree)
    seen = set()
    for ratchet in RATCHETS:
        for kind, name, size, offence in ratchet(tree):
            seen.add((kind, name))
            if (kind, name) not in rows:
                yield offence
                continue
            known, line = rows[kind, name]
            if size > known:
                yield offence._replace(
                    message=f"{offence.message}; it had {known} and may only shrink ({RATCHET})")
            elif size < known:
                yield Offence(RATCHET, line,
                              f"{name} has shrunk to {size}: style.py --tighten writes it here")
    for (kind, name), (_, line) in rows.items():
        if (kind, name) not in seen:
            yield Offence(RATCHET, line, f"{kind} {name} keeps the rule now: remove the line, or "
                          "style.py --tighten does")


def tighten(tree):
    sizes = {(kind, name): size for ratchet in RATCHETS for kind, name, size, _ in ratchet(tree)}
    kept = []
    for line in tree.text(RATCHET).splitlines():
        if line and not line.startswith("#"):
            kind, name, known = line.split()
            if (kind, name) not in sizes:
                continue
            line = f"{kind} {name} {min(int(known), sizes[kind, name])}"
        kept.append(line)
    (tree.root / RATCHET).write_text("\n".join(kept) + "\n", encoding="utf-8")


RULES = [columns, headers_open_with_their_purpose, headers_compile_alone, readmes_list_the_folders,
         books_and_projections_have_readmes, ratchets]

if __name__ == "__main__":
    arguments = sys.argv[1:]
    wants_tighten = "--tighten" in arguments
    roots = [a for a in arguments if a != "--tighten"] or [sources.top()]
    if wants_tighten:
        tighten(sources.Tree(roots[0]))
    sys.exit(sources.run(RULES, sources.Tree(roots[0])))

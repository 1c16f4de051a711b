#!/usr/bin/env python3
"""Each rule of arrows.py and style.py, shown to fail on a source that breaks it.

A tree is planted whole and clean; a case adds one source and names the offence that must come, with
its file and line, and nothing else.
"""

import pathlib
import tempfile
import unittest

import arrows
import sources
import style

README = """# Title

## Where things are

| folder | what |
|---|---|
| `proto/` | messages |
| `common/base`, `common/command` | words, engine |
| `common/projection`, `common/rpc` | read side, server |
| `services/billing`, `services/daybook` | a book, the binary |
| `projections/balances` | a question |
| `deploy/`, `tests/` | running it |

## Tests
"""

SERVICES = "# Books\n\n| folder | what |\n|---|---|\n| `billing` | a book |\n| `daybook` | it |\n"
PROJECTIONS = "# Read models\n\n| folder | question |\n|---|---|\n| `balances` | what is owed? |\n"

CLEAN = {
    "README.md": README,
    "services/README.md": SERVICES,
    "services/billing/README.md": "# Billing\n",
    "services/daybook/README.md": "# The binary\n",
    "projections/README.md": PROJECTIONS,
    "projections/balances/README.md": "# Balances\n",
    "common/base/text.h": "// Words.\n#pragma once\n",
    "common/base/text.cc": '#include "common/base/text.h"\n\nint Words() { return 1; }\n',
    "common/command/decider.h": '// For books, e.g. billing::v1.\n#pragma once\n#include "common/base/text.h"\n',
    "common/projection/queries.h": "// For read models.\n#pragma once\n",
    "common/rpc/server.h": "// The server.\n#pragma once\n#include <grpcpp/grpcpp.h>\n",
    "services/billing/billing.h": '// A book.\n#pragma once\n#include "common/command/decider.h"\n',
    "services/daybook/main.h": '// The binary.\n#pragma once\n#include "services/billing/billing.h"\n',
    "projections/balances/rows.h": '// Rows.\n#pragma once\n#include "common/projection/queries.h"\n',
    "projections/topology.h": '// All of them.\n#pragma once\n#include "projections/balances/rows.h"\n',
}


def lines(count):
    return "".join(f"int x{i};\n" for i in range(count))


def function(count, name="Long"):
    return f"int {name}() {{\n" + "  ++x;\n" * (count - 2) + "}\n"


class RulesTest(unittest.TestCase):
    def offences(self, files):
        with tempfile.TemporaryDirectory() as directory:
            for path, text in {**CLEAN, **files}.items():
                if text is not None:
                    file = pathlib.Path(directory) / path
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text, encoding="utf-8")
            tree = sources.Tree(directory)
            return [str(o) for rule in arrows.RULES + style.RULES for o in rule(tree)]

    def refuses(self, files, *expected):
        found = self.offences(files)
        self.assertEqual(len(found), len(expected), found)
        for offence, text in zip(found, expected):
            self.assertIn(text, offence)

    def test_a_clean_tree_is_clean(self):
        self.refuses({})

    # Arrows.

    def test_a_foreign_header_stays_where_it_is_wrapped(self):
        self.refuses({"common/base/a.h": "// A.\n#pragma once\n#include <grpcpp/grpcpp.h>\n"},
                     "common/base/a.h:3: <grpcpp/grpcpp.h> may be included only in")
        self.refuses({"common/base/a.h": '// A.\n#pragma once\n#include "absl/log/log.h"\n'},
                     'common/base/a.h:3: "absl/log/log.h" may be included nowhere')

    def test_nobody_looks_up(self):
        self.refuses({"common/base/a.cc": '#include "common/command/decider.h"\n'},
                     'common/base/a.cc:1: may not include "common/command/decider.h"')

    def test_the_engine_knows_no_server(self):
        for side in ("command", "projection"):
            self.refuses({f"common/{side}/a.cc": '#include "common/rpc/server.h"\n'},
                         f'common/{side}/a.cc:1: may not include "common/rpc/server.h"')

    def test_a_new_folder_of_common_needs_an_arrow(self):
        self.refuses({"common/new/a.cc": "int x;\n",
                      "README.md": README.replace("`common/rpc`", "`common/rpc`, `common/new`")},
                     "common/new/a.cc:1: common/new has no line in ARROWS")

    def test_a_projection_gives_the_reasons_of_books(self):
        self.refuses({"projections/balances/a.cc": '#include "services/billing/reasons.h"\n',
                      "services/billing/reasons.h": "// Why not.\n#pragma once\n"})

    def test_every_book_stands_under_the_arrows(self):
        readme = {"README.md": README.replace("`services/billing`",
                                              "`services/billing`, `services/loyalty`"),
                  "services/README.md": SERVICES + "| `loyalty` | points |\n",
                  "services/loyalty/README.md": "# Points\n"}
        self.refuses({"services/loyalty/a.cc": '#include "common/projection/queries.h"\n', **readme},
                     'services/loyalty/a.cc:1: may not include "common/projection/queries.h"')
        self.refuses({"services/loyalty/a.cc": '#include "services/billing/billing.h"\n', **readme},
                     'services/loyalty/a.cc:1: may not include "services/billing/billing.h"')

    def test_every_projection_stands_under_the_arrows(self):
        readme = {"README.md": README.replace("`projections/balances`",
                                              "`projections/balances`, `projections/n`"),
                  "projections/README.md": PROJECTIONS + "| `n` | what? |\n",
                  "projections/n/README.md": "# What?\n"}
        for header in ("projections/balances/rows.h", "common/rpc/server.h",
                       "services/billing/billing.h"):
            self.refuses({"projections/n/a.cc": f'#include "{header}"\n', **readme},
                         f'projections/n/a.cc:1: may not include "{header}"')

    def test_the_topology_stands_under_the_arrows(self):
        self.refuses({"projections/topology.cc": '#include "projections/topology.h"\n'
                                                 '#include "services/billing/billing.h"\n'},
                     'projections/topology.cc:2: may not include "services/billing/billing.h"')

    def test_the_rooms_of_the_binary_stand_under_the_arrows(self):
        config = '// Settings.\n#pragma once\n'
        for header in ("services/daybook/main.h", "common/command/decider.h",
                       "services/billing/billing.h"):
            self.refuses({"services/daybook/config/config.h": config + f'#include "{header}"\n'},
                         f'services/daybook/config/config.h:3: may not include "{header}"')
        self.refuses({"services/daybook/wiring/books.h": "// Books.\n#pragma once\n"
                                                         '#include "services/billing/billing.h"\n'})
        self.refuses({"services/daybook/new/a.cc": "int x;\n"},
                     "services/daybook/new/a.cc:1: services/daybook/new has no line in ROOMS")

    def test_nobody_includes_the_binary(self):
        self.refuses({"services/billing/a.cc": '#include "services/daybook/main.h"\n'},
                     "services/billing/a.cc:1: may not include",
                     "services/billing/a.cc:1: \"services/daybook/main.h\" is part of the binary")

    def test_wall_now_tells_the_time(self):
        self.refuses({"services/billing/a.cc": "// absl::Now is fine here\nauto t = absl::Now();\n"},
                     "services/billing/a.cc:2: absl::Now may be behind")

    # Style.

    def test_a_hundred_columns(self):
        self.refuses({"tests/a.cc": "// " + "é" * 97 + "\n"})
        self.refuses({"tests/a.cc": "// " + "é" * 98 + "\n"}, "tests/a.cc:1: 101 columns")

    def test_a_header_opens_with_its_purpose(self):
        self.refuses({"common/base/a.h": "#pragma once\n"}, "common/base/a.h:1: a header opens")
        self.refuses({"common/base/a.h": "// A.\n"}, "common/base/a.h:1: #pragma once is missing")

    def test_a_header_stands_first_in_its_source(self):
        self.refuses({"common/base/text.cc": '#include <string>\n#include "common/base/text.h"\n'},
                     'common/base/text.cc:1: "common/base/text.h" must be the first include')

    def test_the_readme_lists_the_folders(self):
        self.refuses({"projections/new/a.cc": "int x;\n"},
                     "README.md:3: the table does not name projections/new",
                     "projections/README.md:1: the table does not name new",
                     "projections/new/README.md:1: is not there")
        self.refuses({"services/README.md": SERVICES + "| `gone` | was a book |\n"},
                     "services/README.md:7: the table names gone, which is not there")
        self.refuses({"services/README.md": None}, "services/README.md:1: is not there")
        self.refuses({"README.md": README.replace("`common/rpc`", "`common/rpc`, `common/gone`")},
                     "README.md:9: the table names common/gone, which is not there")
        self.refuses({"README.md": "# Title\n"}, "README.md:1: no section")

    def test_four_hundred_lines(self):
        self.refuses({"common/base/a.cc": lines(400)})
        self.refuses({"common/base/a.cc": lines(401)}, "common/base/a.cc:401: 401 lines, at most")

    def test_seventy_lines_a_function(self):
        self.refuses({"common/base/a.cc": function(70)})
        self.refuses({"common/base/a.cc": "int x = 1'000;\n" + function(71)},
                     "common/base/a.cc:2: Long has 71 lines, at most 70")
        self.refuses({"common/base/a.h": "// A.\n#pragma once\nnamespace a {\nclass A {\n public:\n"
                                         + function(71) + "};\n}\n"},
                     "common/base/a.h:6: Long has 71 lines")
        self.refuses({"common/base/a.cc": "template <class T>\nA::A(int x)\n    : a_{x}, b_(y) {\n"
                                          + "  x;\n" * 68 + "}\n"},
                     "common/base/a.cc:1: A::A has 72 lines")

    def test_common_names_no_book(self):
        for naming in ("billing::v1::Event e;", '#include "daybook/billing/v1/event.pb.h"',
                       "auto* b = e.mutable_billing();", "case E::kBilling: {}"):
            self.refuses({"common/command/a.cc": naming + "\n"},
                         "common/command/a.cc:1: names the book `billing`")
        self.refuses({"common/command/a.cc": "int points = e.loyalty().points();\n",
                      "tests/books/loyalty/loyalty.h": "// A book of the tests.\n#pragma once\n"},
                     "common/command/a.cc:1: names the book `loyalty`")

    def test_a_ratchet_only_shrinks(self):
        name = {"common/base/a.cc": lines(410)}
        self.refuses({**name, style.RATCHET: "# why\nfile common/base/a.cc 410\n"})
        self.refuses({**name, style.RATCHET: "file common/base/a.cc 409\n"},
                     "it had 409 and may only shrink")
        self.refuses({**name, style.RATCHET: "# why\nfile common/base/a.cc 411\n"},
                     f"{style.RATCHET}:2: common/base/a.cc has shrunk to 410")
        self.refuses({style.RATCHET: "file common/base/text.cc 410\n"},
                     f"{style.RATCHET}:1: file common/base/text.cc keeps the rule now")

    def test_tighten_writes_what_has_shrunk_and_adds_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "common/base").mkdir(parents=True)
            for name, size in (("shrunk", 405), ("grown", 420), ("new", 500)):
                (root / f"common/base/{name}.cc").write_text(lines(size))
            ratchet = root / style.RATCHET
            ratchet.parent.mkdir(parents=True)
            ratchet.write_text("# why\nfile common/base/shrunk.cc 450\nfile common/base/grown.cc 410\n"
                               "file common/base/gone.cc 450\n")
            style.tighten(sources.Tree(root))
            self.assertEqual(ratchet.read_text(), "# why\nfile common/base/shrunk.cc 405\n"
                                                  "file common/base/grown.cc 410\n")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env bash
# Every C++ file stands as clang-format, with .clang-format at the top, would write it.
#
#   format.sh          says what differs, with file and line
#   format.sh --fix    writes it
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
if ! python="$("$root/tests/support/python_env.sh")"; then
  if [[ -n "${CI:-}" ]]; then echo "no clang-format: tests/run installs it" >&2; exit 1; fi
  echo "skipped: no clang-format (tests/run installs it)" >&2; exit 77
fi
how=(--dry-run --Werror)
if [[ "${1:-}" == --fix ]]; then how=(-i); fi
cd "$root"
# Several at once: a thousand lines take a second, and there are many thousands.
find common services projections tests \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 -n 40 -P "$(nproc)" "$(dirname "$python")/clang-format" "${how[@]}"

#!/usr/bin/env bash
# The protos keep buf's STANDARD rules, and every message, field, rpc and value has a comment.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
buf="$root/build/tools/node_modules/.bin/buf"
if [[ ! -x "$buf" ]]; then
  if [[ -n "${CI:-}" ]]; then echo "no buf: tests/run installs it" >&2; exit 1; fi
  echo "skipped: no buf (tests/run installs it)" >&2; exit 77
fi
cd "$root/proto"
"$buf" lint

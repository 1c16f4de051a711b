#!/usr/bin/env bash
# The protos keep buf's STANDARD rules, every message, field, rpc and value has a comment, and nothing
# is taken back or changed that a client or a log of yesterday relies on: they are compared with the
# kept image. Rows and states are private and may change (proto/buf.yaml leaves them out).
#
#   protos.sh           checks
#   protos.sh --keep    keeps the protos as they are now: after something was added, and for a change
#                       that breaks on purpose
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
kept="$root/tests/lint/protos.binpb.gz"
buf="$root/build/tools/node_modules/.bin/buf"
if [[ ! -x "$buf" ]]; then
  if [[ -n "${CI:-}" ]]; then echo "no buf: tests/run installs it" >&2; exit 1; fi
  echo "skipped: no buf (tests/run installs it)" >&2; exit 77
fi
cd "$root/proto"
if [[ "${1:-}" == --keep ]]; then exec "$buf" build --exclude-source-info -o "$kept"; fi
status=0
"$buf" lint || status=1
"$buf" breaking --against "$kept" || status=1
exit $status

#!/bin/sh
# Runs attacks.py against the binary given; with DAYBOOK_ATTACKS_THROUGH=FILE behind HAProxy as FILE
# configures it. Without a Python gRPC client, or without HAProxy: a failure under CI, skipped (exit
# code 77) elsewhere.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
missing() {
  echo "skipped: $1" >&2
  if [ -n "${CI:-}" ]; then exit 1; else exit 77; fi
}
python="$("$here/../support/python_env.sh")" || missing "no Python gRPC client"
through="${DAYBOOK_ATTACKS_THROUGH:-}"
PATH="$PATH:/usr/sbin"
if [ -n "$through" ] && ! command -v haproxy >/dev/null; then missing "no haproxy"; fi
unset DAYBOOK_ATTACKS_THROUGH
exec env DAYBOOK_UNDER_TEST="$1" "$python" "$here/attacks.py" ${through:+--through "$through"}

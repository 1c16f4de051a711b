#!/bin/sh
# Runs bad_input.py against the binary given. Without a Python gRPC client: a failure under CI,
# skipped (exit code 77) elsewhere.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if ! python="$("$here/../support/python_env.sh")"; then
  echo "skipped: no Python gRPC client" >&2
  if [ -n "${CI:-}" ]; then exit 1; else exit 77; fi
fi
exec "$python" "$here/bad_input.py" "$1"

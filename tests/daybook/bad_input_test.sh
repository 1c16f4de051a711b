#!/bin/sh
# Runs one of the tests in Python here against the binary: bad_input_test.sh DAYBOOK SCRIPT. Without
# a Python gRPC client: a failure under CI, skipped (exit code 77) elsewhere.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if ! python="$("$here/../support/python_env.sh")"; then
  echo "skipped: no Python gRPC client" >&2
  if [ -n "${CI:-}" ]; then exit 1; else exit 77; fi
fi
exec env DAYBOOK_UNDER_TEST="$1" "$python" "$here/$2"

#!/bin/sh
# Makes the Python code of our protos (needs protoc and grpc_python_plugin) and finds a Python with
# grpcio. Prints the command that runs client.py; exit code 1 when something cannot be had.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
. "$here/../stamp.sh"
python="$("$root/tests/support/python_env.sh")"
out="$root/build/clients/python"
if begin "$out" "$here/build.sh"; then
  # Google's own messages come with grpcio-status, so only ours are made.
  (cd "$root/proto" && protoc -I. --python_out="$out/gen" --grpc_out="$out/gen" \
    --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" daybook/*/v1/*.proto) >&2
  done_with "$out"
fi
echo "env PYTHONPATH=$out/gen $python $here/client.py"

#!/bin/sh
# Prints the path of a Python that has the gRPC client which nobody here wrote (grpcio, reflection,
# status), and clang-format beside it in the same `bin`; all in fixed versions. Made once, under
# ~/.cache/daybook/python; everything but the path goes to stderr. Exit code 1 when it cannot be had.
set -eu

versions="grpcio==1.62.3 grpcio-reflection==1.62.3 grpcio-status==1.62.3 protobuf==4.25.8 clang-format==19.1.7"
dir="${DAYBOOK_PYTHON_ENV:-${XDG_CACHE_HOME:-$HOME/.cache}/daybook/python}"
stamp="$dir/versions"

if [ "$(cat "$stamp" 2>/dev/null || true)" != "$versions" ]; then
  mkdir -p "$(dirname "$dir")"
  # Tests run side by side: one makes it, the others wait.
  exec 9> "$dir.lock"
  flock 9
  if [ "$(cat "$stamp" 2>/dev/null || true)" != "$versions" ]; then
    echo "python: making $dir ($versions)" >&2
    rm -rf "$dir"
    if ! { python3 -m venv "$dir" && "$dir/bin/pip" install --quiet --only-binary :all: $versions; } >&2; then
      rm -rf "$dir"
      echo "python: cannot make the environment (needs python3-venv and the Python package index)" >&2
      exit 1
    fi
    echo "$versions" > "$stamp"
  fi
fi
echo "$dir/bin/python"

#!/bin/sh
# Builds the Go client: the generators of go.mod, the code of our protos, the program. Prints its
# path; exit code 1 when something cannot be had. Modules and objects live in Go's ordinary caches.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
. "$here/../stamp.sh"
command -v go >/dev/null || { echo "go is not installed (apt-get install golang-go)" >&2; exit 1; }
out="$root/build/clients/go"
if begin "$out" "$here/build.sh" "$here/client.go" "$here/tools.go" "$here/go.mod" "$here/go.sum"; then
  cd "$out"
  cp "$here"/*.go "$here/go.mod" "$here/go.sum" .
  # What is made of our protos is a module of its own, in the folder that go.mod names.
  mkdir daybook && echo "module daybook" > daybook/go.mod
  go build -o bin/ google.golang.org/protobuf/cmd/protoc-gen-go \
    google.golang.org/grpc/cmd/protoc-gen-go-grpc >&2
  (cd "$root/proto" && PATH="$out/bin:$PATH" \
    protoc -I. --go_out="$out" --go-grpc_out="$out" daybook/*/v1/*.proto) >&2
  go build -o bin/client . >&2
  done_with "$out"
fi
echo "$out/bin/client"

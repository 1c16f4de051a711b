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
  cp "$here/client.go" "$here/tools.go" "$here/go.mod" "$here/go.sum" "$out/"
  cd "$out"
  go build -o bin/ google.golang.org/protobuf/cmd/protoc-gen-go \
    google.golang.org/grpc/cmd/protoc-gen-go-grpc >&2
  # Our protos name no Go package: each folder becomes one here. Google's name their own.
  protos="$(cd "$root/proto" && find daybook -name '*.proto')"
  mapping="$(for proto in $protos; do echo "M$proto=daybook.example/client/gen/$(dirname "$proto")"; done |
    paste -sd,)"
  protoc -I"$root/proto" --plugin=bin/protoc-gen-go --plugin=bin/protoc-gen-go-grpc \
    --go_out=. --go_opt="module=daybook.example/client,$mapping" \
    --go-grpc_out=. --go-grpc_opt="module=daybook.example/client,$mapping" $protos >&2
  go build -o bin/client . >&2
  done_with "$out"
fi
echo "$out/bin/client"

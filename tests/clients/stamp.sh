# Sourced by the build scripts of the clients; `root` is the top of the tree. Tests of several build
# directories run side by side: one makes, the others wait, and what is up to date stays.
#
#   if begin OUT FILE...; then ...make OUT from FILEs and the protos...; done_with OUT; fi
begin() {
  mkdir -p "$1"
  exec 9> "$1.lock"
  flock 9
  out_of_begin="$1"; shift
  wanted="$( (cd "$root/proto" && find . -name '*.proto' | sort | xargs sha256sum; sha256sum "$@") |
    sha256sum)"
  [ "$(cat "$out_of_begin/stamp" 2>/dev/null || true)" != "$wanted" ] || return 1
  rm -rf "$out_of_begin"
  mkdir -p "$out_of_begin/gen"
}
done_with() { echo "$wanted" > "$1/stamp"; }

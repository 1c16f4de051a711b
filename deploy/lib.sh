# Shared by deploy/run and tests/run: say what happens, install packages, configure, build.
# Source it from a script that has set `root` to the top of the tree and -euo pipefail.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
if [[ -n "${NO_COLOR:-}" || ! -t 2 ]]; then say() { printf '==> %s\n' "$*" >&2; }; fi

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "not root and no sudo: run as root: $*"
  fi
}

# install_packages FILE...: what the lists name and this machine lacks. Quick when nothing is missing.
install_packages() {
  local missing=() line package
  while read -r line; do
    [[ -z "$line" || "$line" == \#* ]] && continue
    package="${line##*:}"
    if [[ "$line" == *:* ]]; then
      command -v "${line%%:*}" >/dev/null || missing+=("$package")
    else
      [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] ||
        missing+=("$package")
    fi
  done < <(cat "$@")
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi
  say "installing Debian packages: ${missing[*]}"
  command -v apt-get >/dev/null || die "no apt-get here; install these by hand: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [TARGET...]: configures when needed and builds; all targets when none is named.
build() {
  local preset="$1"; shift
  local dir="$root/build/$preset"
  if [[ ! -f "$dir/build.ninja" ]]; then
    say "configuring $preset"
    (cd "$root" && cmake --preset "$preset" >/dev/null) || die "cmake failed; see above"
  fi
  say "building $preset${*:+: $*} (some minutes the first time, seconds later)"
  ninja -C "$dir" "$@"
}

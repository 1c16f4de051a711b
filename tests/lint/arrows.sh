#!/usr/bin/env bash
# Who may include whom (README.md at the top draws it), read from the sources. Each row of the
# tables is one rule; a broken one is named with file and line.
#
#   arrows.sh [TREE]     default: the tree that this script stands in
set -euo pipefail
cd "${1:-"$(dirname "${BASH_SOURCE[0]}")/../.."}"
broken=0

includes() {  # lines `file:line:#include ...` of the sources that ship
  grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.h' --include='*.cc' \
    common services projections
}
all="$(includes)"

rule() {  # rule WHY OFFENDERS
  if [[ -n "$2" ]]; then
    printf '%s:\n%s\n' "$1" "$2"
    broken=1
  fi
}

# Foreign headers stay where their library is wrapped.
foreign() {  # foreign HEADER_PATTERN ALLOWED_FILES_PATTERN
  rule "<$1> may be included only in files matching $2" \
    "$(grep -E "include <$1" <<<"$all" | grep -vE "^($2):" || true)"
}
foreign 'librdkafka/' 'common/log/kafka/[^:]*\.cc'
foreign 'rocksdb/' '(common/log/embedded|common/store)/[^:]*'
foreign 'grpc' 'common/rpc/[^:]*'
foreign 'prometheus/' 'common/(base|rpc)/[^:]*\.cc'
foreign 'boost/' 'common/rpc/http_[^:]*\.cc'
foreign 'zlib' 'common/rpc/gzip\.cc'
foreign 'spdlog/' 'services/daybook/logging\.cc'
foreign 'CLI/' 'services/daybook/command_line\.cc'
foreign 'toml\+\+' 'services/daybook/config_file\.cc'
foreign 'absl/log' 'nowhere'

# base <- {log, store} <- {command, projection} <- {services, projections} <- services/daybook;
# rpc beside them. Left: a folder; right: the folders of ours that it may include (itself included).
arrow() {  # arrow FOLDER ALLOWED
  rule "$1 may include only $2 of ours" \
    "$(grep -E "^$1/" <<<"$all" | grep -E 'include "(common|services|projections)/' |
       grep -vE "include \"($2)/" || true)"
}
arrow common/base 'common/base'
# What each billing event debits and credits: data, for the books and the read models alike.
arrow common/postings 'common/(base|postings)'
arrow common/log 'common/(base|log)'
arrow common/store 'common/(base|log|store)'
arrow common/command 'common/(base|log|store|command|rpc)'
arrow common/projection 'common/(base|log|store|projection|rpc)'
arrow common/rpc 'common/(base|rpc)'
# A domain is pure: what it gives to the write side, and nothing that does I/O.
arrow services/customer 'common/(base|command)|services/customer'
arrow services/billing 'common/(base|command)|services/billing'
for dir in projections/*/; do
  dir="${dir%/}"
  arrow "$dir" "common/(base|postings|log|store|projection|rpc)|$dir"
done
rule "nobody includes the binary's parts but the binary" \
  "$(grep 'include "services/daybook/' <<<"$all" | grep -v '^services/daybook/' || true)"
# absl::Now() is up to 2 s behind once the clock was set (common/base/clock.h).
rule "WallNow() tells the time" \
  "$(grep -rnE '^[^/]*absl::Now\b' --include='*.h' --include='*.cc' \
       common/{command,projection,rpc} services projections || true)"
exit $broken

#!/bin/sh
# Builds the Java client with Maven, whose jars live in its ordinary repository. Prints the command
# that runs it; exit code 1 when something cannot be had.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
. "$here/../stamp.sh"
for tool in mvn javac; do
  command -v $tool >/dev/null || { echo "$tool is not installed (see tests/packages.txt)" >&2; exit 1; }
done
out="$root/build/clients/java"
if begin "$out" "$here/build.sh" "$here/pom.xml" "$here/src/main/java/clients/Client.java"; then
  compile() {
    mvn --batch-mode --quiet "$@" -f "$here/pom.xml" -Dout="$out" -Dprotos="$root/proto" process-classes >&2
  }
  # What an earlier run has fetched is enough; ask the repository only otherwise.
  compile --offline 2>/dev/null || compile
  done_with "$out"
fi
echo "java -XX:TieredStopAtLevel=1 -cp $out/classes:$out/jars/* clients.Client"

#!/usr/bin/env bash
# Bundles the handler in a copy of the repository, moves the copy to a path of another length, bundles again in another
# environment, and compares the assets.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/options.sh
no_arguments 'bash scripts/check/determinism.sh' 'Bundle the handler twice, in two folders and environments, and compare the assets' "$@"
source scripts/check/shared/checks.sh
source scripts/check/shared/copy-tree.sh

directory=$(mktemp -d "${TMPDIR:-/tmp}/determinism.XXXXXX")
trap 'rm -rf "$directory"' EXIT

short="$directory/a"
long="$directory/b/quite/a/bit/further/down/in a folder with a much longer name"
copy_tree "$short"
(cd "$short" && TZ=UTC LC_ALL=C npx projen bundle)
mv "$short/assets" "$directory/first"
mkdir -p "$(dirname "$long")"
mv "$short" "$long"
(cd "$long" && TZ=Pacific/Chatham LC_ALL=C.UTF-8 npx projen bundle)
npx projen bundle

names_no_directory() {
  local name
  for name in "$directory" "$PWD" node_modules/ lambda-src/; do
    # The driver of Oracle has this text itself, for a part that isn't bundled.
    if sed 's|"\./node_modules/oracledb/"||g' "$1" | grep --fixed-strings -- "$name" > /dev/null; then
      echo "          found: $name"
      return 1
    fi
  done
}

while IFS= read -r asset; do
  sha256sum "$directory/first/$asset" "$long/assets/$asset" "assets/$asset"
  check "$asset is the same in two folders" cmp "$directory/first/$asset" "$long/assets/$asset"
  check "$asset is the same here" cmp "$directory/first/$asset" "assets/$asset"
  check "$asset names no directory it was built in" names_no_directory "$long/assets/$asset"
done < <(cd "$directory/first" && find -- * -type f | sort)
summarize

#!/usr/bin/env bash
# Rehearses two releases in a copy of the repository, without building the packages. CHANGELOG.md decides their versions.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/options.sh
no_arguments 'bash scripts/check/release.sh' 'Make up two releases in a copy of the repository' "$@"
source scripts/check/shared/checks.sh
source scripts/check/shared/copy-tree.sh

directory=$(mktemp -d "${TMPDIR:-/tmp}/release.XXXXXX")
trap 'rm -rf "$directory"' EXIT

copy_tree "$directory"
cd "$directory"

commit() { git add --all && git -c user.name=release -c user.email=release@localhost commit --quiet --no-verify --message "$1"; }
version() { node --print "require('./package.json').version"; }
# bump: like the release workflow, for major version 0.
bump() { rm -rf dist && RELEASE=true MAJOR=0 npx projen bump > bump.log 2>&1; }
says() { grep --quiet --fixed-strings "$1" bump.log; }
refused() { ! bump && says "$1"; }

printf '# Changelog\n\n## Unreleased\n\n- One thing.\n' > CHANGELOG.md
git init --quiet --initial-branch=main
echo bump.log >> .git/info/exclude
commit 'One thing'

check 'what is unreleased is not released' refused 'the latest entry is "Unreleased"'
git checkout --quiet .

sed -i 's/^## Unreleased$/## 0.1.0/' CHANGELOG.md
commit 'Release 0.1.0'
bump || cat bump.log
check 'the first release has the version of CHANGELOG.md' [ "$(version) $(cat dist/version.txt) $(cat dist/releasetag.txt)" = '0.1.0 0.1.0 v0.1.0' ]
check 'and its notes, and nothing else' [ "$(cat dist/changelog.md)" = '- One thing.' ]
RELEASE=true npx projen unbump > bump.log 2>&1 || cat bump.log
check 'afterwards the repository is as it was' [ -z "$(git status --porcelain)" ]
git tag v0.1.0

printf 'Another thing.\n' > another.txt
commit 'feat!: a title that would make it another version, if titles decided'
check 'the same version is not released twice' refused '0.1.0 has been released; there is nothing to release'
git checkout --quiet .

sed -i 's/^## 0.1.0$/## 0.1.1\n\n- Another thing.\n\n## 0.1.0/' CHANGELOG.md
commit 'Release 0.1.1'
bump || cat bump.log
check 'the second release has the next version' [ "$(version) $(cat dist/releasetag.txt)" = '0.1.1 v0.1.1' ]
check 'and only its own notes' [ "$(cat dist/changelog.md)" = '- Another thing.' ]
summarize

#!/usr/bin/env bash
# The library is built against the lowest version of CDK that it supports. Type-checks it, and runs the tests of the constructs,
# against the latest one, in a copy of the repository.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/options.sh
no_arguments 'bash scripts/check/latest-cdk.sh' 'Test the constructs against the latest CDK, in a copy of the repository' "$@"
source scripts/check/shared/checks.sh
source scripts/check/shared/copy-tree.sh

directory=$(mktemp -d "${TMPDIR:-/tmp}/latest-cdk.XXXXXX")
trap 'rm -rf "$directory"' EXIT

version() { node --print "require('$1/package.json').version"; }
lowest=$(version aws-cdk-lib)

copy_tree "$directory"
cd "$directory"
npm install --no-save --no-audit --no-fund --ignore-scripts aws-cdk-lib@latest constructs@latest
latest=$(version aws-cdk-lib)
npx projen bundle

echo "aws-cdk-lib $latest and constructs $(version constructs), instead of aws-cdk-lib $lowest"
check 'it is another version than the one of the repository' [ "$latest" != "$lowest" ]
check 'the sources compile' node node_modules/typescript/bin/tsc --noEmit -p tsconfig.json
check 'the tests of the constructs pass' npx jest --ci --findRelatedTests src/index.ts
summarize

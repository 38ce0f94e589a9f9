#!/usr/bin/env bash
# All that has to hold for this example: installs, lint and types, tests, the stack, and the rehearsal. Needs the repository around it.
set -euo pipefail
cd "$(dirname "$0")"
exec < /dev/null

repository=../..
source $repository/tools/options.sh
no_arguments 'bash examples/nestjs/ci.sh' 'Check this example: lint, types, tests, the stack, and the rehearsal' "$@"
[ -d $repository/node_modules ] || npm ci --prefix $repository --no-audit --no-fund

step() { printf '\n--- %s (%d s)\n' "$*" $SECONDS; "$@"; }
step npm ci --no-audit --no-fund
step npm run --silent lint
step npm run --silent type-check
step npm run --silent --prefix $repository bundle
step npm test
template=$(mktemp -d)
trap 'rm -rf "$template"' EXIT
(cd infra && step npx cdk synth --quiet --no-notices --output "$template")
# Fewer than on a machine of one's own: where every login takes seconds, no design serves anybody.
step npm run --silent rehearse -- 20 40
printf '\n--- all of it: %d s\n' $SECONDS

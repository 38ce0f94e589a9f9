#!/usr/bin/env bash
# Deploys an example to a local AWS emulator with the real CDK CLI and rotates its secret: run.sh [SCENARIO [APP]]. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage='npm run e2e -- [SCENARIO [APP]]

Deploy an example with the CDK CLI to a local AWS emulator, rotate its secret there, destroy it: generated, or custom-target

  --help  print this, and run nothing'
for argument in "$@"; do
  case $argument in
    --help | -h) echo "$usage" && exit 0 ;;
    -*) echo "Unknown option $argument

$usage" >&2 && exit 2 ;;
  esac
done

source test/e2e/venv.sh
npx projen bundle
exec node --import tsx test/e2e/run.ts "$@"

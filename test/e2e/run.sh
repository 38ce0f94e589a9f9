#!/usr/bin/env bash
# Deploys an example to a local AWS emulator with the real CDK CLI and rotates its secret: run.sh [SCENARIO [APP]]. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

source test/e2e/venv.sh
npx projen bundle
exec node --import tsx test/e2e/run.ts "$@"

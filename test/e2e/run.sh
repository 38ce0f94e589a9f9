#!/usr/bin/env bash
# Deploys an example to a local AWS emulator with the real CDK CLI and rotates its secret: run.sh [SCENARIO [APP]]. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=test/e2e/.venv
requirements=test/e2e/requirements.txt
if ! cmp --silent "$requirements" "$venv/requirements.txt"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$requirements"
  cp "$requirements" "$venv/requirements.txt"
fi

npx projen bundle
exec node --import tsx test/e2e/run.ts "$@"

#!/usr/bin/env bash
# Holds the simulator of Secrets Manager against another: moto's, or a server that is named. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=test/differential/.venv
requirements=test/differential/requirements.txt
if [ $# -eq 0 ] && ! cmp --silent "$requirements" "$venv/requirements.txt"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$requirements"
  cp "$requirements" "$venv/requirements.txt"
fi

exec node --import tsx test/differential/run.ts "$@"

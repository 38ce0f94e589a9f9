#!/usr/bin/env bash
# Rehearses the rotations of examples/custom-target and examples/custom-target-python, whose function runs in Lambda's own client for Python.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/options.sh
no_arguments 'bash test/e2e/rehearse.sh' 'Rehearse the rotations of the examples with a target of their own' "$@"

source test/e2e/venv.sh
npx projen bundle
cd examples/custom-target
PYTHON=$venv/bin/python exec npm test --silent

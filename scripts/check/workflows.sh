#!/usr/bin/env bash
# Lints the workflows: actionlint for mistakes, zizmor for weaknesses that an attacker could use. Needs Python 3.11 and Go.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/options.sh
no_arguments 'bash scripts/check/workflows.sh' 'Lint the workflows with actionlint and zizmor' "$@"
source scripts/check/shared/checks.sh

ACTIONLINT=1.7.12
directory=$(mktemp -d "${TMPDIR:-/tmp}/workflows.XXXXXX")
trap 'rm -rf "$directory"' EXIT

"${PYTHON:-python3}" -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement scripts/check/workflows/requirements.txt
GOBIN="$directory" go install "github.com/rhysd/actionlint/cmd/actionlint@v$ACTIONLINT"

# Both would use these if they are installed, but the result must not depend on that.
check 'actionlint finds nothing' "$directory/actionlint" -shellcheck= -pyflakes= .github/workflows/*.yml
check 'zizmor finds nothing but the exceptions' \
  "$directory/venv/bin/zizmor" --offline --no-progress --config scripts/check/workflows/zizmor.yml .github/workflows
check 'zizmor finds a workflow that is unsafe' \
  bash -c '! "$0" --offline --no-progress --quiet scripts/check/workflows/unsafe.yml > /dev/null 2>&1' "$directory/venv/bin/zizmor"
summarize

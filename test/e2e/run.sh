#!/usr/bin/env bash
# Deploys an example to a local AWS emulator with the real CDK CLI and rotates its secret: run.sh [SCENARIO [APP]]. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage='npm run e2e -- [SCENARIO [APP]]

Deploy an app with the CDK CLI to a local AWS emulator, rotate its secret there, destroy it

  SCENARIO  generated unless told otherwise; another name prints all
  --help    print this, and run nothing'
scenarios=$(sed -n "s/^  '\([a-z-]*\)': { app: .*/\1/p" test/e2e/run.ts | tr '\n' ' ')
case " $scenarios" in
  *" ${1:-generated} "*) ;;
  *)
    if [[ $1 != -* ]]; then
      printf "Unknown scenario '%s'. Use one of %s\n\n%s\n" "$1" "$scenarios" "$usage" >&2
      exit 2
    fi
    ;;
esac
for argument in "$@"; do
  case $argument in
    --help | -h) echo "$usage" && exit 0 ;;
    -*) echo "Unknown option $argument

$usage" >&2 && exit 2 ;;
  esac
done

source test/e2e/venv.sh
[[ ${1:-} != first-user ]] || npx projen databases
npx projen bundle
exec node --import tsx test/e2e/run.ts "$@"

#!/usr/bin/env bash
# Holds the simulator of Secrets Manager against another: moto's, or a server that is named. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage='bash test/differential/run.sh [--peer=NAME --endpoint=URL]

Hold the simulator of Secrets Manager against another: that of moto, or a server that runs already

  --peer=NAME     what it is: fakecloud, or any other
  --endpoint=URL  where it is
  --help          print this, and run nothing'
for argument in "$@"; do
  case $argument in
    --help | -h)
      echo "$usage"
      exit 0
      ;;
    --peer=* | --endpoint=*) ;;
    *)
      printf "Unknown option '%s'\n\n%s\n" "$argument" "$usage" >&2
      exit 2
      ;;
  esac
done

venv=test/differential/.venv
requirements=test/differential/requirements.txt
if [ $# -eq 0 ] && ! cmp --silent "$requirements" "$venv/requirements.txt"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$requirements"
  cp "$requirements" "$venv/requirements.txt"
fi

exec node --import tsx test/differential/run.ts "$@"

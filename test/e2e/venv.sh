# Sourced in the root of the repository: makes the virtual environment of the end to end tests, and names it.
venv=$PWD/test/e2e/.venv
requirements=test/e2e/requirements.txt
if ! cmp --silent "$requirements" "$venv/requirements.txt"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$requirements"
  cp "$requirements" "$venv/requirements.txt"
fi

#!/usr/bin/env bash
# Makes the wheel and the sdist, in dist/python. The wheel has the bill of materials in the folder of PEP 770, for scanners of Python.
set -euo pipefail
cd "$(dirname "$0")/../.."

npx jsii-pacmak --target python
python3 scripts/build/add_sbom.py sbom.cdx.json dist/python/*.whl

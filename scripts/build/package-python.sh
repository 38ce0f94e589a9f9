#!/usr/bin/env bash
# Makes the wheel and the sdist, in dist/python. The wheel gets the bill of materials where scanners of Python look for it (PEP 770).
set -euo pipefail
cd "$(dirname "$0")/../.."

npx jsii-pacmak --target python
python3 scripts/build/add_sbom.py sbom.cdx.json dist/python/*.whl

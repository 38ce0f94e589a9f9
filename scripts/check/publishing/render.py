"""Prints the description of a wheel, as text and as the HTML of PyPI."""

import email
import json
import sys
import zipfile

from readme_renderer import markdown

with zipfile.ZipFile(sys.argv[1]) as wheel:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = email.message_from_bytes(wheel.read(name))
text = metadata.get_payload(decode=True).decode()
print(json.dumps({"type": metadata["Description-Content-Type"], "text": text, "html": markdown.render(text)}))

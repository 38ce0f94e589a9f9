"""Puts a bill of materials into a wheel, and into the wheel's list of its files."""

import base64
import hashlib
import os
import pathlib
import sys
import zipfile


def add(sbom: pathlib.Path, wheel: pathlib.Path) -> None:
    content = sbom.read_bytes()
    changed = wheel.with_suffix(".changed")
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        (record,) = (name for name in source.namelist() if name.endswith(".dist-info/RECORD"))
        added = f"{record.removesuffix('RECORD')}sboms/{sbom.name}"
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        for item in source.infolist():
            if item.filename != record:
                target.writestr(item, source.read(item))
        target.writestr(added, content)
        target.writestr(record, source.read(record) + f"{added},sha256={digest},{len(content)}\n".encode())
    os.replace(changed, wheel)


if __name__ == "__main__":
    add(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))

"""Writes what an image holds as CycloneDX: `make sbom`.

From the locks, as the Dockerfile installs them: with the name, version and hashes of each package.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from celeriac.version import VERSION
from lab.harness.checkout import ROOT

IMAGES = ("api", "worker")
# What the Dockerfile installs into each image beside the lock of its own name.
SHARED_LOCK = "otel"
_PACKAGE = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^ ;\\]+)(?: ; ([^\\]*))?", re.MULTILINE
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def main() -> None:
    """Write a file for each image that is named."""
    parser = argparse.ArgumentParser(description="Writes an SBOM in CycloneDX 1.6 for each image.")
    parser.add_argument("images", nargs="*", default=IMAGES)
    parser.add_argument("--directory", type=Path, default=Path("sbom"))
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    for image in options.images:
        file = options.directory / f"celeriac-{image}.cdx.json"
        file.write_text(json.dumps(bill_of(image), indent=2) + "\n")


def bill_of(image: str) -> dict[str, Any]:
    """The document for an image (`api` or `worker`); the same checkout gives the same one."""
    packages: dict[str, dict[str, Any]] = {}
    for lock in (SHARED_LOCK, image):
        packages |= {component["bom-ref"]: component for component in _components(lock)}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "container",
                "bom-ref": f"celeriac-{image}",
                "name": f"celeriac-{image}",
                "version": VERSION,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [packages[name] for name in sorted(packages)],
    }


def _components(lock: str) -> list[dict[str, Any]]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    starts = [*_PACKAGE.finditer(text)]
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [
        _component(start[1], start[2], start[3], _HASH.findall(text, start.end(), end))
        for start, end in zip(starts, ends, strict=True)
    ]


def _component(name: str, version: str, marker: str | None, hashes: list[str]) -> dict[str, Any]:
    """Of several wheels one is installed: their hashes are properties, and not that of the component."""
    url = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    properties = [{"name": "celeriac:wheel:sha256", "value": value} for value in hashes]
    if marker:
        properties.append({"name": "celeriac:marker", "value": marker.strip()})
    return {
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "purl": url,
        "properties": properties,
    }


if __name__ == "__main__":
    main()

"""Reads from OpenTelemetry's own variables whether spans are sent.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from celeriac.settings import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
# How long the end of a process may wait for its last spans to be sent: a collector that is away holds up nobody.
PATIENCE_SECONDS = 2.0
_HTTP = re.compile(r"https?://[^/\s]+")


def is_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment has a collector's address or `OTEL_TRACES_EXPORTER=otlp`. `SettingsError` if it is not usable."""
    exporter = _first(environment, "OTEL_TRACES_EXPORTER")
    address = _first(environment, *ENDPOINTS)
    if _first(environment, "OTEL_SDK_DISABLED").lower() == "true" or exporter == "none":
        return False
    if not exporter and not address:
        return False
    if exporter not in ("", "otlp"):
        raise SettingsError(f"OTEL_TRACES_EXPORTER={exporter} is wrong: use otlp or none.")
    for name in ENDPOINTS:
        _refuse_unless_http(name, _first(environment, name))
    protocol = _first(environment, *PROTOCOLS) or PROTOCOL
    if protocol != PROTOCOL:
        raise SettingsError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL={protocol} is wrong: use {PROTOCOL}, usually on port 4318."
        )
    return True


@contextmanager
def packages_of_the_extra() -> Iterator[None]:
    """Guards an import from the extra `otel`: `SettingsError` if the package is not installed."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f"The environment asks for traces, but {missing.name} is not installed: pip install --require-hashes"
            " -r requirements/otel.txt. OTEL_TRACES_EXPORTER=none turns traces off."
        ) from missing


def close(provider: "TracerProvider") -> None:
    """Send the last spans, if the collector accepts them in time. Blocks for at most `PATIENCE_SECONDS`."""
    closing = Thread(target=provider.shutdown, name="last spans", daemon=True)
    closing.start()
    closing.join(PATIENCE_SECONDS)


def _first(environment: Mapping[str, str], *names: str) -> str:
    """The value of the first of these that has one; an empty variable is one that was not given."""
    return next((value for name in names if (value := environment.get(name, "").strip())), "")


def _refuse_unless_http(name: str, address: str) -> None:
    if address and not _HTTP.match(address):
        raise SettingsError(f"{name}={address} is wrong: write it as http://HOST:4318 (or https://).")

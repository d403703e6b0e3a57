"""Spans are sent only where OpenTelemetry's variables ask for them."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from celeriac.settings import SettingsError
from celeriac.telemetry.trace_settings import is_wanted
from celeriac_api.openapi import starter_app
from celeriac_api.server.spans import Traced
from lab.harness.checkout import ROOT, python_path
from lab.harness.servers import environment

HERE = "http://localhost:4318"
# What the extra brings, but for the part of it that redis-py loads wherever it is installed.
EXTRA = (
    "opentelemetry.sdk.trace",
    "opentelemetry.exporter",
    "opentelemetry.instrumentation",
    "google.protobuf",
    "requests",
)
LOADED = "print(*sys.modules)"
START = {
    "API": "from celeriac_api.app import create_app; create_app()",
    "worker": "import celeriac_worker.app",
}


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": HERE},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{HERE}/v1/traces"},
        {"OTEL_TRACES_EXPORTER": "otlp"},
    ],
    ids=str,
)
def test_an_address_or_the_name_of_the_exporter_asks_for_spans(variables: Mapping[str, str]) -> None:
    assert is_wanted(variables)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_SERVICE_NAME": "celeriac"},
        {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": HERE},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": HERE, "OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": HERE, "OTEL_SDK_DISABLED": "True"},
    ],
    ids=str,
)
def test_without_one_or_with_a_no_there_are_none(variables: Mapping[str, str]) -> None:
    assert not is_wanted(variables)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"OTEL_TRACES_EXPORTER": "zipkin"},
            "OTEL_TRACES_EXPORTER=zipkin is wrong: use otlp or none",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "write it as http://HOST:4318"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http:///v1"}, "write it as http://HOST:4318"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": HERE, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL=grpc is wrong: use http/protobuf",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused_with_what_to_do(variables: Mapping[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        is_wanted(variables)


@pytest.mark.parametrize(("service", "script"), START.items())
def test_what_opentelemetry_cannot_read_ends_the_start_with_a_sentence(service: str, script: str) -> None:
    settings = {"otel_exporter_otlp_endpoint": HERE, "otel_bsp_max_export_batch_size": "1000000"}
    started = start(script, environment(**settings))
    assert started.returncode == 2
    assert started.stderr.startswith(
        f"The {service} cannot start.\nOpenTelemetry cannot read one of its OTEL_ variables"
    )
    assert "max_export_batch_size must be less than" in started.stderr
    assert "Traceback" not in started.stderr


@pytest.mark.parametrize(("service", "script"), START.items())
def test_without_the_extra_the_start_ends_with_what_to_install(
    service: str, script: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['opentelemetry.sdk'] = None\n")
    variables = environment(otel_exporter_otlp_endpoint=HERE)
    variables["PYTHONPATH"] = f"{tmp_path}:{python_path()}"
    started = start(script, variables)
    assert started.returncode == 2
    assert re.fullmatch(
        rf"The {service} cannot start.\nThe environment asks for traces, but opentelemetry\.sdk\S* is not installed: "
        r"pip install --require-hashes -r requirements/otel\.txt\. OTEL_TRACES_EXPORTER=none turns traces off\.\n",
        started.stderr,
    )


@pytest.mark.parametrize("script", START.values(), ids=START)
@pytest.mark.parametrize(
    "settings", [{}, {"otel_exporter_otlp_endpoint": HERE, "otel_traces_exporter": "none"}], ids=str
)
def test_nothing_of_the_extra_is_loaded_where_nobody_asks_for_it(
    script: str, settings: dict[str, str]
) -> None:
    loaded = start(f"import sys; {script}; {LOADED}", environment(**settings)).stdout.split()
    assert "celeriac.telemetry.trace_settings" in loaded
    assert [name for name in loaded if name.startswith(EXTRA)] == []


def test_an_app_that_sends_no_spans_has_no_layer_for_them() -> None:
    app = starter_app()
    layers: list[object] = [layer.cls for layer in app.user_middleware]
    assert Traced not in layers


def start(script: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What became of a Python that ran this."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)

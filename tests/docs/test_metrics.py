"""The reference of metrics lists what `GET /metrics` returns."""

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.docs.pages import table


def test_metrics_md_lists_every_metric_with_its_type_labels_and_help(client: httpx.Client) -> None:
    assert client.post("/add", json={"x": 4, "y": 5}, params={"wait": 30}).json()["ready"]
    listed = [tuple(row) for row in table("docs/reference/metrics.md", "Metric", "Type", "Labels", "Meaning")]
    assert listed == [
        (
            f"`{family.name}{'_total' if family.type == 'counter' else ''}`",
            family.type,
            labels(family),
            family.documentation,
        )
        for family in text_string_to_metric_families(client.get("/metrics").text)
        if not family.name.endswith("_created")
    ]


def labels(family: Metric) -> str:
    """The labels of a metric as its table names them; `le` is a part of every histogram."""
    found = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
    return ", ".join(f"`{label}`" for label in found) or "none"

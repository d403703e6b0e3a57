"""The dashboard and the alerts in deploy/ ask for what /metrics has."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.door import run

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
RULES: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS += [rule["expr"] for rule in RULES]
SELECTED = re.compile(r"(celeriac_\w+)(?:\{(\w+))?")
GROUPED = re.compile(r"by \(([\w, ]+)\)(?= \((?:max by \([\w, ]+\) \()?(?:rate\()?(celeriac_\w+))")


@pytest.fixture(scope="module")
def labels(client: httpx.Client) -> dict[str, set[str]]:
    """The names of all numbers that /metrics has, each with its labels."""
    run(client, "add", x=1, y=2)
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda text: text[:60])
def test_every_number_that_is_asked_for_is_one_of_metrics(
    expression: str, labels: dict[str, set[str]]
) -> None:
    asked = SELECTED.findall(expression)
    assert asked
    for name, label in asked:
        assert name in labels
        assert not label or label in labels[name]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda text: text[:60])
def test_numbers_are_grouped_by_labels_that_they_have(expression: str, labels: dict[str, set[str]]) -> None:
    grouped = GROUPED.findall(expression)
    assert len(grouped) == expression.count("by (")
    for names, metric in grouped:
        assert set(names.split(", ")) <= labels[metric]


def test_the_dashboard_shows_all_that_metrics_has(labels: dict[str, set[str]]) -> None:
    shown = {name for expression in EXPRESSIONS for name, _ in SELECTED.findall(expression)}
    families = {re.sub(r"_(total|bucket|sum|count|created)$", "", name) for name in labels}
    assert {re.sub(r"_(total|bucket)$", "", name) for name in shown} == families


def test_every_panel_has_a_place_and_a_title_of_its_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+m", rule["for"])
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}

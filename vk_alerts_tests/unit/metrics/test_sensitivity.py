"""How a catalog says how sensitive it is: by a budget, or by hand."""

import pytest
import yaml

from vk_alerts.errors import CatalogError
from vk_alerts.metrics.loader import load_catalog, parse_catalog
from vk_alerts.metrics.model import AlertBudget, Metric
from vk_alerts_tests.unit.metrics.catalogs import changed, shop


def with_system(text: str, tree: dict | None = None):
    return parse_catalog({"shop.yaml": yaml.safe_dump(tree or shop()), "system.yaml": text})


def orders(defaults: dict, **own: object) -> Metric:
    tree = changed("defaults", defaults)
    tree["metrics"][0] |= own
    return parse_catalog({"shop.yaml": yaml.safe_dump(tree)}).metric("orders")


def test_the_budget_stands_in_a_file_of_its_own():
    catalog = with_system("alert_budget: {totals_per_week: 0.5, slices_per_week: 3}")
    assert catalog.system.alert_budget == AlertBudget(totals_per_week=0.5, slices_per_week=3)
    assert [source.name for source in catalog.sources] == ["shop"]


@pytest.mark.parametrize(
    "catalog",
    [
        pytest.param(lambda: parse_catalog({"shop.yaml": yaml.safe_dump(shop())}), id="no file"),
        pytest.param(lambda: with_system("{}"), id="a file without it"),
        pytest.param(load_catalog, id="the packaged catalog"),
    ],
)
def test_by_default_one_false_alert_a_week_is_accepted_for_totals_and_one_for_slices(catalog):
    assert catalog().system.alert_budget == AlertBudget(totals_per_week=1, slices_per_week=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no mapping; needed keys: alert_budget"),
        ("alerts: 1", "alerts: unknown key; known: alert_budget, alive_hour, fallback_chat, routes"),
        (
            "alert_budgets: {}",
            (
                "alert_budgets: unknown key; did you mean 'alert_budget'? "
                "known: alert_budget, alive_hour, fallback_chat, routes"
            ),
        ),
        (
            "alert_budget: {totals: 1}",
            "alert_budget.totals: unknown key; known: slices_per_week, totals_per_week",
        ),
        (
            "alert_budget: {totals_per_week: 0}",
            "alert_budget.totals_per_week: Input should be greater than 0 (given: 0)",
        ),
        (
            "alert_budget: {slices_per_week: 10001}",
            "alert_budget.slices_per_week: Input should be less than or equal to 10000 (given: 10001)",
        ),
    ],
)
def test_a_wrong_budget_is_refused_in_one_line(text, message):
    with pytest.raises(CatalogError) as caught:
        with_system(text)
    line = ":1" if text else ""
    assert str(caught.value) == f"system.yaml{line}: {message}"


def test_a_catalog_needs_more_than_its_system_file():
    with pytest.raises(CatalogError) as caught:
        parse_catalog({"system.yaml": "{}"})
    assert str(caught.value) == "system.yaml: stands alone; a catalog needs a file for each source"


@pytest.mark.parametrize(
    ("defaults", "own", "is_calibrated"),
    [
        pytest.param({}, {}, True, id="nothing said"),
        pytest.param({"threshold": 4.5}, {}, False, id="a threshold for the source"),
        pytest.param({}, {"threshold": 4.5}, False, id="a threshold of its own"),
        pytest.param({"sensitivity": "calibrated", "threshold": 4.5}, {}, True, id="a start value"),
        pytest.param(
            {"sensitivity": "calibrated", "threshold": 4.5}, {"threshold": 6}, False, id="its own wins"
        ),
        pytest.param({"threshold": 4.5}, {"sensitivity": "calibrated"}, True, id="calibrated after all"),
        pytest.param({}, {"sensitivity": "fixed"}, False, id="fixed at the default"),
        pytest.param({"hard_threshold": 9}, {}, True, id="only the hard threshold said"),
    ],
)
def test_a_threshold_that_is_written_wins_unless_it_is_called_a_start_value(defaults, own, is_calibrated):
    assert orders(defaults, **own).is_calibrated is is_calibrated


@pytest.mark.parametrize(("threshold", "hard"), [(4.0, 6.1), (8.0, 12.2), (1.0, 1.525)])
def test_the_hard_threshold_keeps_its_ratio(threshold, hard):
    assert orders({"threshold": 4.0, "hard_threshold": 6.1}).hard_threshold_at(threshold) == hard


def test_an_unknown_sensitivity_is_refused():
    with pytest.raises(CatalogError) as caught:
        orders({"sensitivity": "high"})
    assert str(caught.value) == (
        "shop.yaml:2: defaults.sensitivity: Input should be 'calibrated' or 'fixed' (given: 'high')"
    )

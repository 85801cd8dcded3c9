"""``vk-alerts catalog`` on a database with tables of somebody else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from vk_alerts import cli
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.metrics.loader import catalog_texts
from vk_alerts.metrics.schema import json_schema
from vk_alerts_tests.integration.worlds import drop_database, empty_database, url_of

ORDERS = (
    "CREATE TABLE orders (placed_at DateTime, day Date, user_id UInt64, os LowCardinality(String), "
    "city Nullable(String), kind Enum8('view' = 1, 'order' = 2), amount Float64, took UInt32) "
    "ENGINE = MergeTree PARTITION BY toDate(placed_at) ORDER BY placed_at"
)
# In the newest closed window and in the next one, which may close while the tests run.
EVENTS = (
    "INSERT INTO orders SELECT toDateTime(intDiv(toUInt32(now()), 900) * 900 - 450 + 900 * (number > 999)), "
    "today(), number % 50, "
    "['iOS', 'Android'][number % 2 + 1], 'Omsk', if(number % 5 = 0, 'order', 'view'), 10.5, 120 "
    "FROM numbers(2000)"
)
CATALOG = """\
source:
  name: shop
  table: orders
  time: placed_at
  dimensions:
    os: os
    city: ifNull(city, 'none')
  slices:
    - [os]
    - [city]
metrics:
  - {name: orders, kind: count, condition: kind = 'order', title: {ru: З, en: O}, unit: {ru: шт., en: pcs}}
  - {name: buyers, kind: unique, expression: user_id, title: {ru: П, en: B}, unit: {ru: чел., en: users}}
  - {name: p90, kind: quantile, quantile: 0.9, expression: took, title: {ru: О, en: S}, unit: {ru: м, en: m}}
  - name: revenue
    kind: gauge
    expression: sum(amount)
    title: {ru: Выручка, en: Revenue}
    unit: {ru: ₽, en: RUB}
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Target]:
    target = empty_database()
    client = ClickHouse(target)
    client.execute(ORDERS)
    client.execute(EVENTS)
    yield target
    drop_database(target)


def catalog(tmp_path: Path, *arguments: str, text: str = CATALOG, **environment: str) -> Result:
    folder = tmp_path / "catalog"
    folder.mkdir(exist_ok=True)
    (folder / "shop.yaml").write_text(text, "utf-8")
    environment = {"VK_ALERTS_HOME": str(tmp_path / "home")} | environment
    return CliRunner().invoke(
        cli.main, ["catalog", arguments[0], str(folder), *arguments[1:]], env=environment
    )


def test_a_right_catalog_is_called_so_table_by_table(tmp_path: Path, shop: Target) -> None:
    result = catalog(tmp_path, "check", VK_ALERTS_CLICKHOUSE_URL=url_of(shop))
    assert result.exit_code == 0, result.output
    # all, two values of os, one city; four metrics each
    assert result.stdout == "shop.yaml: table orders ok, 7 columns used, 16 series in the newest window\n"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("table: orders", "table: order", "shop.yaml:3: source.table: no table 'order' in database '{db}'"),
        (
            "time: placed_at",
            "time: placed",
            "shop.yaml:4: source.time: no column 'placed' in orders; did you mean 'placed_at'? known:",
        ),
        (
            "time: placed_at",
            "time: day",
            "shop.yaml:4: source.time: column 'day' of orders is a Date; a DateTime is needed",
        ),
        (
            "os: os",
            "os: oss",
            "shop.yaml:6: source.dimensions.os: no column 'oss' in orders; did you mean 'os'? known:",
        ),
        (
            "ifNull(city, 'none')",
            "ifNull(sity, 'none')",
            "shop.yaml:7: source.dimensions.city: no column 'sity' in orders; did you mean 'city'?",
        ),
        (
            "ifNull(city, 'none')",
            "ifNul(city, 'none')",
            "shop.yaml:7: source.dimensions.city: ClickHouse refused the query (UNKNOWN_FUNCTION",
        ),
        (
            "condition: kind = 'order'",
            "condition: kinds = 'order'",
            "shop.yaml:12: metrics.orders.condition: no column 'kinds' in orders; did you mean 'kind'?",
        ),
        (
            "condition: kind = 'order'",
            "condition: (kind = 'order'",
            "shop.yaml:12: metrics.orders.condition: ClickHouse refused the query (SYNTAX_ERROR",
        ),
        (
            "sum(amount)",
            "sum(amout)",
            "shop.yaml:17: metrics.revenue.expression: no column 'amout' in orders; did you mean 'amount'?",
        ),
        ("sum(amount)", "sum(os)", "shop.yaml:17: metrics.revenue.expression: ClickHouse refused the query"),
        (
            "expression: took",
            "expression: tok",
            "shop.yaml:14: metrics.p90.expression: no column 'tok'",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_the_table_has(
    tmp_path: Path, shop: Target, right: str, wrong: str, said: str
) -> None:
    assert CATALOG.count(right) == 1
    result = catalog(
        tmp_path, "check", text=CATALOG.replace(right, wrong), VK_ALERTS_CLICKHOUSE_URL=url_of(shop)
    )
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith(said.replace("{db}", shop.database))
    assert result.stderr == "vk-alerts: 1 mistake\n"


def test_a_slice_that_makes_very_many_series_is_noted(
    tmp_path: Path, shop: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vk_alerts.pipeline.catalog_check.MOST_SERIES", 7)
    result = catalog(tmp_path, "check", VK_ALERTS_CLICKHOUSE_URL=url_of(shop))
    assert result.exit_code == 0
    note, ok = result.stdout.splitlines()
    assert note.startswith(
        "shop.yaml:9: source.slices: os makes 8 series (2 slices, 4 metrics), over 7; join"
    )
    assert ok.startswith("shop.yaml: table orders ok")


def test_all_mistakes_are_told_at_once(tmp_path: Path, shop: Target) -> None:
    wrong = CATALOG.replace("os: os", "os: oss").replace("sum(amount)", "sum(amout)")
    result = catalog(tmp_path, "check", text=wrong, VK_ALERTS_CLICKHOUSE_URL=url_of(shop))
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == ["shop.yaml:6", "shop.yaml:17"]
    assert result.stderr == "vk-alerts: 2 mistakes\n"


def test_without_a_connection_the_text_is_checked_and_that_is_said(tmp_path: Path) -> None:
    result = catalog(tmp_path, "check")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "shop.yaml: source shop reads well, 4 metrics",
        "Tables and expressions were not looked at: set VK_ALERTS_CLICKHOUSE_URL for that.",
    ]
    assert not (tmp_path / "home").exists()


def test_what_is_watched_is_shown_with_the_number_of_series(tmp_path: Path, shop: Target) -> None:
    result = catalog(tmp_path, "show", "--json", VK_ALERTS_CLICKHOUSE_URL=url_of(shop))
    rows = json.loads(result.stdout)
    assert [(row["metric"], row["kind"], row["series"]) for row in rows] == [
        ("orders", "count", 4),
        ("buyers", "unique", 4),
        ("p90", "quantile", 4),
        ("revenue", "gauge", 4),
    ]
    assert rows[0] | {"series": 0} == {
        "file": "shop.yaml",
        "source": "shop",
        "metric": "orders",
        "kind": "count",
        "slices": ["all", "os", "city"],
        "owner": None,
        "threshold": "calibrated from 5",
        "hard_threshold": 7.0,
        "detector": "seasonal",
        "series": 0,
    }
    table = catalog(tmp_path, "show", "--offline").stdout
    assert "revenue" in table
    assert "–" in table


@pytest.mark.parametrize("name", sorted(catalog_texts()))
def test_the_packaged_catalog_fulfils_the_schema(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema("system" if name == "system.yaml" else "source")
    tree = yaml.safe_load(catalog_texts()[name])
    jsonschema.validate(tree, schema)
    with pytest.raises(jsonschema.ValidationError, match="'metric' was unexpected"):
        jsonschema.validate(tree | {"metric": []}, schema)


def test_the_schema_is_printed_with_how_editors_find_it() -> None:
    result = CliRunner().invoke(cli.main, ["catalog", "schema"])
    assert json.loads(result.stdout) == json_schema("source")
    assert "# yaml-language-server: $schema=source.schema.json" in result.stdout

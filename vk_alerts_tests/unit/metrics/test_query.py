import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml

from vk_alerts.metrics.loader import load_catalog, parse_catalog
from vk_alerts.metrics.query import snapshot_query
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.metrics.catalogs import changed, shop

START = datetime(2026, 3, 5, 11, 0, tzinfo=UTC)


def query(tree=None, *, start=START, end=START + STEP):
    return snapshot_query(parse_catalog({"shop.yaml": yaml.safe_dump(tree or shop())}).files[0], start, end)


@pytest.mark.parametrize("source", ["feed", "messenger"])
def test_the_query_of_a_packaged_source_is_this(source, snapshot):
    sql = snapshot_query(load_catalog().source_file(source), START, START + STEP).sql
    assert sql == snapshot


def test_the_query_of_a_source_without_dimensions_is_this(snapshot):
    tree = changed("source.slices")
    tree["source"]["dimensions"] = {}
    assert query(tree).sql == snapshot


def test_a_query_says_how_its_answer_is_read():
    asked = query()
    assert asked.groupings == ((), ("os",), ("age", "os"))
    assert asked.dimension_columns == {"os": "dimension_os_value", "age": "dimension_age_value"}
    assert asked.value_columns == {"orders": "value_orders", "buyers": "value_buyers"}


def test_the_range_is_half_open_and_in_seconds_of_utc():
    moscow = START.astimezone(ZoneInfo("Europe/Moscow"))
    sql = query(start=moscow, end=moscow + timedelta(hours=2)).sql
    epoch = int(START.timestamp())
    assert f"WHERE `placed_at` >= toDateTime({epoch}) AND `placed_at` < toDateTime({epoch + 7200})" in sql


@pytest.mark.parametrize(
    ("metric", "aggregate"),
    [
        ({"kind": "count"}, "count() AS value_x"),
        ({"kind": "count", "condition": "a = 1"}, "countIf(condition_x) AS value_x"),
        ({"kind": "unique", "expression": "user_id"}, "uniqExact(expression_x) AS value_x"),
        (
            {"kind": "unique", "expression": "user_id", "condition": "a = 1"},
            "uniqExactIf(expression_x, condition_x) AS value_x",
        ),
    ],
)
def test_each_kind_has_its_aggregate(metric, aggregate):
    words = {"ru": "x", "en": "x"}
    assert aggregate in query(changed("metrics", [{"name": "x", "title": words, "unit": words} | metric])).sql


def test_expressions_are_computed_before_rows_are_multiplied_by_slices():
    sql = query().sql
    inner = sql[sql.index("FROM\n(") : sql.index("ARRAY JOIN")]
    assert "toUInt8(paid = 1) AS condition_buyers" in inner
    assert "(user_id) AS expression_buyers" in inner
    assert "toString(if(age < 18, 'young', 'old')) AS dimension_age" in inner
    assert sql.count("user_id") == 1


def test_the_key_of_a_slice_begins_with_its_grouping_so_that_equal_values_stay_apart():
    keys = re.findall(r"cityHash64\((.*?)\)", query().sql)
    assert keys == ["0", "1, dimension_os", "2, dimension_age, dimension_os"]
    assert "[0, 1, 2] AS grouping" in query().sql


@pytest.mark.parametrize(("table", "quoted"), [("orders", "`orders`"), ("app.orders", "`app`.`orders`")])
def test_a_table_may_name_its_database(table, quoted):
    assert f"FROM {quoted}\n" in query(changed("source.table", table)).sql

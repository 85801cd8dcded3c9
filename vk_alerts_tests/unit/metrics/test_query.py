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
    assert query().value_columns == {"orders": "value_orders", "buyers": "value_buyers"}


def test_the_range_is_half_open_and_in_seconds_of_utc():
    moscow = START.astimezone(ZoneInfo("Europe/Moscow"))
    sql = query(start=moscow, end=moscow + timedelta(hours=2)).sql
    epoch = int(START.timestamp())
    assert f"WHERE `placed_at` >= toDateTime({epoch}) AND `placed_at` < toDateTime({epoch + 7200})" in sql


@pytest.mark.parametrize(
    ("metric", "of_leaf", "of_slice"),
    [
        ({"kind": "count"}, "count()", "sum(part_x)"),
        ({"kind": "count", "condition": "a = 1"}, "countIf(toUInt8(a = 1))", "sum(part_x)"),
        (
            {"kind": "unique", "expression": "user_id"},
            "groupUniqArray((user_id))",
            "arrayUniq(groupArrayArray(part_x))",
        ),
        (
            {"kind": "unique", "expression": "user_id", "condition": "a = 1"},
            "groupUniqArrayIf((user_id), toUInt8(a = 1))",
            "arrayUniq(groupArrayArray(part_x))",
        ),
    ],
)
def test_each_kind_has_what_a_leaf_tells_and_how_slices_add_it_up(metric, of_leaf, of_slice):
    words = {"ru": "x", "en": "x"}
    sql = query(changed("metrics", [{"name": "x", "title": words, "unit": words} | metric])).sql
    assert f"{of_leaf} AS part_x" in sql
    assert f"{of_slice} AS value_x" in sql


def test_the_users_expressions_stand_in_the_innermost_query_only_once():
    sql = query().sql
    leaves = sql[sql.rindex("SELECT") : sql.index("GROUP BY")]
    for expression in ("paid = 1", "user_id", "if(age < 18, 'young', 'old')", "`placed_at` >="):
        assert expression in leaves
        assert sql.count(expression) == 1


def test_leaves_are_no_finer_than_the_slices_ask_for():
    sql = query(changed("source.slices", [["age"]])).sql
    assert "GROUP BY dimension_age\n" in sql
    assert "dimension_os" not in sql


@pytest.mark.parametrize(
    ("slices", "keys"),
    [
        ([], "['all']"),
        ([["os"]], "arrayConcat(['all'], pairs_of_leaf)"),
        ([["age"], ["os"]], "arrayConcat(['all'], pairs_of_leaf)"),
        ([["os"], ["age"]], "arrayConcat(['all'], arrayMap((place_0) -> pairs_of_leaf[place_0], [2, 1]))"),
        (
            [["os"], ["age", "os"]],
            "arrayConcat(['all'], [pairs_of_leaf[2]], [concat(pairs_of_leaf[1], ',', pairs_of_leaf[2])])",
        ),
        ([["age", "os"]], "arrayConcat(['all'], [concat(pairs_of_leaf[1], ',', pairs_of_leaf[2])])"),
    ],
)
def test_the_keys_of_slices_are_put_together_from_the_pairs_of_leaves(slices, keys):
    sql = query(changed("source.slices", slices)).sql
    found = sql[sql.index("ARRAY JOIN") : sql.rindex("GROUP BY")]
    assert " ".join(found.split()) == f"ARRAY JOIN {keys} AS slice"


@pytest.mark.parametrize(("slices", "windows"), [([["os"]], 2), ([], 1)])
def test_a_range_and_what_has_no_slices_is_grouped_by_window(slices, windows):
    sql = query(changed("source.slices", slices), end=START + windows * STEP).sql
    assert "toStartOfFifteenMinutes(`placed_at`) AS window_start" in sql
    assert sql.endswith("GROUP BY window_start, slice\nORDER BY window_start, slice")


@pytest.mark.parametrize(("table", "quoted"), [("orders", "`orders`"), ("app.orders", "`app`.`orders`")])
def test_a_table_may_name_its_database(table, quoted):
    assert f"FROM {quoted}\n" in query(changed("source.table", table)).sql

"""The query of snapshots, run on old and new engines against values and types of every kind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
import yaml

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.metrics.model import SourceFile
from vk_alerts.metrics.query import snapshot_query
from vk_alerts.metrics.slices import Slice
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.clickhouse_cluster import cluster
from vk_alerts_tests.integration.contract_backends import ENGINES, with_event_tables
from vk_alerts_tests.unit.metrics.catalogs import changed

pytestmark = pytest.mark.server
START = datetime(2026, 3, 5, 11, tzinfo=UTC)
ORDERS = TableSpec(
    "orders",
    (
        Column("placed_at", "DateTime('UTC')"),
        Column("user_id", "UInt32"),
        Column("paid", "Nullable(UInt8)"),
        Column("age", "Int16"),
        Column("os", "Nullable(String)"),
    ),
    "ENGINE = MergeTree ORDER BY placed_at",
)
VALUES = [
    "a,b",
    "a=b",
    "a\\",
    "\\,=",
    "",
    " ",
    "all",
    "Ещё",
    "😀",
    "nan",
    "None",
    "'",
    "\n\t",
    "os=x,age=old",
]


@pytest.fixture(params=ENGINES)
def client(request: pytest.FixtureRequest) -> Iterator[ClickHouse]:
    client = ClickHouse(with_event_tables(request.param))
    client.execute(create_statement(ORDERS))
    yield client
    client.execute("DROP TABLE orders")


def file_of(path: str = "source.table", value: object = "orders") -> SourceFile:
    tree = changed(path, value)
    tree["source"]["table"] = "orders"
    return parse_catalog({"shop.yaml": yaml.safe_dump(tree, sort_keys=False)}).files[0]


def answer(client: ClickHouse, file: SourceFile) -> pd.DataFrame:
    return client.read(snapshot_query(file, START, START + STEP).sql).set_index("slice")


def orders(client: ClickHouse, **columns: object) -> None:
    client.insert(
        ORDERS,
        pd.DataFrame({"placed_at": pd.Timestamp(START), "user_id": 1, "paid": 1, "age": 30} | columns),
    )


def test_any_value_of_a_dimension_makes_its_canonical_slice(client: ClickHouse) -> None:
    orders(client, os=VALUES)
    found = answer(client, file_of())["events"].to_dict()
    singles = {Slice((("os", value),)).key: 1 for value in VALUES}
    pairs = {Slice((("age", "old"), ("os", value))).key: 1 for value in VALUES}
    assert found == {"all": len(VALUES)} | singles | pairs


def test_a_slice_names_its_dimensions_in_the_order_of_the_catalog_however_many_slices_have_as_many(
    client: ClickHouse,
) -> None:
    tree = changed("source.dimensions", {"os": "os", "age": "age", "paid": "paid"})
    groupings = [
        ["paid"], ["os"], ["os", "age"], ["paid", "os"], ["age", "paid"],
        ["paid", "age", "os"],
    ]  # fmt: skip
    tree["source"] |= {"table": "orders", "slices": groupings}
    orders(client, os=["a,=b"], age=7, paid=1)
    file = parse_catalog({"shop.yaml": yaml.safe_dump(tree, sort_keys=False)}).files[0]
    row = {"os": "a,=b", "age": "7", "paid": "1"}
    slices = [Slice(tuple((name, row[name]) for name in names)).key for names in [(), *groupings]]
    assert answer(client, file)["events"].to_dict() == dict.fromkeys(slices, 1)


def test_a_missing_value_of_a_dimension_has_a_slice_of_its_own(client: ClickHouse) -> None:
    orders(client, os=[None, None, "iOS", ""])
    found = answer(client, file_of())["events"].to_dict()
    assert {key: n for key, n in found.items() if key.startswith("os")} == {
        "os=": 1,
        "os=NULL": 2,
        "os=iOS": 1,
    }


def test_one_who_is_seen_in_several_leaves_counts_once_in_each_slice(client: ClickHouse) -> None:
    orders(
        client, user_id=[1, 1, 1, 2, 2, 3], os=["a", "a", "b", "a", "b", "b"], age=[10, 30, 30, 30, 30, 10]
    )
    assert answer(client, file_of())["value_buyers"].to_dict() == {
        "all": 3,
        "os=a": 2,
        "os=b": 3,
        "age=old,os=a": 2,
        "age=old,os=b": 2,
        "age=young,os=a": 1,
        "age=young,os=b": 1,
    }


def test_a_condition_that_is_null_does_not_hold(client: ClickHouse) -> None:
    orders(client, user_id=[1, 2, 3], os="a", paid=pd.array([1, None, 0], dtype="UInt8"))
    found = answer(client, file_of()).loc["os=a"]
    assert (found["events"], found["value_orders"], found["value_buyers"]) == (3, 3, 1)


def test_a_window_alone_has_the_numbers_that_it_has_in_a_range(client: ClickHouse) -> None:
    """Whatever the types of dimensions: alone it is asked for in another way."""
    tree = changed("source.table", "orders")
    tree["source"]["dimensions"] = {
        "os": "os",
        "age": "age",
        "grown": "age = 30 OR age = 40",
        "one": "1",
        "float": "if(age = 10, nan, age / 3.0)",
        "list": "[age]",
        "day": "toDate(age)",
        "short": "toFixedString(if(age = 30, 'a', 'b'), 1)",
        "nothing": "NULL",
    }
    tree["source"]["slices"] = [*([name] for name in tree["source"]["dimensions"]), ["os", "age", "float"]]
    file = parse_catalog({"shop.yaml": yaml.safe_dump(tree, sort_keys=False)}).files[0]
    orders(client, user_id=[1, 2, 2, 3, 4], os=["a", "a", None, "b,", "a"], age=[10, 30, 30, 40, 30])

    alone = client.read(snapshot_query(file, START, START + STEP).sql)
    pd.testing.assert_frame_equal(client.read(snapshot_query(file, START, START + 2 * STEP).sql), alone)
    counted = alone.set_index("slice")["value_buyers"]
    assert (counted["all"], counted["os=a"], counted["grown=1"], counted["one=1"]) == (4, 3, 3, 4)
    assert (counted["float=nan"], counted["list=[30]"], counted["nothing=NULL"]) == (1, 2, 4)
    assert counted["os=b\\,,age=40,float=13.333333333333334"] == 1


@pytest.mark.parametrize("slices", [[], [["os"]]])
@pytest.mark.parametrize("windows", [1, 2])
def test_a_window_without_events_has_no_rows(
    client: ClickHouse, windows: int, slices: list[list[str]]
) -> None:
    file = file_of("source.slices", slices)
    assert client.read(snapshot_query(file, START, START + windows * STEP).sql).empty


@pytest.mark.parametrize(
    "expression",
    [
        "user_id",
        "user_id, age",
        "toString(user_id)",
        "toFixedString(toString(user_id % 9), 1)",
        "toDate(user_id % 9)",
        "toDateTime(user_id % 9)",
        "if(user_id % 3 = 0, NULL, toNullable(user_id))",
        "if(user_id % 3 = 0, NULL, toNullable(toString(user_id)))",
        "user_id / 3.0",
        "user_id % 2 = 1",
        "[user_id, age]",
        "toDecimal64(user_id, 2)",
        "toUUID(concat('61f0c404-5cb3-11e7-907b-a6006ad3dba', toString(user_id % 9)))",
    ],
)
def test_unique_values_of_any_type_are_counted_as_uniq_exact_does(
    client: ClickHouse, expression: str
) -> None:
    orders(client, user_id=range(40), os=["a", "b"] * 20, age=[10, 30, 30, 10] * 10)
    found = answer(client, file_of("metrics.1.expression", expression))["value_buyers"]
    expected = client.read(
        "SELECT concat('os=', assumeNotNull(os)) AS slice, "
        f"uniqExact(({expression})) AS counted FROM orders GROUP BY os"
    )
    assert found[expected["slice"]].tolist() == expected["counted"].tolist()
    assert 0 < found["os=a"] <= found["all"]


@pytest.mark.slow
def test_users_are_counted_once_also_when_two_shards_saw_them() -> None:
    cluster().execute("CREATE DATABASE IF NOT EXISTS scattered")
    cluster().execute(create_statement(replace(ORDERS, name="scattered.orders_local")))
    cluster().execute(
        create_statement(
            replace(
                ORDERS,
                name="scattered.orders",
                engine="ENGINE = Distributed(three_shards, scattered, orders_local)",
            )
        )
    )
    for number, node in enumerate(cluster().nodes):
        shard = ClickHouse(replace(node.target, database="scattered"))
        frame = pd.DataFrame(
            {"placed_at": pd.Timestamp(START), "user_id": [1, 2 + number], "paid": 1, "age": 30}
        )
        shard.insert(replace(ORDERS, name="orders_local"), frame.assign(os="iOS"))
    found = answer(ClickHouse(replace(cluster().target, database="scattered")), file_of())
    assert found["value_buyers"].to_dict() == {"all": 4, "os=iOS": 4, "age=old,os=iOS": 4}
    assert found["events"].unique().tolist() == [6]

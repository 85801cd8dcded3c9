"""Quantiles and gauges, on old and new engines: what they are of each slice, and what gives no value."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import yaml

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.metrics.loader import parse_catalog
from vk_alerts.metrics.model import SourceFile
from vk_alerts.metrics.query import snapshot_query
from vk_alerts.pipeline.snapshots import snapshot_rows
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.contract_backends import ENGINES, with_event_tables

pytestmark = pytest.mark.server
START = datetime(2026, 3, 5, 11, tzinfo=UTC)
REQUESTS = TableSpec(
    "requests",
    (
        Column("time", "DateTime('UTC')"),
        Column("os", "String"),
        Column("region", "String"),
        Column("kind", "String"),
        # The name that the answer has for the events.
        Column("events", "Nullable(Float64)"),
    ),
    "ENGINE = MergeTree ORDER BY time",
)
WORDS = {"ru": "x", "en": "x"}


@pytest.fixture(params=ENGINES)
def client(request: pytest.FixtureRequest) -> Iterator[ClickHouse]:
    client = ClickHouse(with_event_tables(request.param))
    client.execute(create_statement(REQUESTS))
    yield client
    client.execute("DROP TABLE requests")


def file_of(**metrics: dict[str, object]) -> SourceFile:
    tree = {
        "source": {
            "name": "api",
            "table": "requests",
            "time": "time",
            "dimensions": {"os": "os", "region": "region"},
            "slices": [["os"]],
        },
        "metrics": [{"name": name, "title": WORDS, "unit": WORDS} | keys for name, keys in metrics.items()],
    }
    return parse_catalog({"api.yaml": yaml.safe_dump(tree)}).files[0]


def requests(client: ClickHouse, values: list[float | None], **columns: object) -> None:
    events = pd.array(values, dtype="Float64")
    frame = pd.DataFrame(
        {"time": pd.Timestamp(START), "events": events, "os": "a", "region": "eu", "kind": "x"}
    )
    client.insert(REQUESTS, frame.assign(**columns))


def rows_of(client: ClickHouse, file: SourceFile, *, windows: int = 1) -> pd.DataFrame:
    query = snapshot_query(file, START, START + windows * STEP)
    rows = snapshot_rows(file, query, client.read(query.sql))
    return rows.set_index(["metric", "slice"])[["value", "numerator", "denominator"]]


GAUGES = {
    "total": "sum(events)",
    "mean": "avg(events)",
    "most": "MAX(events)",
    "composed": "sum(events) / uniqExact(kind) + 0 * count(*)",
    "large": "sumIf(events, kind = 'b)(') * 1000",
    "middle": "round(quantileExact(0.5)(ifNull(events, 0)), 2)",
    "newest": "argMax(events, time)",
}


@pytest.mark.parametrize("windows", [1, 2])
def test_a_gauge_is_what_its_aggregates_make_of_all_events_of_a_slice(
    client: ClickHouse, windows: int
) -> None:
    file = file_of(**{name: {"kind": "gauge", "expression": text} for name, text in GAUGES.items()})
    requests(client, [1.5, 2.5, 8.0], os=["a", "a", "b"], region=["eu", "us", "eu"], kind=["x", "y", "b)("])
    found = rows_of(client, file, windows=windows)["value"]
    assert {name: found[name, "all"] for name in GAUGES if name != "newest"} == {
        "total": 12.0,
        "mean": 4.0,
        "most": 8.0,
        "composed": 4.0,
        "large": 8000.0,
        "middle": 2.5,
    }
    assert {name: found[name, "os=a"] for name in ("total", "mean", "composed")} == {
        "total": 4.0,
        "mean": 2.0,
        "composed": 2.0,
    }
    assert found["newest", "os=b"] == 8.0


def test_a_quantile_is_exact_over_the_leaves_of_a_slice_and_leaves_out_what_is_no_number(
    client: ClickHouse,
) -> None:
    p95 = {"kind": "quantile", "expression": "events", "quantile": 0.95}
    file = file_of(p95=p95, p95_x=p95 | {"condition": "kind = 'x'"}, never=p95 | {"condition": "kind = 'z'"})
    numbers = [float(n) for n in range(100)]
    kinds = ["x"] * 50 + ["y"] * 50
    requests(client, numbers, kind=kinds, region=["eu", "us"] * 50)
    requests(client, [None, np.inf], os="a")
    found = rows_of(client, file)
    assert found.loc[("p95", "os=a")].tolist() == [95.0, 95.0, 100.0]
    assert found.loc[("p95_x", "os=a")].tolist() == [47.0, 47.0, 50.0]
    assert np.isnan(found.loc[("never", "all"), "value"])
    assert found.loc[("never", "all")].tolist()[1:] == [0.0, 0.0]


def test_the_events_behind_a_gauge_are_those_that_meet_its_condition(client: ClickHouse) -> None:
    revenue = {"kind": "gauge", "expression": "sum(events) / count()", "condition": "kind = 'order'"}
    file = file_of(revenue=revenue)
    requests(client, [10.0, 30.0, 500.0], kind=["order", "order", "visit"], os=["a", "b", "c"])
    found = rows_of(client, file)
    assert found.loc[("revenue", "all")].tolist() == [20.0, 20.0, 2.0]
    # No order is no average.
    assert np.isnan(found.loc[("revenue", "os=c"), "value"])


@pytest.mark.parametrize("text", ["sum(events) / 0", "0 / 0 * count()", "avg(if(events > 9, events, NULL))"])
def test_what_is_infinite_or_unknown_is_no_value(client: ClickHouse, text: str) -> None:
    requests(client, [1.0, 2.0])
    found = rows_of(client, file_of(odd={"kind": "gauge", "expression": text}))
    assert np.isnan(found.loc[("odd", "all"), "value"])
    assert found.loc[("odd", "all")].tolist()[1:] == [0.0, 0.0]


def test_a_negative_gauge_is_kept_as_it_is(client: ClickHouse) -> None:
    requests(client, [-3.0, 1.0])
    found = rows_of(client, file_of(balance={"kind": "gauge", "expression": "sum(events)"}))
    assert found.loc[("balance", "all")].tolist() == [-2.0, -2.0, 2.0]

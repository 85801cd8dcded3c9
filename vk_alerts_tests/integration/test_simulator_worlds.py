"""The shop's and the API's events by value, and what their catalogs measure of them, on an engine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.demo.examples import EXAMPLES
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.query import SLICE_COLUMN, snapshot_query
from vk_alerts.simulator import Incident, Simulation, create_event_tables, write_events
from vk_alerts.simulator.worlds import STREAMS
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.worlds import drop_database, empty_database

pytest.importorskip("chdb", reason="the embedded engine is not installed")

# A Thursday 20:00 in Moscow, and three hours before it.
END = datetime(2026, 1, 29, 17, tzinfo=UTC)
START = END - timedelta(hours=3)
HOUR = timedelta(hours=1)
SHOP = Simulation(7, start=START, world="shop")
API = Simulation(7, start=START, world="api")


@pytest.fixture(scope="module")
def database() -> Iterator[Target]:
    target = empty_database()
    for world in ("shop", "api"):
        create_event_tables(ClickHouse(target), world=world)
    yield target
    drop_database(target)


def written(database: Target, simulation: Simulation, *cuts: datetime) -> pd.DataFrame:
    """The events of the three hours, written anew in as many calls as the cuts make, in a fixed order."""
    clickhouse, table = ClickHouse(database), STREAMS[simulation.world].table
    clickhouse.execute(f"TRUNCATE TABLE {table.name}")
    ends = [simulation.start, *cuts, simulation.start + (END - START)]
    for start, end in pairwise(ends):
        write_events(clickhouse, simulation, start, end)
    columns = ", ".join(["toUInt32(time) AS second", *(n for n in table.column_names if n != "time")])
    rows = clickhouse.read(f"SELECT {columns} FROM {table.name} ORDER BY ALL")
    return rows.assign(second=rows["second"].astype("int64") - int(simulation.start.timestamp()))


def planted(source: str, action: str, where: tuple[tuple[str, str], ...], factor: float) -> Incident:
    return Incident(source, action, where, factor, START + HOUR, START + 2 * HOUR, "test", "test")


def hit(rows: pd.DataFrame, **where: str) -> pd.Series:
    """Which rows an incident of :func:`planted` is about."""
    is_hit = (rows["second"] // 3600) == 1
    for column, value in where.items():
        is_hit &= rows[column] == value
    return is_hit


@pytest.mark.parametrize("simulation", [SHOP, API], ids=["shop", "api"])
def test_a_world_hangs_on_its_seed_and_not_on_the_calls_that_write_it(database, simulation):
    whole = written(database, simulation)
    pd.testing.assert_frame_equal(whole, written(database, simulation, START + 3 * STEP, START + HOUR))
    later = replace(simulation, start=START + timedelta(days=7))
    pd.testing.assert_frame_equal(whole, written(database, later))
    assert not whole.equals(written(database, replace(simulation, seed=8)))


def test_an_order_had_a_cart_and_a_cart_a_visit_of_the_same_person_before_it(database):
    rows = written(database, SHOP)
    assert rows["second"].between(0, 3 * 3600 - 1).all()
    assert (rows["amount"] > 0).eq(rows["kind"] != "visit").all()
    kinds = rows["kind"].value_counts()
    assert kinds["cart"] / kinds["visit"] == pytest.approx(0.35, abs=0.02)
    assert kinds["order"] / kinds["visit"] == pytest.approx(0.16, abs=0.02)
    steps = rows.assign(window=rows["second"] // 900).pivot_table(
        index=["user_id", "category", "window"], columns="kind", values="second", aggfunc="min"
    )
    assert steps.loc[steps["order"].notna(), ["cart", "visit"]].notna().all(axis=None)
    assert (steps["cart"] >= steps["visit"])[steps["cart"].notna()].all()
    assert (steps["order"] >= steps["cart"])[steps["order"].notna()].all()


def test_amounts_are_what_is_usual_in_their_category(database):
    orders = written(database, SHOP).query("kind == 'order'").groupby("category")["amount"].median()
    usual = {"beauty": 1900, "clothes": 3600, "electronics": 6900, "groceries": 2300, "home": 4200}
    assert (orders / pd.Series(usual)).between(0.9, 1.1).all()


def test_a_broken_checkout_takes_orders_of_its_os_and_nothing_else(database):
    quiet = written(database, SHOP)
    broken = written(database, replace(SHOP, incidents=(planted("shop", "order", (("os", "iOS"),), 0.3),)))
    left, before = (int(hit(rows, os="iOS", kind="order").sum()) for rows in (broken, quiet))
    assert left / before == pytest.approx(0.3, abs=0.08)
    others = [rows[~hit(rows, os="iOS", kind="order")].reset_index(drop=True) for rows in (quiet, broken)]
    pd.testing.assert_frame_equal(*others)


def test_endpoints_have_the_latency_and_the_share_they_should(database):
    by_endpoint = written(database, API).groupby("endpoint")["duration_ms"]
    usual = {"/feed": 90, "/messages": 60, "/profile": 45, "/search": 160, "/checkout": 130, "/upload": 420}
    # It is the busiest time of the day: 12 % more than on average.
    assert (by_endpoint.median() / pd.Series(usual)).between(1.02, 1.2).all()
    # A lognormal's quantile: exp(1.645 · 0.5) = 2.28 times its median.
    assert (by_endpoint.quantile(0.95) / by_endpoint.median()).between(2.0, 2.6).all()
    shares = by_endpoint.size() / by_endpoint.size().sum()
    assert shares["/feed"] == pytest.approx(0.34, abs=0.02)
    assert shares["/upload"] == pytest.approx(0.04, abs=0.01)


def test_a_deploy_makes_the_same_requests_slower(database):
    quiet = written(database, API).sort_values(["second", "user_id", "endpoint", "status"], kind="stable")
    slow = written(
        database, replace(API, incidents=(planted("api", "duration", (("endpoint", "/search"),), 1.8),))
    )
    slow = slow.sort_values(["second", "user_id", "endpoint", "status"], kind="stable")
    ratio = slow["duration_ms"].to_numpy() / quiet["duration_ms"].to_numpy()
    is_hit = hit(quiet, endpoint="/search").to_numpy()
    np.testing.assert_allclose(ratio[is_hit], 1.8, rtol=0.05)
    np.testing.assert_array_equal(ratio[~is_hit], 1.0)


def test_a_broken_region_answers_more_of_the_same_requests_with_errors(database):
    quiet = written(database, API)
    where = (("region", "northwest"),)
    broken = written(database, replace(API, incidents=(planted("api", "errors", where, 6.0),)))
    assert len(broken) == len(quiet)
    rate = [(rows["status"] >= 500)[hit(rows, region="northwest")].mean() for rows in (quiet, broken)]
    assert rate == [pytest.approx(0.02, abs=0.01), pytest.approx(0.12, abs=0.02)]
    others = [rows[~hit(rows, region="northwest")].reset_index(drop=True) for rows in (quiet, broken)]
    pd.testing.assert_frame_equal(*others)


def measured(database: Target, world: str) -> pd.DataFrame:
    """What the example's catalog measures of the last window: a row per slice, a column per metric."""
    (file,) = load_catalog(EXAMPLES[world].catalog).files
    query = snapshot_query(file, END - STEP, END)
    answer = ClickHouse(database).read(query.sql).set_index(SLICE_COLUMN)
    return answer.rename(columns={column: name for name, column in query.value_columns.items()})


def test_the_shop_s_catalog_measures_what_is_sold(database):
    rows = written(database, SHOP)
    rows = rows[rows["second"] >= 3 * 3600 - 900]
    value = measured(database, "shop")
    orders, ios = rows.query("kind == 'order'"), rows.query("os == 'iOS'")
    assert value.loc["all", "revenue"] == orders["amount"].sum()
    assert value.loc["all", "average_check"] == pytest.approx(orders["amount"].mean())
    assert value.loc["category=home", "orders"] == (orders["category"] == "home").sum()
    assert value.loc["os=iOS", "visitors"] == ios[ios["kind"] == "visit"]["user_id"].nunique()
    assert value.loc["os=iOS", "visits"] == (ios["kind"] == "visit").sum()


def test_the_api_s_catalog_measures_errors_and_latency(database):
    rows = written(database, API)
    rows = rows[rows["second"] >= 3 * 3600 - 900]
    value = measured(database, "api")
    assert value.loc["all", "requests"] == len(rows)
    assert value.loc["all", "errors"] == (rows["status"] >= 500).sum()
    answered = rows.query("status < 500 and endpoint == '/search'")["duration_ms"].sort_values()
    assert value.loc["endpoint=/search", "p95"] == answered.iloc[int(0.95 * len(answered))]

"""Results go where VK_ALERTS_RESULTS_URL says, also when the events may only be read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import running, stop
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ConfigurationError
from vk_alerts.pipeline import Stores, backfill, open_stores
from vk_alerts.settings import read_settings
from vk_alerts.simulator import FEED_ACTIONS, MESSAGE_ACTIONS, Simulation, write_events
from vk_alerts.windows import WINDOWS_PER_DAY
from vk_alerts_tests.integration.clickhouse_server import READERS
from vk_alerts_tests.integration.contract_backends import with_event_tables
from vk_alerts_tests.integration.worlds import BACKFILL, END, drop_database, empty_database, url_of

pytestmark = pytest.mark.server
START = END - timedelta(days=1)
ONLY_EVENTS = {FEED_ACTIONS.name, MESSAGE_ACTIONS.name}
RESULTS = {"metric_snapshots", "anomaly_scores", "commits"}


@pytest.fixture(scope="module")
def events() -> Target:
    """A day of events on a real server."""
    target = with_event_tables("server")
    simulation = Simulation(3, start=START, feed_per_day=3_000, messages_per_day=2_000)
    write_events(ClickHouse(target), simulation, START, END)
    return target


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    stop(tmp_path / "home")


def opened(home: Path, events: Target, results: str) -> Stores:
    """The stores that the environment describes."""
    return open_stores(
        read_settings(
            {
                "VK_ALERTS_HOME": str(home),
                "VK_ALERTS_CLICKHOUSE_URL": events.url_with_password(),
                "VK_ALERTS_RESULTS_URL": results,
            }
        )
    )


def tables(target: Target) -> set[str]:
    found = ClickHouse(target).read(f"SELECT name FROM system.tables WHERE database = '{target.database}'")
    return set(found["name"])


def assert_holds_results(stores: Stores) -> None:
    windows = backfill(stores, START, END, by=BACKFILL)
    assert windows == WINDOWS_PER_DAY
    assert len(stores.results.commits("anomaly_scores", START, END)) == windows
    scores = stores.results.scores(START, END, metric="messages", slice_key="all")
    counted = stores.events.read("SELECT count() AS messages FROM message_actions")
    assert scores["value"].sum() == counted["messages"].iloc[0]


@pytest.mark.parametrize("user", ["reader", "lenient_reader"])
def test_events_of_a_read_only_user_and_results_in_the_embedded_engine(
    events: Target, home: Path, user: str
) -> None:
    assert READERS[user]["readonly"] in (1, 2)
    reader = replace(events, user=user)
    with pytest.raises(ClickHouseDenied, match="READONLY"):
        ClickHouse(reader).execute("CREATE TABLE refused (x UInt8) ENGINE = Memory")
    assert_holds_results(opened(home, reader, "embedded"))
    assert tables(events) == ONLY_EVENTS
    embedded = running(home)
    assert embedded is not None
    assert tables(embedded) >= RESULTS


def test_results_lie_with_the_events_unless_told_otherwise(tmp_path: Path) -> None:
    events = with_event_tables("server")
    stores = opened(tmp_path, events, "")
    assert tables(events) >= ONLY_EVENTS | RESULTS
    assert stores.events.target == events


def test_results_of_another_user_beside_the_events(tmp_path: Path) -> None:
    events = with_event_tables("server")
    stores = opened(tmp_path, replace(events, user="reader"), events.url_with_password())
    assert stores.events.target.user == "reader"
    assert tables(events) >= ONLY_EVENTS | RESULTS


def test_results_on_another_server(events: Target, tmp_path: Path) -> None:
    elsewhere = empty_database()
    assert_holds_results(opened(tmp_path, replace(events, user="reader"), url_of(elsewhere)))
    assert tables(events) == ONLY_EVENTS
    assert tables(elsewhere) >= RESULTS
    drop_database(elsewhere)


def test_results_in_another_database_of_another_user(events: Target, tmp_path: Path) -> None:
    results = replace(events, database="contract_results")
    ClickHouse(events).execute("CREATE DATABASE IF NOT EXISTS contract_results")
    assert_holds_results(opened(tmp_path, replace(events, user="reader"), results.url_with_password()))
    assert tables(events) == ONLY_EVENTS
    assert tables(results) >= RESULTS


def test_what_is_no_place_for_results_is_told_with_all_that_is(events: Target, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        opened(tmp_path, events, "embeded")
    told = str(caught.value)
    assert told.startswith("VK_ALERTS_RESULTS_URL: ")
    assert told.endswith("the form is http[s]://user:password@host:port/database, or the word 'embedded'")

"""What a real server refuses is told in one line that names the thing and the remedy, and writes nothing."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ClickHouseQueryError, ClickHouseUnavailable, VkAlertsError
from vk_alerts.pipeline import Stores, open_stores, take_snapshots
from vk_alerts.settings import Settings
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.clickhouse_cluster import cluster
from vk_alerts_tests.integration.clickhouse_server import PASSWORD, free_port
from vk_alerts_tests.integration.contract_backends import ENGINES, with_event_tables
from vk_alerts_tests.integration.worlds import END, LIVE, live

pytestmark = pytest.mark.server


@pytest.fixture(scope="module", params=ENGINES)
def target(request: pytest.FixtureRequest) -> Target:
    """A database with empty event tables."""
    return with_event_tables(request.param)


@pytest.fixture(scope="module")
def server() -> Target:
    """A real server's database with empty event tables."""
    return with_event_tables("server")


def opened(target: Target, home: Path, **changes: str) -> Stores:
    settings = Settings(home=home, clickhouse_url=target.url_with_password())
    return open_stores(replace(settings, **changes))


def refusal(kind: type[VkAlertsError], stores: Stores) -> str:
    """What taking a snapshot is refused with."""
    with pytest.raises(kind) as caught:
        take_snapshots(stores, "feed", LIVE, LIVE + STEP, by=live(END))
    told = str(caught.value)
    assert "\n" not in told
    assert PASSWORD not in told
    assert stores.results.commits("feed_snapshots", LIVE, END) == []
    return told


def test_a_wrong_password_names_the_user_and_the_variable(target: Target, tmp_path: Path) -> None:
    with pytest.raises(ClickHouseDenied) as caught:
        opened(replace(target, password="wr0ng"), tmp_path)
    told = str(caught.value)
    assert f"ClickHouse at {target.address} does not accept user 'default'" in told
    assert told.endswith("check user and password in VK_ALERTS_CLICKHOUSE_URL")
    assert "wr0ng" not in told


def test_a_wrong_password_of_the_results_names_their_variable(server: Target, tmp_path: Path) -> None:
    results = replace(server, password="wr0ng").url_with_password()
    with pytest.raises(ClickHouseDenied) as caught:
        opened(server, tmp_path, results_url=results)
    assert str(caught.value).endswith("check user and password in VK_ALERTS_RESULTS_URL")


def test_an_unknown_user_is_told_as_such(server: Target, tmp_path: Path) -> None:
    with pytest.raises(ClickHouseDenied, match="does not accept user 'nobody'"):
        opened(replace(server, user="nobody"), tmp_path)


@pytest.mark.parametrize("user", ["reader", "lenient_reader"])
def test_a_read_only_user_cannot_keep_results_and_is_told_so(
    server: Target, tmp_path: Path, user: str
) -> None:
    with pytest.raises(ClickHouseDenied) as caught:
        opened(replace(server, user=user), tmp_path)
    told = str(caught.value)
    assert f"user {user!r} not do that (READONLY, code 164)" in told
    assert "VK_ALERTS_RESULTS_URL" in told
    assert "\n" not in told


def test_a_user_who_lost_the_right_to_write_leaves_nothing_behind(server: Target, tmp_path: Path) -> None:
    stores = opened(server, tmp_path)
    reader = ClickHouse(replace(server, user="reader"))
    stores.events.execute(
        "INSERT INTO feed_actions (user_id, time, action) "
        f"VALUES (1, toDateTime({LIVE.timestamp():.0f}), 'view')"
    )
    results = type(stores.results)(reader)
    told = refusal(ClickHouseDenied, replace(stores, results=results))
    assert "READONLY, code 164" in told
    assert stores.events.read("SELECT count() AS rows FROM metric_snapshots")["rows"].iloc[0] == 0


def test_a_missing_database_is_named(server: Target, tmp_path: Path) -> None:
    with pytest.raises(ClickHouseQueryError, match="UNKNOWN_DATABASE, code 81") as caught:
        opened(replace(server, database="nowhere"), tmp_path)
    assert "create the database, or name another in VK_ALERTS_CLICKHOUSE_URL" in str(caught.value)


def test_a_missing_table_is_named(target: Target, tmp_path: Path) -> None:
    stores = opened(target, tmp_path)
    stores.events.execute("RENAME TABLE feed_actions TO hidden")
    try:
        told = refusal(ClickHouseQueryError, stores)
    finally:
        stores.events.execute("RENAME TABLE hidden TO feed_actions")
    assert "UNKNOWN_TABLE, code 60" in told
    assert told.startswith(f"source 'feed', table 'feed_actions' in database '{target.database}': ")
    assert "create the table" in told


def test_a_missing_column_is_named(target: Target, tmp_path: Path) -> None:
    stores = opened(target, tmp_path)
    stores.events.execute("RENAME TABLE feed_actions TO whole")
    stores.events.execute(
        "CREATE TABLE feed_actions (user_id UInt32, action String, time DateTime, gender Int8, age Int16, "
        "source String, country String) ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY time"
    )
    try:
        told = refusal(ClickHouseQueryError, stores)
    finally:
        stores.events.execute("DROP TABLE feed_actions")
        stores.events.execute("RENAME TABLE whole TO feed_actions")
    assert "UNKNOWN_IDENTIFIER, code 47" in told
    assert told.startswith("source 'feed', table 'feed_actions' in database")
    assert re.search(r"identifier:? `?os`?; compare the query with the table's columns", told)


@pytest.mark.slow
def test_a_shard_that_hangs_ends_the_run_in_time_and_nothing_is_taken(tmp_path: Path) -> None:
    target = with_event_tables("cluster")
    stores = opened(target, tmp_path)
    stores.events.execute(
        "INSERT INTO feed_actions (user_id, time, action) "
        f"SELECT number, toDateTime({LIVE.timestamp():.0f}), 'view' FROM system.numbers LIMIT 300"
    )
    waiting_seconds = 0.5
    impatient = replace(stores, events=ClickHouse(target, read_timeout_seconds=waiting_seconds))
    for node in cluster().nodes[1:]:
        # Whether the front server has connections to it already, or has to make them.
        with node.hanging():
            for _ in range(2):
                told = refusal(ClickHouseUnavailable, impatient)
                assert f"ClickHouse at {target.address} did not finish within 0.5 s" in told
                assert "or which server of its cluster hangs" in told
        rows = stores.events.read("SELECT count() AS rows FROM metric_snapshots")["rows"].iloc[0]
        assert rows == 0

    assert take_snapshots(stores, "feed", LIVE, LIVE + STEP, by=live(END)).events == 300


def test_waiting_is_bounded_without_being_asked_for() -> None:
    defaults = ClickHouse.__init__.__kwdefaults__
    assert defaults == {"connect_timeout_seconds": 5, "read_timeout_seconds": 120}


def test_nobody_at_the_port_is_told_with_the_variable(server: Target, tmp_path: Path) -> None:
    with pytest.raises(ClickHouseUnavailable) as caught:
        opened(replace(server, port=free_port()), tmp_path)
    assert "connection refused" in str(caught.value)
    assert "check VK_ALERTS_CLICKHOUSE_URL" in str(caught.value)

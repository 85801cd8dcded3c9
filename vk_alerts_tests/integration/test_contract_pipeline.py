"""The whole way gives the same numbers on the embedded engine, on a real server and on a cluster of three."""

import functools
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.versions import SCORES_ASSET
from vk_alerts.errors import ClickHouseUnavailable, PipelineError
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.pipeline import Stores, backfill, open_stores, score_windows, take_snapshots
from vk_alerts.settings import Settings
from vk_alerts.simulator import EVENT_TABLES, Simulation, write_events
from vk_alerts.windows import STEP, windows_between
from vk_alerts_tests.integration.clickhouse_cluster import SHARDS, cluster
from vk_alerts_tests.integration.contract_backends import BACKENDS, with_event_tables
from vk_alerts_tests.integration.worlds import (
    BACKFILL,
    BROKEN,
    DROP,
    END,
    LIVE,
    START,
    live,
    write_catalog,
)

pytestmark = [pytest.mark.server, pytest.mark.slow]
SOURCES = ("feed", "messenger")
SIMULATION = Simulation(7, start=START, feed_per_day=3_000, messages_per_day=6_000, incidents=(DROP,))
# Half as many series as the packaged catalog has; the query reads all of its dimensions anyway.
SLICES = [["os"], ["age"], ["os", "source"]]
SCORED = timedelta(days=3)
NUMBERS = ["value", "expected", "lower", "upper", "score", "evidence", "threshold"]


@functools.cache
def world(backend: str) -> Stores:
    """Fifteen days of a small app with snapshots up to LIVE, the last three days of them scored."""
    target = with_event_tables(backend)
    settings = Settings(
        home=Path("/nonexistent"), clickhouse_url=target.url_with_password(), state_url="sqlite://"
    )
    with tempfile.TemporaryDirectory() as folder:
        catalog = load_catalog(write_catalog(Path(folder) / "catalog", SLICES))
    stores = replace(open_stores(settings), catalog=catalog)
    write_events(stores.events, SIMULATION, START, END)
    for source in SOURCES:
        take_snapshots(stores, source, START, LIVE - SCORED, by=BACKFILL)
    backfill(stores, LIVE - SCORED, LIVE, by=BACKFILL)
    return stores


def tick(stores: Stores, start: datetime, end: datetime) -> None:
    """What a run of the job does for the windows in [start, end)."""
    for source in SOURCES:
        take_snapshots(stores, source, start, end, by=live(end))
    score_windows(stores, start, end, by=live(end))


def scores(stores: Stores, start: datetime, end: datetime) -> pd.DataFrame:
    frame = stores.results.scores(start, end).set_index(["window_start", "source", "metric", "slice"])
    assert frame.index.is_unique
    return frame[NUMBERS].astype("float64")


@pytest.fixture(params=BACKENDS)
def stores(request: pytest.FixtureRequest) -> Stores:
    return world(request.param)


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_the_same_seed_gives_the_numbers_of_the_embedded_engine(backend: str) -> None:
    expected, found = world("embedded"), world(backend)
    for stores in (expected, found):
        tick(stores, LIVE, BROKEN + STEP)
    for source in SOURCES:
        all_of_it = (START, BROKEN + STEP)
        ours, theirs = (stores.results.history(source, all_of_it) for stores in (found, expected))
        assert (ours.metrics, ours.slices) == (theirs.metrics, theirs.slices)
        np.testing.assert_array_equal(ours.numerators, theirs.numerators)
        np.testing.assert_array_equal(ours.denominators, theirs.denominators)
    ours, theirs = (scores(stores, LIVE - timedelta(days=2), BROKEN + STEP) for stores in (found, expected))
    assert ours.index.equals(theirs.index)
    np.testing.assert_array_equal(ours.to_numpy(), theirs.to_numpy())
    assert len(ours) > 10_000
    assert ours.loc[BROKEN:, "score"].notna().mean() > 0.8


def test_a_tick_finds_the_planted_drop(stores: Stores) -> None:
    tick(stores, LIVE, BROKEN + STEP)
    found = scores(stores, BROKEN, BROKEN + STEP).loc[(BROKEN, "messenger", "messages", "all")]
    assert found["score"] > found["threshold"]
    assert found["value"] < found["lower"]
    assert stores.results.crossed(BROKEN, BROKEN + STEP) > stores.results.crossed(LIVE, LIVE + STEP)


def test_a_range_gives_the_rows_of_its_windows(stores: Stores) -> None:
    end = LIVE + 2 * STEP
    tick(stores, LIVE, end)
    together = scores(stores, LIVE, end)
    for window in windows_between(LIVE, end):
        tick(stores, window, window + STEP)
    pd.testing.assert_frame_equal(scores(stores, LIVE, end), together, rtol=0, atol=1e-9)


def test_a_rerun_with_fewer_slices_leaves_no_ghosts(stores: Stores, tmp_path: Path) -> None:
    tick(stores, LIVE, LIVE + STEP)
    fewer = replace(stores, catalog=load_catalog(write_catalog(tmp_path / "catalog", [["os"]])))
    tick(fewer, LIVE, LIVE + STEP)
    expected = {"all", "os=Android", "os=iOS"}
    assert set(scores(stores, LIVE, LIVE + STEP).reset_index()["slice"]) == expected
    assert set(stores.results.history("feed", (LIVE, LIVE + STEP)).slices) == expected
    (commit,) = stores.results.commits(SCORES_ASSET, LIVE, LIVE + STEP)
    assert commit.rows == len(scores(stores, LIVE, LIVE + STEP))


def test_history_is_what_the_events_say_and_shows_its_gaps(stores: Stores) -> None:
    take_snapshots(stores, "messenger", LIVE, LIVE + STEP, by=live(LIVE + STEP))
    start, untaken = LIVE - timedelta(hours=6), END - 3 * STEP
    grid = stores.results.history("messenger", (start, untaken + STEP))
    series = list(zip(grid.metrics, grid.slices, strict=True))
    counted = stores.events.read(
        "SELECT toUInt32(toStartOfFifteenMinutes(time)) AS window, count() AS messages, "
        "uniqExact(user_id) AS messenger_users FROM message_actions "
        f"WHERE os = 'iOS' AND time >= toDateTime({start.timestamp():.0f}) "
        f"AND time < toDateTime({(LIVE + STEP).timestamp():.0f}) GROUP BY window ORDER BY window"
    )
    for metric in ("messages", "messenger_users"):
        (values,) = grid.counts([series.index((metric, "os=iOS"))])
        np.testing.assert_array_equal(values[: len(counted)], counted[metric].to_numpy(dtype="float64"))
        assert np.isnan(values[-1])
    assert grid.is_committed[: len(counted)].all()
    assert not grid.is_committed[-1]
    assert grid.windows == (untaken + STEP - start) // STEP


def test_every_shard_holds_users_of_its_own() -> None:
    database = world("cluster").events.target.database
    users = []
    for node in cluster().nodes:
        clickhouse = ClickHouse(node.target)
        found = clickhouse.read(f"SELECT DISTINCT user_id FROM {database}.message_actions_local")
        users.append(set(found["user_id"]))
    whole = world("cluster").events.read("SELECT uniqExact(user_id) AS users FROM message_actions")
    assert len(users) == SHARDS
    assert all(len(part) > 100 for part in users)
    assert sum(map(len, users)) == len(set.union(*users)) == whole["users"].iloc[0]


def test_with_one_shard_down_nothing_is_taken_and_the_server_is_named() -> None:
    stores, node = world("cluster"), cluster().nodes[1]
    window = END - STEP  # no other test touches it
    database = stores.events.target.database
    node.kill()
    try:
        for source in SOURCES:
            with pytest.raises(ClickHouseUnavailable) as caught:
                take_snapshots(stores, source, window, END, by=live(END))
            told = str(caught.value)
            assert told.startswith(f"ClickHouse at {stores.events.target.address} cannot reach a server")
            assert f"(127.0.0.1:{node.tcp})" in told
            assert "start that server" in told
            assert "\n" not in told
            assert stores.results.commits(f"{source}_snapshots", window, END) == []
        epoch = int(window.timestamp())
        rows = stores.events.read(
            f"SELECT count() AS rows FROM metric_snapshots WHERE window_start = toDateTime({epoch})"
        )
        assert rows["rows"].iloc[0] == 0
    finally:
        node.start()
        node.wait()
    report = take_snapshots(stores, "messenger", window, END, by=live(END))
    whole = sum(
        int(
            ClickHouse(each.target)
            .read(
                f"SELECT count() AS rows FROM {database}.message_actions_local "
                f"WHERE time >= toDateTime({epoch}) AND time < toDateTime({epoch + 900})"
            )["rows"]
            .iloc[0]
        )
        for each in cluster().nodes
    )
    assert report.events == whole > 0


def test_a_user_whom_lost_shards_are_hidden_from_is_refused() -> None:
    stores = world("cluster")
    partial = ClickHouse(replace(stores.events.target, user="partial_reader"))
    with pytest.raises(PipelineError) as caught:
        take_snapshots(replace(stores, events=partial), "feed", LIVE, LIVE + STEP, by=live(END))
    assert "user 'partial_reader'" in str(caught.value)
    assert "skip_unavailable_shards = 1" in str(caught.value)


def test_the_events_of_the_cluster_are_those_of_the_embedded_engine() -> None:
    found = []
    for backend in ("embedded", "cluster"):
        events = world(backend).events
        for spec in EVENT_TABLES:
            columns = ", ".join(spec.column_names)
            answer = events.read(
                f"SELECT count() AS rows, sum(cityHash64({columns})) AS hash FROM {spec.name}"
            )
            found.append(tuple(answer.iloc[0]))
    assert found[:2] == found[2:]

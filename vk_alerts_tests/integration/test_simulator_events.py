"""Laws of the written events, on the embedded engine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator import (
    EVENT_TABLES,
    FEED_ACTIONS,
    MESSAGE_ACTIONS,
    Incident,
    Simulation,
    create_event_tables,
    default_incidents,
    write_events,
    write_late_rows,
)
from vk_alerts.windows import STEP

# A Thursday 20:00 in Moscow.
END = datetime(2026, 1, 29, 17, tzinfo=UTC)
DAY = timedelta(days=1)
SIMULATION = Simulation(7, start=END - DAY, feed_per_day=40_000, messages_per_day=15_000)


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[ClickHouse]:
    home = tmp_path_factory.mktemp("home")
    yield ClickHouse(ensure_running(home))
    stop(home)


@pytest.fixture
def clickhouse(engine) -> ClickHouse:
    for spec in EVENT_TABLES:
        engine.execute(f"DROP TABLE IF EXISTS {spec.name}")
    create_event_tables(engine)
    return engine


def rewrite(clickhouse: ClickHouse, simulation: Simulation, *cuts: datetime) -> int:
    """Writes the simulation up to END anew, in as many calls as the cuts make."""
    for spec in EVENT_TABLES:
        clickhouse.execute(f"TRUNCATE TABLE {spec.name}")
    ends = [simulation.start, *cuts, simulation.start + DAY]
    return sum(write_events(clickhouse, simulation, start, end) for start, end in pairwise(ends))


def digest(clickhouse: ClickHouse, simulation: Simulation) -> list[tuple[int, ...]]:
    """Rows and a sum of hashes of both tables, with times counted from the simulation's start."""
    found = []
    for spec in EVENT_TABLES:
        columns = ", ".join(name for name in spec.column_names if name != "time")
        since = f"toUInt32(time) - {int(simulation.start.timestamp())}"
        rows = clickhouse.read(
            f"SELECT count() AS rows, sum(cityHash64(toUInt64({since}), {columns})) AS hash FROM {spec.name}"
        )
        found.append((int(rows["rows"].iloc[0]), int(rows["hash"].iloc[0])))
    return found


def counted(clickhouse: ClickHouse, sql: str) -> pd.DataFrame:
    return clickhouse.read(f"SELECT {sql}")


def events(clickhouse: ClickHouse, table: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Distinct rows and how often each is there."""
    columns = ", ".join(
        name for spec in EVENT_TABLES if spec.name == table for name in spec.column_names if name != "time"
    )
    return clickhouse.read(
        f"SELECT toUInt32(time) AS second, {columns}, count() AS copies FROM {table} "
        f"WHERE second >= {int(start.timestamp())} AND second < {int(end.timestamp())} "
        f"GROUP BY second, {columns} ORDER BY second, {columns}"
    )


def test_the_same_seed_writes_the_same_events_and_another_seed_others(clickhouse):
    digests = []
    for simulation in (SIMULATION, SIMULATION, replace(SIMULATION, seed=8)):
        written = rewrite(clickhouse, simulation)
        digests.append(digest(clickhouse, simulation))
        assert written == sum(rows for rows, _ in digests[-1])
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


def test_a_start_shifted_by_whole_weeks_shifts_the_same_events(clickhouse):
    digests = []
    for weeks in (0, 5, -60):
        simulation = replace(
            SIMULATION,
            start=SIMULATION.start + weeks * 7 * DAY,
            incidents=tuple(
                replace(incident, start=incident.start + weeks * 7 * DAY, end=incident.end + weeks * 7 * DAY)
                for incident in default_incidents(END)
            ),
        )
        rewrite(clickhouse, simulation)
        digests.append(digest(clickhouse, simulation))
    assert digests[0] == digests[1] == digests[2]


@pytest.mark.parametrize(
    "cuts",
    [
        [SIMULATION.start + STEP],
        [SIMULATION.start + 7 * timedelta(hours=1)],
        [SIMULATION.start + part * timedelta(hours=3) + STEP for part in range(1, 8)],
        # A window in the middle of the second incident.
        [END - 6 * STEP, END - 5 * STEP],
    ],
)
def test_a_range_written_in_several_calls_holds_the_rows_of_one_call(clickhouse, cuts):
    simulation = replace(SIMULATION, incidents=default_incidents(END))
    rewrite(clickhouse, simulation)
    at_once = digest(clickhouse, simulation)
    rewrite(clickhouse, simulation, *cuts)
    assert digest(clickhouse, simulation) == at_once


def test_events_lie_inside_the_range_that_was_asked_for(clickhouse):
    start, end = SIMULATION.start + 5 * STEP, SIMULATION.start + 9 * STEP
    write_events(clickhouse, SIMULATION, start, end)
    for spec in EVENT_TABLES:
        edges = counted(
            clickhouse, f"min(toUInt32(time)) AS first, max(toUInt32(time)) AS last FROM {spec.name}"
        )
        assert 0 <= edges["first"].iloc[0] - start.timestamp() < 60
        assert 0 < end.timestamp() - edges["last"].iloc[0] < 60


def test_progress_is_told_after_each_chunk_which_end_at_midnight(clickhouse):
    simulation = replace(SIMULATION, feed_per_day=1_000, messages_per_day=500, start=END - 10 * DAY)
    told: list[datetime] = []
    write_events(clickhouse, simulation, simulation.start, END, on_progress=told.append)
    assert told == [datetime(2026, 1, 26, tzinfo=UTC), END]


def test_a_busy_app_is_written_in_pieces_of_hours(clickhouse):
    # 03:00 to 05:00 in Moscow, when there is little to write.
    start = END - timedelta(hours=17)
    busy = replace(SIMULATION, start=start, feed_per_day=12_000_000, messages_per_day=0)
    told: list[datetime] = []
    rows = write_events(clickhouse, busy, start, start + 16 * STEP, on_progress=told.append)
    assert told == [start + 8 * STEP, start + 16 * STEP]
    assert rows == digest(clickhouse, busy)[0][0]


@pytest.mark.parametrize(
    ("start", "end", "named"),
    [
        (SIMULATION.start - STEP, END, "has no events at"),
        (SIMULATION.start, END + timedelta(minutes=1), "is not the start of a window"),
        (SIMULATION.start + timedelta(minutes=1), END, "is not the start of a window"),
    ],
)
def test_a_range_that_cannot_be_written_is_refused_before_anything_is(clickhouse, start, end, named):
    with pytest.raises(ConfigurationError, match=named):
        write_events(clickhouse, SIMULATION, start, end)
    assert digest(clickhouse, SIMULATION) == [(0, 0), (0, 0)]


def test_a_simulation_without_messages_writes_none(clickhouse):
    rewrite(clickhouse, replace(SIMULATION, messages_per_day=0))
    (views_and_likes, _), (messages, _) = digest(clickhouse, SIMULATION)
    assert views_and_likes > 30_000
    assert messages == 0


def planted(**changes) -> Incident:
    given = {
        "source": "feed",
        "action": "like",
        "where": (("os", "Android"),),
        "factor": 0.65,
        "start": END - 10 * STEP,
        "end": END - 4 * STEP,
        "metric": "likes",
        "slice_key": "os=Android",
    }
    return Incident(**(given | changes))


INCIDENTS = {
    "fewer likes on Android": planted(),
    "fewer views by ads of one gender": planted(
        action="view", where=(("source", "ads"), ("gender", "1")), factor=0.4
    ),
    "no likes at all": planted(where=(), factor=0.0),
    "more likes": planted(where=(), factor=1.5),
    "three times the views in Russia": planted(action="view", where=(("country", "Russia"),), factor=3.0),
    "less of the whole feed": planted(action=None, where=(), factor=0.5),
    "more of the feed at one age": planted(action=None, where=(("age", "20"),), factor=2.5),
    "less of the messenger": planted(source="messenger", action=None, where=(), factor=0.3),
    "more of the messenger on iOS": planted(
        source="messenger", action=None, where=(("os", "iOS"),), factor=1.5
    ),
}


@pytest.mark.parametrize("incident", INCIDENTS.values(), ids=INCIDENTS)
def test_an_incident_changes_its_own_events_by_its_factor_and_no_others(clickhouse, incident):
    table = (FEED_ACTIONS if incident.source == "feed" else MESSAGE_ACTIONS).name
    other = (MESSAGE_ACTIONS if incident.source == "feed" else FEED_ACTIONS).name
    start, end = incident.start - STEP, incident.end + STEP
    write_events(clickhouse, SIMULATION, start, end)
    before, before_other = (events(clickhouse, name, start, end) for name in (table, other))
    for spec in EVENT_TABLES:
        clickhouse.execute(f"TRUNCATE TABLE {spec.name}")
    write_events(clickhouse, replace(SIMULATION, incidents=(incident,)), start, end)
    after, after_other = (events(clickhouse, name, start, end) for name in (table, other))

    pd.testing.assert_frame_equal(before_other, after_other)
    hit_before, hit_after = touched(before, incident), touched(after, incident)
    pd.testing.assert_frame_equal(
        before[~hit_before].reset_index(drop=True), after[~hit_after].reset_index(drop=True)
    )
    expected = before[hit_before]["copies"].sum() * incident.factor
    # A session has up to six events or so that stay or go together.
    noise = np.sqrt(6 * expected * max(1, incident.factor)) if incident.action is None else np.sqrt(expected)
    assert before[hit_before]["copies"].sum() > 100
    assert abs(after[hit_after]["copies"].sum() - expected) <= 4 * noise
    if incident.factor <= 1:
        columns = list(before.columns)
        kept = after[hit_after].merge(before[hit_before], on=columns[:-1], suffixes=("", "_before"))
        assert len(kept) == hit_after.sum()
        assert (kept["copies"] <= kept["copies_before"]).all()
    else:
        assert set(after[hit_after]["user_id"]) == set(before[hit_before]["user_id"])


def touched(rows: pd.DataFrame, incident: Incident) -> pd.Series:
    found = (rows["second"] >= incident.start.timestamp()) & (rows["second"] < incident.end.timestamp())
    if incident.action is not None:
        found &= rows["action"] == incident.action
    for dimension, value in incident.where:
        found &= rows[dimension].astype(str) == value
    return found


def test_incidents_that_overlap_multiply_and_leave_each_other_alone(clickhouse):
    likes = planted(where=(), factor=0.5)
    android = planted(factor=0.5)
    views = planted(action="view", where=(), factor=0.5)
    start, end = likes.start, likes.end

    def written(*incidents: Incident) -> pd.DataFrame:
        clickhouse.execute("TRUNCATE TABLE feed_actions")
        write_events(clickhouse, replace(SIMULATION, incidents=incidents), start, end)
        return events(clickhouse, "feed_actions", start, end)

    def likes_on_android(rows: pd.DataFrame) -> int:
        return int(rows[(rows["action"] == "like") & (rows["os"] == "Android")]["copies"].sum())

    alone, both = written(likes), written(likes, android)
    assert likes_on_android(both) == pytest.approx(likes_on_android(written()) / 4, rel=0.2)
    ios = alone["os"] == "iOS"
    pd.testing.assert_frame_equal(
        alone[ios].reset_index(drop=True), both[both["os"] == "iOS"].reset_index(drop=True)
    )
    with_views = written(views, likes)
    is_like = alone["action"] == "like"
    pd.testing.assert_frame_equal(
        alone[is_like].reset_index(drop=True),
        with_views[with_views["action"] == "like"].reset_index(drop=True),
    )


def test_late_rows_and_those_in_time_are_together_what_happened(clickhouse):
    drop = planted(action=None, where=(), factor=0.4)
    late = planted(action=None, where=(("os", "Android"),), factor=0.7, late=timedelta(minutes=5))
    start, end = late.start - STEP, late.end + STEP
    write_events(clickhouse, replace(SIMULATION, incidents=(drop,)), start, end)
    whole = events(clickhouse, "feed_actions", start, end)
    clickhouse.execute("TRUNCATE TABLE feed_actions")

    simulation = replace(SIMULATION, incidents=(drop, late))
    write_events(clickhouse, simulation, start, end)
    in_time = events(clickhouse, "feed_actions", start, end)
    rows = write_late_rows(clickhouse, simulation, start, end)
    assert rows == len(whole) - len(in_time)
    hit = touched(whole, late)
    assert rows == pytest.approx(0.3 * hit.sum(), rel=0.2)
    pd.testing.assert_frame_equal(events(clickhouse, "feed_actions", start, end), whole)


def test_without_a_late_incident_no_rows_are_late(clickhouse):
    assert write_late_rows(clickhouse, replace(SIMULATION, incidents=(planted(),)), END - DAY, END) == 0
    assert digest(clickhouse, SIMULATION) == [(0, 0), (0, 0)]


def test_an_incident_that_grows_leaves_less_from_window_to_window(clickhouse):
    grown = planted(action=None, where=(), factor=0.2, factors=(0.8, 0.6, 0.4, 0.2))
    start, end = grown.start, grown.start + 5 * STEP
    counts = []
    for simulation in (SIMULATION, replace(SIMULATION, incidents=(grown,))):
        clickhouse.execute("TRUNCATE TABLE feed_actions")
        write_events(clickhouse, simulation, start, end)
        rows = clickhouse.read(
            "SELECT toUInt32(toStartOfFifteenMinutes(time)) AS start, count() AS rows FROM feed_actions "
            "GROUP BY start ORDER BY start"
        )
        counts.append(rows["rows"].to_numpy())
    assert counts[1] / counts[0] == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.2], abs=0.1)

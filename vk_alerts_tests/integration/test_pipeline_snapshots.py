"""Snapshots are what a plain computation on the same events gives, and are replaced whole or not at all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse import versions as versions_module
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.clickhouse.tables import COMMITS
from vk_alerts.errors import ClickHouseError, ClickHouseUnavailable
from vk_alerts.metrics.slices import Slice
from vk_alerts.pipeline import Stores, take_snapshots
from vk_alerts.simulator import FEED_ACTIONS, MESSAGE_ACTIONS
from vk_alerts.windows import STEP, windows_between
from vk_alerts_tests.integration.worlds import live

T0 = datetime(2026, 1, 29, 23, 30, tzinfo=UTC)  # the range crosses midnight
WINDOWS = 4
SILENT = T0 + STEP  # a window without events
END = T0 + WINDOWS * STEP
BY = live(END)
# Boundaries of the age groups, and texts that SQL, TSV and slice keys write with special characters.
AGES = [0, 17, 18, 24, 25, 34, 35, 44, 45, 99]
OSES = ["Android", "iOS", "", "it's", "a,b=c\\d"]
SOURCES = ["ads", "organic", "tab\there", "«кириллица»"]
SLICES = [(), ("os",), ("gender",), ("age",), ("source",), ("country",), ("os", "source")]


def people(rng: np.random.Generator, count: int) -> dict[str, Any]:
    offsets = rng.integers(0, int((END - T0).total_seconds()), count)
    # The first and the last second of a window belong to it.
    offsets[:4] = [0, 899, 1800, 2699]
    return {
        "user_id": rng.integers(1, 60, count),
        "time": [T0 + timedelta(seconds=int(offset)) for offset in offsets],
        "gender": rng.integers(0, 2, count),
        "age": rng.choice(AGES, count),
        "country": rng.choice(["Russia", "Armenia"], count),
        "city": "Москва",
        "os": rng.choice(np.array(OSES, dtype=object), count),
        "source": rng.choice(np.array(SOURCES, dtype=object), count),
        "exp_group": 1,
    }


def feed_events() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(people(rng, 500) | {"post_id": rng.integers(1, 9, 500)})
    frame["action"] = rng.choice(["view", "view", "like"], 500)
    # Somebody likes without having viewed: there are slices with nothing to divide by.
    frame.loc[frame["os"].eq("") & frame["source"].eq("ads"), "action"] = "like"
    return without_silent(frame)


def message_events() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return without_silent(pd.DataFrame(people(rng, 300) | {"reciever_id": rng.integers(1, 60, 300)}))


def without_silent(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["time"] < SILENT) | (frame["time"] >= SILENT + STEP)].reset_index(drop=True)


@pytest.fixture
def filled(stores: Stores) -> Stores:
    stores.events.insert(FEED_ACTIONS, feed_events())
    stores.events.insert(MESSAGE_ACTIONS, message_events())
    return stores


METRICS: dict[str, dict[str, Callable[[pd.DataFrame], tuple[float, float]]]] = {
    "feed": {
        "feed_users": lambda e: (e["user_id"].nunique(), 1),
        "views": lambda e: ((e["action"] == "view").sum(), 1),
        "likes": lambda e: ((e["action"] == "like").sum(), 1),
        "ctr": lambda e: ((e["action"] == "like").sum(), (e["action"] == "view").sum()),
    },
    "messenger": {
        "messenger_users": lambda e: (e["user_id"].nunique(), 1),
        "messages": lambda e: (len(e), 1),
    },
}


def computed(source: str, events: pd.DataFrame) -> dict[tuple[str, str, datetime], tuple[Any, ...]]:
    """(metric, slice, window) → (value, numerator, denominator, events), by loops over groups."""
    named = events.assign(
        window=events["time"].map(lambda t: t - timedelta(minutes=t.minute % 15, seconds=t.second)),
        gender=events["gender"].map({1: "male", 0: "female"}),
        age=pd.cut(
            events["age"],
            [-1, 17, 24, 34, 44, 200],
            labels=["0-17", "18-24", "25-34", "35-44", "45+"],
        ).astype(str),
    )
    found: dict[tuple[str, str, datetime], tuple[Any, ...]] = {}
    for dimensions in SLICES:
        for keys, part in named.groupby(["window", *dimensions]):
            key = Slice(tuple(zip(dimensions, keys[1:], strict=True))).key
            for metric, formula in METRICS[source].items():
                numerator, denominator = formula(part)
                value = None if denominator == 0 else numerator / denominator
                found[metric, key, keys[0].to_pydatetime()] = (value, numerator, denominator, len(part))
    return found


def committed(stores: Stores, source: str) -> dict[tuple[str, str, datetime], tuple[Any, ...]]:
    """The same from the rows that readers of the table see."""
    frame = stores.events.read(
        f"""SELECT metric, slice, window_start, value, numerator, denominator, events FROM metric_snapshots
        WHERE source = '{source}' AND (window_start, version) IN (
            SELECT window_start, max(version) FROM commits
            WHERE asset = '{source}_snapshots' GROUP BY window_start)
        """
    )
    rows = list(frame.itertuples(index=False, name=None))
    found = {
        (metric, key, window.to_pydatetime()): (None if pd.isna(value) else value, *rest)
        for metric, key, window, value, *rest in rows
    }
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize(("source", "events"), [("feed", feed_events), ("messenger", message_events)])
def test_every_metric_in_every_slice_is_what_pandas_computes(
    filled: Stores, source: str, events: Callable[[], pd.DataFrame]
) -> None:
    report = take_snapshots(filled, source, T0, END, by=BY)
    expected = computed(source, events())
    assert committed(filled, source) == expected
    assert (report.windows, report.empty_windows, report.rows) == (WINDOWS, 1, len(expected))
    assert report.events == len(events())
    assert report.series == len({(metric, key) for metric, key, _ in expected})


def test_a_range_gives_the_rows_that_its_windows_give_one_by_one(filled: Stores) -> None:
    take_snapshots(filled, "feed", T0, END, by=BY)
    together = committed(filled, "feed")
    for window in windows_between(T0, END):
        take_snapshots(filled, "feed", window, window + STEP, by=BY)
    assert committed(filled, "feed") == together


def test_events_beside_the_range_are_not_counted(filled: Stores) -> None:
    middle = T0 + 2 * STEP
    take_snapshots(filled, "feed", middle, middle + STEP, by=BY)
    assert {window for _, _, window in committed(filled, "feed")} == {middle}
    assert committed(filled, "feed").items() <= computed("feed", feed_events()).items()


def test_nothing_to_divide_by_is_no_value_and_no_zero(filled: Stores) -> None:
    take_snapshots(filled, "feed", T0, END, by=BY)
    undefined = [
        row for (metric, _, _), row in committed(filled, "feed").items() if metric == "ctr" and not row[2]
    ]
    assert undefined
    assert all(value is None and likes > 0 for value, likes, _, _ in undefined)
    grid = filled.results.history("feed", (T0, END))
    ratios, trials = grid.ratios([row for row, metric in enumerate(grid.metrics) if metric == "ctr"])
    assert np.isnan(ratios[trials == 0]).all()
    assert not np.isnan(ratios[trials > 0]).any()


def test_a_window_without_events_is_committed_empty(filled: Stores) -> None:
    report = take_snapshots(filled, "feed", SILENT, SILENT + STEP, by=BY)
    (commit,) = filled.results.commits("feed_snapshots", T0, END)
    assert (commit.window, commit.rows, report.empty_windows) == (SILENT, 0, 1)
    assert committed(filled, "feed") == {}


def test_a_rerun_leaves_exactly_its_own_rows_also_when_slices_are_gone(filled: Stores) -> None:
    take_snapshots(filled, "feed", T0, END, by=BY)
    before = {key for _, key, _ in committed(filled, "feed")}
    kept = feed_events().query("os == 'iOS'").reset_index(drop=True)
    filled.events.execute("TRUNCATE TABLE feed_actions")
    filled.events.insert(FEED_ACTIONS, kept)
    take_snapshots(filled, "feed", T0, END, by=BY)
    assert committed(filled, "feed") == computed("feed", kept)
    assert "os=Android" in before
    assert filled.results.values("feed", "views", "os=Android", start=T0, end=END).empty
    assert "os=Android" not in filled.results.history("feed", (T0, END)).slices


def test_a_rerun_without_any_events_leaves_nothing(filled: Stores) -> None:
    take_snapshots(filled, "feed", T0, END, by=BY)
    filled.events.execute("TRUNCATE TABLE feed_actions")
    take_snapshots(filled, "feed", T0, END, by=BY)
    assert committed(filled, "feed") == {}
    assert not filled.results.history("feed", (T0, END)).has_events.any()


class _MarkerIsLost(ClickHouse):
    """A client whose network fails between the rows and their marker."""

    def insert(self, spec: TableSpec, frame: pd.DataFrame) -> int:
        if spec is COMMITS:
            raise ClickHouseUnavailable("the network failed")
        return super().insert(spec, frame)


def test_after_a_crash_between_rows_and_marker_the_version_before_is_seen_whole(filled: Stores) -> None:
    take_snapshots(filled, "feed", T0, END, by=BY)
    before = committed(filled, "feed")
    filled.events.insert(FEED_ACTIONS, feed_events())
    failing = replace(filled, results=ResultRepository(_MarkerIsLost(filled.events.target)))
    with pytest.raises(ClickHouseError):
        take_snapshots(failing, "feed", T0, END, by=BY)
    rows = filled.events.read("SELECT count() AS rows FROM metric_snapshots")["rows"].iloc[0]
    assert rows == 2 * len(before)  # the crash did come after the rows
    assert committed(filled, "feed") == before
    assert (
        filled.results.values("feed", "views", "all", start=T0, end=END).iloc[0]
        == before["views", "all", T0][0]
    )

    take_snapshots(filled, "feed", T0, END, by=BY)
    doubled = committed(filled, "feed")
    assert doubled["views", "all", T0][0] == 2 * before["views", "all", T0][0]
    assert doubled.keys() == before.keys()


def test_versions_grow_even_when_the_clock_steps_back(
    filled: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = []
    for nanoseconds in (2_000, 1_000, 1_000, 2**60):
        monkeypatch.setattr(versions_module.time, "time_ns", lambda now=nanoseconds: now)
        take_snapshots(filled, "feed", T0, T0 + STEP, by=BY)
        (commit,) = filled.results.commits("feed_snapshots", T0, T0 + STEP)
        versions.append(commit.version)
    assert versions == sorted(set(versions))
    assert committed(filled, "feed") == {
        key: row for key, row in computed("feed", feed_events()).items() if key[2] == T0
    }

"""A tick reads what it remembers of its day's past, and says what the whole past would say."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.detection import HISTORY
from vk_alerts.metrics.calendar import Calendar
from vk_alerts.pipeline import Stores, score_windows, take_snapshots
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.worlds import BROKEN, END, LIVE, live

BY = live(END)
NUMBERS = [
    *("value", "expected", "lower", "upper", "score", "evidence", "threshold", "own_score", "share_score"),
]
NEXT = LIVE + STEP
SOURCES = ("feed", "messenger")
DAY = timedelta(days=1)


@pytest.fixture
def stores(stores_with_history: Stores) -> Stores:
    snapshots(stores_with_history, LIVE, BROKEN + STEP)
    return stores_with_history


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """How much history each query asked for, all ranges together."""
    spans: list[timedelta] = []
    original: Callable[..., object] = ResultRepository.history

    def counted(
        self: ResultRepository, source: str, *ranges: tuple[datetime, datetime], **how: object
    ) -> object:
        spans.append(sum((end - start for start, end in ranges), timedelta()))
        return original(self, source, *ranges, **how)

    monkeypatch.setattr(ResultRepository, "history", counted)
    return spans


def snapshots(stores: Stores, start: datetime, end: datetime) -> None:
    for source in SOURCES:
        take_snapshots(stores, source, start, end, by=BY)


def table(stores: Stores, window: datetime) -> pd.DataFrame:
    frame = stores.results.scores(window, window + STEP).set_index(["metric", "slice"])
    return frame[NUMBERS].astype("float64")


def tick(stores: Stores, window: datetime) -> pd.DataFrame:
    score_windows(stores, window, window + STEP, by=BY)
    return table(stores, window)


def in_a_range(stores: Stores, window: datetime) -> pd.DataFrame:
    score_windows(stores, window - STEP, window + STEP, by=BY)
    return table(stores, window)


def assert_says_what_a_range_says(stores: Stores, window: datetime) -> None:
    alone = tick(stores, window)
    pd.testing.assert_frame_equal(alone, in_a_range(stores, window), rtol=0, atol=1e-9)


def test_the_first_tick_of_a_day_reads_all_of_the_past_and_the_next_one_little(
    stores: Stores, asked: list[timedelta]
) -> None:
    tick(stores, LIVE)
    assert all(HISTORY <= span <= HISTORY + DAY + STEP for span in asked)
    asked.clear()
    tick(stores, NEXT)
    assert len(asked) == len(SOURCES)
    assert all(span < 19 * DAY for span in asked)
    assert_says_what_a_range_says(stores, NEXT)


def test_a_snapshot_taken_again_makes_what_was_remembered_void(
    stores: Stores, asked: list[timedelta]
) -> None:
    tick(stores, LIVE)
    stores.events.execute("TRUNCATE TABLE feed_actions")
    take_snapshots(stores, "feed", LIVE - 2 * DAY, LIVE - 2 * DAY + 8 * STEP, by=BY)
    asked.clear()
    tick(stores, NEXT)
    assert sorted(span > 19 * DAY for span in asked) == [False, True]
    assert_says_what_a_range_says(stores, NEXT)


def test_a_slice_that_turns_up_today_is_judged_as_in_a_range(stores: Stores, asked: list[timedelta]) -> None:
    tick(stores, LIVE)
    stores.events.execute(
        "INSERT INTO message_actions "
        "(user_id, reciever_id, time, source, exp_group, gender, age, country, city, os) "
        f"SELECT number, 1, toDateTime({int(NEXT.timestamp())}), 'ads', 0, 1, 30, 'Russia', 'Moscow', "
        "'Fuchsia' FROM numbers(500)"
    )
    snapshots(stores, NEXT, NEXT + STEP)
    asked.clear()
    found = tick(stores, NEXT)
    assert all(span < 19 * DAY for span in asked)
    assert found.loc[("messages", "os=Fuchsia"), "value"] == 500
    assert_says_what_a_range_says(stores, NEXT)


def test_other_settings_remember_for_themselves(stores: Stores, asked: list[timedelta]) -> None:
    tick(stores, LIVE)
    file = stores.catalog.files[0]
    metrics = tuple(metric.model_copy(update={"detector": "iqr"}) for metric in file.metrics[:1])
    changed = file.model_copy(update={"metrics": (*metrics, *file.metrics[1:])})
    catalog = stores.catalog.model_copy(update={"files": (changed, *stores.catalog.files[1:])})
    asked.clear()
    score_windows(replace(stores, catalog=catalog), NEXT, NEXT + STEP, by=BY)
    assert sorted(span > 19 * DAY for span in asked) == [False, True]


def with_days_off(stores: Stores, *days: date) -> Stores:
    """The stores with a calendar of only these days."""
    calendar = Calendar(country=None, dates=days)
    files = tuple(file.model_copy(update={"calendar": calendar}) for file in stores.catalog.files)
    return replace(stores, catalog=stores.catalog.model_copy(update={"files": files}))


@pytest.mark.parametrize("days_ago", [0, 2, 7])
def test_a_day_off_is_known_to_ticks_and_ranges_alike(
    stores: Stores, asked: list[timedelta], days_ago: int
) -> None:
    ordinary = tick(stores, NEXT)
    resting = with_days_off(stores, (NEXT + timedelta(hours=3)).date() - days_ago * DAY)
    asked.clear()
    found = tick(resting, LIVE)
    assert all(span > 19 * DAY for span in asked)  # what was remembered of another calendar is void
    assert_says_what_a_range_says(resting, NEXT)
    found = tick(resting, NEXT)
    assert not found["score"].equals(ordinary["score"])


def test_slices_are_judged_by_their_share_and_the_total_by_itself(stores: Stores) -> None:
    score_windows(stores, BROKEN, BROKEN + STEP, by=BY)  # three of four messages are missing, everywhere
    rows = stores.results.scores(BROKEN, BROKEN + STEP, metric="messages").set_index("slice")
    total, slices = rows.loc["all"], rows.drop(index="all")
    assert (total["decided_by"], total["score"]) == ("own", total["own_score"])
    assert np.isnan(total["share_score"])
    assert slices["share_score"].notna().mean() > 0.8
    assert set(slices["decided_by"]) <= {"own", "share"}
    large = slices[slices["expected"] >= 20]
    assert (large["own_score"] > total["threshold"]).any()
    assert (large["score"] < total["score"] / 2).all()


def test_what_cannot_be_remembered_is_logged_and_scored_all_the_same(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    stores.events.execute("DROP TABLE detector_memories")
    stores.events.execute(  # can be read, not written
        "CREATE VIEW detector_memories AS SELECT '' AS source, toDateTime(0, 'UTC') AS day, "
        "'' AS fingerprint, '' AS metric, '' AS slice, '' AS numbers WHERE 0"
    )
    assert tick(stores, NEXT)["score"].notna().any()
    assert [record.getMessage().partition(" reason")[0] for record in caplog.records] == [
        f"source={source} outcome=memories not kept" for source in SOURCES
    ]


def test_days_that_have_passed_are_forgotten(stores: Stores) -> None:
    old = LIVE - 9 * DAY
    stores.results.write_memories("feed", old, "f", {("views", "all"): np.zeros(3)})
    tick(stores, LIVE)
    deadline = time.monotonic() + 20
    while stores.results.memories("feed", old, "f"):
        assert time.monotonic() < deadline, "the server has not deleted them"
        time.sleep(0.1)

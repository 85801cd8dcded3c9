"""What is remembered of a day shows in no number, whatever happens to snapshots and writers meanwhile."""

import functools
import itertools
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.pipeline import Stores, open_stores, score_windows
from vk_alerts.settings import read_settings
from vk_alerts.windows import STEP, windows_between
from vk_alerts_tests.integration.contract_backends import BACKENDS, ENGINES, with_event_tables
from vk_alerts_tests.integration.processes import ends, forked
from vk_alerts_tests.integration.worlds import BACKFILL, END, live, write_catalog

pytestmark = pytest.mark.server
DAY = timedelta(days=1)
START, WINDOW = END - 15 * DAY, END - 2 * STEP
NEXT = WINDOW + STEP
BY = live(END)
NUMBERS = [
    "value",
    "expected",
    "lower",
    "upper",
    "score",
    "own_score",
    "share_score",
    "evidence",
    "threshold",
]
SLICES = ("all", "os=Android", "os=iOS", "os=web")
# In no window that a tick of today reads.
GONE = ("os=Symbian", START + 3 * DAY, START + 4 * DAY)
_seeds = itertools.count()


@functools.cache
def catalog_folder() -> Path:
    """The packaged catalog with few slices."""
    return write_catalog(Path(tempfile.mkdtemp(prefix="vk-alerts-test-")) / "catalog", [["os"]])


def environment(target_url: str) -> dict[str, str]:
    return {
        "VK_ALERTS_HOME": "/nonexistent",
        "VK_ALERTS_CLICKHOUSE_URL": target_url,
        "VK_ALERTS_STATE_URL": "sqlite://",
        "VK_ALERTS_CATALOG": str(catalog_folder()),
    }


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@functools.cache
def world(backend: str) -> Stores:
    """Fifteen days of snapshots, written by hand; tests take some of them again."""
    target = with_event_tables(backend)
    opened = open_stores(read_settings(environment(target.url_with_password())))
    write(opened, START, END)
    slice_key, since, until = GONE
    write(opened, since, until, slices=(*SLICES, slice_key))
    return opened


@pytest.fixture
def stores(backend: str) -> Stores:
    """Fifteen days of snapshots of which nothing is remembered."""
    opened = world(backend)
    opened.events.execute("TRUNCATE TABLE detector_memories")
    return opened


def write(stores: Stores, start: datetime, end: datetime, *, slices: tuple[str, ...] = SLICES) -> None:
    """Commits snapshots of all metrics in some windows: another version with other numbers each time."""
    rng = np.random.default_rng(next(_seeds))
    windows = windows_between(start, end)
    hours = np.array([window.hour + window.minute / 60 for window in windows])
    for file in stores.catalog.files:
        frames = []
        for metric, (place, key) in itertools.product(file.metrics, enumerate(slices)):
            level = 900 / (1 + place) * (1 + 0.5 * np.sin(hours / 24 * 2 * np.pi))
            denominator = rng.poisson(level) if metric.numerator else np.ones(len(windows))
            numerator = rng.binomial(denominator, 0.2) if metric.numerator else rng.poisson(level)
            frame = {"metric": metric.name, "slice": key, "window_start": windows, "events": numerator}
            frame |= {"numerator": numerator, "denominator": denominator, "value": numerator / denominator}
            frames.append(pd.DataFrame(frame))
        stores.results.write_snapshots(file.source.name, pd.concat(frames), windows=windows, by=BACKFILL)


def tick(stores: Stores, window: datetime) -> pd.DataFrame:
    score_windows(stores, window, window + STEP, by=BY)
    return numbers(stores, window)


def in_a_range(stores: Stores, window: datetime) -> pd.DataFrame:
    score_windows(stores, window - STEP, window + STEP, by=BY)
    return numbers(stores, window)


def numbers(stores: Stores, window: datetime) -> pd.DataFrame:
    frame = stores.results.scores(window, window + STEP).set_index(["metric", "slice"])
    assert frame.index.is_unique
    return frame[NUMBERS].astype("float64")


def memories(stores: Stores) -> pd.DataFrame:
    return stores.events.read(
        "SELECT fingerprint, metric, slice, numbers, count() AS copies FROM detector_memories "
        "GROUP BY fingerprint, metric, slice, numbers"
    )


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, rtol=0, atol=1e-9)


def test_a_window_has_the_same_numbers_computed_remembered_and_in_a_range(stores: Stores) -> None:
    computed, remembered = tick(stores, NEXT), tick(stores, NEXT)
    pd.testing.assert_frame_equal(remembered, computed, check_exact=True)
    assert_same(in_a_range(stores, NEXT), computed)
    assert computed["score"].notna().mean() > 0.8
    assert computed["share_score"].notna().any()
    assert len(set(memories(stores)["fingerprint"])) == len(stores.catalog.files)


def test_a_slice_that_only_the_memory_knows_is_scored_as_in_a_range(stores: Stores) -> None:
    tick(stores, WINDOW)
    remembered = tick(stores, NEXT)
    assert remembered.loc[("messages", GONE[0]), "value"] == 0
    assert_same(in_a_range(stores, NEXT), remembered)


def test_a_slice_that_the_memory_does_not_know_is_scored_as_in_a_range(stores: Stores) -> None:
    tick(stores, WINDOW)
    write(stores, NEXT, END, slices=(*SLICES, "os=Fuchsia"))
    remembered = tick(stores, NEXT)
    assert remembered.loc[("messages", "os=Fuchsia"), "value"] > 0
    assert_same(in_a_range(stores, NEXT), remembered)


def test_a_snapshot_of_the_past_that_is_taken_again_counts_from_the_next_tick_on(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick(stores, WINDOW)
    stale = tick(stores, NEXT)
    write(stores, END - 9 * DAY, END - 6 * DAY)
    fresh = tick(stores, NEXT)
    assert (fresh["expected"] - stale["expected"]).abs().max() > 1
    assert_same(in_a_range(stores, NEXT), fresh)
    # And from then on the new numbers are remembered, not computed.
    monkeypatch.setattr(ResultRepository, "write_memories", _must_not_be_called)
    assert_same(tick(stores, NEXT), fresh)


def _must_not_be_called(*_: object) -> None:
    raise AssertionError("computed again")


def test_a_snapshot_of_today_that_is_taken_again_leaves_the_memory_valid(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tick(stores, WINDOW)
    write(stores, WINDOW - STEP, NEXT)
    monkeypatch.setattr(ResultRepository, "write_memories", _must_not_be_called)
    after = tick(stores, WINDOW)
    assert (after["value"] != before["value"]).any()
    assert_same(in_a_range(stores, WINDOW), after)


@pytest.mark.parametrize("backend", ENGINES)
def test_processes_that_race_for_a_day_leave_memories_that_are_whole_and_right(stores: Stores) -> None:
    racing = environment(stores.events.target.url_with_password())

    def race() -> None:
        score_windows(open_stores(read_settings(racing)), WINDOW, NEXT, by=BY)

    assert ends(forked(race), forked(race)) == [0, 0]
    kept = memories(stores)
    assert not kept.duplicated(["fingerprint", "metric", "slice"]).any()  # all computed the same
    raced = numbers(stores, WINDOW)
    assert_same(tick(stores, WINDOW), raced)
    assert_same(in_a_range(stores, WINDOW), raced)

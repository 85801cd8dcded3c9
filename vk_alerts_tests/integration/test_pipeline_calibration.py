"""Scores of past weeks → thresholds in ClickHouse → windows that are scored by them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.versions import THRESHOLDS_ASSET
from vk_alerts.metrics.model import AlertBudget, Catalog, SystemFile
from vk_alerts.pipeline import Stores, calibrate_thresholds, score_windows, take_snapshots
from vk_alerts.pipeline.thresholds import midnight, read_thresholds
from vk_alerts.windows import STEP, windows_between
from vk_alerts_tests.integration.worlds import (
    BACKFILL,
    LIVE,
    drop_database,
    empty_database,
    live,
    scored,
    stores_in,
)
from vk_alerts_tests.unit.detection.chance import chance

ZONE = "Europe/Moscow"
DAY = date(2026, 3, 10)
END = midnight(DAY + timedelta(days=1), ZONE)
START = END - timedelta(days=15)
SERIES = 36
SLICES = ["all", *(f"os=os{number}" for number in range(1, SERIES))]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Fifteen days of scores of 36 series, as chance makes them."""
    database = empty_database()
    stores = stores_in(database, tmp_path_factory.mktemp("home"))
    windows = windows_between(START, END)
    score = np.full((SERIES, len(windows)), 0.5)
    found = chance(3, SERIES, weeks=2, rate=2.0)
    score[found.series, found.window] = np.abs(found.score)
    frame = pd.DataFrame(
        scored(START) | {"score": 0.5, "own_score": 0.5}, index=range(SERIES * len(windows))
    ).assign(
        window_start=np.tile(pd.DatetimeIndex(windows).to_numpy(), SERIES),
        slice=np.repeat(np.array(SLICES, dtype=object), len(windows)),
        score=score.ravel(),
        value=np.where(score > 2, 700.0, 1000.0).ravel(),
        share_score=np.nan,
    )
    stores.results.write_scores(frame, windows=windows, by=BACKFILL)
    yield stores
    drop_database(database)


def with_catalog(stores: Stores, *, budget: float = 1.0, **changes: object) -> Stores:
    """The same stores under another catalog; ``changes`` go to every metric."""
    files = tuple(
        file.model_copy(update={"metrics": tuple(m.model_copy(update=changes) for m in file.metrics)})
        for file in stores.catalog.files
    )
    system = SystemFile(alert_budget=AlertBudget(totals_per_week=budget, slices_per_week=budget))
    return replace(stores, catalog=Catalog(files=files, system=system))


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE))


def holding(stores: Stores, *moments: datetime) -> np.ndarray:
    """The thresholds of messages in some windows, (n_series, n_windows)."""
    return read_thresholds(stores, moments).of(stores.catalog.metric("messages"), SLICES)


def test_series_get_thresholds_with_what_they_rest_on(past: Stores) -> None:
    report = calibrate_thresholds(past, DAY, by=BACKFILL)
    assert (report.days, report.calibrated, report.waiting, report.by_hand) == (15, SERIES, 0, ())
    assert report.expected_a_week <= 2.0 + 1e-9
    (slices,) = [one for one in report.classes if one.label.startswith("slices")]
    assert slices.series == SERIES - 1
    assert slices.tail.peaks >= 20
    (commit,) = past.results.commits(THRESHOLDS_ASSET, START, END)
    assert (commit.window, commit.rows) == (midnight(DAY, ZONE), SERIES)
    found = holding(past, at(DAY + timedelta(days=2)))
    assert np.median(found) == pytest.approx(slices.threshold)
    assert 3.0 <= found.min() <= found.max() <= 12.0
    assert found[0] < np.median(found)  # one total alone may be more sensitive than 35 slices together


@pytest.mark.parametrize(
    ("days_later", "holds"), [(0, False), (1, False), (2, True), (15, True), (29, True), (30, False)]
)
def test_a_calibration_holds_from_the_day_after_it_was_computed_for_four_weeks(
    past: Stores, days_later: int, holds: bool
) -> None:
    calibrate_thresholds(past, DAY, by=BACKFILL)
    day = DAY + timedelta(days=days_later)
    early, late = at(day, 0), at(day, 23)
    found = holding(past, early, late)
    assert (found != 5.0).all() if holds else (found == 5.0).all(), found
    assert (found[:, 0] == found[:, 1]).all()


def test_the_newest_one_that_holds_is_taken_day_by_day(past: Stores) -> None:
    calibrate_thresholds(past, DAY, by=BACKFILL)
    calibrate_thresholds(with_catalog(past, budget=20), DAY + timedelta(days=1), by=BACKFILL)
    first, second = at(DAY + timedelta(days=2)), at(DAY + timedelta(days=3))
    together = holding(past, first, second, first + STEP)
    assert (together[:, 0] == together[:, 2]).all()
    assert together[:, 1].mean() < together[:, 0].mean()
    assert (holding(past, second)[:, 0] == together[:, 1]).all()


def test_calibrating_again_gives_the_same_thresholds_in_place_of_the_old(past: Stores) -> None:
    calibrate_thresholds(past, DAY, by=BACKFILL)
    before = holding(past, at(DAY + timedelta(days=2)))
    calibrate_thresholds(past, DAY, by=BACKFILL)
    assert (holding(past, at(DAY + timedelta(days=2))) == before).all()
    (commit,) = past.results.commits(THRESHOLDS_ASSET, midnight(DAY, ZONE), midnight(DAY, ZONE) + STEP)
    assert commit.rows == SERIES


def test_a_metric_set_by_hand_keeps_its_threshold_and_is_no_part_of_the_budget(past: Stores) -> None:
    by_hand = with_catalog(past, sensitivity="fixed", threshold=6.5, hard_threshold=9.0)
    report = calibrate_thresholds(by_hand, DAY, by=BACKFILL)
    assert (report.calibrated, report.classes) == (0, ())
    assert "messages" in report.by_hand
    assert (holding(by_hand, at(DAY + timedelta(days=2))) == 6.5).all()


def test_with_less_than_two_weeks_of_scores_the_start_values_hold(past: Stores) -> None:
    early = DAY - timedelta(days=2)
    report = calibrate_thresholds(past, early, by=BACKFILL)
    assert (report.days, report.calibrated, report.waiting) == (13, 0, SERIES)
    assert (holding(past, at(early + timedelta(days=2))) == 5.0).all()
    (commit,) = past.results.commits(THRESHOLDS_ASSET, midnight(early, ZONE), midnight(DAY, ZONE))
    assert commit.rows == 0


def test_scores_of_another_detector_tell_nothing(past: Stores) -> None:
    report = calibrate_thresholds(with_catalog(past, detector="iqr"), DAY, by=BACKFILL)
    assert (report.days, report.calibrated) == (0, 0)


@pytest.mark.parametrize(
    "changes", [{"min_deviation": 0.31}, {"min_evidence": 2000.0}], ids=["too little moved", "too few events"]
)
def test_what_no_alert_could_come_from_does_not_count(past: Stores, changes: dict[str, object]) -> None:
    report = calibrate_thresholds(with_catalog(past, **changes), DAY, by=BACKFILL)
    assert (report.days, report.calibrated, report.waiting) == (15, 0, SERIES)


def test_without_any_scores_a_calibration_is_empty(stores: Stores) -> None:
    report = calibrate_thresholds(stores, DAY, by=BACKFILL)
    assert (report.days, report.calibrated, report.waiting, report.expected_a_week) == (0, 0, 0, 0)


def test_windows_are_scored_by_the_thresholds_of_their_day(stores_with_history: Stores) -> None:
    stores = stores_with_history
    day = LIVE.astimezone(ZoneInfo(ZONE)).date()
    rows = pd.DataFrame(
        {
            "source": "messenger",
            "metric": "messages",
            "slice": ["all"],
            "threshold": 3.25,
            "hard_threshold": 4.55,
            "class": "totals",
            "fitted_on": "totals",
            "class_series": 1,
            "expected_a_week": 1.0,
            "tail_base": 2.5,
            "tail_rate": 1.0,
            "tail_slope": 3.0,
            "tail_peaks": 50,
            "budget_a_week": 1.0,
            "since": pd.Timestamp(START),
        }
    )
    stores.results.write_thresholds(rows, day=midnight(day - timedelta(days=2), ZONE), by=BACKFILL)
    by = live(LIVE + 2 * STEP)
    for source in stores.catalog.sources:
        take_snapshots(stores, source.name, LIVE, LIVE + 2 * STEP, by=by)

    def used() -> dict[str, set[float]]:
        frame = stores.results.scores(LIVE, LIVE + 2 * STEP)
        mine = (frame["metric"] == "messages") & (frame["slice"] == "all")
        return {"messages": set(frame["threshold"][mine]), "others": set(frame["threshold"][~mine])}

    score_windows(stores, LIVE, LIVE + 2 * STEP, by=by)
    assert used() == {"messages": {3.25}, "others": {5.0}}
    for window in (LIVE, LIVE + STEP):
        score_windows(stores, window, window + STEP, by=by)
    assert used() == {"messages": {3.25}, "others": {5.0}}

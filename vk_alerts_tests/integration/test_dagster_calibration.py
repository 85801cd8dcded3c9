"""The asset `thresholds` on a real instance: when it is asked for, and what its runs show."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import numpy as np
import pytest

from vk_alerts.detection.calibration import Budget, ClassThreshold
from vk_alerts.detection.tails import Tail
from vk_alerts.materialization import threshold_metadata
from vk_alerts.partitions import local_days
from vk_alerts.pipeline import CalibrationReport, Stores
from vk_alerts.resources import ClockResource
from vk_alerts.schedules import build_calibration_schedule, day_to_calibrate
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.dagster_runs import Dagster
from vk_alerts_tests.integration.worlds import commit_scores, scored, url_of

MOSCOW = "Europe/Moscow"
START = datetime(2026, 3, 1, tzinfo=UTC)
# Two o'clock at night in Moscow.
DUE = datetime(2026, 3, 5, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        pytest.param(DUE, MOSCOW, date(2026, 3, 5), id="at two in the morning yesterday is due"),
        pytest.param(DUE - timedelta(seconds=1), MOSCOW, date(2026, 3, 4), id="a second before it is not"),
        pytest.param(DUE + timedelta(hours=23), MOSCOW, date(2026, 3, 5), id="it stays due all day"),
        pytest.param(DUE, "UTC", date(2026, 3, 4), id="days are local"),
    ],
)
def test_a_day_is_due_two_hours_after_its_end(now, zone, day):
    assert day_to_calibrate(now, zone=zone) == day


def test_a_day_is_named_by_its_date_in_the_zone():
    days = local_days(datetime(2026, 2, 28, 22, tzinfo=UTC), MOSCOW)
    window = days.time_window_for_partition_key("2026-03-01")
    assert days.get_first_partition_key() == "2026-03-01"
    assert window.start == datetime(2026, 2, 28, 21, tzinfo=UTC)
    assert window.end - window.start == timedelta(days=1)


@pytest.mark.slow
def test_the_schedule_asks_for_yesterday_until_it_is_there(dagster: Dagster) -> None:
    schedule = build_calibration_schedule(START, MOSCOW)

    def tick(now: datetime = DUE) -> tuple[list[str | None], str | None]:
        with dg.build_schedule_context(
            dagster.instance,
            scheduled_execution_time=now,
            resources={"clock": ClockResource(fixed_at=now.isoformat())},
            repository_def=dagster.defs.get_repository_def(),
        ) as context:
            result = schedule.evaluate_tick(context)
        return [request.partition_key for request in result.run_requests or []], result.skip_message

    assert tick(START + timedelta(hours=3)) == ([], "no day is over yet")
    assert tick() == (["2026-03-05"], None)
    busy = dg.DagsterRun(
        job_name="calibrate_thresholds",
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": "2026-03-05"},
    )
    dagster.instance.run_storage.add_run(busy)
    assert tick() == ([], "2026-03-05 is being calibrated")
    dagster.instance.run_storage.delete_run(busy.run_id)
    dagster.instance.report_runless_asset_event(dg.AssetMaterialization("thresholds", partition="2026-03-05"))
    assert tick() == ([], "2026-03-05 is calibrated")
    assert tick(DUE + timedelta(days=1)) == (["2026-03-06"], None)


def test_a_run_shows_what_it_found(dagster: Dagster, stores: Stores, database, monkeypatch) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(database))
    commit_scores(stores, [scored(DUE - 9 * STEP)], now=DUE)
    result = dagster.calibrate("2026-03-05", now=DUE)
    (event,) = result.asset_materializations_for_node("thresholds")
    shown = {name: value.value for name, value in event.metadata.items()}
    assert (shown["thresholds"], shown["days of scores"]) == ("start values", 1)
    assert (shown["series calibrated"], shown["series at their start value"]) == (0, 1)
    assert shown["budget a week"] == "1 for totals, 1 for slices"
    assert shown["holds from"] == "2026-03-07"
    assert dagster.instance.get_materialized_partitions(dg.AssetKey("thresholds")) == {"2026-03-05"}


def test_classes_are_shown_as_a_table():
    tail = Tail(base=3.0, rate=0.3, slope=3.0, peaks=120)
    classes = (
        ClassThreshold(
            "slices, count, seasonal, 30-100 events", 90, 5.127, 0.8, "slices, count, seasonal", tail
        ),
        ClassThreshold("totals, count, seasonal", 6, 3.5, 0.956, "totals, count, seasonal", tail),
    )
    report = CalibrationReport(
        day=date(2026, 3, 5),
        days=56,
        calibrated=96,
        waiting=2,
        by_hand=("ctr", "likes"),
        budget=Budget(1.0, 2.5),
        classes=classes,
        expected_a_week=np.float64(1.756),
        read_seconds=0.5,
        fit_seconds=0.1,
    )
    shown = {name: value.value for name, value in threshold_metadata(report).items()}
    assert shown["thresholds"] == (
        "| class | series | threshold | false alerts a week | fitted on | peaks |\n"
        "|---|--:|--:|--:|---|--:|\n"
        "| slices, count, seasonal, 30-100 events | 90 | 5.13 | 0.80 | slices, count, seasonal | 120 |\n"
        "| totals, count, seasonal | 6 | 3.50 | 0.96 | itself | 120 |"
    )
    assert shown["metrics set by hand"] == "ctr, likes"
    assert shown["budget a week"] == "1 for totals, 2.5 for slices"
    assert shown["expected a week"] == 1.76
